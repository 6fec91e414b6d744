package dev.measure.sign;

import dev.measure.DigestAlgorithm;
import java.util.Objects;
import org.bouncycastle.crypto.DataLengthException;
import org.bouncycastle.crypto.engines.RSABlindedEngine;
import org.bouncycastle.crypto.params.RSAKeyParameters;
import org.bouncycastle.crypto.signers.PSSSigner;
import org.bouncycastle.crypto.util.DigestFactory;

/** A public key of RSA (RFC 8017), which verifies signatures of RSASSA-PSS. */
public final class RsaPublicKey implements VerificationKey {
    /** RFC 8230, section 6.1: shorter keys are not to be used with COSE. */
    static final int MIN_MODULUS = 2048;

    /** Longer keys cost time and are not made by anybody. */
    static final int MAX_MODULUS = 8192;

    private final RSAKeyParameters key;

    RsaPublicKey(RSAKeyParameters key) {
        this.key = Objects.requireNonNull(key, "key");
    }

    @Override
    public String kind() {
        return "RSA-" + key.getModulus().bitLength();
    }

    /**
     * {@return whether a signature is this key's: RSASSA-PSS with MGF1 of the same hash, and a salt as long as it (RFC 8230, section 2)}
     *
     * @param hash SHA-256, SHA-384 or SHA-512
     * @param message the bytes that were signed
     * @param signature as long as the modulus
     */
    public boolean verifyPss(DigestAlgorithm hash, byte[] message, byte[] signature) {
        org.bouncycastle.crypto.Digest digest = switch (hash) {
            case SHA256 -> DigestFactory.createSHA256();
            case SHA384 -> DigestFactory.createSHA384();
            case SHA512 -> DigestFactory.createSHA512();
            default -> throw new IllegalArgumentException("expected SHA-256, SHA-384 or SHA-512, got " + hash);
        };
        if (signature.length != (key.getModulus().bitLength() + 7) / 8) {
            return false;
        }
        PSSSigner verifier = new PSSSigner(new RSABlindedEngine(), digest, hash.length());
        verifier.init(false, key);
        verifier.update(message, 0, message.length);
        try {
            return verifier.verifySignature(signature);
        } catch (DataLengthException e) {
            return false; // a number beyond the modulus
        }
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof RsaPublicKey that
                && key.getModulus().equals(that.key.getModulus())
                && key.getExponent().equals(that.key.getExponent());
    }

    @Override
    public int hashCode() {
        return key.getModulus().hashCode();
    }
}
