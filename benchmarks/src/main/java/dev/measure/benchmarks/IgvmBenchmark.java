package dev.measure.benchmarks;

import dev.measure.DigestAlgorithm;
import dev.measure.Prediction;
import dev.measure.Source;
import dev.measure.igvm.IgvmFile;
import dev.measure.igvm.IgvmHeader;
import dev.measure.igvm.IgvmHeader.PageData;
import dev.measure.igvm.IgvmHeader.PageDataType;
import dev.measure.igvm.IgvmPlatformType;
import dev.measure.igvm.IgvmWriter;
import dev.measure.snp.IgvmLaunch;
import dev.measure.snp.IgvmLaunchDigest;
import dev.measure.snp.IgvmRules;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
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
 * How long does the launch digest of an IGVM file take, from file to value, how does it grow with the number of directives, and
 * how far is it from the time that plain MessageDigest needs for the same pages?
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 10, time = 1)
@Fork(
        value = 2,
        jvmArgsAppend = {"-Xms512m", "-Xmx512m"})
public class IgvmBenchmark {
    /** How many pages of data the file has; as many again have none. */
    @Param({"1024", "8192"})
    public int pages;

    private Path file;
    private byte[] bytes;

    /** Makes the file. */
    @Setup
    public void prepare() throws IOException {
        SplittableRandom random = new SplittableRandom(0x5eedL);
        byte[] data = new byte[pages * 4096];
        random.nextBytes(data);
        Source source = Source.of("data", data);
        Source nothing = source.slice(0, 0);
        List<IgvmHeader> headers = new ArrayList<>();
        headers.add(new IgvmHeader.SupportedPlatform(1, 0, IgvmPlatformType.SEV_SNP, 1, 0));
        headers.add(new IgvmHeader.GuestPolicy(0x30000, 1));
        for (int page = 0; page < pages; page++) {
            headers.add(new PageData(page * 8192L, 1, source.slice(page * 4096L, 4096), 0, PageDataType.NORMAL));
            headers.add(new PageData(page * 8192L + 4096, 1, nothing, 0, PageDataType.NORMAL));
        }
        file = Scratch.file(".igvm");
        try (OutputStream out = Files.newOutputStream(file)) {
            IgvmWriter.write(IgvmFile.of("made.igvm", headers), out);
        }
        bytes = Files.readAllBytes(file);
    }

    /** From file to value. */
    @Benchmark
    public Prediction fromFile() throws IOException {
        try (Source source = Source.open(file)) {
            return IgvmLaunchDigest.of(IgvmLaunch.of(IgvmFile.read(source), IgvmRules.HYPERV));
        }
    }

    /** Reading alone. */
    @Benchmark
    public IgvmFile read() throws IOException {
        try (Source source = Source.open(file)) {
            return IgvmFile.read(source);
        }
    }

    /** The floor: every page of data, and a PAGE_INFO for every page, through bare MessageDigest. */
    @Benchmark
    public byte[] floor() {
        MessageDigest sha384 = DigestAlgorithm.SHA384.newMessageDigest();
        byte[] pageInfo = new byte[112];
        int at = bytes.length - pages * 4096;
        byte[] digest = new byte[48];
        for (int page = 0; page < pages; page++) {
            sha384.update(bytes, at + page * 4096, 4096);
            System.arraycopy(sha384.digest(), 0, pageInfo, 48, 48);
            for (int twice = 0; twice < 2; twice++) {
                sha384.update(pageInfo);
                digest = sha384.digest();
                System.arraycopy(digest, 0, pageInfo, 0, 48);
            }
        }
        return digest;
    }
}
