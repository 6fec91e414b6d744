package dev.measure.uefi;

import dev.measure.Digest;
import dev.measure.DigestAlgorithm;
import dev.measure.MalformedInputException;
import dev.measure.Source;
import dev.measure.key.Asn1;
import dev.measure.key.Pem;
import dev.measure.pe.PeImage;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import org.bouncycastle.asn1.ASN1Encodable;
import org.bouncycastle.asn1.ASN1Encoding;
import org.bouncycastle.asn1.ASN1ObjectIdentifier;
import org.bouncycastle.asn1.cms.ContentInfo;
import org.bouncycastle.asn1.pkcs.PKCSObjectIdentifiers;
import org.bouncycastle.cert.X509CertificateHolder;
import org.bouncycastle.cms.CMSException;
import org.bouncycastle.cms.CMSProcessableByteArray;
import org.bouncycastle.cms.CMSSignedData;
import org.bouncycastle.cms.SignerInformation;

/**
 * An Authenticode signature of a PE image: PKCS #7 SignedData over SpcIndirectDataContent, which holds the image's digest.
 *
 * <p>"Windows Authenticode Portable Executable Signature Format", Microsoft 2008; judged as EDK2 does
 * (CryptoPkg/Library/BaseCryptLib/Pk/CryptAuthenticode.c and CryptPkcs7VerifyCommon.c): no dates, no extended key usage, and a
 * trusted certificate anywhere in the chain ends it.
 */
public final class AuthenticodeSignature {
    private static final ASN1ObjectIdentifier SPC_INDIRECT_DATA = new ASN1ObjectIdentifier("1.3.6.1.4.1.311.2.1.4");

    /** Where HashPeImageByType looks for the OID of the digest algorithm: behind six headers with two-byte lengths. */
    private static final int OID_OFFSET = 32;

    private static final Map<DigestAlgorithm, String> OIDS = Map.of(
            DigestAlgorithm.SHA1, "2b0e03021a",
            DigestAlgorithm.SHA256, "608648016503040201",
            DigestAlgorithm.SHA384, "608648016503040202",
            DigestAlgorithm.SHA512, "608648016503040203");

    /** No real signature carries more; each pair of them may cost a signature check. */
    private static final int MAX_CERTIFICATES = 32;

    private static final int MAX_SIGNERS = 4;

    private static final String WHAT = "an Authenticode signature (PKCS #7 SignedData)";

    private final DigestAlgorithm algorithm;
    private final byte[] content;
    private final List<SignerInformation> signers;
    private final List<X509CertificateHolder> certificates;

    private AuthenticodeSignature(
            DigestAlgorithm algorithm,
            byte[] content,
            List<SignerInformation> signers,
            List<X509CertificateHolder> certificates) {
        this.algorithm = algorithm;
        this.content = content;
        this.signers = List.copyOf(signers);
        this.certificates = List.copyOf(certificates);
    }

    /**
     * {@return the signature in an entry of the certificate table}
     *
     * @param pkcs7 the data of the entry; bytes behind the DER are passed over, as OpenSSL does
     * @throws MalformedInputException if EDK2 could not read it either
     */
    public static AuthenticodeSignature read(Source pkcs7) {
        byte[] bytes = pkcs7.slice(0, Math.min(pkcs7.length(), Pem.MAX_FILE)).toByteArray();
        DigestAlgorithm algorithm = algorithm(pkcs7, bytes);
        Source der = pkcs7.slice(0, Math.min(pkcs7.length(), Asn1.totalLength(bytes)));
        ContentInfo info = Asn1.read(der, WHAT, ContentInfo::getInstance);
        if (!PKCSObjectIdentifiers.signedData.equals(info.getContentType())) {
            throw Asn1.malformed(pkcs7, WHAT, "content of another type");
        }
        try {
            CMSSignedData attached = new CMSSignedData(info);
            if (!SPC_INDIRECT_DATA.getId().equals(attached.getSignedContentTypeOID())) {
                throw Asn1.malformed(pkcs7, "SpcIndirectDataContent in the signature", "content of another type");
            }
            ASN1Encodable spc = attached.getSignedContent() == null
                    ? null
                    : (ASN1Encodable) attached.getSignedContent().getContent();
            if (spc == null) {
                throw Asn1.malformed(pkcs7, "SpcIndirectDataContent in the signature", "none");
            }
            // what is signed are the contents of the SEQUENCE, without its tag and length
            byte[] content = Asn1.contents(spc.toASN1Primitive().getEncoded(ASN1Encoding.DL));
            CMSSignedData signed = new CMSSignedData(new CMSProcessableByteArray(SPC_INDIRECT_DATA, content), info);
            List<SignerInformation> signers =
                    new ArrayList<>(signed.getSignerInfos().getSigners());
            List<X509CertificateHolder> certificates =
                    new ArrayList<>(signed.getCertificates().getMatches(null));
            if (signers.isEmpty() || signers.size() > MAX_SIGNERS) {
                throw Asn1.malformed(pkcs7, "1.." + MAX_SIGNERS + " signers", signers.size() + "");
            }
            if (certificates.size() > MAX_CERTIFICATES) {
                throw Asn1.malformed(pkcs7, "at most " + MAX_CERTIFICATES + " certificates", certificates.size() + "");
            }
            return new AuthenticodeSignature(algorithm, content, signers, certificates);
        } catch (MalformedInputException e) {
            throw e;
        } catch (CMSException | IOException | RuntimeException e) {
            throw Asn1.malformed(pkcs7, WHAT, "something else");
        }
    }

    /** The digest algorithm, found as HashPeImageByType finds it. */
    private static DigestAlgorithm algorithm(Source pkcs7, byte[] bytes) {
        if (bytes.length > OID_OFFSET && (bytes[1] & 0x82) == 0x82) {
            for (DigestAlgorithm algorithm : List.of(
                    DigestAlgorithm.SHA1, DigestAlgorithm.SHA256, DigestAlgorithm.SHA384, DigestAlgorithm.SHA512)) {
                byte[] oid = HexFormat.of().parseHex(OIDS.get(algorithm));
                int end = OID_OFFSET + oid.length;
                if (bytes.length >= end && Arrays.equals(bytes, OID_OFFSET, end, oid, 0, oid.length)) {
                    return algorithm;
                }
            }
        }
        throw Asn1.malformed(
                pkcs7,
                "a PKCS #7 signature whose digest algorithm (SHA-1, SHA-256, SHA-384 or SHA-512) stands at its byte 32",
                "something else");
    }

    /** {@return the algorithm of the image digest} */
    public DigestAlgorithm algorithm() {
        return algorithm;
    }

    /** {@return the certificates of the signers, those that the signature carries} */
    List<X509CertificateHolder> signerCertificates() {
        List<X509CertificateHolder> found = new ArrayList<>();
        for (SignerInformation signer : signers) {
            certificates.stream()
                    .filter(certificate -> signer.getSID().match(certificate))
                    .findFirst()
                    .ifPresent(found::add);
        }
        return found;
    }

    /** {@return the certificates that the signature carries, as DER, in its order} */
    public List<Source> certificates() {
        List<Source> ders = new ArrayList<>();
        for (X509CertificateHolder certificate : certificates) {
            ders.add(Source.of("certificate " + (ders.size() + 1), encoded(certificate)));
        }
        return ders;
    }

    static byte[] encoded(X509CertificateHolder certificate) {
        try {
            return certificate.getEncoded();
        } catch (IOException e) {
            throw new UncheckedIOException("a certificate in memory", e);
        }
    }

    /**
     * {@return whether this signature is for an image}
     *
     * @param image the image
     */
    public boolean isFor(PeImage image) {
        return isFor(image.authenticode(List.of(algorithm)).get(algorithm));
    }

    /**
     * {@return whether this signature is for the image with a digest: it ends what is signed}
     *
     * @param imageDigest the Authenticode digest, of {@link #algorithm()}
     */
    boolean isFor(Digest imageDigest) {
        byte[] digest = imageDigest.toByteArray();
        int start = content.length - digest.length;
        return start >= 0 && Arrays.equals(content, start, content.length, digest, 0, digest.length);
    }

    /**
     * {@return whether a certificate vouches for this signature: all signers have signed, and a chain leads from each to it}
     *
     * <p>Whether the signature is for the image at hand is another question: {@link #isFor}.
     *
     * @param trusted the certificate, DER; a broken one vouches for nothing
     */
    public boolean isVerifiedBy(Source trusted) {
        return CertificateChain.anchor(trusted)
                .filter(anchor -> signers.stream().allMatch(signer -> isVerifiedBy(signer, anchor)))
                .isPresent();
    }

    private boolean isVerifiedBy(SignerInformation signer, X509CertificateHolder anchor) {
        try {
            return certificates.stream()
                    .filter(certificate -> signer.getSID().match(certificate))
                    .findFirst()
                    .filter(certificate -> CertificateChain.leads(certificate, certificates, anchor))
                    .filter(certificate -> CertificateChain.hasSigned(certificate, signer))
                    .isPresent();
        } catch (RuntimeException e) {
            return false; // an extension that cannot be read makes a chain invalid, for OpenSSL too
        }
    }
}
