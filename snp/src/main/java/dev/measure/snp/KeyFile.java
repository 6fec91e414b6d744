package dev.measure.snp;

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
import org.bouncycastle.asn1.pkcs.PrivateKeyInfo;
import org.bouncycastle.asn1.sec.SECObjectIdentifiers;
import org.bouncycastle.asn1.x509.AlgorithmIdentifier;
import org.bouncycastle.asn1.x509.Certificate;
import org.bouncycastle.asn1.x509.SubjectPublicKeyInfo;
import org.bouncycastle.asn1.x9.X9ObjectIdentifiers;

/**
 * A file with a P-384 key: SEC 1 (RFC 5915), PKCS #8 and encrypted PKCS #8 (RFC 5958), SubjectPublicKeyInfo or X.509 certificate
 * (RFC 5280), as PEM or DER. No error quotes any byte of it.
 */
final class KeyFile {
    private static final String PRIVATE_KEY = "a P-384 private key (PEM or DER; SEC 1, PKCS #8 or encrypted PKCS #8)";
    private static final String PUBLIC_KEY = "a P-384 key (PEM or DER public key, certificate or private key)";
    private static final String MAKE_KEY = "`openssl ecparam -name secp384r1 -genkey -noout` makes a key";

    private KeyFile() {}

    static SigningKey signingKey(Source source, Optional<Source> passphrase) {
        KeyBlock block = KeyBlock.ofPrivate(source, passphrase, PRIVATE_KEY, MAKE_KEY);
        Refusal refusal = block.decrypted() ? Pbes2::wrongPassphrase : KeyFile::noPrivateKey;
        return new SigningKey(source.name(), secret(block.der(), refusal));
    }

    static SevPublicKey publicKey(Source source) {
        KeyBlock block = KeyBlock.ofPublic(source, PUBLIC_KEY, MAKE_KEY);
        Source der = block.der();
        if (sequence(der, PUBLIC_KEY).getObjectAt(0) instanceof ASN1Integer) {
            return new SigningKey(source.name(), secret(der, KeyFile::noPrivateKey)).publicKey();
        }
        if (block.elements() == 3) {
            return of(der, Asn1.read(der, PUBLIC_KEY, Certificate::getInstance).getSubjectPublicKeyInfo());
        }
        return of(der, Asn1.read(der, PUBLIC_KEY, SubjectPublicKeyInfo::getInstance));
    }

    static SevPublicKey of(Source source, SubjectPublicKeyInfo info) {
        checkCurve(source, info.getAlgorithm());
        byte[] point = info.getPublicKeyData().getOctets();
        try {
            return SevPublicKey.of(SevPublicKey.P384.getCurve().decodePoint(point));
        } catch (RuntimeException e) {
            throw Asn1.malformed(source, "a point on the curve P-384", "bytes that are none");
        }
    }

    private static ASN1Sequence sequence(Source der, String expected) {
        ASN1Sequence sequence = Asn1.read(der, expected, object -> object instanceof ASN1Sequence is ? is : null);
        if (sequence.size() < 2) {
            throw Asn1.malformed(der, expected, "something else");
        }
        return sequence;
    }

    /** Says what is wrong with a private key, without a word of it. */
    @FunctionalInterface
    private interface Refusal {
        MalformedInputException of(Source source);
    }

    private static MalformedInputException noPrivateKey(Source source) {
        return new MalformedInputException(source.name(), source.start(), PRIVATE_KEY, "something else", MAKE_KEY);
    }

    private static BigInteger secret(Source der, Refusal refusal) {
        ASN1Sequence sequence;
        try {
            sequence = sequence(der, PRIVATE_KEY);
        } catch (MalformedInputException e) {
            throw refusal.of(der);
        }
        if (!(sequence.getObjectAt(0) instanceof ASN1Integer)) {
            throw refusal.of(der);
        }
        if (sequence.getObjectAt(1) instanceof ASN1OctetString secret) {
            checkSec1Curve(der, sequence);
            return scalar(der, secret);
        }
        PrivateKeyInfo info;
        try {
            info = Asn1.read(der, PRIVATE_KEY, PrivateKeyInfo::getInstance);
        } catch (MalformedInputException e) {
            throw refusal.of(der);
        }
        checkCurve(der, info.getPrivateKeyAlgorithm());
        Source inner = Source.of(der.name(), info.getPrivateKey().getOctets());
        ASN1Sequence sec1 = sequence(inner, PRIVATE_KEY);
        if (sec1.getObjectAt(1) instanceof ASN1OctetString secret) {
            return scalar(der, secret);
        }
        throw refusal.of(der);
    }

    private static void checkSec1Curve(Source der, ASN1Sequence sequence) {
        for (ASN1Encodable element : sequence) {
            if (element instanceof ASN1TaggedObject tagged
                    && tagged.getTagNo() == 0
                    && tagged.getExplicitBaseObject() instanceof ASN1ObjectIdentifier curve
                    && curve.equals(SECObjectIdentifiers.secp384r1)) {
                return;
            }
        }
        throw wrongCurve(der);
    }

    private static void checkCurve(Source source, AlgorithmIdentifier algorithm) {
        if (!algorithm.getAlgorithm().equals(X9ObjectIdentifiers.id_ecPublicKey)
                || !SECObjectIdentifiers.secp384r1.equals(algorithm.getParameters())) {
            throw wrongCurve(source);
        }
    }

    private static MalformedInputException wrongCurve(Source source) {
        return new MalformedInputException(
                source.name(),
                source.start(),
                "a key on the named curve P-384 (secp384r1)",
                "a key of another kind",
                MAKE_KEY);
    }

    private static BigInteger scalar(Source source, ASN1OctetString octets) {
        BigInteger secret = new BigInteger(1, octets.getOctets());
        if (secret.signum() == 0 || secret.compareTo(SevPublicKey.P384.getN()) >= 0) {
            throw Asn1.malformed(source, "a private key of P-384, 1 to n-1", "a number out of this range");
        }
        return secret;
    }
}
