package dev.measure.tdx;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * A paused QEMU that is driven from outside through its qtest protocol: one line a command, one line an answer. No guest code
 * runs. QEMU system/qtest.c.
 *
 * <p>Whatever QEMU does, it is killed when its time is over, and when this is closed.
 */
final class Qtest implements AutoCloseable {
    private static final int MAX_LINE = 1 << 16;
    private static final int MAX_ERRORS = 4096;
    private static final int BLOCK = 4096;

    private final Process qemu;
    private final OutputStream to;
    private final InputStream from;
    private final Thread watchdog;
    private final StringBuffer errors = new StringBuffer();
    private final Duration limit;
    private volatile boolean late;

    private Qtest(Process qemu, Duration limit) {
        this.qemu = qemu;
        this.limit = limit;
        this.to = qemu.getOutputStream();
        this.from = new BufferedInputStream(qemu.getInputStream());
        this.watchdog = new Thread(this::watch, "qtest-watchdog");
        this.watchdog.setDaemon(true);
        this.watchdog.start();
        Thread listener = new Thread(this::listen, "qtest-errors");
        listener.setDaemon(true);
        listener.start();
    }

    static Qtest start(String binary, List<String> arguments, Duration limit) throws IOException {
        List<String> command = new ArrayList<>(List.of(binary));
        // Without a log file of its own, QEMU writes a transcript to standard error.
        command.addAll(List.of("-qtest", "stdio", "-qtest-log", "/dev/null", "-S", "-display", "none", "-nodefaults"));
        command.addAll(arguments);
        return new Qtest(new ProcessBuilder(command).start(), limit);
    }

    private void watch() {
        try {
            if (!qemu.waitFor(limit.toMillis(), TimeUnit.MILLISECONDS)) {
                late = true;
                qemu.destroyForcibly();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt(); // closed in time
        }
    }

    /** Keeps what QEMU says, and reads on so that it does not wait for us. */
    private void listen() {
        byte[] buffer = new byte[1024];
        try (InputStream stream = qemu.getErrorStream()) {
            int count = stream.read(buffer);
            while (count >= 0) {
                if (errors.length() < MAX_ERRORS) {
                    errors.append(new String(buffer, 0, count, StandardCharsets.UTF_8));
                }
                count = stream.read(buffer);
            }
        } catch (IOException e) {
            // QEMU is gone, and so is what it had to say
        }
    }

    /** The answer to a command, without its OK. */
    private String command(String line) throws IOException {
        try {
            to.write((line + "\n").getBytes(StandardCharsets.US_ASCII));
            to.flush();
        } catch (IOException e) {
            throw gone(); // a broken pipe says less than QEMU does
        }
        while (true) {
            String answer = line();
            if (answer.equals("OK") || answer.startsWith("OK ")) {
                return answer.substring(2).strip();
            }
            if (!answer.startsWith("IRQ ")) { // interrupts are told in between
                throw new IOException("QEMU answered '" + answer + "' to '" + line + "'");
            }
        }
    }

    private String line() throws IOException {
        StringBuilder text = new StringBuilder();
        int c = from.read();
        while (c != '\n') {
            if (c < 0) {
                throw gone();
            }
            if (text.length() == MAX_LINE) {
                throw new IOException("QEMU answered with more than " + MAX_LINE + " characters");
            }
            text.append((char) c);
            c = from.read();
        }
        return text.toString().strip();
    }

    private IOException gone() {
        if (late) {
            return new IOException("QEMU did not finish within " + limit.toSeconds() + " seconds and was stopped");
        }
        try {
            qemu.waitFor(1, TimeUnit.SECONDS);
            Thread.sleep(50); // for its last words
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        String said = errors.toString().strip().replaceAll("[\\p{Cntrl}]+", "; ");
        return new IOException(said.isEmpty() ? "QEMU ended without a word" : "QEMU ended: " + said);
    }

    void outb(int port, int value) throws IOException {
        command(String.format("outb 0x%x 0x%x", port, value));
    }

    void outw(int port, int value) throws IOException {
        command(String.format("outw 0x%x 0x%x", port, value));
    }

    void outl(int port, int value) throws IOException {
        command(String.format("outl 0x%x 0x%x", port, value));
    }

    int inl(int port) throws IOException {
        return number(command(String.format("inl 0x%x", port)));
    }

    int readl(long address) throws IOException {
        return number(command(String.format("readl 0x%x", address)));
    }

    void writel(long address, int value) throws IOException {
        command(String.format("writel 0x%x 0x%x", address, value));
    }

    /** An answer of up to 64 bits, of which the lower 32 are wanted. */
    private static int number(String answer) throws IOException {
        try {
            return (int) Long.parseUnsignedLong(answer.startsWith("0x") ? answer.substring(2) : "-", 16);
        } catch (NumberFormatException e) {
            throw new IOException("QEMU answered '" + answer + "' to a read, which is no hexadecimal number", e);
        }
    }

    void write(long address, byte[] bytes) throws IOException {
        command(String.format(
                "write 0x%x %d 0x%s", address, bytes.length, HexFormat.of().formatHex(bytes)));
    }

    byte[] read(long address, int count) throws IOException {
        byte[] bytes = new byte[count];
        for (int done = 0; done < count; done += BLOCK) {
            int size = Math.min(BLOCK, count - done);
            String answer = command(String.format("read 0x%x %d", address + done, size));
            if (answer.length() != 2 + 2 * size || !answer.startsWith("0x")) {
                throw new IOException(
                        "QEMU answered with " + answer.length() + " characters to a read of " + size + " bytes");
            }
            try {
                System.arraycopy(HexFormat.of().parseHex(answer, 2, answer.length()), 0, bytes, done, size);
            } catch (IllegalArgumentException e) {
                throw new IOException("QEMU answered to a read with what is no hexadecimal number", e);
            }
        }
        return bytes;
    }

    @Override
    public void close() {
        watchdog.interrupt();
        qemu.destroyForcibly();
        try {
            qemu.waitFor(5, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
