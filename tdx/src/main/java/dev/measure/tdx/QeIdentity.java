package dev.measure.tdx;

import dev.measure.FieldVerdict;
import dev.measure.Source;
import java.security.MessageDigest;
import java.util.HexFormat;

/**
 * Whether the enclave that a quote's attestation key is of is Intel's quoting enclave for TDX. The PCK signs the report of any enclave
 * that may use the provisioning key, and the owner of a platform can let one of his own; such an enclave could sign any quote. Intel
 * Provisioning Certification Service, version 4, {@code tdx/certification/v4/qe/identity}: all but the security versions, which need
 * Intel's collateral.
 */
final class QeIdentity {
    private static final String FIELD = "QE identity";

    private static final String MRSIGNER = "dc9e2a7c6f948f17474e34a7fc43ed030f7c1563f1babddf6340c82e0e54a8c5";
    private static final int ISVPRODID = 2;

    /** INIT and PROVISION_KEY are set, DEBUG and all others but MODE64BIT are clear; XFRM, the second half, is free. */
    private static final long FLAGS = 0x11;

    private static final long FLAGS_MASK = ~0x4L;

    private QeIdentity() {}

    /** {@return whether the report is of that enclave} */
    static FieldVerdict check(QuoteSignature.QeReport report) {
        long flags = flags(report.attributes());
        boolean signer = MessageDigest.isEqual(
                HexFormat.of().parseHex(MRSIGNER), report.mrSigner().toByteArray());
        if (signer && report.isvProdId() == ISVPRODID && (flags & FLAGS_MASK) == FLAGS && report.miscSelect() == 0) {
            return new FieldVerdict.Matches(FIELD, "Intel's quoting enclave for TDX, ISVSVN " + report.isvSvn());
        }
        return new FieldVerdict.Untrusted(
                FIELD, text(MRSIGNER, ISVPRODID, FLAGS, 0) + ", Intel's quoting enclave for TDX", text(report, flags));
    }

    private static String text(QuoteSignature.QeReport report, long flags) {
        return text(
                HexFormat.of().formatHex(report.mrSigner().toByteArray()),
                report.isvProdId(),
                flags & FLAGS_MASK,
                report.miscSelect());
    }

    private static String text(String signer, int product, long flags, long miscSelect) {
        return "MRSIGNER " + signer + ", ISVPRODID " + product + ", ATTRIBUTES 0x" + Long.toHexString(flags)
                + " without MODE64BIT, MISCSELECT " + miscSelect;
    }

    private static long flags(Source attributes) {
        byte[] bytes = attributes.toByteArray();
        long flags = 0;
        for (int i = 7; i >= 0; i--) {
            flags = flags << 8 | bytes[i] & 0xff;
        }
        return flags;
    }
}
