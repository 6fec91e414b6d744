package dev.measure.cli;

import dev.measure.MalformedInputException;
import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.FileDescriptor;
import java.io.FileInputStream;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/** The {@code measure} command. */
public final class Main {
    /** Common options without a value that may also stand before the verb. */
    private static final Set<String> FLAGS_ANYWHERE =
            Set.of("-q", "--quiet", "-v", "--verbose", "--debug", "--no-progress", "--strict", "--lenient", "--json");

    private Main() {}

    /**
     * Runs the command and ends the process with its exit code.
     *
     * @param args the command line without the program's name
     */
    public static void main(String[] args) {
        // Digits and letter case never depend on where the command runs.
        Locale.setDefault(Locale.ROOT);
        WatchedStream stdout = new WatchedStream(new FileOutputStream(FileDescriptor.out));
        PrintStream out = new PrintStream(new BufferedOutputStream(stdout, 1 << 16), false, StandardCharsets.UTF_8);
        PrintStream err = new PrintStream(new FileOutputStream(FileDescriptor.err), true, StandardCharsets.UTF_8);
        // Buffered, because FileInputStream asks a pipe for its length.
        InputStream in = new BufferedInputStream(new FileInputStream(FileDescriptor.in));
        int status = run(args, in, out, err, Surroundings.ofProcess());
        out.flush();
        IOException failure = stdout.failure;
        // A reader that has seen enough, such as head, is no failure.
        if (failure != null && !String.valueOf(failure.getMessage()).contains("Broken pipe")) {
            new Talk(err, false, false, false)
                    .error("standard output cannot be written: " + Inputs.why(failure), "is the disk full?");
            status = ExitCode.MALFORMED.status();
        }
        // Nothing runs on that would keep the process alive, and an exit by force looks for a logger to tell first.
        if (status != ExitCode.DONE.status()) {
            System.exit(status);
        }
    }

    /**
     * Runs the command in this process, with the folder and the variables of the process.
     *
     * @param args the command line without the program's name
     * @param in standard input
     * @param out standard output
     * @param err standard error
     * @return the exit code
     */
    public static int run(String[] args, InputStream in, PrintStream out, PrintStream err) {
        return run(args, in, out, err, Surroundings.ofProcess());
    }

    static int run(String[] args, InputStream in, PrintStream out, PrintStream err, Surroundings surroundings) {
        boolean debug = Arrays.asList(args).contains("--debug");
        boolean color = surroundings.errIsTerminal()
                && surroundings.variable("NO_COLOR").isEmpty();
        Talk talk = new Talk(err, false, false, color);
        ExitCode exit;
        Throwable cause = null;
        try {
            exit = CommandLineReader.read(verbFirst(args)).run(in, out, err, surroundings);
        } catch (Complaint e) {
            talk.error(e.getMessage(), e.hint());
            exit = e.exit();
            cause = e;
        } catch (MalformedInputException e) {
            talk.error(e.getMessage(), e.hint());
            exit = ExitCode.MALFORMED;
            cause = e;
        } catch (UncheckedIOException e) {
            talk.error(Inputs.why(e.getCause()), "");
            exit = ExitCode.MALFORMED;
            cause = e;
        } catch (OutOfMemoryError e) {
            talk.error(
                    "the input needs more memory than Java was given",
                    "give it more: MEASURE_JAVA_OPTS=-Xmx1g measure ...");
            exit = ExitCode.MALFORMED;
            cause = e;
        } catch (RuntimeException | StackOverflowError | AssertionError e) {
            talk.error(
                    "internal error: " + e,
                    "this is a bug: please report it to the project with this command line, `measure version` and the"
                            + " output with --debug");
            exit = ExitCode.INTERNAL;
            cause = e;
        }
        out.flush();
        if (debug && cause != null) {
            cause.printStackTrace(err);
        }
        err.flush();
        return exit.status();
    }

    /** Common flags may stand before the verb; the parser wants them after it. */
    private static String[] verbFirst(String[] args) {
        List<String> flags = new ArrayList<>();
        int at = 0;
        while (at < args.length && (FLAGS_ANYWHERE.contains(args[at]) || args[at].startsWith("--json="))) {
            flags.add(args[at++]);
        }
        if (at == 0 || at == args.length) {
            return args;
        }
        List<String> moved = new ArrayList<>();
        moved.add(args[at]);
        moved.addAll(flags);
        moved.addAll(Arrays.asList(args).subList(at + 1, args.length));
        return moved.toArray(String[]::new);
    }

    /** Remembers why writing failed, which PrintStream does not tell. */
    private static final class WatchedStream extends OutputStream {
        private final OutputStream out;
        private IOException failure;

        private WatchedStream(OutputStream out) {
            this.out = out;
        }

        @Override
        public void write(int b) throws IOException {
            write(new byte[] {(byte) b}, 0, 1);
        }

        @Override
        public void write(byte[] array, int offset, int count) throws IOException {
            try {
                out.write(array, offset, count);
            } catch (IOException e) {
                failure = e;
                throw e;
            }
        }

        @Override
        public void flush() throws IOException {
            out.flush();
        }
    }
}
