package dev.measure.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.measure.vectors.Shared;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

/** Runs the vectors of mode snp through the command line: the flags, the values, the exit codes. */
class SnpVectorTest {
    private static final ObjectMapper JSON = new ObjectMapper();

    @TempDir
    Path folder;

    @TestFactory
    Stream<DynamicTest> launchDigests() throws IOException {
        Optional<Path> file = Shared.file("vectors/snp/launch_digests.json");
        if (file.isEmpty()) {
            return Stream.empty();
        }
        JsonNode vectors = JSON.readTree(file.get().toFile());
        JsonNode inputs = vectors.get("syntheticInputs");
        for (String name : (Iterable<String>) inputs::fieldNames) {
            writeSynthetic(name, inputs.get(name));
        }
        return rows(vectors.get("vectors"))
                .filter(row -> row.get("mode").asText().equals("snp"))
                .map(row -> DynamicTest.dynamicTest(row.get("id").asText(), () -> launchDigest(row)));
    }

    private void launchDigest(JsonNode row) throws IOException {
        Optional<Path> firmware = firmware(row.get("firmware").asText());
        if (firmware.isEmpty()) {
            return;
        }
        List<String> args = arguments(row, firmware.get());
        String trust = row.get("trust").asText();
        Session strict = run(args);
        if (trust.equals("ok")) {
            assertEquals(0, strict.exit(), strict.toString());
            assertEquals(row.get("digest").asText() + "\n", strict.out());
            for (JsonNode code : row.path("strictWarnings")) {
                assertTrue(strict.err().contains("measure: warning: " + code.asText() + ": "), strict.toString());
            }
            return;
        }
        assertEquals(5, strict.exit(), strict.toString());
        assertEquals("", strict.out());
        assertTrue(strict.err().contains("measure: error: "), strict.toString());
        args.add("--lenient");
        Session lenient = run(args);
        if (trust.startsWith("refused: ")) {
            assertEquals(5, lenient.exit(), lenient.toString());
            assertEquals("", lenient.out());
        } else {
            assertTrue(trust.startsWith("not-launchable: "), trust);
            assertEquals(0, lenient.exit(), lenient.toString());
            assertEquals(row.get("digest").asText() + "\n", lenient.out());
            assertTrue(lenient.err().contains("measure: warning: "), lenient.toString());
        }
    }

    @TestFactory
    Stream<DynamicTest> peers() throws IOException {
        Optional<Path> file = Shared.file("vectors/snp/peer_vectors.json");
        if (file.isEmpty()) {
            return Stream.empty();
        }
        return rows(JSON.readTree(file.get().toFile()).get("launch_digests"))
                .filter(row -> row.get("mode").asText().equals("SEV_SNP"))
                // Rows without a firmware file: one peer keeps only its metadata, as JSON.
                .filter(row -> row.path("firmware").asText("").endsWith(".bin"))
                .map(row -> DynamicTest.dynamicTest(row.get("id").asText(), () -> peer(row)));
    }

    private void peer(JsonNode row) throws IOException {
        Optional<Path> firmware = firmware("peer-" + row.get("firmware").asText());
        if (firmware.isEmpty()) {
            return;
        }
        List<String> args = arguments(row, firmware.get());
        Session session = run(args);
        if (row.has("expected_error")) {
            assertEquals(5, session.exit(), session.toString());
            assertEquals("", session.out());
            return;
        }
        // A test firmware of another project may lack what a VMM demands; its digest is then the lenient one.
        if (session.exit() == 5) {
            args.add("--lenient");
            session = run(args);
        }
        assertEquals(0, session.exit(), session.toString());
        assertEquals(row.get("expected").asText() + "\n", session.out());
    }

    @TestFactory
    Stream<DynamicTest> malformed() throws IOException {
        Optional<Path> file = Shared.file("vectors/snp/malformed/malformed.json");
        Optional<Path> digests = Shared.file("vectors/snp/launch_digests.json");
        if (file.isEmpty() || digests.isEmpty()) {
            return Stream.empty();
        }
        writeSynthetic(
                "k4096",
                JSON.readTree(digests.get().toFile()).get("syntheticInputs").get("k4096"));
        return rows(JSON.readTree(file.get().toFile()).get("files"))
                .map(row -> DynamicTest.dynamicTest(row.get("file").asText(), () -> malformed(row)));
    }

    private void malformed(JsonNode row) throws IOException {
        Path firmware =
                Shared.file("vectors/snp/malformed/" + row.get("file").asText()).orElseThrow();
        List<String> args = new ArrayList<>(List.of(
                "snp",
                "--firmware",
                firmware.toString(),
                "--vmm",
                "qemu",
                "--vcpus",
                "2",
                "--vcpu-type",
                "EPYC-v4",
                "--guest-features",
                "0x1"));
        answers(row.get("strict"), run(args));
        List<String> withKernel = new ArrayList<>(args);
        withKernel.addAll(List.of("--kernel", "k4096"));
        answers(row.has("strictWithKernel") ? row.get("strictWithKernel") : row.get("strict"), run(withKernel));
        args.add("--lenient");
        answers(row.get("lenient"), run(args));
        withKernel.add("--lenient");
        answers(row.get("lenientWithKernel"), run(withKernel));
    }

    private static void answers(JsonNode expected, Session session) {
        assertEquals(expected.get("exit").asInt(), session.exit(), session.toString());
        if (session.exit() == 0) {
            assertEquals(expected.get("digest").asText() + "\n", session.out());
        } else {
            assertEquals("", session.out());
            assertTrue(
                    session.err().startsWith("measure: error: ")
                            || session.err().contains("\nmeasure: error: "),
                    session.err());
        }
        if (session.exit() == 4) {
            assertTrue(
                    session.err().matches("(?s).*measure: error: .*: offset 0x[0-9a-f]+: expected .*, found .*"),
                    session.err());
        }
        if (expected.has("warning")) {
            assertTrue(
                    session.err()
                            .contains("measure: warning: "
                                    + expected.get("warning").asText() + ": "),
                    session.err());
        }
    }

    /** The flags of the reference calculator, so that its users' scripts are tried too. */
    private static List<String> arguments(JsonNode row, Path firmware) {
        List<String> args = new ArrayList<>(List.of("snp", "--mode", "snp", "--ovmf", firmware.toString()));
        option(args, row, "vcpus", "--vcpus");
        option(args, row, "vmm", "--vmm-type");
        option(args, row, "guest_features", "--guest-features");
        if (row.path("vcpu_type").isTextual()) {
            option(args, row, "vcpu_type", "--vcpu-type");
        } else {
            option(args, row, "vcpu_sig", "--vcpu-sig");
        }
        boolean kernel = row.path("kernel").isTextual();
        option(args, row, "kernel", "--kernel");
        if (kernel) {
            option(args, row, "initrd", "--initrd");
            if (row.path("append").isTextual()) {
                args.add("--append=" + row.get("append").asText());
            }
        }
        option(args, row, "snp_ovmf_hash", "--snp-ovmf-hash");
        return args;
    }

    private static void option(List<String> args, JsonNode row, String field, String option) {
        if (row.hasNonNull(field)) {
            args.add(option);
            args.add(row.get(field).asText());
        }
    }

    private Session run(List<String> args) {
        return Session.in(folder, args.toArray(String[]::new));
    }

    private static Optional<Path> firmware(String id) throws IOException {
        if (!id.startsWith("peer-")) {
            return Shared.unxz("firmware/" + id + ".xz");
        }
        String name = id.substring("peer-".length());
        return name.equals("svsm_ovmf.fd")
                ? Shared.unxz("vectors/snp/fixtures/" + name + ".xz")
                : Shared.file("vectors/snp/fixtures/" + name);
    }

    /** byte[i] = (i*31 + (i>>8)*17 + seed) &amp; 255, as the vectors say. */
    private void writeSynthetic(String name, JsonNode input) throws IOException {
        byte[] bytes = new byte[input.get("size").asInt()];
        int seed = input.get("seed").asInt();
        for (int i = 0; i < bytes.length; i++) {
            bytes[i] = (byte) (i * 31 + (i >> 8) * 17 + seed);
        }
        Files.write(folder.resolve(name), bytes);
    }

    private static Stream<JsonNode> rows(JsonNode array) {
        assertFalse(array.isEmpty());
        return StreamSupport.stream(array.spliterator(), false);
    }
}
