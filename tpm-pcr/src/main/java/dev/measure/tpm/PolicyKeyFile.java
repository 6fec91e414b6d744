package dev.measure.tpm;

import dev.measure.MalformedInputException;
import dev.measure.Source;
import dev.measure.key.Asn1;
import dev.measure.key.KeyBlock;
import dev.measure.key.Pbes2;
import java.math.BigInteger;
import java.util.Optional;
import org.bouncycastle.asn1.ASN1Encodable;
import org.bouncycastle.asn1.ASN1Integer;
import org.bouncycastle.asn1.ASN1ObjectIdentifier;
import org.bouncycastle.asn1.ASN1OctetString;
import org.bouncycastle.asn1.ASN1Sequence;
import org.bouncycastle.asn1.ASN1TaggedObject;
import org.bouncycastle.asn1.pkcs.PKCSObjectIdentifiers;
import org.bouncycastle.asn1.pkcs.PrivateKeyInfo;
import org.bouncycastle.asn1.pkcs.RSAPrivateKey;
import org.bouncycastle.asn1.pkcs.RSAPublicKey;
import org.bouncycastle.asn1.x509.AlgorithmIdentifier;
import org.bouncycastle.asn1.x509.Certificate;
import org.bouncycastle.asn1.x509.SubjectPublicKeyInfo;
import org.bouncycastle.asn1.x9.X9ObjectIdentifiers;
import org.bouncycastle.crypto.params.ECNamedDomainParameters;
import org.bouncycastle.crypto.params.ECPrivateKeyParameters;
import org.bouncycastle.crypto.params.ECPublicKeyParameters;
import org.bouncycastle.crypto.params.RSAKeyParameters;
import org.bouncycastle.crypto.params.RSAPrivateCrtKeyParameters;
import org.bouncycastle.math.ec.FixedPointCombMultiplier;

/**
 * A file with a policy key: RSA (RFC 8017, appendix A.1) or EC on a NIST curve (RFC 5915), bare, in PKCS #8 (RFC 5958), as
 * SubjectPublicKeyInfo or in an X.509 certificate (RFC 5280). No error quotes any byte of it.
 */
final class PolicyKeyFile {
    private static final String PRIVATE_KEY =
            "an RSA or EC private key (PEM or DER; PKCS #1, SEC 1, PKCS #8 or encrypted PKCS #8)";
    private static final String PUBLIC_KEY = "an RSA or EC key (PEM or DER public key, certificate or private key)";
    private static final String MAKE_KEY = "`openssl genrsa 2048` makes a key";
    private static final String CURVES = "an EC key on the named curve P-224, P-256, P-384 or P-521";

    /** TPMs take 1024 to 4096 bits; larger keys cost time and unlock nothing. */
    private static final int MIN_MODULUS = 1024;

    private static final int MAX_MODULUS = 8192;

    private PolicyKeyFile() {}

    static PolicySigningKey signingKey(Source source, Optional<Source> passphrase) {
        KeyBlock block = KeyBlock.ofPrivate(source, passphrase, PRIVATE_KEY, MAKE_KEY);
        try {
            return privateKey(source, block);
        } catch (MalformedInputException e) {
            // decrypted with another passphrase, the padding can be right by chance
            throw block.decrypted() && e.found().equals(SOMETHING_ELSE) ? Pbes2.wrongPassphrase(block.der()) : e;
        }
    }

    private static final String SOMETHING_ELSE = "something else";

    static PolicyPublicKey publicKey(Source source) {
        KeyBlock block = KeyBlock.ofPublic(source, PUBLIC_KEY, MAKE_KEY);
        ASN1Sequence sequence = sequence(block.der(), PUBLIC_KEY);
        if (sequence.getObjectAt(0) instanceof ASN1Integer) {
            return privateKey(source, block).publicKey();
        }
        // a certificate is tbsCertificate, signatureAlgorithm, signatureValue; a public key is algorithm,
        // subjectPublicKey
        return block.elements() == 3
                ? of(
                        block.der(),
                        Asn1.read(block.der(), PUBLIC_KEY, Certificate::getInstance)
                                .getSubjectPublicKeyInfo())
                : of(block.der(), Asn1.read(block.der(), PUBLIC_KEY, SubjectPublicKeyInfo::getInstance));
    }

    private static PolicySigningKey privateKey(Source source, KeyBlock block) {
        Source der = block.der();
        ASN1Sequence sequence = sequence(der, PRIVATE_KEY);
        if (!(sequence.getObjectAt(0) instanceof ASN1Integer)) {
            throw Asn1.malformed(der, PRIVATE_KEY, SOMETHING_ELSE);
        }
        if (sequence.getObjectAt(1) instanceof ASN1OctetString) {
            return ec(source, der, sequence, namedCurve(der, sequence));
        }
        if (sequence.getObjectAt(1) instanceof ASN1Integer) {
            return rsa(source, der);
        }
        PrivateKeyInfo info = Asn1.read(der, PRIVATE_KEY, PrivateKeyInfo::getInstance);
        AlgorithmIdentifier algorithm = info.getPrivateKeyAlgorithm();
        Source inner = Source.of(der.name(), info.getPrivateKey().getOctets());
        if (algorithm.getAlgorithm().equals(PKCSObjectIdentifiers.rsaEncryption)) {
            return rsa(source, inner);
        }
        return ec(source, inner, sequence(inner, PRIVATE_KEY), curve(der, algorithm, PRIVATE_KEY));
    }

    private static ASN1Sequence sequence(Source der, String expected) {
        ASN1Sequence sequence = Asn1.read(der, expected, object -> object instanceof ASN1Sequence is ? is : null);
        if (sequence.size() < 2) {
            throw Asn1.malformed(der, expected, SOMETHING_ELSE);
        }
        return sequence;
    }

    private static PolicySigningKey rsa(Source source, Source der) {
        RSAPrivateKey key = Asn1.read(der, PRIVATE_KEY, RSAPrivateKey::getInstance);
        RSAKeyParameters publicKey = rsa(der, key.getModulus(), key.getPublicExponent());
        BigInteger p = key.getPrime1();
        BigInteger q = key.getPrime2();
        BigInteger one = BigInteger.ONE;
        boolean consistent = p.compareTo(one) > 0
                && q.compareTo(one) > 0
                && p.multiply(q).equals(key.getModulus())
                && isInverse(key.getPublicExponent(), key.getExponent1(), p.subtract(one))
                && isInverse(key.getPublicExponent(), key.getExponent2(), q.subtract(one))
                && isInverse(q, key.getCoefficient(), p)
                && isInverse(key.getPublicExponent(), key.getPrivateExponent(), p.subtract(one))
                && isInverse(key.getPublicExponent(), key.getPrivateExponent(), q.subtract(one));
        if (!consistent) {
            throw Asn1.malformed(der, "an RSA private key whose numbers belong together", "numbers that do not");
        }
        RSAPrivateCrtKeyParameters parameters;
        try {
            parameters = new RSAPrivateCrtKeyParameters(
                    key.getModulus(),
                    key.getPublicExponent(),
                    key.getPrivateExponent(),
                    p,
                    q,
                    key.getExponent1(),
                    key.getExponent2(),
                    key.getCoefficient());
        } catch (RuntimeException e) {
            throw Asn1.malformed(der, PRIVATE_KEY, SOMETHING_ELSE);
        }
        return new PolicySigningKey(source.name(), parameters, new PolicyPublicKey(publicKey));
    }

    private static boolean isInverse(BigInteger a, BigInteger b, BigInteger modulus) {
        return b.signum() > 0
                && modulus.signum() > 0
                && a.multiply(b).mod(modulus).equals(BigInteger.ONE);
    }

    private static RSAKeyParameters rsa(Source der, BigInteger modulus, BigInteger exponent) {
        if (modulus.bitLength() < MIN_MODULUS || modulus.bitLength() > MAX_MODULUS) {
            throw Asn1.malformed(
                    der,
                    "an RSA key of " + MIN_MODULUS + ".." + MAX_MODULUS + " bits",
                    modulus.signum() <= 0 ? "a modulus below 1" : modulus.bitLength() + " bits");
        }
        // TPMS_RSA_PARMS has 32 bits for the exponent
        if (exponent.signum() <= 0 || exponent.bitLength() > 32 || !exponent.testBit(0) || exponent.bitLength() < 2) {
            throw Asn1.malformed(der, "an odd RSA exponent of 3..4294967295", "another exponent");
        }
        try {
            return new RSAKeyParameters(false, modulus, exponent);
        } catch (IllegalArgumentException e) {
            throw Asn1.malformed(der, "an RSA modulus of two large primes", "a number that is none");
        }
    }

    private static PolicySigningKey ec(Source source, Source der, ASN1Sequence sec1, PolicyCurve curve) {
        if (!(sec1.getObjectAt(1) instanceof ASN1OctetString octets)) {
            throw Asn1.malformed(der, PRIVATE_KEY, SOMETHING_ELSE);
        }
        ECNamedDomainParameters parameters = curve.parameters();
        BigInteger secret = new BigInteger(1, octets.getOctets());
        if (secret.signum() == 0 || secret.compareTo(parameters.getN()) >= 0) {
            throw Asn1.malformed(der, "a private key of " + curve.title() + ", 1 to n-1", "a number out of this range");
        }
        ECPublicKeyParameters publicKey = new ECPublicKeyParameters(
                new FixedPointCombMultiplier().multiply(parameters.getG(), secret), parameters);
        return new PolicySigningKey(
                source.name(), new ECPrivateKeyParameters(secret, parameters), new PolicyPublicKey(publicKey));
    }

    private static PolicyPublicKey of(Source der, SubjectPublicKeyInfo info) {
        if (info.getAlgorithm().getAlgorithm().equals(PKCSObjectIdentifiers.rsaEncryption)) {
            Source inner = Source.of(der.name(), info.getPublicKeyData().getOctets());
            RSAPublicKey key = Asn1.read(inner, PUBLIC_KEY, RSAPublicKey::getInstance);
            return new PolicyPublicKey(rsa(der, key.getModulus(), key.getPublicExponent()));
        }
        PolicyCurve curve = curve(der, info.getAlgorithm(), PUBLIC_KEY);
        ECNamedDomainParameters parameters = curve.parameters();
        try {
            return new PolicyPublicKey(new ECPublicKeyParameters(
                    parameters.getCurve().decodePoint(info.getPublicKeyData().getOctets()), parameters));
        } catch (RuntimeException e) {
            throw Asn1.malformed(der, "a point on the curve " + curve.title(), "bytes that are none");
        }
    }

    private static PolicyCurve curve(Source der, AlgorithmIdentifier algorithm, String expected) {
        if (!algorithm.getAlgorithm().equals(X9ObjectIdentifiers.id_ecPublicKey)) {
            throw Asn1.malformed(der, expected, "a key of another kind");
        }
        return curve(der, algorithm.getParameters());
    }

    private static PolicyCurve curve(Source der, ASN1Encodable parameters) {
        if (parameters instanceof ASN1ObjectIdentifier oid) {
            Optional<PolicyCurve> curve = PolicyCurve.of(oid);
            if (curve.isPresent()) {
                return curve.get();
            }
        }
        throw Asn1.malformed(der, CURVES, "another curve");
    }

    private static PolicyCurve namedCurve(Source der, ASN1Sequence sec1) {
        for (ASN1Encodable element : sec1) {
            if (element instanceof ASN1TaggedObject tagged && tagged.getTagNo() == 0) {
                try {
                    return curve(der, tagged.getExplicitBaseObject());
                } catch (IllegalStateException e) {
                    throw Asn1.malformed(der, CURVES, "another curve");
                }
            }
        }
        throw Asn1.malformed(der, CURVES, "no named curve");
    }
}
