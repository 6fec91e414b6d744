package dev.measure.benchmarks;

import dev.measure.Digest;
import dev.measure.DigestAlgorithm;
import dev.measure.Source;
import dev.measure.eventlog.EventLog;
import dev.measure.eventlog.Replay;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/**
 * How long does it take to read and replay a log of 64 MiB with 160,000 events in four banks, in a heap of 128 MiB, against the same
 * extends through bare MessageDigest?
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 10, time = 1)
@Fork(
        value = 2,
        jvmArgsAppend = {"-Xms128m", "-Xmx128m"})
public class EventLogBenchmark {
    private static final int EVENTS = 160_000;
    private static final int SIZE = 64 << 20;
    private static final int REGISTERS = 24;
    private static final int EV_IPL = 0x0d;
    private static final Set<DigestAlgorithm> BANKS = EnumSet.range(DigestAlgorithm.SHA1, DigestAlgorithm.SHA512);

    private Path file;

    /** Makes the log. */
    @Setup
    public void make() throws IOException {
        file = Scratch.file(".log");
        SplittableRandom random = new SplittableRandom(0x10ca1e5L);
        try (OutputStream out = Files.newOutputStream(file)) {
            byte[] header = header();
            out.write(header);
            int record = (SIZE - header.length) / EVENTS;
            ByteBuffer block = ByteBuffer.allocate(record * 1000).order(ByteOrder.LITTLE_ENDIAN);
            for (int i = 0; i < EVENTS; i++) {
                event(block, i, record, random);
                if (!block.hasRemaining()) {
                    out.write(block.array());
                    block.clear();
                }
            }
        }
    }

    private static byte[] header() {
        ByteBuffer out = ByteBuffer.allocate(32 + 28 + 4 * BANKS.size() + 1).order(ByteOrder.LITTLE_ENDIAN);
        out.putInt(0).putInt(3).put(new byte[20]).putInt(out.capacity() - 32);
        out.put("Spec ID Event03\0".getBytes(StandardCharsets.US_ASCII));
        out.putInt(0).put(new byte[] {0, 2, 0, 2}).putInt(BANKS.size());
        for (DigestAlgorithm bank : BANKS) {
            out.putShort((short) bank.tpmAlgId()).putShort((short) bank.length());
        }
        return out.put((byte) 0).array();
    }

    private static void event(ByteBuffer out, int number, int size, SplittableRandom random) {
        int end = out.position() + size;
        out.putInt(number % REGISTERS).putInt(EV_IPL).putInt(BANKS.size());
        for (DigestAlgorithm bank : BANKS) {
            byte[] digest = new byte[bank.length()];
            random.nextBytes(digest);
            out.putShort((short) bank.tpmAlgId()).put(digest);
        }
        out.putInt(end - out.position() - 4);
        while (out.position() < end) {
            out.put((byte) 'x');
        }
    }

    /** Checks every record, then extends every register in four banks. */
    @Benchmark
    public List<dev.measure.Measurement> readAndReplay() throws IOException {
        try (Source source = Source.open(file)) {
            return Replay.of(EventLog.read(source)).measurements();
        }
    }

    /** The checks alone. */
    @Benchmark
    public EventLog read() throws IOException {
        try (Source source = Source.open(file)) {
            return EventLog.read(source);
        }
    }

    /** The floor: as many extends of as many bytes, one register in each bank, without a log. */
    @Benchmark
    public List<Digest> floorExtends() throws Exception {
        List<Digest> values = new ArrayList<>();
        for (DigestAlgorithm bank : BANKS) {
            MessageDigest running = bank.newMessageDigest();
            byte[] value = new byte[bank.length()];
            byte[] digest = new byte[bank.length()];
            for (int i = 0; i < EVENTS; i++) {
                running.update(value);
                running.update(digest);
                running.digest(value, 0, value.length);
            }
            values.add(Digest.of(bank, value));
        }
        return values;
    }
}
