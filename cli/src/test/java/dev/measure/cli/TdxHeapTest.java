package dev.measure.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.measure.DigestAlgorithm;
import dev.measure.Source;
import dev.measure.vectors.Shared;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** MRTD of every real and made image in the vectors, in all orders, by a Java of 256 MiB that ends at once when it is short of it. */
class TdxHeapTest {
    private static final List<String> REAL = List.of(
            "forky-OVMF.amdsev.fd",
            "deb12-OVMF.fd",
            "deb13-OVMF_CODE_4M.fd",
            "deb13-OVMF.fd",
            "forky-OVMF.inteltdx.ms.fd");

    /** Made images that strict mode refuses although the oracle measures them, since it is no image that a VMM starts. */
    private static final List<String> STRICTER = List.of("bad_two_hobs");

    @TempDir
    Path folder;

    private final List<String> lines = new ArrayList<>();
    private final List<String> expected = new ArrayList<>();

    private void image(String name, Path file, boolean refused, JsonNode values, String prefix, String tail)
            throws IOException {
        Files.copy(file, folder.resolve(name));
        lines.add("tdx --firmware " + name + " --order page,section,image --register mrtd -q"
                + (tail.isEmpty() ? "" : " --tail " + tail));
        expected.add(refused ? name + " refused" : name + " 0");
        if (!refused) {
            for (String order : List.of("page", "section", "image")) {
                String key = prefix + order + (tail.equals("file") ? "_filetail" : "");
                expected.add("mrtd/fw=file:" + name + "/order=" + order + "  "
                        + values.get(key).asText());
            }
        }
    }

    private void images() throws IOException {
        Optional<Path> vectors = Shared.file("vectors/tdx/mrtd.json");
        if (vectors.isEmpty()) {
            return;
        }
        JsonNode all = new ObjectMapper().readTree(vectors.get().toFile());
        for (JsonNode image : all.get("ovmf")) {
            for (String name : REAL) {
                Optional<Path> file = Shared.unxz("firmware/" + name + ".xz");
                if (file.isPresent()
                        && !Files.exists(folder.resolve(name))
                        && Source.of(name, Files.readAllBytes(file.get()))
                                .digest(DigestAlgorithm.SHA256)
                                .hex()
                                .equals(image.get("sha256").asText())) {
                    image(name, file.get(), image.has("error"), image, "mrtd_", "");
                }
            }
        }
        for (JsonNode made : all.get("synthetic")) {
            String name = made.get("file").asText();
            Optional<Path> file = Shared.unxz("vectors/tdx/synthetic/" + name + ".xz");
            if (file.isPresent()) {
                JsonNode oracle = made.get("oracle");
                boolean refused = oracle.has("error")
                        || STRICTER.contains(made.get("name").asText());
                image("zero." + name, file.get(), refused, oracle, "", "zero");
                image("file." + name, file.get(), refused, oracle, "", "file");
            }
        }
    }

    @Test
    @Timeout(300)
    void mrtdTakes256MiBAtMost() throws IOException, InterruptedException {
        images();
        if (lines.isEmpty()) {
            System.out.println("SKIPPED: no images are here");
            return;
        }
        Path answers = folder.resolve("answers");
        List<String> java = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx256m",
                Runtime.version().feature() == 17 ? "-XX:+UseG1GC" : "-XX:+UseSerialGC", // as the launcher does
                "-XX:+ExitOnOutOfMemoryError",
                "-cp",
                System.getProperty("java.class.path"),
                Commands.class.getName(),
                folder.toString()));
        java.addAll(lines);
        Process process =
                new ProcessBuilder(java).redirectOutput(answers.toFile()).start();
        try {
            assertTrue(process.waitFor(280, TimeUnit.SECONDS), "it hangs");
        } finally {
            process.destroyForcibly();
        }
        assertEquals(0, process.exitValue(), "ran out of memory");
        assertEquals(String.join("\n", expected), Files.readString(answers).strip());
    }

    /** The Java that has 256 MiB. */
    static final class Commands {
        private Commands() {}

        /**
         * Runs commands and says how each ended, and its values.
         *
         * @param args a folder, and the commands
         */
        public static void main(String[] args) {
            for (String line : List.of(args).subList(1, args.length)) {
                String[] words = line.split(" ");
                ByteArrayOutputStream out = new ByteArrayOutputStream();
                int exit = Main.run(
                        words,
                        InputStream.nullInputStream(),
                        new PrintStream(out, false, StandardCharsets.UTF_8),
                        new PrintStream(OutputStream.nullOutputStream(), false, StandardCharsets.UTF_8),
                        new Surroundings(args[0], Map.of(), false, false));
                System.out.println(words[2] + (exit == 4 || exit == 5 ? " refused" : " " + exit));
                System.out.print(out.toString(StandardCharsets.UTF_8));
            }
        }
    }
}
