package dev.measure.snp;

import dev.measure.DigestAlgorithm;
import dev.measure.Source;
import java.math.BigInteger;
import java.security.MessageDigest;
import java.util.Optional;
import org.bouncycastle.crypto.digests.SHA384Digest;
import org.bouncycastle.crypto.params.ECPrivateKeyParameters;
import org.bouncycastle.crypto.signers.ECDSASigner;
import org.bouncycastle.crypto.signers.HMacDSAKCalculator;
import org.bouncycastle.math.ec.FixedPointCombMultiplier;

/**
 * A private key on P-384 that signs ID blocks or other keys. It never leaves memory: there is no accessor for it, and neither errors
 * nor {@link #toString()} show any of it.
 *
 * <p>Signatures are deterministic (RFC 6979 with HMAC-SHA-384): the same key and message give the same bytes.
 */
public final class SigningKey {
    private final String name;
    private final BigInteger secret;
    private final SevPublicKey publicKey;

    SigningKey(String name, BigInteger secret) {
        this.name = name;
        this.secret = secret;
        this.publicKey = SevPublicKey.of(new FixedPointCombMultiplier().multiply(SevPublicKey.P384.getG(), secret));
    }

    /**
     * {@return the key in a file: PEM or DER, SEC 1 ({@code EC PRIVATE KEY}), PKCS #8 or encrypted PKCS #8}
     *
     * @param source the file
     * @param passphrase the file that holds the passphrase on its first line; needed for an encrypted key only
     * @throws dev.measure.MalformedInputException if it is no P-384 key, or cannot be decrypted
     */
    public static SigningKey read(Source source, Optional<Source> passphrase) {
        return KeyFile.signingKey(source, passphrase);
    }

    /** {@return the public half} */
    public SevPublicKey publicKey() {
        return publicKey;
    }

    /**
     * {@return the signature over SHA-384 of a message}
     *
     * @param message the bytes to sign
     */
    public EcdsaSignature sign(byte[] message) {
        ECDSASigner signer = new ECDSASigner(new HMacDSAKCalculator(new SHA384Digest()));
        signer.init(true, new ECPrivateKeyParameters(secret, SevPublicKey.P384));
        MessageDigest digest = DigestAlgorithm.SHA384.newMessageDigest();
        digest.update(message);
        BigInteger[] signature = signer.generateSignature(digest.digest());
        return new EcdsaSignature(signature[0], signature[1]);
    }

    /** {@return where the key comes from, nothing of the key} */
    @Override
    public String toString() {
        return "P-384 signing key from " + name;
    }
}
