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
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** The launch digests of the firmwares inside real f-UKIs, through the command line. */
class FukiVectorTest {

    @TestFactory
    Stream<DynamicTest> firmwaresOfRealImages() throws IOException {
        Optional<Path> vectors = Shared.file("vectors/fuki/snp_from_efifw.json");
        if (vectors.isEmpty()) {
            return Stream.empty();
        }
        JsonNode rows = new ObjectMapper().readTree(vectors.get().toFile()).get("rows");
        List<DynamicTest> tests = new ArrayList<>();
        for (String name : List.of("fuki-match9.efi", "fuki-badmagic.efi")) {
            Optional<Path> image = image(name);
            if (image.isEmpty()) {
                continue;
            }
            String inventory =
                    Session.in(Path.of(""), "inspect", image.get().toString()).out();
            for (JsonNode row : rows) {
                String fwid = row.get("fwid").asText();
                if (inventory.contains("  " + fwid + " ")) { // one firmware of the vectors lies in neither image
                    tests.add(DynamicTest.dynamicTest(
                            name + " " + fwid + " vcpus " + row.get("vcpus").asInt(), () -> row(image.get(), row)));
                }
            }
            assertFalse(tests.isEmpty(), inventory);
        }
        return tests.stream();
    }

    private static Optional<Path> image(String name) throws IOException {
        Optional<Path> folder = Shared.untar("fixtures/ukis.tar.xz", ".");
        if (folder.isEmpty()) {
            return Optional.empty();
        }
        try (Stream<Path> files = Files.walk(folder.get())) {
            return Optional.of(
                    files.filter(file -> file.endsWith(name)).findFirst().orElseThrow());
        }
    }

    /** Runs of a whole image, by their arguments: each holds the values of several rows. */
    private final Map<List<String>, Session> runs = new HashMap<>();

    private Session run(String... args) {
        return runs.computeIfAbsent(List.of(args), unknown -> Session.in(Path.of(""), args));
    }

    private void row(Path image, JsonNode row) {
        String fwid = row.get("fwid").asText();
        String vcpus = row.get("vcpus").asText();
        String vmm = row.get("vmm").asText();
        String cpu = row.get("vcpuType").asText();
        String digest = row.get("digest").asText();
        String id = "snp/fw=efifw:" + fwid + "/vmm=qemu/cpu=" + cpu + "/features=0x1/vcpus=" + vcpus
                + "/hashes=none/rules=raw";
        String[] args = {
            "fuki", image.toString(), "--vcpus", vcpus, "--vmm", vmm, "--vcpu-type", cpu, "--guest-features", "0x1"
        };
        Session strict = run(args);
        assertEquals(0, strict.exit(), strict.toString());
        String[] lenientArgs = Arrays.copyOf(args, args.length + 1);
        lenientArgs[args.length] = "--lenient";
        Session lenient = run(lenientArgs);
        assertEquals(0, lenient.exit(), lenient.toString());
        assertTrue(lenient.out().contains(id + "  " + digest + "\n"), lenient.toString());
        if (row.get("trust").asText().equals("ok")) {
            assertTrue(strict.out().contains(id + "  " + digest + "\n"), strict.toString());
        } else {
            assertFalse(strict.out().contains(id), strict.toString());
            assertTrue(strict.err().contains("measure: refused: " + id + ": "), strict.toString());
        }
        Session single = Session.in(
                Path.of(""),
                "snp",
                image.toString(),
                "--fwid",
                fwid,
                "--vcpus",
                vcpus,
                "--vcpu-type",
                cpu,
                "--lenient");
        assertEquals(digest + "\n", single.out(), single.toString());
    }
}
