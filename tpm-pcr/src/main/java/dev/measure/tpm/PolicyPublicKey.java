package dev.measure.tpm;

import dev.measure.Digest;
import dev.measure.DigestAlgorithm;
import dev.measure.MalformedInputException;
import dev.measure.Source;
import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.math.BigInteger;
import java.security.MessageDigest;
import org.bouncycastle.asn1.pkcs.RSAPublicKey;
import org.bouncycastle.crypto.CipherParameters;
import org.bouncycastle.crypto.Signer;
import org.bouncycastle.crypto.params.AsymmetricKeyParameter;
import org.bouncycastle.crypto.params.ECPublicKeyParameters;
import org.bouncycastle.crypto.params.RSAKeyParameters;
import org.bouncycastle.util.BigIntegers;

/** The public half of a key that signs PCR policies: RSA, or ECDSA on a NIST curve. */
public final class PolicyPublicKey {
    private static final int TPM_ALG_RSA = 0x0001;
    private static final int TPM_ALG_NULL = 0x0010;
    private static final int TPM_ALG_ECC = 0x0023;

    /** TPMA_OBJECT: userWithAuth, decrypt, sign; what systemd loads the key with (src/shared/tpm2-util.c). */
    private static final int OBJECT_ATTRIBUTES = 0x00060040;

    private final AsymmetricKeyParameter key;

    PolicyPublicKey(AsymmetricKeyParameter key) {
        this.key = key;
    }

    /**
     * {@return the key in a file: PEM or DER, public key (SubjectPublicKeyInfo), X.509 certificate or private key}
     *
     * @param source the file
     * @throws MalformedInputException if it holds no such key
     */
    public static PolicyPublicKey read(Source source) {
        return PolicyKeyFile.publicKey(source);
    }

    /**
     * {@return pkfp, SHA-256 of the key as PKCS #1 RSAPublicKey (RSA) or as uncompressed point 04 || X || Y (EC), not of its
     * SubjectPublicKeyInfo}
     */
    public Digest fingerprint() {
        MessageDigest sha256 = DigestAlgorithm.SHA256.newMessageDigest();
        sha256.update(encoded());
        return Digest.of(DigestAlgorithm.SHA256, sha256);
    }

    private byte[] encoded() {
        if (key instanceof RSAKeyParameters rsa) {
            try {
                return new RSAPublicKey(rsa.getModulus(), rsa.getExponent()).getEncoded("DER");
            } catch (IOException e) {
                throw new UncheckedIOException("two integers in memory", e);
            }
        }
        return ec().getQ().getEncoded(false);
    }

    AsymmetricKeyParameter key() {
        return key;
    }

    private ECPublicKeyParameters ec() {
        return (ECPublicKeyParameters) key; // PolicyKeyFile lets nothing else through
    }

    /**
     * {@return whether a signature is this key's: PKCS #1 v1.5, or ECDSA in DER}
     *
     * @param hash the hash that was signed with
     * @param message the bytes that were signed
     * @param signature the signature
     */
    public boolean verify(DigestAlgorithm hash, byte[] message, byte[] signature) {
        Signer signer = PolicySigningKey.signer(key, hash);
        signer.init(false, (CipherParameters) key);
        signer.update(message, 0, message.length);
        return signer.verifySignature(signature);
    }

    /**
     * {@return the Name that a TPM gives this key when systemd loads it: nameAlg SHA-256 (u16, big-endian), then the SHA-256 of
     * its TPMT_PUBLIC, without symmetric algorithm and without scheme}
     */
    public byte[] tpmName() {
        ByteArrayOutputStream area = new ByteArrayOutputStream();
        try (DataOutputStream out = new DataOutputStream(area)) {
            out.writeShort(key instanceof RSAKeyParameters ? TPM_ALG_RSA : TPM_ALG_ECC); // type
            out.writeShort(DigestAlgorithm.SHA256.tpmAlgId()); // nameAlg
            out.writeInt(OBJECT_ATTRIBUTES);
            out.writeShort(0); // authPolicy
            out.writeShort(TPM_ALG_NULL); // symmetric
            out.writeShort(TPM_ALG_NULL); // scheme
            if (key instanceof RSAKeyParameters rsa) {
                int bytes = (rsa.getModulus().bitLength() + 7) / 8;
                out.writeShort(8 * bytes); // keyBits
                out.writeInt(rsa.getExponent().intValue()); // 65537 too is written out, not as the 0 that stands for it
                sized(out, rsa.getModulus(), bytes); // unique
            } else {
                out.writeShort(PolicyCurve.of(ec().getParameters()).tpmEccCurve());
                out.writeShort(TPM_ALG_NULL); // kdf
                int bytes = (ec().getParameters().getCurve().getFieldSize() + 7) / 8;
                sized(out, ec().getQ().getAffineXCoord().toBigInteger(), bytes);
                sized(out, ec().getQ().getAffineYCoord().toBigInteger(), bytes);
            }
        } catch (IOException e) {
            throw new UncheckedIOException("a stream in memory", e);
        }
        ByteArrayOutputStream name = new ByteArrayOutputStream();
        name.write(0);
        name.write(DigestAlgorithm.SHA256.tpmAlgId());
        name.writeBytes(DigestAlgorithm.SHA256.newMessageDigest().digest(area.toByteArray()));
        return name.toByteArray();
    }

    private static void sized(DataOutputStream out, BigInteger number, int bytes) throws IOException {
        out.writeShort(bytes);
        out.write(BigIntegers.asUnsignedByteArray(bytes, number));
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof PolicyPublicKey that && fingerprint().equals(that.fingerprint());
    }

    @Override
    public int hashCode() {
        return fingerprint().hashCode();
    }

    /** {@return the kind of the key and its fingerprint} */
    @Override
    public String toString() {
        String kind = key instanceof RSAKeyParameters rsa
                ? "RSA-" + rsa.getModulus().bitLength()
                : PolicyCurve.of(ec().getParameters()).title();
        return kind + " key " + fingerprint().hex();
    }
}
