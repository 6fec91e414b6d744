package dev.measure.vectors;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * The folder of specifications, real firmware and peers' vectors that may lie beside a checkout. It is not part of the project:
 * tests that read from it say so when it is not there.
 */
public final class Shared {
    private Shared() {}

    /**
     * {@return the folder: {@code $MEASURE_SHARED}, else a folder named {@code shared} beside the checkout; empty if there is none}
     */
    public static Optional<Path> folder() {
        String configured = System.getenv("MEASURE_SHARED");
        if (configured != null && !configured.isEmpty()) {
            return Optional.of(Path.of(configured));
        }
        for (Path up = Path.of("").toAbsolutePath(); up != null; up = up.getParent()) {
            if (Files.isRegularFile(up.resolve("shared/vectors/snp/launch_digests.json"))) {
                return Optional.of(up.resolve("shared"));
            }
        }
        return Optional.empty();
    }

    /**
     * {@return a file below the folder; empty if it is not there, which is printed, so that a green run does not hide a skip}
     *
     * @param path relative to the folder
     */
    public static Optional<Path> file(String path) {
        Optional<Path> file = folder().map(folder -> folder.resolve(path)).filter(Files::exists);
        if (file.isEmpty()) {
            System.out.println("SKIPPED: shared/" + path + " is not here");
        }
        return file;
    }

    /**
     * {@return a file below the folder that is stored with xz, unpacked into a folder for temporary files; empty as in
     * {@link #file}}
     *
     * @param path relative to the folder, ending in {@code .xz}
     * @throws IOException if it cannot be unpacked
     */
    public static Optional<Path> unxz(String path) throws IOException {
        Optional<Path> packed = file(path);
        if (packed.isEmpty()) {
            return packed;
        }
        Path name = packed.get().getFileName();
        Path target = cache().resolve(name.toString().replaceFirst("\\.xz$", ""));
        if (!Files.exists(target)) {
            Path part = Files.createTempFile(cache(), "part", "");
            run(part, "xz", "-dc", packed.get().toString());
            Files.move(part, target, StandardCopyOption.ATOMIC_MOVE);
        }
        return Optional.of(target);
    }

    /**
     * {@return one member of a tar archive stored with xz, unpacked; empty as in {@link #file}}
     *
     * @param archive relative to the folder, ending in {@code .tar.xz}
     * @param member its path in the archive
     * @throws IOException if it cannot be unpacked
     */
    public static Optional<Path> untar(String archive, String member) throws IOException {
        Optional<Path> packed = file(archive);
        if (packed.isEmpty()) {
            return packed;
        }
        Path folder = cache().resolve(Path.of(archive).getFileName().toString().replace(".tar.xz", ""));
        Path target = folder.resolve(member);
        if (!Files.exists(target)) {
            Path part = Files.createTempDirectory(cache(), "part");
            run(null, "tar", "-xJf", packed.get().toString(), "-C", part.toString());
            try {
                Files.move(part, folder);
            } catch (IOException alreadyUnpackedByAnotherRun) {
                delete(part);
                if (!Files.exists(target)) {
                    throw alreadyUnpackedByAnotherRun;
                }
            }
        }
        return Optional.of(target);
    }

    private static void delete(Path folder) throws IOException {
        List<Path> all;
        try (Stream<Path> walk = Files.walk(folder)) {
            all = walk.sorted(Comparator.reverseOrder()).toList();
        }
        for (Path each : all) {
            Files.delete(each);
        }
    }

    private static Path cache() throws IOException {
        Path cache = Path.of(System.getProperty("java.io.tmpdir"), "measure-shared-cache");
        return Files.createDirectories(cache);
    }

    private static void run(Path output, String... command) throws IOException {
        ProcessBuilder builder = new ProcessBuilder(command);
        if (output != null) {
            builder.redirectOutput(output.toFile());
        }
        Process process = builder.redirectErrorStream(output == null).start();
        try (InputStream said = process.getInputStream()) {
            String text = new String(said.readAllBytes(), StandardCharsets.UTF_8);
            if (process.waitFor() != 0) {
                throw new IOException(String.join(" ", command) + " failed: " + text);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        }
    }
}
