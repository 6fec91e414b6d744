package dev.measure.snp;

import dev.measure.DigestAlgorithm;
import dev.measure.Source;
import dev.measure.key.Asn1;
import dev.measure.key.Pem;
import java.io.IOException;
import java.math.BigInteger;
import java.security.MessageDigest;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import org.bouncycastle.asn1.ASN1Encoding;
import org.bouncycastle.asn1.ASN1ObjectIdentifier;
import org.bouncycastle.asn1.pkcs.PKCSObjectIdentifiers;
import org.bouncycastle.asn1.pkcs.RSAPublicKey;
import org.bouncycastle.asn1.pkcs.RSASSAPSSparams;
import org.bouncycastle.asn1.x500.RDN;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x500.style.BCStyle;
import org.bouncycastle.asn1.x509.AlgorithmIdentifier;
import org.bouncycastle.asn1.x509.Certificate;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.Extensions;
import org.bouncycastle.asn1.x509.SubjectPublicKeyInfo;
import org.bouncycastle.crypto.Digest;
import org.bouncycastle.crypto.Signer;
import org.bouncycastle.crypto.engines.RSABlindedEngine;
import org.bouncycastle.crypto.params.RSAKeyParameters;
import org.bouncycastle.crypto.signers.PSSSigner;
import org.bouncycastle.crypto.signers.RSADigestSigner;
import org.bouncycastle.crypto.util.DigestFactory;

/**
 * An X.509 certificate in a chain that ends in a report or an endorsement (RFC 5280), with RSA signatures: RSASSA-PSS, as AMD and Google
 * use it, or PKCS #1 version 1.5.
 */
final class SigningCertificate {
    /** The most certificates in all files together: three products with two chains of three, and as many again. */
    private static final int MAX_CERTIFICATES = 64;

    private static final int MAX_RSA_BITS = 8192;

    private final Source source;
    private final Certificate certificate;
    private final byte[] signed;

    private SigningCertificate(Source source, Certificate certificate, byte[] signed) {
        this.source = source;
        this.certificate = certificate;
        this.signed = signed;
    }

    /** {@return all certificates of a file, PEM or DER} */
    static List<SigningCertificate> readAll(Source source) {
        if (!Pem.is(source)) {
            return List.of(read(source));
        }
        List<SigningCertificate> all = new ArrayList<>();
        for (Pem.Block block : Pem.read(source)) {
            if (!block.label().equals("CERTIFICATE")) {
                throw Asn1.malformed(source, "certificates in PEM", "a block " + block.label());
            }
            if (all.size() == MAX_CERTIFICATES) {
                throw Asn1.malformed(source, "at most " + MAX_CERTIFICATES + " certificates", "more");
            }
            all.add(read(block.source()));
        }
        return all;
    }

    static SigningCertificate read(Source source) {
        String what = "an X.509 certificate (PEM or DER)";
        Certificate certificate = Asn1.read(source, what, object -> {
            Certificate read = Certificate.getInstance(object);
            // What can fail later is tried now: dates are text, and so are names; keys and signatures are whole bytes.
            read.getSignature().getOctets();
            read.getSubjectPublicKeyInfo().getPublicKeyData().getOctets();
            read.getStartDate().getDate();
            read.getEndDate().getDate();
            printed(read.getSubject());
            printed(read.getIssuer());
            return read;
        });
        return new SigningCertificate(source, certificate, Asn1.firstElement(source.toByteArray()));
    }

    /** {@return the text of a name; one whose bytes are no text of its encoding has none} */
    private static String printed(X500Name name) {
        RDN[] common = name.getRDNs(BCStyle.CN);
        return name + (common.length == 0 ? "" : common[0].getFirst().getValue().toString());
    }

    String fileName() {
        return source.name();
    }

    byte[] der() {
        return source.toByteArray();
    }

    X500Name subject() {
        return certificate.getSubject();
    }

    X500Name issuer() {
        return certificate.getIssuer();
    }

    /** {@return the common name of the subject, or an empty text} */
    String commonName() {
        RDN[] names = certificate.getSubject().getRDNs(BCStyle.CN);
        return names.length == 0 ? "" : names[0].getFirst().getValue().toString();
    }

    SubjectPublicKeyInfo publicKey() {
        return certificate.getSubjectPublicKeyInfo();
    }

    /** {@return the public key, which must be one of P-384} */
    SevPublicKey sevPublicKey() {
        return KeyFile.of(source, publicKey());
    }

    /** {@return SHA-256 of the SubjectPublicKeyInfo} */
    String keyFingerprint() {
        try {
            MessageDigest digest = DigestAlgorithm.SHA256.newMessageDigest();
            return HexFormat.of().formatHex(digest.digest(publicKey().getEncoded(ASN1Encoding.DER)));
        } catch (IOException e) {
            throw new AssertionError("a key in memory", e);
        }
    }

    /** {@return whether a moment lies between the two dates of the certificate, both included} */
    boolean validAt(Instant moment) {
        return !moment.isBefore(notBefore()) && !moment.isAfter(notAfter());
    }

    Instant notBefore() {
        return certificate.getStartDate().getDate().toInstant();
    }

    Instant notAfter() {
        return certificate.getEndDate().getDate().toInstant();
    }

    /** {@return the content of an extension, if it is there} */
    Optional<byte[]> extension(ASN1ObjectIdentifier id) {
        Extensions extensions = certificate.getTBSCertificate().getExtensions();
        Extension extension = extensions == null ? null : extensions.getExtension(id);
        return Optional.ofNullable(extension).map(there -> there.getExtnValue().getOctets());
    }

    /** {@return whether the key of another certificate, or of this one, signs this certificate} */
    boolean isSignedBy(SigningCertificate signer) {
        AlgorithmIdentifier outer = certificate.getSignatureAlgorithm();
        if (!outer.equals(certificate.getTBSCertificate().getSignature())) {
            return false;
        }
        return signer.verifies(outer, signed, certificate.getSignature().getOctets());
    }

    /** {@return whether a signature over a message is RSASSA-PSS with SHA-256 and a salt of 32 bytes by this certificate's key} */
    boolean verifiesPssSha256(byte[] message, byte[] signature) {
        return verify(new PSSSigner(new RSABlindedEngine(), DigestFactory.createSHA256(), 32), message, signature);
    }

    private boolean verifies(AlgorithmIdentifier algorithm, byte[] message, byte[] signature) {
        Optional<Signer> signer = signer(algorithm);
        return signer.isPresent() && verify(signer.get(), message, signature);
    }

    private static Optional<Signer> signer(AlgorithmIdentifier algorithm) {
        ASN1ObjectIdentifier id = algorithm.getAlgorithm();
        if (id.equals(PKCSObjectIdentifiers.id_RSASSA_PSS)) {
            RSASSAPSSparams parameters;
            try {
                parameters = RSASSAPSSparams.getInstance(algorithm.getParameters());
                Digest content = Hash.of(parameters.getHashAlgorithm().getAlgorithm());
                Digest mask = Hash.of(AlgorithmIdentifier.getInstance(
                                parameters.getMaskGenAlgorithm().getParameters())
                        .getAlgorithm());
                int salt = parameters.getSaltLength().intValueExact();
                if (content == null || mask == null || salt < 0 || salt > 64) {
                    return Optional.empty();
                }
                return Optional.of(new PSSSigner(new RSABlindedEngine(), content, mask, salt));
            } catch (RuntimeException e) {
                return Optional.empty();
            }
        }
        if (id.equals(PKCSObjectIdentifiers.sha256WithRSAEncryption)) {
            return Optional.of(new RSADigestSigner(DigestFactory.createSHA256()));
        }
        if (id.equals(PKCSObjectIdentifiers.sha384WithRSAEncryption)) {
            return Optional.of(new RSADigestSigner(DigestFactory.createSHA384()));
        }
        if (id.equals(PKCSObjectIdentifiers.sha512WithRSAEncryption)) {
            return Optional.of(new RSADigestSigner(DigestFactory.createSHA512()));
        }
        return Optional.empty();
    }

    /** The digests that a PSS signature may name; SHA-1, the default of the encoding, is none of them. */
    private static final class Hash {
        private static Digest of(ASN1ObjectIdentifier id) {
            return switch (id.getId()) {
                case "2.16.840.1.101.3.4.2.1" -> DigestFactory.createSHA256();
                case "2.16.840.1.101.3.4.2.2" -> DigestFactory.createSHA384();
                case "2.16.840.1.101.3.4.2.3" -> DigestFactory.createSHA512();
                default -> null;
            };
        }
    }

    private boolean verify(Signer signer, byte[] message, byte[] signature) {
        try {
            RSAPublicKey key = RSAPublicKey.getInstance(publicKey().parsePublicKey());
            BigInteger modulus = key.getModulus();
            if (modulus.bitLength() < 2048 || modulus.bitLength() > MAX_RSA_BITS) {
                return false;
            }
            if (key.getPublicExponent().bitLength() > 64) {
                return false;
            }
            signer.init(false, new RSAKeyParameters(false, modulus, key.getPublicExponent()));
            signer.update(message, 0, message.length);
            return signer.verifySignature(signature);
        } catch (IOException | RuntimeException e) {
            return false; // another kind of key, or numbers that are no key
        }
    }

    boolean sameAs(SigningCertificate other) {
        return Arrays.equals(der(), other.der());
    }
}
