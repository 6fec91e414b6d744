package dev.measure.benchmarks;

import dev.measure.Digest;
import dev.measure.DigestAlgorithm;
import dev.measure.Prediction;
import dev.measure.Source;
import dev.measure.Strictness;
import dev.measure.firmware.Firmware;
import dev.measure.snp.CpuModel;
import dev.measure.snp.LaunchDigest;
import dev.measure.snp.SevFeatures;
import dev.measure.snp.SnpGuest;
import dev.measure.snp.SnpLaunch;
import dev.measure.snp.Vmm;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.List;
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

/**
 * How long does a launch digest take, from file to value, and how far is that from the time that plain MessageDigest needs for all
 * pages of the same file?
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 10, time = 1)
@Fork(
        value = 2,
        jvmArgsAppend = {"-Xms512m", "-Xmx512m"})
public class LaunchDigestBenchmark {
    /** A firmware file, or {@code made}: 4 MiB by rule, with as many erased pages as Debian's OVMF.amdsev.fd. */
    @Param("made")
    public String firmware;

    private Path file;
    private byte[] bytes;
    private SnpGuest guest;
    private List<SnpGuest> matrix;

    /** Makes or finds the firmware and lists the guests. */
    @Setup
    public void prepare() throws IOException {
        file = firmware.equals("made")
                ? Files.write(Scratch.file(".fd"), MadeFirmware.fourMebibytes())
                : Path.of(firmware);
        bytes = Files.readAllBytes(file);
        guest = SnpGuest.qemu(1, CpuModel.parse("EPYC-v4"));
        matrix = new ArrayList<>();
        for (String cpu : List.of("EPYC-v4", "EPYC-Rome", "EPYC-Milan", "EPYC-Genoa", "EPYC-Turin")) {
            for (Vmm vmm : List.of(Vmm.QEMU, Vmm.QEMU_LEGACY)) {
                for (long features : new long[] {0x1, 0x21}) {
                    for (int vcpus = 1; vcpus <= 512; vcpus++) {
                        matrix.add(new SnpGuest(vmm, vcpus, CpuModel.parse(cpu), new SevFeatures(features)));
                    }
                }
            }
        }
    }

    /** From file to value. */
    @Benchmark
    public Prediction fromFile() throws IOException {
        try (Source source = Source.open(file)) {
            return LaunchDigest.of(SnpLaunch.of(Firmware.read(source, Strictness.STRICT)), guest);
        }
    }

    /** 10,240 values of one firmware: 20 combinations for 1 to 512 vCPUs. */
    @Benchmark
    public List<Prediction> matrixOf10240() throws IOException {
        try (Source source = Source.open(file)) {
            return LaunchDigest.of(SnpLaunch.of(Firmware.read(source, Strictness.STRICT)), matrix);
        }
    }

    /** The floor: SHA-384 of every page of the file, in memory, nothing else. */
    @Benchmark
    public byte[] floorEveryPage() {
        MessageDigest sha384 = DigestAlgorithm.SHA384.newMessageDigest();
        byte[] last = null;
        for (int page = 0; page < bytes.length; page += 4096) {
            sha384.update(bytes, page, 4096);
            last = sha384.digest();
        }
        return last;
    }

    /** The other floor: the file once through SHA-384, as one stream. */
    @Benchmark
    public Digest floorOneStream() {
        return Source.of("bytes", bytes).digest(DigestAlgorithm.SHA384);
    }
}
