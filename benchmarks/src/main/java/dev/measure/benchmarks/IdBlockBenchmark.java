package dev.measure.benchmarks;

import dev.measure.Digest;
import dev.measure.DigestAlgorithm;
import dev.measure.Source;
import dev.measure.snp.IdAuth;
import dev.measure.snp.IdBlock;
import dev.measure.snp.SigningKey;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.MessageDigest;
import java.security.PrivateKey;
import java.security.SecureRandom;
import java.security.Signature;
import java.security.spec.ECGenParameterSpec;
import java.util.Optional;
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
 * How long does it take to build and sign an ID block? Two signatures make the time; the floors are the hash of what is signed, and
 * two bare ECDSA P-384 signatures of the JDK, which are not deterministic.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 10, time = 1)
@Fork(2)
public class IdBlockBenchmark {
    private SigningKey idKey;
    private SigningKey authorKey;
    private PrivateKey bareKey;
    private Digest launchDigest;

    /** Makes throw-away keys. */
    @Setup
    public void prepare() throws GeneralSecurityException {
        KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
        generator.initialize(new ECGenParameterSpec("secp384r1"), new SecureRandom());
        KeyPair first = generator.generateKeyPair();
        bareKey = first.getPrivate();
        idKey = SigningKey.read(Source.of("id key", first.getPrivate().getEncoded()), Optional.empty());
        authorKey = SigningKey.read(
                Source.of("author key", generator.generateKeyPair().getPrivate().getEncoded()), Optional.empty());
        launchDigest = Digest.zero(DigestAlgorithm.SHA384);
    }

    /** Block, authentication structure, both signatures. */
    @Benchmark
    public byte[] buildAndSign() {
        return IdAuth.sign(IdBlock.of(launchDigest), idKey, Optional.of(authorKey))
                .toByteArray();
    }

    /** The block alone. */
    @Benchmark
    public byte[] build() {
        return IdBlock.of(launchDigest).toByteArray();
    }

    /** The floor: SHA-384 of the bytes that are signed. */
    @Benchmark
    public byte[] floorHash() {
        MessageDigest sha384 = DigestAlgorithm.SHA384.newMessageDigest();
        sha384.update(new byte[IdBlock.SIZE]);
        return sha384.digest(new byte[1028]);
    }

    /** The other floor: two ECDSA P-384 signatures of the JDK. */
    @Benchmark
    public int floorTwoSignatures() throws GeneralSecurityException {
        Signature ecdsa = Signature.getInstance("SHA384withECDSA");
        int length = 0;
        for (int message : new int[] {IdBlock.SIZE, 1028}) {
            ecdsa.initSign(bareKey);
            ecdsa.update(new byte[message]);
            length += ecdsa.sign().length;
        }
        return length;
    }
}
