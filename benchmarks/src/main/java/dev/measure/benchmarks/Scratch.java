package dev.measure.benchmarks;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Files that are made for a measurement and are gone when its process has ended. */
final class Scratch {
    private Scratch() {}

    static Path file(String suffix) throws IOException {
        Path file = Files.createTempFile("made", suffix);
        file.toFile().deleteOnExit();
        return file;
    }
}
