package dev.measure.sign;

import dev.measure.Source;
import dev.measure.key.Asn1;
import java.util.Arrays;
import org.bouncycastle.crypto.Signer;
import org.bouncycastle.crypto.params.Ed25519PublicKeyParameters;
import org.bouncycastle.crypto.params.Ed448PublicKeyParameters;
import org.bouncycastle.crypto.signers.Ed25519Signer;
import org.bouncycastle.crypto.signers.Ed448Signer;
import org.bouncycastle.math.ec.rfc8032.Ed25519;
import org.bouncycastle.math.ec.rfc8032.Ed448;

/** A public key on an Edwards curve, which verifies signatures of EdDSA without pre-hashing (RFC 8032). */
public final class EdwardsPublicKey implements VerificationKey {
    /** The curve. */
    public enum Curve {
        /** Ed25519: keys of 32 bytes, signatures of 64. */
        ED25519("Ed25519", "1.3.101.112", 32, 64),
        /** Ed448: keys of 57 bytes, signatures of 114. */
        ED448("Ed448", "1.3.101.113", 57, 114);

        private final String title;
        private final String oid;
        private final int keyLength;
        private final int signatureLength;

        Curve(String title, String oid, int keyLength, int signatureLength) {
            this.title = title;
            this.oid = oid;
            this.keyLength = keyLength;
            this.signatureLength = signatureLength;
        }

        /** {@return its name} */
        public String title() {
            return title;
        }

        /** {@return its object identifier (RFC 8410)} */
        String oid() {
            return oid;
        }
    }

    private final Curve curve;
    private final byte[] key;

    private EdwardsPublicKey(Curve curve, byte[] key) {
        this.curve = curve;
        this.key = key.clone();
    }

    static EdwardsPublicKey of(Source source, Curve curve, byte[] key) {
        // Of the group in which signatures are made, too: under a point of small order, anybody can make one.
        boolean valid = key.length == curve.keyLength
                && (curve == Curve.ED25519
                        ? Ed25519.validatePublicKeyFull(key, 0)
                        : Ed448.validatePublicKeyFull(key, 0));
        if (!valid) {
            throw Asn1.malformed(source, "a point on the curve " + curve.title, "bytes that are none");
        }
        return new EdwardsPublicKey(curve, key);
    }

    private Signer verifier() {
        if (curve == Curve.ED25519) {
            Ed25519Signer verifier = new Ed25519Signer();
            verifier.init(false, new Ed25519PublicKeyParameters(key, 0));
            return verifier;
        }
        Ed448Signer verifier = new Ed448Signer(new byte[0]);
        verifier.init(false, new Ed448PublicKeyParameters(key, 0));
        return verifier;
    }

    /** {@return its curve} */
    public Curve curve() {
        return curve;
    }

    @Override
    public String kind() {
        return curve.title;
    }

    /**
     * {@return whether a signature is this key's}
     *
     * @param message the bytes that were signed
     * @param signature 64 or 114 bytes
     */
    public boolean verify(byte[] message, byte[] signature) {
        if (signature.length != curve.signatureLength) {
            return false;
        }
        Signer verifier = verifier();
        verifier.update(message, 0, message.length);
        return verifier.verifySignature(signature);
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof EdwardsPublicKey that && curve == that.curve && Arrays.equals(key, that.key);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(key);
    }
}
