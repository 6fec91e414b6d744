package dev.measure.tpm;

import dev.measure.DigestAlgorithm;
import dev.measure.Source;
import java.util.Optional;
import org.bouncycastle.asn1.ASN1ObjectIdentifier;
import org.bouncycastle.asn1.nist.NISTObjectIdentifiers;
import org.bouncycastle.crypto.CryptoException;
import org.bouncycastle.crypto.Digest;
import org.bouncycastle.crypto.Signer;
import org.bouncycastle.crypto.digests.SHA1Digest;
import org.bouncycastle.crypto.digests.SHA256Digest;
import org.bouncycastle.crypto.digests.SHA384Digest;
import org.bouncycastle.crypto.digests.SHA512Digest;
import org.bouncycastle.crypto.params.AsymmetricKeyParameter;
import org.bouncycastle.crypto.params.RSAKeyParameters;
import org.bouncycastle.crypto.signers.DSADigestSigner;
import org.bouncycastle.crypto.signers.ECDSASigner;
import org.bouncycastle.crypto.signers.HMacDSAKCalculator;
import org.bouncycastle.crypto.signers.RSADigestSigner;

/**
 * A private key that signs PCR policies. It never leaves memory: there is no accessor for it, and neither errors nor
 * {@link #toString()} show any of it.
 *
 * <p>Signatures are deterministic: RSA PKCS #1 v1.5 (RFC 8017), or ECDSA after RFC 6979.
 */
public final class PolicySigningKey {
    /** id-sha1 of RFC 8017, appendix A.2.4. */
    private static final ASN1ObjectIdentifier ID_SHA1 = new ASN1ObjectIdentifier("1.3.14.3.2.26");

    private final String name;
    private final AsymmetricKeyParameter key;
    private final PolicyPublicKey publicKey;

    PolicySigningKey(String name, AsymmetricKeyParameter key, PolicyPublicKey publicKey) {
        this.name = name;
        this.key = key;
        this.publicKey = publicKey;
    }

    /**
     * {@return the key in a file: PEM or DER, PKCS #1 (RSA), SEC 1 (EC), PKCS #8 or encrypted PKCS #8}
     *
     * @param source the file
     * @param passphrase the file that holds the passphrase on its first line; needed for an encrypted key only
     * @throws dev.measure.MalformedInputException if it is no key that can sign, or cannot be decrypted
     */
    public static PolicySigningKey read(Source source, Optional<Source> passphrase) {
        return PolicyKeyFile.signingKey(source, passphrase);
    }

    /** {@return the public half} */
    public PolicyPublicKey publicKey() {
        return publicKey;
    }

    /**
     * {@return the signature: PKCS #1 v1.5, or ECDSA in DER}
     *
     * @param hash the hash to sign with: not SM3, for which no signature of this kind is defined
     * @param message the bytes to sign
     * @throws IllegalArgumentException for SM3
     */
    public byte[] sign(DigestAlgorithm hash, byte[] message) {
        Signer signer = signer(key, hash);
        signer.init(true, key);
        signer.update(message, 0, message.length);
        try {
            return signer.generateSignature();
        } catch (CryptoException e) {
            throw new IllegalStateException("a checked key cannot sign", e);
        }
    }

    static Signer signer(AsymmetricKeyParameter key, DigestAlgorithm hash) {
        return key instanceof RSAKeyParameters
                ? new RSADigestSigner(digest(hash), oid(hash))
                : new DSADigestSigner(new ECDSASigner(new HMacDSAKCalculator(digest(hash))), digest(hash));
    }

    static Digest digest(DigestAlgorithm hash) {
        return switch (hash) {
            case SHA1 -> new SHA1Digest();
            case SHA256 -> SHA256Digest.newInstance();
            case SHA384 -> new SHA384Digest();
            case SHA512 -> new SHA512Digest();
            case SM3_256 -> throw new IllegalArgumentException("no RSA or ECDSA signature is made with SM3");
        };
    }

    private static ASN1ObjectIdentifier oid(DigestAlgorithm hash) {
        return switch (hash) {
            case SHA1 -> ID_SHA1;
            case SHA256 -> NISTObjectIdentifiers.id_sha256;
            case SHA384 -> NISTObjectIdentifiers.id_sha384;
            case SHA512 -> NISTObjectIdentifiers.id_sha512;
            case SM3_256 -> throw new IllegalArgumentException("no RSA or ECDSA signature is made with SM3");
        };
    }

    /** {@return where the key comes from, nothing of the key} */
    @Override
    public String toString() {
        return "policy signing key from " + name;
    }
}
