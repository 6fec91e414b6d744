package dev.measure.snp;

import dev.measure.MalformedInputException;
import dev.measure.Source;
import dev.measure.parse.Cursor;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Objects;
import java.util.Optional;

/**
 * An attestation report in one of the forms in which it is kept: bare, in hexadecimal, with the host's table of certificates, in the
 * answer of the firmware (MSG_REPORT_RSP), or in Azure's HCL report.
 *
 * @param form the form
 * @param report the report
 * @param certificates the host's certificates, if the form has them
 * @param runtimeData what an HCL report binds by its SHA-256 to the first 32 bytes of REPORT_DATA
 */
public record SnpEvidence(
        Form form, AttestationReport report, Optional<CertificateTable> certificates, Optional<Source> runtimeData) {
    /** The largest evidence: a report and a table of certificates. */
    private static final int MAX_SIZE = 1 << 20;

    private static final int RESPONSE_HEADER = 0x20;
    private static final int HCL_HEADER = 0x20;
    private static final long HCL_SHA256 = 1;
    private static final byte[] HCL_SIGNATURE = "HCLA".getBytes(StandardCharsets.US_ASCII);

    /** How a report is kept. */
    public enum Form {
        /** The 1184 bytes. */
        REPORT("attestation report"),
        /** The report and, after it, the table of certificates. */
        EXTENDED("extended attestation report"),
        /** MSG_REPORT_RSP: u32 status, u32 size, 24 reserved bytes, the report. */
        RESPONSE("MSG_REPORT_RSP"),
        /** Azure: 32 bytes of header, the report, runtime data. */
        HCL("HCL report");

        private final String text;

        Form(String text) {
            this.text = text;
        }

        /** {@return the form in words} */
        public String text() {
            return text;
        }
    }

    /** Checks that nothing is null. */
    public SnpEvidence {
        Objects.requireNonNull(form, "form");
        Objects.requireNonNull(report, "report");
        Objects.requireNonNull(certificates, "certificates");
        Objects.requireNonNull(runtimeData, "runtimeData");
    }

    /**
     * {@return the evidence in a file}
     *
     * @param source any of the forms, or the hexadecimal text of one
     * @throws MalformedInputException if it is none of them
     */
    public static SnpEvidence read(Source source) {
        if (source.length() > MAX_SIZE) {
            throw new MalformedInputException(
                    source.name(), source.start(), "an attestation report", source.length() + " bytes", "");
        }
        Source binary = unhex(source);
        Cursor c = Cursor.of(binary);
        if (startsWith(binary, HCL_SIGNATURE)) {
            return hcl(binary, c);
        }
        long first = c.u32("VERSION");
        if (first == 0 && binary.length() >= RESPONSE_HEADER + AttestationReport.SIZE || looksFailed(binary)) {
            return response(binary, c);
        }
        c.seek(0, "VERSION");
        if (binary.length() < AttestationReport.SIZE) {
            throw new MalformedInputException(
                    source.name(),
                    source.start(),
                    "an attestation report of " + AttestationReport.SIZE + " bytes",
                    binary.length() + " bytes",
                    "");
        }
        AttestationReport report = AttestationReport.read(c);
        if (binary.length() == AttestationReport.SIZE) {
            return new SnpEvidence(Form.REPORT, report, Optional.empty(), Optional.empty());
        }
        Source table = binary.slice(AttestationReport.SIZE, binary.length() - AttestationReport.SIZE);
        return new SnpEvidence(Form.EXTENDED, report, Optional.of(CertificateTable.read(table)), Optional.empty());
    }

    /** {@return whether the bytes begin as a file of this kind does; what follows may still be broken} */
    public static boolean looksLike(Source source) {
        if (source.length() < AttestationReport.SIZE || source.length() > MAX_SIZE) {
            return false;
        }
        try {
            Cursor c = Cursor.of(unhex(source));
            long first = c.u32("VERSION");
            boolean hcl = first == 0x41_4c_43_48L;
            boolean response = first == 0 && c.u32("size") == AttestationReport.SIZE;
            c.seek(0x34, "SIGNATURE_ALGO");
            return hcl || response || first >= 1 && first <= 16 && c.u32("SIGNATURE_ALGO") == 1;
        } catch (MalformedInputException e) {
            return false;
        }
    }

    private static Source unhex(Source source) {
        // Two digits a byte and perhaps a line break.
        if (source.length() < 2 * AttestationReport.SIZE) {
            return source;
        }
        String text = new String(source.toByteArray(), StandardCharsets.ISO_8859_1).strip();
        try {
            return Source.of(source.name() + " (hexadecimal)", HexFormat.of().parseHex(text));
        } catch (IllegalArgumentException e) {
            return source;
        }
    }

    private static boolean startsWith(Source source, byte[] signature) {
        if (source.length() < signature.length) {
            return false;
        }
        byte[] start = new byte[signature.length];
        source.read(0, start, 0, start.length);
        return Arrays.equals(start, signature);
    }

    /** A response whose status is not 0 still has its reserved bytes and its size. */
    private static boolean looksFailed(Source source) {
        if (source.length() < RESPONSE_HEADER + AttestationReport.SIZE) {
            return false;
        }
        byte[] header = source.slice(4, RESPONSE_HEADER - 4).toByteArray();
        boolean sized = (header[0] & 0xff | (header[1] & 0xff) << 8 | header[2] << 16 | header[3] << 24)
                == AttestationReport.SIZE;
        return sized && Octets.of(Arrays.copyOfRange(header, 4, header.length)).isZero();
    }

    private static SnpEvidence response(Source source, Cursor c) {
        c.seek(0, "STATUS");
        long status = c.u32("STATUS");
        if (status != 0) {
            throw c.malformed(
                    0, "STATUS = 0 (success)", "0x" + Long.toHexString(status), "the firmware refused the request");
        }
        long size = c.u32("REPORT_SIZE");
        if (size != AttestationReport.SIZE) {
            throw c.malformed(4, "REPORT_SIZE = " + AttestationReport.SIZE, Long.toString(size), "");
        }
        Reserved.zero(c, RESPONSE_HEADER - 8, "reserved bytes");
        AttestationReport report = AttestationReport.read(c);
        Reserved.zero(c, c.remaining(), "bytes after the report");
        return new SnpEvidence(Form.RESPONSE, report, Optional.empty(), Optional.empty());
    }

    private static SnpEvidence hcl(Source source, Cursor c) {
        c.skip(4, "signature");
        int at = c.position();
        long version = c.u32("version of the HCL report");
        if (version < 1 || version > 2) {
            throw c.malformed(at, "version of the HCL report = 1 or 2", Long.toString(version), "");
        }
        c.seek(HCL_HEADER, "hardware report");
        AttestationReport report = AttestationReport.read(c);
        c.skip(4 + 4 + 4, "size, version and report type of the runtime data");
        at = c.position();
        long hash = c.u32("hash type of the runtime data");
        if (hash != HCL_SHA256) {
            throw c.malformed(at, "hash type 1 (SHA-256)", Long.toString(hash), "");
        }
        at = c.position();
        long length = c.u32("length of the runtime data");
        if (length > c.remaining()) {
            throw c.malformed(at, "length of the runtime data of at most " + c.remaining(), Long.toString(length), "");
        }
        return new SnpEvidence(Form.HCL, report, Optional.empty(), Optional.of(c.slice(length, "runtime data")));
    }
}
