package dev.measure.benchmarks;

import dev.measure.Digest;
import dev.measure.DigestAlgorithm;
import dev.measure.Prediction;
import dev.measure.Source;
import dev.measure.Strictness;
import dev.measure.firmware.Firmware;
import dev.measure.tdx.Mrtd;
import dev.measure.tdx.MrtdOrder;
import dev.measure.tdx.TdHob;
import dev.measure.tdx.TdxLaunch;
import dev.measure.vectors.OvmfWriter;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/** How long does MRTD of a 4 MiB image take, and how far is that from bare SHA-384 over the same stream of records? */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 10, time = 1)
@Fork(
        value = 2,
        jvmArgsAppend = {"-Xms512m", "-Xmx512m"})
public class MrtdBenchmark {
    /** A firmware file, or {@code made}: 4 MiB by rule, with the sections of Debian's OVMF.inteltdx.ms.fd. */
    @Param("made")
    public String firmware;

    private Path file;
    private Source open;
    private Source inMemory;
    private byte[] bytes;
    private byte[] stream;
    private List<Long> memory;

    /** Makes or finds the firmware, and the stream that is hashed for page order. */
    @Setup
    public void prepare() throws IOException {
        bytes = firmware.equals("made") ? made(0x5eed) : Files.readAllBytes(Path.of(firmware));
        file = Files.write(Scratch.file(".fd"), bytes);
        open = Source.open(file);
        inMemory = Source.of("made.fd", bytes);
        stream = stream(bytes);
        // Only if it is the same stream is it a floor.
        if (!Mrtd.of(launch(), MrtdOrder.PAGE).toString().contains(bareSha384().hex())) {
            throw new IllegalStateException(firmware + " has other sections than this benchmark knows");
        }
        memory = new ArrayList<>();
        for (long gib = 1; gib <= 16; gib++) {
            memory.add(gib << 30);
        }
    }

    /** Removes the file. */
    @TearDown
    public void clean() throws IOException {
        open.close();
        Files.delete(file);
    }

    static byte[] made(int seed) {
        return OvmfWriter.ovmf(4 << 20)
                .fill(seed)
                .tdxMetadata()
                .tdxSection(0x84000, 0x37c000, 0xffc84000L, 0x37c000, 0, 1)
                .tdxSection(0, 0x84000, 0xffc00000L, 0x84000, 1, 0)
                .tdxSection(0, 0, 0x810000, 0x10000, 3, 0)
                .tdxSection(0, 0, 0x80b000, 0x2000, 3, 0)
                .tdxSection(0, 0, 0x809000, 0x2000, 2, 0)
                .tdxSection(0, 0, 0x800000, 0x6000, 3, 0)
                .build();
    }

    /** An image of a few pages. */
    static byte[] small() {
        return OvmfWriter.ovmf(65536)
                .tdxMetadata()
                .tdxSection(0xe000, 0x2000, 0xffffe000L, 0x2000, 0, 1)
                .tdxSection(0, 0x1000, 0xffff0000L, 0x1000, 1, 0)
                .tdxSection(0, 0, 0x809000, 0x2000, 2, 0)
                .build();
    }

    /** The records of the image above, written down plainly. */
    static byte[] stream(byte[] image) {
        long[][] sections = {
            {0x84000, 0xffc84000L, 0x37c000, 1},
            {0, 0xffc00000L, 0x84000, 0},
            {0, 0x810000, 0x10000, 0},
            {0, 0x80b000, 0x2000, 0},
            {0, 0x809000, 0x2000, 0},
            {0, 0x800000, 0x6000, 0}
        };
        ByteBuffer out = ByteBuffer.allocate(8 << 20).order(ByteOrder.LITTLE_ENDIAN);
        for (long[] section : sections) {
            for (long page = 0; page < section[2]; page += 4096) {
                record(out, "MEM.PAGE.ADD", section[1] + page);
                for (long chunk = page; chunk < page + 4096 && section[3] == 1; chunk += 256) {
                    record(out, "MR.EXTEND", section[1] + chunk);
                    out.put(image, (int) (section[0] + chunk), 256);
                }
            }
        }
        byte[] stream = new byte[out.position()];
        out.flip().get(stream);
        return stream;
    }

    private static void record(ByteBuffer out, String name, long gpa) {
        int at = out.position();
        out.put(name.getBytes(StandardCharsets.US_ASCII)).position(at + 16);
        out.putLong(gpa).position(at + 128);
    }

    private TdxLaunch launch() {
        return TdxLaunch.of(Firmware.read(inMemory, Strictness.STRICT));
    }

    /** MRTD in page order, of an image in memory as the floor's records are. */
    @Benchmark
    public Prediction pageOrder() {
        return Mrtd.of(launch(), MrtdOrder.PAGE);
    }

    /** The same with reading the file. */
    @Benchmark
    public Prediction pageOrderFromFile() {
        return Mrtd.of(TdxLaunch.of(Firmware.read(open, Strictness.STRICT)), MrtdOrder.PAGE);
    }

    /** MRTD in section order. */
    @Benchmark
    public Prediction sectionOrder() {
        return Mrtd.of(launch(), MrtdOrder.SECTION);
    }

    /** Both, side by side. */
    @Benchmark
    public Map<MrtdOrder, Prediction> bothOrders() {
        return Mrtd.of(launch());
    }

    /** MRTD, and the TD HOBs of 16 memory sizes; vCPUs change neither, so that 16 x 16 guests cost no more. */
    @Benchmark
    public List<Object> sixteenMemorySizesBySixteenVcpuCounts() {
        TdxLaunch launch = launch();
        List<Object> values = new ArrayList<>();
        values.add(Mrtd.of(launch, MrtdOrder.PAGE));
        TdHob.of(launch, memory).values().forEach(hob -> values.add(((TdHob.Built) hob).digest()));
        return values;
    }

    /** The floor: SHA-384 of the records of page order, which lie ready in memory. */
    @Benchmark
    public Digest bareSha384() {
        MessageDigest sha384 = DigestAlgorithm.SHA384.newMessageDigest();
        sha384.update(stream);
        return Digest.of(DigestAlgorithm.SHA384, sha384);
    }
}
