package dev.measure.snp;

import dev.measure.Digest;
import dev.measure.DigestAlgorithm;
import dev.measure.Source;
import dev.measure.parse.Cursor;
import java.math.BigInteger;
import java.security.MessageDigest;
import java.util.Objects;
import org.bouncycastle.crypto.ec.CustomNamedCurves;
import org.bouncycastle.crypto.params.ECDomainParameters;
import org.bouncycastle.crypto.params.ECPublicKeyParameters;
import org.bouncycastle.crypto.signers.ECDSASigner;
import org.bouncycastle.math.ec.ECPoint;

/**
 * A public key on P-384 in the form of an ID key or author key: 1028 (0x404) bytes, u32 curve = 2, QX and QY little-endian with 72
 * bytes each, then zeros. AMD SEV-SNP Firmware ABI, #56860, "ECDSA P-384 Public Key".
 *
 * @param x the affine coordinate QX
 * @param y the affine coordinate QY
 */
public record SevPublicKey(BigInteger x, BigInteger y) {
    /** Bytes of the structure. */
    public static final int SIZE = 0x404;

    static final ECDomainParameters P384 = new ECDomainParameters(CustomNamedCurves.getByName("secp384r1"));

    private static final int CURVE_P384 = 2;
    private static final int NUMBER = 72;

    /** Checks that the point lies on the curve. */
    public SevPublicKey {
        Objects.requireNonNull(x, "x");
        Objects.requireNonNull(y, "y");
        if (!onCurve(x, y)) {
            throw new IllegalArgumentException("the point is not on the curve P-384");
        }
    }

    private static boolean onCurve(BigInteger x, BigInteger y) {
        BigInteger p = P384.getCurve().getField().getCharacteristic();
        return x.signum() >= 0
                && y.signum() >= 0
                && x.compareTo(p) < 0
                && y.compareTo(p) < 0
                && P384.getCurve().createPoint(x, y).isValid();
    }

    static SevPublicKey of(ECPoint point) {
        ECPoint affine = point.normalize();
        return new SevPublicKey(
                affine.getAffineXCoord().toBigInteger(),
                affine.getAffineYCoord().toBigInteger());
    }

    static SevPublicKey read(Cursor c, String field) {
        int at = c.position();
        long curve = c.u32(field + " curve");
        if (curve != CURVE_P384) {
            throw c.malformed(at, field + " curve = 2 (P-384)", Long.toString(curve), "");
        }
        BigInteger x = EcdsaSignature.number(c, field + " QX");
        BigInteger y = EcdsaSignature.number(c, field + " QY");
        Reserved.zero(c, SIZE - 4 - 2 * NUMBER, field + " reserved bytes");
        if (!onCurve(x, y)) {
            throw c.malformed(at, field + " on the curve P-384", "a point that is not on it", "");
        }
        return new SevPublicKey(x, y);
    }

    /**
     * {@return a public key from a file: PEM or DER (SubjectPublicKeyInfo, X.509 certificate, or an unencrypted private key, of
     * which only the public half is kept), or the 1028 bytes of the structure}
     *
     * @param source the file
     * @throws dev.measure.MalformedInputException if it is none of these or the curve is another
     */
    public static SevPublicKey read(Source source) {
        if (source.length() == SIZE) {
            return read(Cursor.of(source), "key");
        }
        return KeyFile.publicKey(source);
    }

    /** {@return the 1028 bytes of the structure} */
    public byte[] toByteArray() {
        byte[] bytes = new byte[SIZE];
        bytes[0] = CURVE_P384;
        EcdsaSignature.put(x, bytes, 4);
        EcdsaSignature.put(y, bytes, 4 + NUMBER);
        return bytes;
    }

    /** {@return SHA-384 of the 1028 bytes: ID_KEY_DIGEST or AUTHOR_KEY_DIGEST of an attestation report} */
    public Digest digest() {
        MessageDigest digest = DigestAlgorithm.SHA384.newMessageDigest();
        digest.update(toByteArray());
        return Digest.of(DigestAlgorithm.SHA384, digest);
    }

    /**
     * {@return whether a signature over SHA-384 of a message is by this key}
     *
     * @param message the bytes that were signed
     * @param signature the signature
     */
    public boolean verifies(byte[] message, EcdsaSignature signature) {
        ECDSASigner signer = new ECDSASigner();
        signer.init(false, new ECPublicKeyParameters(P384.getCurve().createPoint(x, y), P384));
        MessageDigest digest = DigestAlgorithm.SHA384.newMessageDigest();
        digest.update(message);
        return signer.verifySignature(digest.digest(), signature.r(), signature.s());
    }
}
