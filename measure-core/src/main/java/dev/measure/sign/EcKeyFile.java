package dev.measure.sign;

import dev.measure.MalformedInputException;
import dev.measure.Source;
import dev.measure.key.Asn1;
import dev.measure.key.KeyBlock;
import java.math.BigInteger;
import java.util.Optional;
import org.bouncycastle.asn1.ASN1Encodable;
import org.bouncycastle.asn1.ASN1Integer;
import org.bouncycastle.asn1.ASN1ObjectIdentifier;
import org.bouncycastle.asn1.ASN1OctetString;
import org.bouncycastle.asn1.ASN1Sequence;
import org.bouncycastle.asn1.ASN1TaggedObject;
import org.bouncycastle.asn1.pkcs.PrivateKeyInfo;
import org.bouncycastle.asn1.x509.AlgorithmIdentifier;
import org.bouncycastle.asn1.x509.Certificate;
import org.bouncycastle.asn1.x509.SubjectPublicKeyInfo;
import org.bouncycastle.asn1.x9.X9ObjectIdentifiers;
import org.bouncycastle.crypto.params.ECNamedDomainParameters;
import org.bouncycastle.crypto.params.ECPrivateKeyParameters;
import org.bouncycastle.crypto.params.ECPublicKeyParameters;
import org.bouncycastle.math.ec.FixedPointCombMultiplier;

/**
 * A file with a key on P-256, P-384 or P-521: SEC 1 (RFC 5915), PKCS #8 (RFC 5958), SubjectPublicKeyInfo or an X.509 certificate (RFC
 * 5280), or a JSON Web Key (RFC 7517). No error quotes any byte of it.
 */
final class EcKeyFile {
    private static final String PRIVATE_KEY =
            "an EC private key on P-256, P-384 or P-521 (PEM, DER or JWK; SEC 1, PKCS #8 or encrypted PKCS #8)";
    private static final String PUBLIC_KEY =
            "an EC key on P-256, P-384 or P-521 (PEM, DER or JWK; public key, certificate or private key)";
    private static final String MAKE_KEY = "`openssl ecparam -name prime256v1 -genkey -noout` makes a key";

    private EcKeyFile() {}

    static EcSigningKey signingKey(Source source, Optional<Source> passphrase) {
        if (JsonWebKey.is(source)) {
            JsonWebKey jwk = JsonWebKey.read(source);
            BigInteger d = jwk.d().orElseThrow(() -> malformed(source, PRIVATE_KEY, "a public key"));
            EcSigningKey key = signingKey(source, jwk.curve(), d);
            if (!key.publicKey().equals(publicKey(source, jwk.curve(), jwk.point()))) {
                throw malformed(source, "a private key that belongs to the public key beside it", "another");
            }
            return key;
        }
        KeyBlock block = KeyBlock.ofPrivate(source, passphrase, PRIVATE_KEY, MAKE_KEY);
        return privateKey(block.der());
    }

    static EcPublicKey publicKey(Source source) {
        if (JsonWebKey.is(source)) {
            JsonWebKey jwk = JsonWebKey.read(source);
            return publicKey(source, jwk.curve(), jwk.point());
        }
        KeyBlock block = KeyBlock.ofPublic(source, PUBLIC_KEY, MAKE_KEY);
        Source der = block.der();
        if (sequence(der, PUBLIC_KEY).getObjectAt(0) instanceof ASN1Integer) {
            return privateKey(der).publicKey();
        }
        // a certificate has three elements, a public key two
        SubjectPublicKeyInfo info = block.elements() == 3
                ? Asn1.read(der, PUBLIC_KEY, Certificate::getInstance).getSubjectPublicKeyInfo()
                : Asn1.read(der, PUBLIC_KEY, SubjectPublicKeyInfo::getInstance);
        return publicKey(
                der,
                curve(der, info.getAlgorithm(), PUBLIC_KEY),
                info.getPublicKeyData().getOctets());
    }

    private static EcSigningKey privateKey(Source der) {
        ASN1Sequence sequence = sequence(der, PRIVATE_KEY);
        if (!(sequence.getObjectAt(0) instanceof ASN1Integer)) {
            throw malformed(der, PRIVATE_KEY, "something else");
        }
        if (sequence.getObjectAt(1) instanceof ASN1OctetString octets) {
            return signingKey(der, namedCurve(der, sequence), new BigInteger(1, octets.getOctets()));
        }
        if (!(sequence.getObjectAt(1) instanceof ASN1Sequence)) {
            throw malformed(der, PRIVATE_KEY, "a key of another kind");
        }
        PrivateKeyInfo info = Asn1.read(der, PRIVATE_KEY, PrivateKeyInfo::getInstance);
        EcCurve curve = curve(der, info.getPrivateKeyAlgorithm(), PRIVATE_KEY);
        Source inner = Source.of(der.name(), info.getPrivateKey().getOctets());
        if (!(sequence(inner, PRIVATE_KEY).getObjectAt(1) instanceof ASN1OctetString octets)) {
            throw malformed(der, PRIVATE_KEY, "something else");
        }
        return signingKey(der, curve, new BigInteger(1, octets.getOctets()));
    }

    private static EcSigningKey signingKey(Source source, EcCurve curve, BigInteger secret) {
        ECNamedDomainParameters parameters = curve.parameters();
        if (secret.signum() == 0 || secret.compareTo(parameters.getN()) >= 0) {
            throw malformed(source, "a private key of " + curve.title() + ", 1 to n-1", "a number out of this range");
        }
        return new EcSigningKey(
                new ECPrivateKeyParameters(secret, parameters),
                new EcPublicKey(
                        curve,
                        new ECPublicKeyParameters(
                                new FixedPointCombMultiplier().multiply(parameters.getG(), secret), parameters)));
    }

    private static EcPublicKey publicKey(Source source, EcCurve curve, byte[] point) {
        ECNamedDomainParameters parameters = curve.parameters();
        try {
            return new EcPublicKey(
                    curve, new ECPublicKeyParameters(parameters.getCurve().decodePoint(point), parameters));
        } catch (RuntimeException e) {
            throw malformed(source, "a point on the curve " + curve.title(), "bytes that are none");
        }
    }

    private static ASN1Sequence sequence(Source der, String expected) {
        ASN1Sequence sequence = Asn1.read(der, expected, object -> object instanceof ASN1Sequence is ? is : null);
        if (sequence.size() < 2) {
            throw malformed(der, expected, "something else");
        }
        return sequence;
    }

    private static EcCurve curve(Source der, AlgorithmIdentifier algorithm, String expected) {
        if (!algorithm.getAlgorithm().equals(X9ObjectIdentifiers.id_ecPublicKey)) {
            throw malformed(der, expected, "a key of another kind");
        }
        return curve(der, algorithm.getParameters(), expected);
    }

    private static EcCurve curve(Source der, ASN1Encodable parameters, String expected) {
        Optional<EcCurve> curve = parameters instanceof ASN1ObjectIdentifier oid ? EcCurve.of(oid) : Optional.empty();
        return curve.orElseThrow(() -> malformed(der, expected, "a key on another curve"));
    }

    private static EcCurve namedCurve(Source der, ASN1Sequence sec1) {
        for (ASN1Encodable element : sec1) {
            if (element instanceof ASN1TaggedObject tagged && tagged.getTagNo() == 0) {
                try {
                    return curve(der, tagged.getExplicitBaseObject(), PRIVATE_KEY);
                } catch (IllegalStateException e) {
                    throw malformed(der, PRIVATE_KEY, "a key without a named curve");
                }
            }
        }
        throw malformed(der, PRIVATE_KEY, "a key without a named curve");
    }

    private static MalformedInputException malformed(Source source, String expected, String found) {
        return Asn1.malformed(source, expected, found);
    }
}
