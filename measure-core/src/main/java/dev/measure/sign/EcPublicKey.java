package dev.measure.sign;

import dev.measure.DigestAlgorithm;
import dev.measure.Source;
import java.math.BigInteger;
import java.util.Arrays;
import org.bouncycastle.crypto.params.ECPublicKeyParameters;
import org.bouncycastle.crypto.signers.ECDSASigner;

/** A public key on a NIST curve, which verifies signatures of the form r || s (IEEE P1363), as COSE and JOSE have them. */
public final class EcPublicKey implements VerificationKey {
    private final EcCurve curve;
    private final ECPublicKeyParameters key;

    EcPublicKey(EcCurve curve, ECPublicKeyParameters key) {
        this.curve = curve;
        this.key = key;
    }

    /**
     * {@return the key in a file: PEM or DER (SubjectPublicKeyInfo, X.509 certificate or private key), or a JSON Web Key}
     *
     * @param source the file
     * @throws dev.measure.MalformedInputException if it holds no such key
     */
    public static EcPublicKey read(Source source) {
        return EcKeyFile.publicKey(source);
    }

    @Override
    public String kind() {
        return curve.title();
    }

    /** {@return its curve} */
    public EcCurve curve() {
        return curve;
    }

    /**
     * {@return whether a signature is this key's}
     *
     * @param hash the hash that was signed with
     * @param message the bytes that were signed
     * @param signature r and s, each as long as the order of the curve
     */
    public boolean verify(DigestAlgorithm hash, byte[] message, byte[] signature) {
        int half = curve.length();
        if (signature.length != 2 * half) {
            return false;
        }
        ECDSASigner verifier = new ECDSASigner();
        verifier.init(false, key);
        return verifier.verifySignature(
                hash.newMessageDigest().digest(message),
                new BigInteger(1, Arrays.copyOf(signature, half)),
                new BigInteger(1, Arrays.copyOfRange(signature, half, 2 * half)));
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof EcPublicKey that && key.getQ().equals(that.key.getQ()) && curve == that.curve;
    }

    @Override
    public int hashCode() {
        return key.getQ().hashCode();
    }
}
