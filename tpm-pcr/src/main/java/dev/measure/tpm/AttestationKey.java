package dev.measure.tpm;

import dev.measure.DigestAlgorithm;
import dev.measure.FieldVerdict;
import dev.measure.MalformedInputException;
import dev.measure.Source;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.bouncycastle.crypto.engines.RSABlindedEngine;
import org.bouncycastle.crypto.params.AsymmetricKeyParameter;
import org.bouncycastle.crypto.params.ECPublicKeyParameters;
import org.bouncycastle.crypto.params.RSAKeyParameters;
import org.bouncycastle.crypto.signers.ECDSASigner;
import org.bouncycastle.crypto.signers.PSSSigner;

/**
 * The public half of an attestation key of a TPM: TPM2B_PUBLIC or TPMT_PUBLIC as {@code tpm2_createak -u} writes it, or a public key or
 * certificate in PEM or DER. That it is the key of a genuine TPM, and of which machine, is for the caller to know; {@link HclRuntimeData}
 * tells it of virtual machines in Azure.
 */
public final class AttestationKey {
    private static final int RSA = 0x0001;
    private static final int ECC = 0x0023;
    private static final int NULL = 0x0010;
    private static final long RESTRICTED = 1L << 16; // TPMA_OBJECT
    private static final long SIGN = 1L << 18;
    private static final long DEFAULT_EXPONENT = 65537;
    private static final int MAX_SIZE = 1 << 12;

    /** What TPMs have. */
    private static final int MIN_MODULUS = 1024;

    private static final int MAX_MODULUS = 8192;
    private static final int MAX_EXPONENT = 32;

    private final AsymmetricKeyParameter key;
    private final Optional<Long> attributes;

    private AttestationKey(AsymmetricKeyParameter key, Optional<Long> attributes) {
        this.key = key;
        this.attributes = attributes;
    }

    /**
     * {@return the key in a file}
     *
     * @param source the file
     * @throws MalformedInputException if it holds no RSA key and no key on a NIST curve
     */
    public static AttestationKey read(Source source) {
        if (source.length() > 4 && source.length() <= MAX_SIZE) {
            TpmFields start = TpmFields.of(source.slice(0, 4));
            int first = start.u16("size or type");
            int second = start.u16("type or nameAlg");
            if (first == source.length() - 2 && (second == RSA || second == ECC)) {
                return ofTpm(source.slice(2, source.length() - 2));
            }
            if (first == RSA || first == ECC) {
                return ofTpm(source);
            }
        }
        return new AttestationKey(PolicyPublicKey.read(source).key(), Optional.empty());
    }

    /** A key that stands outside of any structure of a TPM. */
    static AttestationKey rsa(BigInteger modulus, BigInteger exponent) {
        if (modulus.bitLength() < MIN_MODULUS || modulus.bitLength() > MAX_MODULUS) {
            throw new IllegalArgumentException(
                    "an RSA modulus has " + MIN_MODULUS + " to " + MAX_MODULUS + " bits, got " + modulus.bitLength());
        }
        if (exponent.bitLength() > MAX_EXPONENT) { // as in TPMS_RSA_PARMS
            throw new IllegalArgumentException(
                    "an RSA exponent has at most " + MAX_EXPONENT + " bits, got " + exponent.bitLength());
        }
        return new AttestationKey(new RSAKeyParameters(false, modulus, exponent), Optional.empty());
    }

    /** {@return whether it is the same key, whatever its form says of what it may be used for} */
    public boolean isSameAs(AttestationKey other) {
        if (key instanceof RSAKeyParameters mine && other.key instanceof RSAKeyParameters its) {
            return mine.getModulus().equals(its.getModulus())
                    && mine.getExponent().equals(its.getExponent());
        }
        return key instanceof ECPublicKeyParameters mine
                && other.key instanceof ECPublicKeyParameters its
                && mine.getQ().equals(its.getQ());
    }

    /** TPMT_PUBLIC: TPM 2.0 Library specification, part 2, section 12.2.4. */
    private static AttestationKey ofTpm(Source source) {
        TpmFields c = TpmFields.of(source);
        int type = c.u16("type");
        c.hash("nameAlg");
        long attributes = c.u32("objectAttributes");
        c.sized("authPolicy", 64);
        int symmetric = c.u16("symmetric");
        if (symmetric != NULL) {
            throw c.cursor()
                    .malformed(
                            "symmetric TPM_ALG_NULL, as signing keys have it", String.format("0x%04x", symmetric), "");
        }
        if (c.u16("scheme") != NULL) {
            c.hash("hash of the scheme");
        }
        AsymmetricKeyParameter key = type == RSA ? rsa(c) : ecc(c);
        c.end("the public area");
        return new AttestationKey(key, Optional.of(attributes));
    }

    private static AsymmetricKeyParameter rsa(TpmFields c) {
        int bits = c.u16("keyBits");
        long exponent = c.u32("exponent");
        byte[] modulus = c.sized("unique", 1024);
        if (modulus.length * 8 != bits || bits < 1024) {
            throw c.cursor()
                    .malformed("a modulus of keyBits = " + bits + ", at least 1024", modulus.length * 8 + " bits", "");
        }
        try {
            return new RSAKeyParameters(
                    false, new BigInteger(1, modulus), BigInteger.valueOf(exponent == 0 ? DEFAULT_EXPONENT : exponent));
        } catch (IllegalArgumentException e) {
            throw c.cursor().malformed("an RSA modulus of two large primes, and an odd exponent", "others", "");
        }
    }

    private static AsymmetricKeyParameter ecc(TpmFields c) {
        int at = c.cursor().position();
        int id = c.u16("curveID");
        PolicyCurve curve = PolicyCurve.ofTpm(id)
                .orElseThrow(() -> c.cursor()
                        .malformed(at, "curveID of P-224, P-256, P-384 or P-521", String.format("0x%04x", id), ""));
        if (c.u16("kdf") != NULL) {
            c.hash("hash of the kdf");
        }
        BigInteger x = new BigInteger(1, c.sized("x", 66));
        BigInteger y = new BigInteger(1, c.sized("y", 66));
        try {
            return new ECPublicKeyParameters(curve.parameters().getCurve().validatePoint(x, y), curve.parameters());
        } catch (RuntimeException e) {
            throw c.cursor().malformed("a point on the curve " + curve.title(), "numbers that are none", "");
        }
    }

    /**
     * {@return whether a quote is signed by this key, and whether the key can sign quotes only}
     *
     * @param quote the quote
     * @param signature the signature over it
     */
    public List<FieldVerdict> verify(TpmQuote quote, TpmSignature signature) {
        List<FieldVerdict> verdicts = new ArrayList<>();
        attributes.ifPresent(bits -> {
            boolean restricted = (bits & (RESTRICTED | SIGN)) == (RESTRICTED | SIGN);
            verdicts.add(
                    restricted
                            ? new FieldVerdict.Matches("AK.objectAttributes", "restricted signing key")
                            : new FieldVerdict.Untrusted(
                                    "AK.objectAttributes",
                                    "sign and restricted",
                                    String.format("0x%08x: it signs what no TPM has made, too", bits)));
        });
        byte[] message = quote.signed().toByteArray();
        List<DigestAlgorithm> hashes = signature
                .hash()
                .map(List::of)
                .orElse(List.of(DigestAlgorithm.SHA256, DigestAlgorithm.SHA384, DigestAlgorithm.SHA512));
        for (DigestAlgorithm hash : hashes) {
            if (hash != DigestAlgorithm.SM3_256 && verifies(message, hash, signature)) {
                verdicts.add(new FieldVerdict.Matches("QUOTE.SIGNATURE", "by the attestation key, with " + hash.id()));
                return List.copyOf(verdicts);
            }
        }
        verdicts.add(new FieldVerdict.Untrusted(
                "QUOTE.SIGNATURE", "a signature by the attestation key", "one that does not verify"));
        return List.copyOf(verdicts);
    }

    private boolean verifies(byte[] message, DigestAlgorithm hash, TpmSignature signature) {
        boolean rsa = key instanceof RSAKeyParameters;
        return switch (signature.scheme()) {
            case RSASSA -> rsa && new PolicyPublicKey(key).verify(hash, message, signature.bytes());
            case BARE ->
                new PolicyPublicKey(key).verify(hash, message, signature.bytes())
                        || rsa && pss(message, hash, signature.bytes());
            case RSAPSS -> rsa && pss(message, hash, signature.bytes());
            case ECDSA -> !rsa && ecdsa(message, hash, signature);
        };
    }

    private boolean ecdsa(byte[] message, DigestAlgorithm hash, TpmSignature signature) {
        ECDSASigner signer = new ECDSASigner();
        signer.init(false, key);
        return signer.verifySignature(hash.newMessageDigest().digest(message), signature.r(), signature.s());
    }

    /** The salt is as long as the hash, or as it can be, by the TPM's age (part 1, annex B.7). */
    private boolean pss(byte[] message, DigestAlgorithm hash, byte[] signature) {
        int modulus = ((RSAKeyParameters) key).getModulus().bitLength();
        int longest = (modulus + 6) / 8 - hash.length() - 2;
        for (int salt : new int[] {hash.length(), longest}) {
            PSSSigner signer = new PSSSigner(new RSABlindedEngine(), PolicySigningKey.digest(hash), salt);
            signer.init(false, key);
            signer.update(message, 0, message.length);
            if (salt >= 0 && signer.verifySignature(signature)) {
                return true;
            }
        }
        return false;
    }
}
