package dev.measure.benchmarks;

import dev.measure.Digest;
import dev.measure.DigestAlgorithm;
import dev.measure.Source;
import dev.measure.uki.Uki;
import dev.measure.vectors.EfifwWriter;
import dev.measure.vectors.PeWriter;
import java.io.IOException;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
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
import org.openjdk.jmh.annotations.Warmup;

/** How long does it take to read a UKI, and to digest its sections, against its bytes once through bare MessageDigest? */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 10, time = 1)
@Fork(
        value = 2,
        jvmArgsAppend = {"-Xms512m", "-Xmx512m"})
public class UkiParseBenchmark {
    private static final Set<DigestAlgorithm> SHA256 = EnumSet.of(DigestAlgorithm.SHA256);

    /** A UKI, or {@code made}: 32 MiB with two firmwares, by rule. */
    @Param("made")
    public String uki;

    private Path file;

    /** Makes or finds the UKI. */
    @Setup
    public void prepare() throws IOException {
        file = uki.equals("made") ? made(Scratch.file(".efi")) : Path.of(uki);
    }

    private static Path made(Path file) throws IOException {
        byte[] firmware = MadeFirmware.fourMebibytes();
        return PeWriter.stub("262.1")
                .section(".osrel", "ID=made\n")
                .section(".cmdline", "console=ttyS0")
                .section(".linux", 8 << 20, 0x11)
                .section(".initrd", 16 << 20, 0x22)
                .section(
                        ".efifw",
                        EfifwWriter.efifw().fwid("one").payload(firmware).build())
                .section(
                        ".efifw",
                        EfifwWriter.efifw().fwid("two").payload(firmware).build())
                .writeTo(file);
    }

    /** The model alone: headers, section table, small sections. */
    @Benchmark
    public Uki read() throws IOException {
        try (Source source = Source.open(file)) {
            return Uki.read(source);
        }
    }

    /** The model and the SHA-256 of every section. */
    @Benchmark
    public List<Map<DigestAlgorithm, Digest>> readAndDigestSections() throws IOException {
        try (Source source = Source.open(file)) {
            return Uki.read(source).image().sectionDigests(SHA256);
        }
    }

    /** The Authenticode digests in the four usual algorithms. */
    @Benchmark
    public Map<DigestAlgorithm, Digest> authenticodeInFourBanks() throws IOException {
        try (Source source = Source.open(file)) {
            return Uki.read(source).image().authenticode(EnumSet.range(DigestAlgorithm.SHA1, DigestAlgorithm.SHA512));
        }
    }

    /** The floor: the file once through SHA-256. */
    @Benchmark
    public Digest floorSha256() throws IOException {
        try (Source source = Source.open(file)) {
            return source.digest(DigestAlgorithm.SHA256);
        }
    }

    /** The floor of four banks. */
    @Benchmark
    public Map<DigestAlgorithm, Digest> floorFourBanks() throws IOException {
        try (Source source = Source.open(file)) {
            return source.digests(EnumSet.range(DigestAlgorithm.SHA1, DigestAlgorithm.SHA512));
        }
    }
}
