package dev.measure.benchmarks;

import dev.measure.DigestAlgorithm;
import dev.measure.Source;
import dev.measure.boot.BootInputs;
import dev.measure.boot.BootSequence;
import dev.measure.tpm.Pcr;
import dev.measure.tpm.PcrPrediction;
import dev.measure.uki.Uki;
import dev.measure.vectors.PeWriter;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
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

/** How long do the PCRs of a UKI of 200 MB take in four banks, against its bytes once through bare MessageDigest? */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Warmup(iterations = 2, time = 2)
@Measurement(iterations = 5, time = 2)
@Fork(
        value = 1,
        jvmArgsAppend = {"-Xms128m", "-Xmx128m"})
public class PcrBenchmark {
    private static final Set<DigestAlgorithm> FOUR = EnumSet.range(DigestAlgorithm.SHA1, DigestAlgorithm.SHA512);

    /** Bytes of the initrd; the kernel has 12 MiB more. */
    @Param("200000000")
    public int initrd;

    private Path file;

    /** Makes the UKI. */
    @Setup
    public void prepare() throws IOException {
        file = PeWriter.stub("262.1")
                .section(".osrel", "ID=made\n")
                .section(".cmdline", "console=ttyS0")
                .section(".linux", 12 << 20, 0x11)
                .section(".initrd", initrd, 0x22)
                .writeTo(Scratch.file(".efi"));
    }

    private List<PcrPrediction> predict(List<Integer> pcrs) throws IOException {
        try (Source source = Source.open(file)) {
            BootInputs inputs = BootInputs.builder().uki(Uki.read(source)).build();
            return Pcr.of(BootSequence.of(inputs), pcrs, FOUR);
        }
    }

    /** PCR 11: each section once. */
    @Benchmark
    public List<PcrPrediction> pcr11InFourBanks() throws IOException {
        return predict(List.of(11));
    }

    /** PCRs 4, 9 and 11: the image, the initrd as the kernel gets it, each section. */
    @Benchmark
    public List<PcrPrediction> pcrs4And9And11InFourBanks() throws IOException {
        return predict(List.of(4, 9, 11));
    }

    /** The floor: the file once through four bare message digests, in one thread. */
    @Benchmark
    public List<byte[]> floorFourBanks() throws IOException, NoSuchAlgorithmException {
        List<MessageDigest> digests = new ArrayList<>();
        for (String name : List.of("SHA-1", "SHA-256", "SHA-384", "SHA-512")) {
            digests.add(MessageDigest.getInstance(name));
        }
        byte[] piece = new byte[256 << 10];
        try (InputStream in = Files.newInputStream(file)) {
            for (int n = in.read(piece); n > 0; n = in.read(piece)) {
                for (MessageDigest digest : digests) {
                    digest.update(piece, 0, n);
                }
            }
        }
        return digests.stream().map(MessageDigest::digest).toList();
    }
}
