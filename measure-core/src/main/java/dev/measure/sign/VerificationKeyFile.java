package dev.measure.sign;

import dev.measure.Source;
import dev.measure.key.Asn1;
import dev.measure.key.KeyBlock;
import java.math.BigInteger;
import org.bouncycastle.asn1.ASN1Encodable;
import org.bouncycastle.asn1.ASN1Integer;
import org.bouncycastle.asn1.ASN1OctetString;
import org.bouncycastle.asn1.ASN1Sequence;
import org.bouncycastle.asn1.DERNull;
import org.bouncycastle.asn1.pkcs.PKCSObjectIdentifiers;
import org.bouncycastle.asn1.x509.AlgorithmIdentifier;
import org.bouncycastle.asn1.x509.Certificate;
import org.bouncycastle.asn1.x509.SubjectPublicKeyInfo;
import org.bouncycastle.asn1.x9.X9ObjectIdentifiers;
import org.bouncycastle.crypto.params.RSAKeyParameters;

/** A file with a {@link VerificationKey}. No error quotes any byte of it. */
final class VerificationKeyFile {
    private static final String EXPECTED =
            "a public key or certificate (PEM, DER or JWK) of EC on P-256, P-384 or P-521, Ed25519, Ed448 or RSA";
    private static final String HINT = "`openssl pkey -in KEY -pubout` writes a public key";

    private VerificationKeyFile() {}

    static VerificationKey read(Source source) {
        if (JsonWebKey.is(source)) {
            return JsonWebKey.verificationKey(source);
        }
        Source der = KeyBlock.ofPublic(source, EXPECTED, HINT).der();
        ASN1Sequence sequence = Asn1.read(der, EXPECTED, object -> object instanceof ASN1Sequence is ? is : null);
        if (sequence.getObjectAt(0) instanceof ASN1Integer) {
            if (isPrivateOfEc(sequence)) {
                return EcPublicKey.read(source); // which may have the public half beside it
            }
            throw Asn1.malformed(der, EXPECTED, "a private key, or an RSA key without its algorithm");
        }
        // a certificate has three elements, a public key two
        SubjectPublicKeyInfo info = sequence.size() == 3
                ? Asn1.read(der, EXPECTED, Certificate::getInstance).getSubjectPublicKeyInfo()
                : Asn1.read(der, EXPECTED, SubjectPublicKeyInfo::getInstance);
        AlgorithmIdentifier algorithm = info.getAlgorithm();
        for (EdwardsPublicKey.Curve curve : EdwardsPublicKey.Curve.values()) {
            if (algorithm.getAlgorithm().getId().equals(curve.oid())) {
                return EdwardsPublicKey.of(der, curve, info.getPublicKeyData().getOctets());
            }
        }
        boolean pss = algorithm.getAlgorithm().equals(PKCSObjectIdentifiers.id_RSASSA_PSS);
        if (algorithm.getAlgorithm().equals(X9ObjectIdentifiers.id_ecPublicKey)) {
            return EcPublicKey.read(source);
        }
        if (!pss && !algorithm.getAlgorithm().equals(PKCSObjectIdentifiers.rsaEncryption)) {
            throw Asn1.malformed(
                    der,
                    EXPECTED,
                    "a key of algorithm " + algorithm.getAlgorithm().getId());
        }
        ASN1Encodable parameters = algorithm.getParameters();
        if (parameters != null && !(parameters instanceof DERNull)) {
            // RFC 4055, section 1.2: only the hash and the salt that they name may be used
            throw Asn1.malformed(der, "an RSA key without parameters", "a key that is for some parameters of PSS only");
        }
        ASN1Sequence numbers = Asn1.read(
                Source.of(der.name(), info.getPublicKeyData().getOctets()),
                "an RSA key",
                object -> object instanceof ASN1Sequence is
                                && is.size() == 2
                                && is.getObjectAt(0) instanceof ASN1Integer
                                && is.getObjectAt(1) instanceof ASN1Integer
                        ? is
                        : null);
        // not RSAPublicKey, which takes no notice of a sign
        return rsa(
                der,
                ((ASN1Integer) numbers.getObjectAt(0)).getValue(),
                ((ASN1Integer) numbers.getObjectAt(1)).getValue());
    }

    /** ECPrivateKey (RFC 5915), by itself or as PrivateKeyInfo (RFC 5208). */
    private static boolean isPrivateOfEc(ASN1Sequence key) {
        if (key.size() < 2) {
            return false;
        }
        ASN1Encodable second = key.getObjectAt(1);
        return second instanceof ASN1OctetString
                || second instanceof ASN1Sequence algorithm
                        && algorithm.size() > 0
                        && algorithm.getObjectAt(0).equals(X9ObjectIdentifiers.id_ecPublicKey);
    }

    static RsaPublicKey rsa(Source source, BigInteger modulus, BigInteger exponent) {
        int bits = modulus.bitLength();
        if (modulus.signum() <= 0 || bits < RsaPublicKey.MIN_MODULUS || bits > RsaPublicKey.MAX_MODULUS) {
            throw Asn1.malformed(
                    source,
                    "an RSA key of " + RsaPublicKey.MIN_MODULUS + " to " + RsaPublicKey.MAX_MODULUS + " bits",
                    "one of " + bits + " bits");
        }
        // NIST SP 800-56B, 6.2: odd, above 2^16, below 2^256; 3 is in use, and as sound with PSS
        if (exponent.signum() <= 0 || !exponent.testBit(0) || exponent.bitLength() < 2 || exponent.bitLength() > 256) {
            throw Asn1.malformed(source, "an odd public exponent of 3 to 2^256", "another");
        }
        try {
            return new RsaPublicKey(new RSAKeyParameters(false, modulus, exponent));
        } catch (IllegalArgumentException e) {
            throw Asn1.malformed(source, "an RSA modulus of two large primes", "a number with small factors");
        }
    }
}
