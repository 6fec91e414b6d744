package dev.measure.cli;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;

/** The version of this program, as the build wrote it down. */
final class Version {
    private Version() {}

    /** {@return the version} */
    static String text() {
        return BuildVersion.TEXT;
    }

    /** {@return a text that lies beside this class} */
    static String resource(String name) {
        try (InputStream stream = Version.class.getResourceAsStream(name)) {
            if (stream == null) {
                throw new AssertionError(name + " is missing from this build");
            }
            return new String(stream.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
