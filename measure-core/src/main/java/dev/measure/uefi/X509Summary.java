package dev.measure.uefi;

import dev.measure.Digest;
import dev.measure.DigestAlgorithm;
import dev.measure.MalformedInputException;
import dev.measure.Source;
import dev.measure.key.Pem;
import java.io.ByteArrayInputStream;
import java.math.BigInteger;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import javax.security.auth.x500.X500Principal;

/**
 * What people look at in a certificate (RFC 5280, section 4.1). Nothing here says that it is valid or trusted.
 *
 * @param subject the subject in the form of RFC 2253
 * @param issuer the issuer, likewise
 * @param serialNumber the serial number
 * @param notBefore start of validity
 * @param notAfter end of validity
 * @param sha256 SHA-256 of the whole certificate
 */
public record X509Summary(
        String subject, String issuer, BigInteger serialNumber, Instant notBefore, Instant notAfter, Digest sha256) {
    /** The largest certificate of the Secure Boot world has 2 KiB. */
    private static final int MAX_CERTIFICATE = 1 << 20;

    /** The one attribute that RFC 2253 has no word for but certificates use. */
    private static final Map<String, String> WORDS = Map.of("1.2.840.113549.1.9.1", "emailAddress");

    /**
     * {@return the summaries of the certificates in a file, PEM or DER; what else is in PEM is passed over}
     *
     * @param file the file
     */
    public static List<X509Summary> readAll(Source file) {
        if (!Pem.is(file)) {
            return List.of(read(file));
        }
        return Pem.read(file).stream()
                .filter(block -> block.label().equals("CERTIFICATE"))
                .map(block -> read(block.source()))
                .toList();
    }

    /**
     * {@return the summary of a certificate}
     *
     * @param der the certificate
     */
    public static X509Summary read(Source der) {
        if (der.length() > MAX_CERTIFICATE) {
            throw malformed(der, der.length() + " bytes");
        }
        byte[] bytes = der.toByteArray();
        if (bytes.length == 0 || bytes[0] != 0x30) {
            throw malformed(der, bytes.length == 0 ? "no bytes" : String.format("0x%02x", bytes[0]));
        }
        try {
            X509Certificate certificate = (X509Certificate)
                    CertificateFactory.getInstance("X.509").generateCertificate(new ByteArrayInputStream(bytes));
            return new X509Summary(
                    certificate.getSubjectX500Principal().getName(X500Principal.RFC2253, WORDS),
                    certificate.getIssuerX500Principal().getName(X500Principal.RFC2253, WORDS),
                    certificate.getSerialNumber(),
                    certificate.getNotBefore().toInstant(),
                    certificate.getNotAfter().toInstant(),
                    der.digest(DigestAlgorithm.SHA256));
        } catch (CertificateException e) {
            throw malformed(der, "something else");
        }
    }

    private static MalformedInputException malformed(Source der, String found) {
        return new MalformedInputException(der.name(), der.start(), "an X.509 certificate in DER", found, "");
    }
}
