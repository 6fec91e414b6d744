package dev.measure.snp;

import dev.measure.FieldVerdict;
import java.io.IOException;
import java.math.BigInteger;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.bouncycastle.asn1.ASN1Integer;
import org.bouncycastle.asn1.ASN1ObjectIdentifier;
import org.bouncycastle.asn1.ASN1Primitive;
import org.bouncycastle.asn1.ASN1String;

/**
 * The extensions of a VCEK or VLEK certificate, which say for which chip and for which versions of its firmware the key was derived. AMD,
 * Versioned Chip Endorsement Key (VCEK) Certificate and KDS Interface Specification, #57230, table "VCEK Certificate Extensions".
 */
final class EndorsementKey {
    private static final ASN1ObjectIdentifier AMD = new ASN1ObjectIdentifier("1.3.6.1.4.1.3704.1");
    private static final ASN1ObjectIdentifier PRODUCT_NAME = AMD.branch("2");
    private static final ASN1ObjectIdentifier TCB = AMD.branch("3");
    private static final ASN1ObjectIdentifier HWID = AMD.branch("4");
    private static final ASN1ObjectIdentifier CSP_ID = AMD.branch("5");

    private final SigningCertificate certificate;

    EndorsementKey(SigningCertificate certificate) {
        this.certificate = certificate;
    }

    /** Compares the extensions with what the report says. */
    void compare(List<FieldVerdict> verdicts, AttestationReport report) {
        product(verdicts, report);
        tcb(verdicts, report);
        if (report.signingKey() == ReportSigner.VCEK) {
            chip(verdicts, report);
        } else {
            verdicts.add(cloud());
        }
    }

    private Optional<SevProduct> product() {
        return text(PRODUCT_NAME).flatMap(SevProduct::ofName);
    }

    private void product(List<FieldVerdict> verdicts, AttestationReport report) {
        String named = text(PRODUCT_NAME).orElse("none");
        String issuer = certificate.issuer().toString();
        Optional<SevProduct> product = product();
        if (product.isEmpty()) {
            verdicts.add(new FieldVerdict.Untrusted("product", "a known productName in the certificate", named));
            return;
        }
        if (!issuer.contains("-" + product.get().productName())) {
            verdicts.add(new FieldVerdict.Untrusted(
                    "product", "an issuer for " + product.get().productName(), issuer));
            return;
        }
        if (report.cpu().isEmpty()) {
            verdicts.add(new FieldVerdict.NotChecked(
                    "product", "a report of version 2 does not name the processor; the certificate says " + named));
        } else if (report.product().equals(product)) {
            verdicts.add(new FieldVerdict.Matches("product", named));
        } else {
            String found = report.product()
                    .map(SevProduct::productName)
                    .orElse("CPU " + report.cpu().get().name());
            verdicts.add(new FieldVerdict.Untrusted("product", named + ", as the certificate says", found));
        }
    }

    private void tcb(List<FieldVerdict> verdicts, AttestationReport report) {
        Map<String, String> extensions = new LinkedHashMap<>();
        extensions.put("fmc", "9");
        extensions.put("bootloader", "1");
        extensions.put("tee", "2");
        extensions.put("snp", "3");
        extensions.put("microcode", "8");
        StringBuilder expected = new StringBuilder();
        extensions.forEach((part, branch) -> {
            Optional<Integer> value = integer(TCB.branch(branch));
            if (value.isPresent() || !part.equals("fmc")) {
                expected.append(expected.isEmpty() ? "" : ", ")
                        .append(part)
                        .append(' ')
                        .append(value.map(String::valueOf).orElse("missing"));
            }
        });
        String found = report.reportedTcb().text();
        verdicts.add(
                found.contentEquals(expected)
                        ? new FieldVerdict.Matches("REPORTED_TCB", found)
                        : new FieldVerdict.Untrusted(
                                "REPORTED_TCB", expected + ", for which the key was derived", found));
    }

    private void chip(List<FieldVerdict> verdicts, AttestationReport report) {
        if (report.maskChipKey()) {
            verdicts.add(new FieldVerdict.NotChecked("CHIP_ID", "the host hides it (MASK_CHIP_KEY)"));
            return;
        }
        Optional<byte[]> hwid = certificate.extension(HWID).map(EndorsementKey::unwrap);
        byte[] expected = Arrays.copyOf(hwid.orElse(new byte[0]), 64);
        String text = hwid.map(Octets::of).map(Octets::hex).orElse("none");
        if (hwid.isPresent() && hwid.get().length <= 64 && report.chipId().equals(Octets.of(expected))) {
            verdicts.add(new FieldVerdict.Matches("CHIP_ID", text));
        } else {
            verdicts.add(new FieldVerdict.Untrusted(
                    "CHIP_ID",
                    text + ", the certificate's hwID",
                    report.chipId().hex()));
        }
    }

    /** The hardware id stands bare in the extension, or, in newer certificates, as an OCTET STRING of 64 or 8 bytes. */
    private static byte[] unwrap(byte[] value) {
        boolean wrapped = (value.length == 66 || value.length == 10) && value[0] == 4 && value[1] == value.length - 2;
        return wrapped ? Arrays.copyOfRange(value, 2, value.length) : value;
    }

    private FieldVerdict cloud() {
        Optional<String> cloud = text(CSP_ID);
        return cloud.<FieldVerdict>map(name -> new FieldVerdict.Matches("CSP_ID", name))
                .orElse(new FieldVerdict.Untrusted("CSP_ID", "the name of a cloud in the certificate", "none"));
    }

    private Optional<String> text(ASN1ObjectIdentifier id) {
        return object(id).filter(ASN1String.class::isInstance).map(found -> ((ASN1String) found).getString());
    }

    private Optional<Integer> integer(ASN1ObjectIdentifier id) {
        return object(id)
                .filter(ASN1Integer.class::isInstance)
                .map(found -> ((ASN1Integer) found).getValue())
                .filter(value -> value.bitLength() < 31)
                .map(BigInteger::intValue);
    }

    private Optional<ASN1Primitive> object(ASN1ObjectIdentifier id) {
        return certificate.extension(id).flatMap(value -> {
            try {
                return Optional.ofNullable(ASN1Primitive.fromByteArray(value));
            } catch (IOException | RuntimeException e) {
                return Optional.empty();
            }
        });
    }
}
