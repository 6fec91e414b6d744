package dev.measure.vectors;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** The OpenSSL command, as an independent maker of keys and verifier of signatures; tests that need it say so when it is missing. */
public final class OpenSsl {
    private OpenSsl() {}

    /** {@return whether the command is here; if not, that is printed} */
    public static boolean isHere() {
        try {
            run(Path.of("."), "version");
            return true;
        } catch (IOException e) {
            System.out.println("SKIPPED: no openssl command");
            return false;
        }
    }

    /**
     * {@return what the command says}
     *
     * @param folder where it runs
     * @param arguments what stands behind {@code openssl}
     * @throws IOException if it cannot be started or fails; with what it said
     */
    public static String run(Path folder, String... arguments) throws IOException {
        List<String> command = new ArrayList<>(List.of("openssl"));
        command.addAll(List.of(arguments));
        Process process = new ProcessBuilder(command)
                .directory(folder.toFile())
                .redirectErrorStream(true)
                .start();
        String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        try {
            if (process.waitFor() != 0) {
                throw new IOException(String.join(" ", command) + ": " + said);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        }
        return said;
    }
}
