package dev.measure.boot;

import dev.measure.Digest;
import dev.measure.DigestAlgorithm;
import dev.measure.MalformedInputException;
import dev.measure.Source;
import dev.measure.parse.Cursor;
import dev.measure.pe.PeImage;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.math.BigInteger;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.Signature;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.bouncycastle.asn1.ASN1Encodable;
import org.bouncycastle.asn1.ASN1Encoding;
import org.bouncycastle.asn1.ASN1ObjectIdentifier;
import org.bouncycastle.asn1.ASN1OctetString;
import org.bouncycastle.asn1.ASN1Primitive;
import org.bouncycastle.asn1.ASN1Sequence;
import org.bouncycastle.asn1.ASN1Set;
import org.bouncycastle.asn1.pkcs.Attribute;
import org.bouncycastle.asn1.pkcs.ContentInfo;
import org.bouncycastle.asn1.pkcs.SignedData;
import org.bouncycastle.asn1.pkcs.SignerInfo;
import org.bouncycastle.asn1.x509.DigestInfo;

/**
 * One Authenticode signature of an image: PKCS #7 SignedData over the image's digest (Microsoft, "Windows Authenticode Portable
 * Executable Signature Format", 2008; RFC 2315), checked as firmware does: the signature is verified, and a chain of verified
 * signatures must lead from the signer to a given certificate. Times of validity do not count, as in edk2's X509VerifyCb.
 */
final class ImageSignature {
    private static final int PKCS_SIGNED_DATA = 2; // WIN_CERT_TYPE_PKCS_SIGNED_DATA
    private static final int HEADER = 8;
    private static final ASN1ObjectIdentifier SPC_INDIRECT_DATA = new ASN1ObjectIdentifier("1.3.6.1.4.1.311.2.1.4");
    private static final ASN1ObjectIdentifier MESSAGE_DIGEST = new ASN1ObjectIdentifier("1.2.840.113549.1.9.4");

    /** Images carry one or two signatures. */
    private static final int MAX_SIGNATURES = 16;

    /** Chains of the Secure Boot world have at most three certificates. */
    private static final int MAX_CHAIN = 10;

    private final X509Certificate signer;
    private final List<X509Certificate> carried;

    private ImageSignature(X509Certificate signer, List<X509Certificate> carried) {
        this.signer = signer;
        this.carried = carried;
    }

    /** {@return the signatures of an image that are good for its bytes, in order; what cannot be read or verified is none} */
    static List<ImageSignature> of(PeImage image) {
        List<ImageSignature> signatures = new ArrayList<>();
        Optional<Source> table = image.certificates();
        if (table.isEmpty()) {
            return signatures;
        }
        Cursor c = Cursor.of(table.get());
        while (c.remaining() >= HEADER && signatures.size() < MAX_SIGNATURES) {
            long length = c.u32("dwLength");
            c.skip(2, "wRevision");
            int type = c.u16("wCertificateType");
            if (length < HEADER || length - HEADER > c.remaining()) {
                break;
            }
            byte[] data = c.bytes((int) length - HEADER, "bCertificate");
            if (type == PKCS_SIGNED_DATA) {
                read(data, image).ifPresent(signatures::add);
            }
            c.skip(Math.min(c.remaining(), (8 - length % 8) % 8), "padding");
        }
        return signatures;
    }

    private static Optional<ImageSignature> read(byte[] der, PeImage image) {
        try {
            ContentInfo outer = ContentInfo.getInstance(ASN1Primitive.fromByteArray(padded(der)));
            SignedData data = SignedData.getInstance(outer.getContent());
            if (!data.getContentInfo().getContentType().equals(SPC_INDIRECT_DATA)) {
                return Optional.empty();
            }
            ASN1Sequence content =
                    ASN1Sequence.getInstance(data.getContentInfo().getContent());
            DigestInfo imageDigest = DigestInfo.getInstance(content.getObjectAt(1));
            DigestAlgorithm algorithm =
                    algorithm(imageDigest.getAlgorithmId().getAlgorithm().getId());
            Digest actual = image.authenticode(List.of(algorithm)).get(algorithm);
            if (!Arrays.equals(actual.toByteArray(), imageDigest.getDigest())) {
                return Optional.empty();
            }
            SignerInfo info = SignerInfo.getInstance(data.getSignerInfos().getObjectAt(0));
            List<X509Certificate> carried = certificates(data.getCertificates());
            X509Certificate signer = signer(carried, info);
            verify(content, info, signer);
            return Optional.of(new ImageSignature(signer, carried));
        } catch (IOException | GeneralSecurityException | MalformedInputException e) {
            return Optional.empty();
        } catch (IllegalArgumentException
                | IllegalStateException
                | ClassCastException
                | ArrayIndexOutOfBoundsException
                | NullPointerException e) {
            return Optional.empty(); // what Bouncy Castle throws at a structure of another form
        }
    }

    /** The table's entries are padded to 8 bytes; ASN.1 tells its own length. */
    private static byte[] padded(byte[] der) throws IOException {
        if (der.length < 4 || der[0] != 0x30) {
            throw new IOException("no SEQUENCE");
        }
        int first = der[1] & 0xff;
        int count = first < 0x80 ? 0 : first & 0x7f;
        if (count > 3) {
            throw new IOException("too long");
        }
        int length = count == 0 ? first : new BigInteger(1, Arrays.copyOfRange(der, 2, 2 + count)).intValue();
        int total = 2 + count + length;
        if (first == 0x80 || total > der.length) {
            throw new IOException("a length that does not fit");
        }
        return Arrays.copyOf(der, total);
    }

    private static DigestAlgorithm algorithm(String oid) throws GeneralSecurityException {
        return switch (oid) {
            case "1.3.14.3.2.26" -> DigestAlgorithm.SHA1;
            case "2.16.840.1.101.3.4.2.1" -> DigestAlgorithm.SHA256;
            case "2.16.840.1.101.3.4.2.2" -> DigestAlgorithm.SHA384;
            case "2.16.840.1.101.3.4.2.3" -> DigestAlgorithm.SHA512;
            default -> throw new GeneralSecurityException("digest algorithm " + oid);
        };
    }

    private static List<X509Certificate> certificates(ASN1Set set) throws GeneralSecurityException, IOException {
        List<X509Certificate> certificates = new ArrayList<>();
        for (ASN1Encodable certificate : set) {
            certificates.add(certificate(certificate.toASN1Primitive().getEncoded(ASN1Encoding.DER)));
        }
        return certificates;
    }

    static X509Certificate certificate(byte[] der) throws CertificateException {
        return (X509Certificate)
                CertificateFactory.getInstance("X.509").generateCertificate(new ByteArrayInputStream(der));
    }

    private static X509Certificate signer(List<X509Certificate> carried, SignerInfo info)
            throws GeneralSecurityException, IOException {
        BigInteger serial =
                info.getIssuerAndSerialNumber().getCertificateSerialNumber().getValue();
        byte[] issuer = info.getIssuerAndSerialNumber().getName().getEncoded(ASN1Encoding.DER);
        for (X509Certificate candidate : carried) {
            if (candidate.getSerialNumber().equals(serial)
                    && Arrays.equals(candidate.getIssuerX500Principal().getEncoded(), issuer)) {
                return candidate;
            }
        }
        throw new GeneralSecurityException("the signer's certificate is not carried");
    }

    private static void verify(ASN1Sequence content, SignerInfo info, X509Certificate signer)
            throws GeneralSecurityException, IOException {
        DigestAlgorithm algorithm =
                algorithm(info.getDigestAlgorithm().getAlgorithm().getId());
        // RFC 2315, 9.3: the digest is over the content octets only, without identifier and length.
        byte[] encoded = content.getEncoded(ASN1Encoding.DER);
        byte[] value = Arrays.copyOfRange(encoded, headerLength(encoded), encoded.length);
        byte[] signedBytes = value;
        if (info.getAuthenticatedAttributes() != null) {
            MessageDigest digest = algorithm.newMessageDigest();
            if (!Arrays.equals(digest.digest(value), messageDigest(info.getAuthenticatedAttributes()))) {
                throw new GeneralSecurityException("messageDigest differs");
            }
            signedBytes = info.getAuthenticatedAttributes().getEncoded(ASN1Encoding.DER);
        }
        String key = signer.getPublicKey().getAlgorithm().toUpperCase(Locale.ROOT);
        String hash = algorithm.id().toUpperCase(Locale.ROOT);
        Signature signature = Signature.getInstance(hash + (key.equals("EC") ? "withECDSA" : "withRSA"));
        signature.initVerify(signer.getPublicKey());
        signature.update(signedBytes);
        if (!signature.verify(info.getEncryptedDigest().getOctets())) {
            throw new GeneralSecurityException("the signature is wrong");
        }
    }

    private static int headerLength(byte[] der) {
        int first = der[1] & 0xff;
        return first < 0x80 ? 2 : 2 + (first & 0x7f);
    }

    private static byte[] messageDigest(ASN1Set attributes) throws GeneralSecurityException {
        for (ASN1Encodable each : attributes) {
            Attribute attribute = Attribute.getInstance(each);
            if (attribute.getAttrType().equals(MESSAGE_DIGEST)) {
                return ASN1OctetString.getInstance(attribute.getAttrValues().getObjectAt(0))
                        .getOctets();
            }
        }
        throw new GeneralSecurityException("no messageDigest");
    }

    /** {@return whether a chain of verified signatures leads from the signer to a certificate} */
    boolean leadsTo(X509Certificate anchor) {
        X509Certificate at = signer;
        for (int i = 0; i < MAX_CHAIN; i++) {
            if (at.equals(anchor) || signs(anchor, at)) {
                return true;
            }
            Optional<X509Certificate> next = issuer(at);
            if (next.isEmpty()) {
                return false;
            }
            at = next.get();
        }
        return false;
    }

    private Optional<X509Certificate> issuer(X509Certificate of) {
        return carried.stream()
                .filter(candidate -> !candidate.equals(of) && signs(candidate, of))
                .findFirst();
    }

    private static boolean signs(X509Certificate issuer, X509Certificate subject) {
        if (!subject.getIssuerX500Principal().equals(issuer.getSubjectX500Principal())) {
            return false;
        }
        try {
            subject.verify(issuer.getPublicKey());
            return true;
        } catch (GeneralSecurityException e) {
            return false;
        }
    }

    /** {@return the signer and the certificates that lead from it, in order} */
    List<X509Certificate> chain() {
        List<X509Certificate> chain = new ArrayList<>(List.of(signer));
        Optional<X509Certificate> next = issuer(signer);
        while (next.isPresent() && chain.size() < MAX_CHAIN) {
            chain.add(next.get());
            next = issuer(next.get());
        }
        return chain;
    }
}
