package dev.measure.sign;

import dev.measure.DigestAlgorithm;
import dev.measure.Source;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.math.BigInteger;
import java.util.Arrays;
import java.util.Optional;
import org.bouncycastle.crypto.Digest;
import org.bouncycastle.crypto.digests.SHA256Digest;
import org.bouncycastle.crypto.digests.SHA384Digest;
import org.bouncycastle.crypto.digests.SHA512Digest;
import org.bouncycastle.crypto.params.ECPrivateKeyParameters;
import org.bouncycastle.crypto.signers.ECDSASigner;
import org.bouncycastle.crypto.signers.HMacDSAKCalculator;
import org.bouncycastle.crypto.signers.StandardDSAEncoding;
import org.bouncycastle.util.BigIntegers;

/**
 * A private key on a NIST curve. There is no accessor for it, and neither errors nor {@link #toString()} show any of it. Signatures
 * are deterministic (RFC 6979).
 */
public final class EcSigningKey {
    private final ECPrivateKeyParameters key;
    private final EcPublicKey publicKey;

    EcSigningKey(ECPrivateKeyParameters key, EcPublicKey publicKey) {
        this.key = key;
        this.publicKey = publicKey;
    }

    /**
     * {@return the key in a file: PEM or DER (SEC 1, PKCS #8 or encrypted PKCS #8), or a JSON Web Key}
     *
     * @param source the file
     * @param passphrase the file that holds the passphrase on its first line; needed for an encrypted key only
     * @throws dev.measure.MalformedInputException if it holds no such key, or cannot be decrypted
     */
    public static EcSigningKey read(Source source, Optional<Source> passphrase) {
        return EcKeyFile.signingKey(source, passphrase);
    }

    /** {@return the public half} */
    public EcPublicKey publicKey() {
        return publicKey;
    }

    /**
     * {@return the signature: r and s, each as long as the order of the curve (IEEE P1363)}
     *
     * @param hash SHA-256, SHA-384 or SHA-512
     * @param message the bytes to sign
     */
    public byte[] sign(DigestAlgorithm hash, byte[] message) {
        ECDSASigner signer = new ECDSASigner(new HMacDSAKCalculator(digest(hash)));
        signer.init(true, key);
        BigInteger[] signature =
                signer.generateSignature(hash.newMessageDigest().digest(message));
        int half = publicKey.curve().length();
        byte[] bytes = new byte[2 * half];
        BigIntegers.asUnsignedByteArray(signature[0], bytes, 0, half);
        BigIntegers.asUnsignedByteArray(signature[1], bytes, half, half);
        return bytes;
    }

    /**
     * {@return the same signature in DER: a SEQUENCE of r and s (RFC 3279, section 2.2.3)}
     *
     * @param hash SHA-256, SHA-384 or SHA-512
     * @param message the bytes to sign
     */
    public byte[] signDer(DigestAlgorithm hash, byte[] message) {
        byte[] plain = sign(hash, message);
        int half = plain.length / 2;
        try {
            return StandardDSAEncoding.INSTANCE.encode(
                    publicKey.curve().parameters().getN(),
                    new BigInteger(1, Arrays.copyOf(plain, half)),
                    new BigInteger(1, Arrays.copyOfRange(plain, half, 2 * half)));
        } catch (IOException e) {
            throw new UncheckedIOException("two integers in memory", e);
        }
    }

    private static Digest digest(DigestAlgorithm hash) {
        return switch (hash) {
            case SHA256 -> SHA256Digest.newInstance();
            case SHA384 -> new SHA384Digest();
            case SHA512 -> new SHA512Digest();
            default -> throw new IllegalArgumentException("no signature is made with " + hash.id());
        };
    }

    /** {@return the curve, nothing of the key} */
    @Override
    public String toString() {
        return "private key on " + publicKey.curve().title();
    }
}
