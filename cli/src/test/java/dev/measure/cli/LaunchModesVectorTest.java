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
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

/** Runs the vectors of all modes but snp through the command line, with the flags of the reference calculator. */
class LaunchModesVectorTest {
    private static final ObjectMapper JSON = new ObjectMapper();

    @TempDir
    Path folder;

    @TestFactory
    Stream<DynamicTest> referenceCalculator() throws IOException {
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
                .filter(row -> !row.get("mode").asText().equals("snp"))
                .map(row -> DynamicTest.dynamicTest(row.get("id").asText(), () -> check(row)));
    }

    private void check(JsonNode row) throws IOException {
        List<String> args = arguments(row);
        String trust = row.get("trust").asText();
        for (String strictness : List.of("--strict", "--lenient")) {
            args.add(strictness);
            if (trust.startsWith("refused: ")) {
                Session session = run(args);
                assertEquals(5, session.exit(), session.toString());
                assertEquals("", session.out());
                assertTrue(session.err().contains("measure: error: "), session.toString());
            } else if (trust.startsWith("peer-bug: ")) {
                prints(row.get("digestCorrected"), args);
                prints(row.get("digestLegacy"), with(args, "--vmm-type", "qemu-legacy"));
                List<String> bug = new ArrayList<>(args);
                bug.addAll(List.of("--svsm-rules", "reference-calculator-0.0.13"));
                prints(row.get("digest"), bug);
            } else {
                assertEquals("ok", trust);
                prints(row.get("digest"), args);
            }
            args.remove(strictness);
        }
    }

    private void prints(JsonNode digest, List<String> args) {
        Session session = run(args);
        assertEquals(0, session.exit(), session.toString());
        assertEquals(digest.asText() + "\n", session.out(), session.toString());
    }

    private static List<String> with(List<String> args, String option, String value) {
        List<String> changed = new ArrayList<>(args);
        changed.set(changed.indexOf(option) + 1, value);
        return changed;
    }

    @TestFactory
    Stream<DynamicTest> sevSnpMeasureGo() throws IOException {
        return peers("launch_digests")
                .filter(row -> row.path("firmware").asText("").endsWith(".json"))
                .map(row -> DynamicTest.dynamicTest(row.get("id").asText(), () -> {
                    Path metadata = Shared.file("vectors/snp/fixtures/"
                                    + row.get("firmware").asText())
                            .orElseThrow();
                    prints(
                            row.get("expected"),
                            List.of(
                                    "snp",
                                    "--metadata",
                                    metadata.toString(),
                                    "--vcpus",
                                    row.get("vcpus").asText(),
                                    "--vmm",
                                    row.get("vmm").asText()));
                    prints(row.get("snp_ovmf_hash"), List.of("snp", "ovmf-hash", "--metadata", metadata.toString()));
                }));
    }

    @TestFactory
    Stream<DynamicTest> sevTool() throws IOException {
        return peers("launch_measure_hmac")
                .map(row -> DynamicTest.dynamicTest(row.get("path").asText(), () -> {
                    Files.write(
                            folder.resolve("tik.bin"),
                            HexFormat.of().parseHex(row.get("tik").asText()));
                    Session session = run(List.of(
                            "snp",
                            "launch-measure",
                            "--launch-digest",
                            row.get("launch_digest").asText(),
                            "--tik",
                            "tik.bin",
                            "--nonce",
                            row.get("mnonce").asText(),
                            "--api-major",
                            row.get("api_major").asText(),
                            "--api-minor",
                            row.get("api_minor").asText(),
                            "--build-id",
                            row.get("build_id").asText(),
                            "--policy",
                            row.get("policy").asText()));
                    assertEquals(0, session.exit(), session.toString());
                    assertEquals(
                            row.get("expected").asText() + row.get("mnonce").asText() + "\n", session.out());
                }));
    }

    private static Stream<JsonNode> peers(String array) throws IOException {
        Optional<Path> file = Shared.file("vectors/snp/peer_vectors.json");
        return file.isEmpty()
                ? Stream.empty()
                : rows(JSON.readTree(file.get().toFile()).get(array));
    }

    private static List<String> arguments(JsonNode row) throws IOException {
        String mode = row.get("mode").asText();
        List<String> args = new ArrayList<>(List.of("snp", "--mode", mode, "--ovmf", file(row.get("firmware"))));
        if (!mode.equals("snp:ovmf-hash")) {
            option(args, row, "vcpus", "--vcpus");
            option(args, row, "guest_features", "--guest-features");
            if (row.path("vcpu_type").isTextual()) {
                option(args, row, "vcpu_type", "--vcpu-type");
            } else {
                option(args, row, "vcpu_sig", "--vcpu-sig");
            }
            args.addAll(List.of("--vmm-type", row.get("vmm").asText()));
        }
        option(args, row, "kernel", "--kernel");
        option(args, row, "initrd", "--initrd");
        if (row.path("append").isTextual()) {
            args.add("--append=" + row.get("append").asText());
        }
        if (row.hasNonNull("svsm")) {
            args.addAll(List.of("--svsm", file(row.get("svsm"))));
            args.addAll(List.of("--vars-size", row.get("vars_size_used").asText()));
        }
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

    private static String file(JsonNode id) throws IOException {
        String name = id.asText();
        Optional<Path> path;
        if (!name.startsWith("peer-")) {
            path = Shared.unxz("firmware/" + name + ".xz");
        } else if (name.contains("svsm")) {
            path = Shared.unxz("vectors/snp/fixtures/" + name.substring(5) + ".xz");
        } else {
            path = Shared.file("vectors/snp/fixtures/" + name.substring(5));
        }
        return path.orElseThrow().toString();
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
