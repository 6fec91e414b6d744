package dev.measure.cli;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/** Takes the result, for standard output or for a file. A file is written when all is well, so a failed run leaves it alone. */
final class Sink {
    private final PrintStream out;
    private final Optional<String> name;
    private final Inputs files;
    private final ByteArrayOutputStream kept = new ByteArrayOutputStream();

    Sink(PrintStream out, Optional<String> name, Inputs files) {
        this.out = out;
        this.name = name;
        this.files = files;
    }

    /** Adds one line of text. */
    void line(String text) {
        print(text + "\n");
    }

    /** Adds text as it is. */
    void print(String text) {
        bytes(text.getBytes(StandardCharsets.UTF_8));
    }

    private void bytes(byte[] bytes) {
        if (name.isPresent()) {
            kept.writeBytes(bytes);
        } else {
            out.write(bytes, 0, bytes.length);
        }
    }

    /** {@return a stream into the result; closing it does nothing} */
    OutputStream stream() {
        return new OutputStream() {
            @Override
            public void write(int b) {
                bytes(new byte[] {(byte) b});
            }

            @Override
            public void write(byte[] array, int offset, int count) {
                if (name.isPresent()) {
                    kept.write(array, offset, count);
                } else {
                    out.write(array, offset, count);
                }
            }
        };
    }

    /** Shows what was added so far, so that what follows on standard error follows it on a terminal too. */
    void flush() {
        if (name.isEmpty()) {
            out.flush();
        }
    }

    /**
     * Hands over all that was added.
     *
     * @param done whether all went well: then the file is written even if there is nothing to say
     */
    void finish(boolean done) {
        if (name.isPresent() && (done || kept.size() > 0)) {
            Path path = files.path(name.get());
            try {
                Files.write(path, kept.toByteArray());
            } catch (IOException e) {
                throw new Complaint(
                        ExitCode.MALFORMED,
                        name.get() + ": cannot be written: " + Inputs.whyNotWritten(e),
                        "does its folder exist?");
            }
        }
        out.flush();
    }
}
