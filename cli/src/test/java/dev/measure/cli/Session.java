package dev.measure.cli;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Map;

/**
 * One run of the command in this process.
 *
 * @param exit the exit code
 * @param out standard output
 * @param err standard error
 */
record Session(int exit, String out, String err) {

    /** {@return a run in a folder, with nothing on standard input and no terminal} */
    static Session in(Path folder, String... args) {
        return with(new Surroundings(folder.toString(), Map.of(), false, false), new byte[0], args);
    }

    /** {@return a run} */
    static Session with(Surroundings surroundings, byte[] input, String... args) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        ByteArrayOutputStream err = new ByteArrayOutputStream();
        int exit = Main.run(
                args,
                new ByteArrayInputStream(input),
                new PrintStream(out, false, StandardCharsets.UTF_8),
                new PrintStream(err, false, StandardCharsets.UTF_8),
                surroundings);
        return new Session(exit, out.toString(StandardCharsets.UTF_8), err.toString(StandardCharsets.UTF_8));
    }

    @Override
    public String toString() {
        return "exit " + exit + "\n--- stdout\n" + out + "--- stderr\n" + err;
    }
}
