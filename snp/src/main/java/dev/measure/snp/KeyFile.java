package dev.measure.snp;

import dev.measure.MalformedInputException;
import dev.measure.Source;
import java.math.BigInteger;
import java.util.List;
import java.util.Optional;
import org.bouncycastle.asn1.ASN1Encodable;
import org.bouncycastle.asn1.ASN1Integer;
import org.bouncycastle.asn1.ASN1ObjectIdentifier;
import org.bouncycastle.asn1.ASN1OctetString;
import org.bouncycastle.asn1.ASN1Sequence;
import org.bouncycastle.asn1.ASN1TaggedObject;
import org.bouncycastle.asn1.pkcs.EncryptedPrivateKeyInfo;
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
        Source der = theBlock(source, PRIVATE_KEY);
        ASN1Sequence sequence = sequence(der, PRIVATE_KEY);
        if (isEncrypted(sequence)) {
            EncryptedPrivateKeyInfo encrypted =
                    Asn1.read(der, "an encrypted PKCS #8 key", EncryptedPrivateKeyInfo::getInstance);
            Source file = passphrase.orElseThrow(() -> new MalformedInputException(
                    source.name(),
                    source.start(),
                    "a private key that is not encrypted, or a file with its passphrase",
                    "an encrypted key",
                    "name the file that holds the passphrase on its first line"));
            byte[] clear = Pbes2.decrypt(source, encrypted, file);
            Source inner = Source.of(source.name() + " (decrypted)", clear);
            java.util.Arrays.fill(clear, (byte) 0);
            return new SigningKey(source.name(), secret(inner, Pbes2::wrongPassphrase));
        }
        return new SigningKey(source.name(), secret(der, KeyFile::noPrivateKey));
    }

    static SevPublicKey publicKey(Source source) {
        Source der = theBlock(source, PUBLIC_KEY);
        ASN1Sequence sequence = sequence(der, PUBLIC_KEY);
        if (isEncrypted(sequence)) {
            throw new MalformedInputException(
                    source.name(),
                    source.start(),
                    PUBLIC_KEY,
                    "an encrypted private key",
                    "`openssl pkey -in KEY -pubout` writes its public half");
        }
        if (sequence.getObjectAt(0) instanceof ASN1Integer) {
            return new SigningKey(source.name(), secret(der, KeyFile::noPrivateKey)).publicKey();
        }
        if (sequence.size() == 3) {
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

    /** The one key of a file: parameters of a curve may stand before it, as OpenSSL writes them. */
    private static Source theBlock(Source source, String expected) {
        if (source.length() > Pem.MAX_FILE) {
            throw new MalformedInputException(
                    source.name(), source.start(), expected, source.length() + " bytes", MAKE_KEY);
        }
        if (!Pem.is(source)) {
            return source;
        }
        List<Pem.Block> blocks = Pem.read(source).stream()
                .filter(block -> !block.label().equals("EC PARAMETERS"))
                .toList();
        if (blocks.size() != 1) {
            throw new MalformedInputException(
                    source.name(), source.start(), expected, blocks.size() + " PEM blocks", MAKE_KEY);
        }
        if (blocks.get(0).encrypted()) {
            throw new MalformedInputException(
                    source.name(),
                    source.start(),
                    expected,
                    "a key encrypted in OpenSSL's traditional form",
                    "`openssl pkcs8 -topk8 -in KEY -out NEW` writes the form that is read here");
        }
        return blocks.get(0).source();
    }

    private static ASN1Sequence sequence(Source der, String expected) {
        ASN1Sequence sequence = Asn1.read(der, expected, object -> object instanceof ASN1Sequence is ? is : null);
        if (sequence.size() < 2) {
            throw Asn1.malformed(der, expected, "something else");
        }
        return sequence;
    }

    private static boolean isEncrypted(ASN1Sequence sequence) {
        return sequence.getObjectAt(0) instanceof ASN1Sequence && sequence.getObjectAt(1) instanceof ASN1OctetString;
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
