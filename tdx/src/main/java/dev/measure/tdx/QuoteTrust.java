package dev.measure.tdx;

import dev.measure.DigestAlgorithm;
import dev.measure.FieldVerdict;
import dev.measure.Source;
import java.io.ByteArrayInputStream;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.security.AlgorithmParameters;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.MessageDigest;
import java.security.PublicKey;
import java.security.Signature;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.interfaces.ECPublicKey;
import java.security.spec.ECFieldFp;
import java.security.spec.ECGenParameterSpec;
import java.security.spec.ECParameterSpec;
import java.security.spec.ECPoint;
import java.security.spec.ECPublicKeySpec;
import java.security.spec.EllipticCurve;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import org.apache.commons.codec.binary.Hex;

/**
 * Who signed a quote: from its signature by the attestation key, over the report of the quoting enclave that names the key and
 * the PCK that signs this report, up to a root certificate.
 *
 * <p>There is no clock and no network here: whether certificates have expired or are revoked, and what Intel says of the
 * platform's TCB, is not looked at, and said to be so.
 */
final class QuoteTrust {
    private static final String BEGIN = "-----BEGIN CERTIFICATE-----";
    private static final String END = "-----END CERTIFICATE-----";

    /** Leaf, intermediate, root; a few more are harmless, thousands are not. */
    private static final int MAX_CERTIFICATES = 8;

    private static final int PCK_CHAIN = 5;

    /** Bytes of r and of s. */
    private static final int NUMBER = 32;

    private final TdQuote quote;
    private final List<FieldVerdict> verdicts = new ArrayList<>();

    private QuoteTrust(TdQuote quote) {
        this.quote = quote;
    }

    /**
     * Checks all links; a broken one does not hide the others.
     *
     * @param root the certificate to end at, DER or PEM; empty if nobody says which
     */
    static List<FieldVerdict> of(TdQuote quote, Optional<Source> root) {
        QuoteTrust trust = new QuoteTrust(quote);
        trust.attestationKey();
        trust.qeReportNamesTheKey();
        trust.verdicts.add(QeIdentity.check(quote.signature().qeReport()));
        trust.chain(root);
        trust.verdicts.add(new FieldVerdict.NotChecked(
                "TCB", "expiry, revocation and the state of the platform need Intel's collateral and a clock"));
        return List.copyOf(trust.verdicts);
    }

    private void attestationKey() {
        QuoteSignature signature = quote.signature();
        byte[] key = signature.attestationKey().toByteArray();
        Optional<PublicKey> attestationKey = point(key);
        if (attestationKey.isEmpty()) {
            verdicts.add(new FieldVerdict.Untrusted("attestation key", "a point of P-256", "x and y that are none"));
            return;
        }
        verify("quote signature", attestationKey.get(), quote.signed(), signature.signature());
    }

    private void qeReportNamesTheKey() {
        MessageDigest sha256 = DigestAlgorithm.SHA256.newMessageDigest();
        sha256.update(quote.signature().attestationKey().toByteArray());
        sha256.update(quote.signature().qeAuthenticationData().toByteArray());
        byte[] expected = Arrays.copyOf(sha256.digest(), 64);
        byte[] found = quote.signature().qeReport().reportData().toByteArray();
        verdicts.add(
                MessageDigest.isEqual(expected, found)
                        ? new FieldVerdict.Matches("QE REPORTDATA", "names the attestation key")
                        : new FieldVerdict.Untrusted("QE REPORTDATA", hex(expected), hex(found)));
    }

    private void chain(Optional<Source> root) {
        QuoteSignature.CertificationData certification = quote.signature().certification();
        if (certification.type() != PCK_CHAIN) {
            verdicts.add(new FieldVerdict.NotChecked(
                    "PCK certificate", "certification data of type " + certification.type() + " holds no chain"));
            return;
        }
        List<X509Certificate> chain = new ArrayList<>();
        try {
            chain.addAll(certificates(certification.data().toByteArray()));
        } catch (CertificateException e) {
            verdicts.add(new FieldVerdict.Untrusted(
                    "PCK certificate", "a chain of certificates in PEM", "what cannot be read as one"));
            return;
        }
        if (chain.size() < 2) {
            verdicts.add(new FieldVerdict.Untrusted(
                    "PCK certificate",
                    "a chain of 2.." + MAX_CERTIFICATES + " certificates",
                    chain.size() + " certificates"));
            return;
        }
        verify(
                "QE report signature",
                chain.get(0).getPublicKey(),
                quote.signature().qeReport().bytes(),
                quote.signature().qeReportSignature());
        for (int i = 0; i < chain.size(); i++) {
            link(chain.get(i), chain.get(Math.min(i + 1, chain.size() - 1)), i);
        }
        end(chain.get(chain.size() - 1), root);
    }

    private void link(X509Certificate certificate, X509Certificate issuer, int depth) {
        String field = "certificate " + depth;
        String name = certificate.getSubjectX500Principal().getName();
        try {
            certificate.verify(issuer.getPublicKey());
        } catch (GeneralSecurityException e) {
            verdicts.add(new FieldVerdict.Untrusted(
                    field, "a signature by " + issuer.getSubjectX500Principal().getName(), "another, on " + name));
            return;
        }
        boolean named = certificate.getIssuerX500Principal().equals(issuer.getSubjectX500Principal());
        boolean authority = issuer.getBasicConstraints() >= 0;
        if (!named || !authority) {
            verdicts.add(new FieldVerdict.Untrusted(
                    field,
                    "an issuer that is a certificate authority of the name it gives",
                    issuer.getSubjectX500Principal().getName()));
            return;
        }
        verdicts.add(new FieldVerdict.Matches(field, name));
    }

    private void end(X509Certificate last, Optional<Source> root) {
        if (root.isEmpty()) {
            verdicts.add(
                    new FieldVerdict.NotChecked("root certificate", "no root certificate was given to compare with"));
            return;
        }
        try {
            byte[] bytes = root.get().toByteArray();
            boolean pem = new String(bytes, StandardCharsets.ISO_8859_1).contains(BEGIN);
            X509Certificate expected = pem ? certificates(bytes).get(0) : der(bytes);
            boolean same = MessageDigest.isEqual(expected.getEncoded(), last.getEncoded());
            verdicts.add(
                    same
                            ? new FieldVerdict.Matches(
                                    "root certificate",
                                    last.getSubjectX500Principal().getName())
                            : new FieldVerdict.Untrusted(
                                    "root certificate",
                                    expected.getSubjectX500Principal().getName() + ", serial "
                                            + expected.getSerialNumber().toString(16),
                                    last.getSubjectX500Principal().getName() + ", serial "
                                            + last.getSerialNumber().toString(16)));
        } catch (CertificateException e) {
            throw new IllegalArgumentException(root.get().name() + " is no certificate", e);
        }
    }

    private void verify(String field, PublicKey key, Source data, Source signature) {
        boolean good;
        try {
            // The signature is r and s one after the other, not a DER sequence.
            Signature ecdsa = Signature.getInstance("SHA256withECDSAinP1363Format");
            ecdsa.initVerify(key);
            ecdsa.update(data.toByteArray());
            byte[] both = signature.toByteArray();
            // Java 17.0.2 and older take zeros for a signature of anything (CVE-2022-21449).
            good = !isZero(both, 0) && !isZero(both, NUMBER) && ecdsa.verify(both);
        } catch (GeneralSecurityException e) {
            good = false; // r or s out of range, or a key that is no EC key
        }
        verdicts.add(
                good
                        ? new FieldVerdict.Matches(field, "ECDSA P-256")
                        : new FieldVerdict.Untrusted(field, "a signature over these bytes by this key", "another"));
    }

    private static boolean isZero(byte[] signature, int at) {
        return new BigInteger(1, Arrays.copyOfRange(signature, at, at + NUMBER)).signum() == 0;
    }

    /** The public key, if it is a point of the curve. */
    private static Optional<PublicKey> point(byte[] key) {
        BigInteger x = new BigInteger(1, Arrays.copyOf(key, 32));
        BigInteger y = new BigInteger(1, Arrays.copyOfRange(key, 32, 64));
        try {
            AlgorithmParameters parameters = AlgorithmParameters.getInstance("EC");
            parameters.init(new ECGenParameterSpec("secp256r1"));
            ECParameterSpec p256 = parameters.getParameterSpec(ECParameterSpec.class);
            EllipticCurve curve = p256.getCurve();
            BigInteger p = ((ECFieldFp) curve.getField()).getP();
            BigInteger right =
                    x.pow(3).add(curve.getA().multiply(x)).add(curve.getB()).mod(p);
            if (x.compareTo(p) >= 0
                    || y.compareTo(p) >= 0
                    || !y.multiply(y).mod(p).equals(right)) {
                return Optional.empty();
            }
            ECPublicKeySpec spec = new ECPublicKeySpec(new ECPoint(x, y), p256);
            return Optional.of((ECPublicKey) KeyFactory.getInstance("EC").generatePublic(spec));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("P-256 is missing from this Java runtime", e);
        }
    }

    private static List<X509Certificate> certificates(byte[] pem) throws CertificateException {
        String text = new String(pem, StandardCharsets.ISO_8859_1);
        List<X509Certificate> certificates = new ArrayList<>();
        int at = text.indexOf(BEGIN);
        while (at >= 0) {
            int end = text.indexOf(END, at);
            if (end < 0 || certificates.size() == MAX_CERTIFICATES) {
                throw new CertificateException("no end, or too many");
            }
            try {
                certificates.add(der(Base64.getMimeDecoder().decode(text.substring(at + BEGIN.length(), end))));
            } catch (IllegalArgumentException e) {
                throw new CertificateException(e);
            }
            at = text.indexOf(BEGIN, end);
        }
        if (certificates.isEmpty()) {
            throw new CertificateException("none");
        }
        return certificates;
    }

    private static X509Certificate der(byte[] bytes) throws CertificateException {
        return (X509Certificate)
                CertificateFactory.getInstance("X.509").generateCertificate(new ByteArrayInputStream(bytes));
    }

    private static String hex(byte[] bytes) {
        return Hex.encodeHexString(bytes);
    }
}
