package dev.measure.snp;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.measure.Digest;
import dev.measure.DigestAlgorithm;
import dev.measure.vectors.Shared;
import dev.measure.vectors.Vectors;
import dev.measure.vectors.VmsaTests;
import java.io.IOException;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** VMSA pages against those of the reference calculator. */
class VmsaCrossCheckTest {

    @TestFactory
    Stream<DynamicTest> pagesAreTheCalculators() {
        VmsaTests file = Vectors.open("snp_vmsa_test.json", VmsaTests.class);
        return file.testGroups().stream()
                .flatMap(group -> group.tests().stream()
                        .map(test -> dynamicTest("tcId " + test.tcId() + ": " + test.comment(), () -> {
                            CpuModel cpu = test.cpu().isEmpty() ? CpuModel.NONE : CpuModel.parse(test.cpu());
                            SevFeatures features = new SevFeatures(Long.parseUnsignedLong(test.sevFeatures(), 16));
                            SnpGuest guest =
                                    new SnpGuest(Vmm.parse(group.parameters().vmm()), 2, cpu, features);
                            byte[] page = Vmsa.page(
                                    guest, test.who().equals("bsp") ? 0 : 1, Long.parseLong(test.resetEip(), 16));
                            assertEquals(runs(test.page()), runs(page));
                            if (!test.cpu().isEmpty()) {
                                assertEquals(test.cpuSignature(), String.format("%08x", cpu.signature()));
                            }
                        })));
    }

    /** The SVSM pages are left out: they belong to the mode snp:svsm. */
    @TestFactory
    Stream<DynamicTest> pagesAreTheSharedOnes() throws IOException {
        Optional<Path> shared = Shared.file("vectors/snp/launch_digests.json");
        if (shared.isEmpty()) {
            return Stream.empty();
        }
        JsonNode rows = new JsonMapper().readTree(shared.get().toFile()).get("vmsaPages");
        return StreamSupport.stream(rows.spliterator(), false)
                .filter(row -> !row.get("vmm").asText().startsWith("QEMU-SVSM"))
                .map(row -> {
                    String name =
                            row.get("vmm").asText() + " " + row.get("vcpu_type").asText() + " features "
                                    + row.get("guest_features").asText() + " "
                                    + row.get("who").asText();
                    return dynamicTest(name, () -> {
                        String id =
                                row.get("vmm").asText().toLowerCase(Locale.ROOT).replace(">=", "-");
                        Vmm vmm = Vmm.parse(id);
                        CpuModel cpu = row.get("vcpu_type").isNull()
                                ? CpuModel.NONE
                                : CpuModel.parse(row.get("vcpu_type").asText());
                        SnpGuest guest = new SnpGuest(
                                vmm,
                                2,
                                cpu,
                                new SevFeatures(row.get("guest_features").asLong()));
                        byte[] page = Vmsa.page(
                                guest,
                                row.get("who").asText().equals("bsp") ? 0 : 1,
                                row.get("ap_eip").asLong());
                        Map<String, Integer> expected = new TreeMap<>();
                        row.path("nonzero")
                                .properties()
                                .forEach(at ->
                                        expected.put(at.getKey(), at.getValue().asInt()));
                        if (!expected.isEmpty()) {
                            assertEquals(expected, nonzero(page));
                        }
                        assertEquals(row.get("sha256").asText(), hex(DigestAlgorithm.SHA256, page));
                        assertEquals(row.get("sha384").asText(), hex(DigestAlgorithm.SHA384, page));
                    });
                });
    }

    private static String hex(DigestAlgorithm algorithm, byte[] page) {
        MessageDigest digest = algorithm.newMessageDigest();
        digest.update(page);
        return Digest.of(algorithm, digest).hex();
    }

    private static Map<String, Integer> nonzero(byte[] page) {
        Map<String, Integer> found = new TreeMap<>();
        for (int i = 0; i < page.length; i++) {
            if (page[i] != 0) {
                found.put(String.format("0x%03x", i), page[i] & 0xff);
            }
        }
        return found;
    }

    /** The page in lines of 16 bytes that are not all zero, so that a difference names its field. */
    private static List<String> runs(byte[] page) {
        return Stream.iterate(0, at -> at < page.length, at -> at + 16)
                .filter(at -> !HexFormat.of().formatHex(page, at, at + 16).matches("0*"))
                .map(at -> String.format("%03x ", at) + HexFormat.of().formatHex(page, at, at + 16))
                .toList();
    }
}
