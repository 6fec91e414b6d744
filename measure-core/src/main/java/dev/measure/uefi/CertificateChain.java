package dev.measure.uefi;

import dev.measure.Source;
import dev.measure.key.Asn1;
import java.io.IOException;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.bouncycastle.asn1.ASN1ObjectIdentifier;
import org.bouncycastle.asn1.x509.AlgorithmIdentifier;
import org.bouncycastle.asn1.x509.AuthorityKeyIdentifier;
import org.bouncycastle.asn1.x509.BasicConstraints;
import org.bouncycastle.asn1.x509.Certificate;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.Extensions;
import org.bouncycastle.asn1.x509.KeyUsage;
import org.bouncycastle.asn1.x509.SubjectKeyIdentifier;
import org.bouncycastle.asn1.x9.X9ObjectIdentifiers;
import org.bouncycastle.cert.CertException;
import org.bouncycastle.cert.X509CertificateHolder;
import org.bouncycastle.cms.CMSException;
import org.bouncycastle.cms.DefaultCMSSignatureAlgorithmNameGenerator;
import org.bouncycastle.cms.SignerInformation;
import org.bouncycastle.cms.SignerInformationVerifier;
import org.bouncycastle.cms.bc.BcECSignerInfoVerifierBuilder;
import org.bouncycastle.cms.bc.BcRSASignerInfoVerifierBuilder;
import org.bouncycastle.crypto.params.AsymmetricKeyParameter;
import org.bouncycastle.crypto.util.PublicKeyFactory;
import org.bouncycastle.operator.ContentVerifierProvider;
import org.bouncycastle.operator.DefaultDigestAlgorithmIdentifierFinder;
import org.bouncycastle.operator.DefaultSignatureAlgorithmIdentifierFinder;
import org.bouncycastle.operator.OperatorCreationException;
import org.bouncycastle.operator.bc.BcDigestCalculatorProvider;
import org.bouncycastle.operator.bc.BcECContentVerifierProviderBuilder;
import org.bouncycastle.operator.bc.BcRSAContentVerifierProviderBuilder;

/**
 * A chain of certificates from a signer to a trusted one, by real signatures, as OpenSSL builds it for EDK2: X509_V_FLAG_PARTIAL_CHAIN,
 * X509_V_FLAG_NO_CHECK_TIME, X509_PURPOSE_ANY (CryptPkcs7VerifyCommon.c, Pkcs7Verify; OpenSSL, crypto/x509/x509_vfy.c).
 */
final class CertificateChain {
    /** Critical extensions that OpenSSL knows how to handle (X509_supported_extension). */
    private static final Set<ASN1ObjectIdentifier> HANDLED = Set.of(
            new ASN1ObjectIdentifier("2.16.840.1.113730.1.1"), // nsCertType
            Extension.keyUsage,
            Extension.subjectAlternativeName,
            Extension.basicConstraints,
            Extension.certificatePolicies,
            Extension.cRLDistributionPoints,
            Extension.extendedKeyUsage,
            Extension.policyConstraints,
            Extension.nameConstraints,
            Extension.policyMappings,
            Extension.inhibitAnyPolicy);

    /** PublicKeyFactory would read keys of any size. */
    private static final int MAX_KEY_BYTES = 2048;

    private CertificateChain() {}

    /** {@return the certificate; empty if it is none} */
    static Optional<X509CertificateHolder> anchor(Source der) {
        try {
            Certificate certificate = Asn1.read(der, "a certificate", Certificate::getInstance);
            return Optional.of(new X509CertificateHolder(certificate));
        } catch (RuntimeException e) {
            return Optional.empty(); // firmware goes on to the next one
        }
    }

    /**
     * {@return whether a chain of signatures leads from a certificate to the trusted one; it may be that itself}
     *
     * <p>build_chain: an issuer is looked for by name, in the store first, and never given up for another; a certificate that is in
     * the store itself is noticed only when its chain is complete, so what lies above it counts too.
     */
    static boolean leads(X509CertificateHolder leaf, List<X509CertificateHolder> others, X509CertificateHolder anchor) {
        List<X509CertificateHolder> chain = new ArrayList<>(List.of(leaf));
        boolean trusted = false;
        while (!trusted) {
            X509CertificateHolder last = chain.get(chain.size() - 1);
            if (namesIssuer(last, last)) {
                trusted = last.equals(anchor);
                break;
            }
            Optional<X509CertificateHolder> issuer = Optional.of(anchor)
                    .filter(candidate -> namesIssuer(candidate, last))
                    .or(() -> others.stream()
                            .filter(candidate -> !chain.contains(candidate) && namesIssuer(candidate, last))
                            .findFirst());
            if (issuer.isEmpty()) {
                break;
            }
            trusted = issuer.get().equals(anchor);
            chain.add(issuer.get());
        }
        return (trusted || leaf.equals(anchor)) && isValid(chain) && isSigned(chain);
    }

    private static boolean isSigned(List<X509CertificateHolder> chain) {
        for (int i = 1; i < chain.size(); i++) {
            if (!hasSigned(chain.get(i), chain.get(i - 1))) {
                return false;
            }
        }
        return true;
    }

    /** check_extensions of OpenSSL: every issuer is a CA, path lengths hold, and nothing critical is unknown. */
    private static boolean isValid(List<X509CertificateHolder> chain) {
        int pathLength = 0;
        for (int i = 0; i < chain.size(); i++) {
            X509CertificateHolder certificate = chain.get(i);
            for (Object oid : certificate.getCriticalExtensionOIDs()) {
                if (!HANDLED.contains((ASN1ObjectIdentifier) oid)) {
                    return false;
                }
            }
            if (i == 0) {
                continue;
            }
            if (!isCa(certificate, i == chain.size() - 1)) {
                return false;
            }
            BasicConstraints constraints = constraints(certificate);
            if (constraints != null
                    && constraints.getPathLenConstraint() != null
                    && constraints.getPathLenConstraint().compareTo(BigInteger.valueOf(pathLength)) < 0) {
                return false;
            }
            if (!certificate.getSubject().equals(certificate.getIssuer())) {
                pathLength++; // self-issued certificates do not count (RFC 5280, section 6.1)
            }
        }
        return true;
    }

    private static boolean isCa(X509CertificateHolder certificate, boolean last) {
        KeyUsage usage = KeyUsage.fromExtensions(extensions(certificate));
        if (usage != null && !usage.hasUsages(KeyUsage.keyCertSign)) {
            return false;
        }
        BasicConstraints constraints = constraints(certificate);
        if (constraints != null) {
            return constraints.isCA();
        }
        // X509_check_ca: version 1 and self-signed, or with a key usage; only the trusted end of a chain may be so
        boolean oldRoot =
                certificate.getVersionNumber() == 1 && certificate.getSubject().equals(certificate.getIssuer());
        return last && (oldRoot || usage != null);
    }

    private static BasicConstraints constraints(X509CertificateHolder certificate) {
        return BasicConstraints.fromExtensions(extensions(certificate));
    }

    private static Extensions extensions(X509CertificateHolder certificate) {
        return certificate.getExtensions() == null ? new Extensions(new Extension[0]) : certificate.getExtensions();
    }

    /** X509_check_issued: by names, key identifiers and key usage, without a look at the signature. */
    private static boolean namesIssuer(X509CertificateHolder issuer, X509CertificateHolder certificate) {
        KeyUsage usage = KeyUsage.fromExtensions(extensions(issuer));
        return issuer.getSubject().equals(certificate.getIssuer())
                && keyIdentifiersAgree(issuer, certificate)
                && (usage == null || usage.hasUsages(KeyUsage.keyCertSign));
    }

    private static boolean hasSigned(X509CertificateHolder issuer, X509CertificateHolder certificate) {
        try {
            return certificate.isSignatureValid(verifierOf(issuer));
        } catch (CertException | OperatorCreationException | IOException | RuntimeException e) {
            return false; // a signature of a kind that cannot be checked leads nowhere, for OpenSSL too
        }
    }

    private static boolean keyIdentifiersAgree(X509CertificateHolder issuer, X509CertificateHolder certificate) {
        AuthorityKeyIdentifier authority = AuthorityKeyIdentifier.fromExtensions(extensions(certificate));
        SubjectKeyIdentifier subject = SubjectKeyIdentifier.fromExtensions(extensions(issuer));
        return authority == null
                || authority.getKeyIdentifierOctets() == null
                || subject == null
                || Arrays.equals(authority.getKeyIdentifierOctets(), subject.getKeyIdentifier());
    }

    private static AsymmetricKeyParameter key(X509CertificateHolder certificate) throws IOException {
        if (certificate.getSubjectPublicKeyInfo().getEncoded().length > MAX_KEY_BYTES) {
            throw new IOException("key too large");
        }
        return PublicKeyFactory.createKey(certificate.getSubjectPublicKeyInfo());
    }

    private static boolean isEc(X509CertificateHolder certificate) {
        AlgorithmIdentifier algorithm = certificate.getSubjectPublicKeyInfo().getAlgorithm();
        return algorithm.getAlgorithm().equals(X9ObjectIdentifiers.id_ecPublicKey);
    }

    private static ContentVerifierProvider verifierOf(X509CertificateHolder issuer)
            throws IOException, OperatorCreationException {
        DefaultDigestAlgorithmIdentifierFinder digests = new DefaultDigestAlgorithmIdentifierFinder();
        return isEc(issuer)
                ? new BcECContentVerifierProviderBuilder(digests).build(key(issuer))
                : new BcRSAContentVerifierProviderBuilder(digests).build(key(issuer));
    }

    /** {@return whether the key of a certificate has made a signature; when, is not asked} */
    static boolean hasSigned(X509CertificateHolder certificate, SignerInformation signer) {
        try {
            // built with the key and not with the certificate, so that dates do not count
            SignerInformationVerifier verifier = isEc(certificate)
                    ? new BcECSignerInfoVerifierBuilder(
                                    new DefaultCMSSignatureAlgorithmNameGenerator(),
                                    new DefaultSignatureAlgorithmIdentifierFinder(),
                                    new DefaultDigestAlgorithmIdentifierFinder(),
                                    new BcDigestCalculatorProvider())
                            .build(key(certificate))
                    : new BcRSASignerInfoVerifierBuilder(
                                    new DefaultCMSSignatureAlgorithmNameGenerator(),
                                    new DefaultSignatureAlgorithmIdentifierFinder(),
                                    new DefaultDigestAlgorithmIdentifierFinder(),
                                    new BcDigestCalculatorProvider())
                            .build(key(certificate));
            return signer.verify(verifier);
        } catch (CMSException | OperatorCreationException | IOException | RuntimeException e) {
            return false;
        }
    }
}
