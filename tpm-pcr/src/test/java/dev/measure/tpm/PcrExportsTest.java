package dev.measure.tpm;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.measure.Digest;
import dev.measure.DigestAlgorithm;
import dev.measure.MalformedInputException;
import dev.measure.Source;
import dev.measure.vectors.Shared;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

class PcrExportsTest {
    /** What systemd-pcrlock 262.1 lock-raw --pcr=11 --pcr=13 writes for the text "foo bar", with sha1 and sha256 kept. */
    private static final String LOCK_RAW =
            "{\"records\":[{\"pcr\":11,\"digests\":[{\"hashAlg\":\"sha1\",\"digest\":\"3773dea65156909838fa6c22825cafe090ff8030\"},"
                    + "{\"hashAlg\":\"sha256\",\"digest\":\"fbc1a9f858ea9e177916964bd88c3d37b91a1e84412765e29950777f265c4b75\"}]},"
                    + "{\"pcr\":13,\"digests\":[{\"hashAlg\":\"sha1\",\"digest\":\"3773dea65156909838fa6c22825cafe090ff8030\"},"
                    + "{\"hashAlg\":\"sha256\",\"digest\":\"fbc1a9f858ea9e177916964bd88c3d37b91a1e84412765e29950777f265c4b75\"}]}]}\n";

    private static Source source(String text) {
        return Source.of("x.pcrlock", text.getBytes(StandardCharsets.UTF_8));
    }

    @Test
    void pcrlockFilesAreReadAndWrittenAsSystemdDoes() {
        Digest sha1 = Digest.parse(DigestAlgorithm.SHA1, "3773dea65156909838fa6c22825cafe090ff8030");
        Digest sha256 = Digest.parse(
                DigestAlgorithm.SHA256, "fbc1a9f858ea9e177916964bd88c3d37b91a1e84412765e29950777f265c4b75");
        PcrlockComponent component = new PcrlockComponent(List.of(
                new PcrlockComponent.Entry(11, List.of(sha1, sha256)),
                new PcrlockComponent.Entry(13, List.of(sha1, sha256))));
        assertEquals(LOCK_RAW, component.toJson());
        assertEquals(component, PcrlockComponent.read(source(LOCK_RAW)));
    }

    @Test
    void pcrlockFilesOfAnotherFormAreRefused() {
        assertEquals(
                "x.pcrlock: offset 0x13: expected pcr of 0..23, found 24", message("{\"records\":[{\"pcr\":24}]}"));
        assertEquals("x.pcrlock: offset 0x1: expected records, found something else", message("{\"record\":[]}"));
        assertEquals(
                "x.pcrlock: offset 0xe: expected records only, found the field 'x'",
                message("{\"records\":[],\"x\":1}"));
        assertEquals(
                "x.pcrlock: offset 0x16: expected pcr or digests, found the field 'data'",
                message("{\"records\":[{\"pcr\": 1,\"data\":1}]}"));
    }

    private static String message(String text) {
        return assertThrows(MalformedInputException.class, () -> PcrlockComponent.read(source(text)))
                .getMessage();
    }

    /** The shape that nitro-tpm-pcr-compute's documentation shows; which PCRs it lists is the caller's choice. */
    @Test
    void nitroMeasurementsHaveTheDocumentedShape() throws IOException {
        Optional<Path> file = Shared.file("vectors/formats/nitro/nitrotpm-measurements.json");
        if (file.isEmpty()) {
            return;
        }
        String documented = Files.readString(file.get());
        SortedMap<Integer, List<Digest>> pcrs = new TreeMap<>();
        for (int pcr : new int[] {12, 4, 7}) {
            String hex = documented.replaceAll("(?s).*\"PCR" + pcr + "\": \"([0-9a-f]+)\".*", "$1");
            pcrs.put(pcr, List.of(Digest.parse(DigestAlgorithm.SHA384, hex)));
        }
        assertEquals(documented, new PcrValues(Map.of(DigestAlgorithm.SHA384, pcrs)).nitroMeasurements());
    }

    @Test
    void formsOfOneValueRefuseTwo() {
        Digest zero = Digest.zero(DigestAlgorithm.SHA384);
        Digest other = Digest.of(DigestAlgorithm.SHA384, new byte[] {
            1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
            0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0
        });
        PcrValues two = new PcrValues(Map.of(DigestAlgorithm.SHA384, new TreeMap<>(Map.of(5, List.of(zero, other)))));
        assertEquals(
                "PCR 5 has 2 right values, and this form holds one",
                assertThrows(IllegalArgumentException.class, two::tpm2Yaml).getMessage());
        assertThrows(IllegalArgumentException.class, two::tpm2Binary);
        assertThrows(IllegalArgumentException.class, two::nitroMeasurements);
        PcrValues sha256 = new PcrValues(Map.of(
                DigestAlgorithm.SHA256, new TreeMap<>(Map.of(5, List.of(Digest.zero(DigestAlgorithm.SHA256))))));
        assertThrows(IllegalArgumentException.class, sha256::nitroMeasurements);
    }
}
