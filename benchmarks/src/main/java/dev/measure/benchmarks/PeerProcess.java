package dev.measure.benchmarks;

import java.io.BufferedReader;
import java.io.Closeable;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** A peer in another language that stays alive: it says its result first, then for each line what one more run took. */
final class PeerProcess implements Closeable {
    /** The {@code times} of bash counts milliseconds, that of other shells hundredths of a second. */
    private static final String SHELL = Files.isExecutable(Path.of("/bin/bash")) ? "/bin/bash" : "sh";

    private final Process process;
    private final BufferedReader out;
    private final Writer in;
    private final String result;

    PeerProcess(List<String> command) throws IOException {
        process = new ProcessBuilder(command)
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        out = new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
        in = process.outputWriter(StandardCharsets.UTF_8);
        result = line();
    }

    /** {@return what it computed} */
    String result() {
        return result;
    }

    /** {@return nanoseconds of one more run: a word of its answer} */
    double nanos(int word) throws IOException {
        return nanos(word, 1);
    }

    /** {@return nanoseconds of a run, of so many runs without a pause} */
    double nanos(int word, int times) throws IOException {
        in.write("\n".repeat(times));
        in.flush();
        double sum = 0;
        for (int i = 0; i < times; i++) {
            sum += Double.parseDouble(line().split(" ")[word]);
        }
        return sum / times;
    }

    private String line() throws IOException {
        String line = out.readLine();
        if (line == null) {
            throw new IOException("the peer has ended");
        }
        return line;
    }

    @Override
    public void close() throws IOException {
        in.close();
        process.destroy();
    }

    /** {@return nanoseconds of a whole process: wall, and CPU of user and system} */
    static double[] whole(String command) throws IOException {
        // The shell's own `times` tells what its children took; its second line is theirs.
        Process shell = new ProcessBuilder(SHELL, "-c", "(" + command + ") >/dev/null 2>&1 </dev/null || exit 1; times")
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        long start = System.nanoTime();
        String text = new String(shell.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        double wall = System.nanoTime() - start;
        if (text.isBlank()) {
            throw new IOException("failed: " + command);
        }
        double cpu = 0;
        for (String time : text.strip().split("\n")[1].split(" ")) {
            int minutes = time.indexOf('m');
            cpu += (60 * Double.parseDouble(time.substring(0, minutes))
                            + Double.parseDouble(time.substring(minutes + 1, time.length() - 1)))
                    * 1e9;
        }
        return new double[] {wall, cpu};
    }
}
