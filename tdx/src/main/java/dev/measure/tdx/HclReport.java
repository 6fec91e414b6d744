package dev.measure.tdx;

import dev.measure.FieldVerdict;
import dev.measure.MalformedInputException;
import dev.measure.Source;
import dev.measure.parse.Cursor;

/**
 * The report that the paravisor of an Azure confidential guest keeps in an NV index of its virtual TPM: a hardware report, and
 * runtime data that it binds. Little-endian. Here with a TDREPORT inside.
 *
 * @param version of the format; 2
 * @param report the hardware report
 * @param runtimeData JSON, whose SHA-256 is the first half of the hardware report's REPORTDATA
 */
public record HclReport(long version, TdReport report, Source runtimeData) {
    private static final long MAGIC = 0x414c4348; // "HCLA"
    private static final int HARDWARE_REPORT = 1184;
    private static final int REPORT_TYPE = 32 + HARDWARE_REPORT + 8;
    private static final long TDX = 4;
    private static final long SHA256 = 1;

    /** The NV index holds less than 4 KiB. */
    private static final int MAX_SIZE = 1 << 16;

    /**
     * {@return whether bytes begin as the report of a trust domain does; that of an SEV-SNP guest has another type}
     *
     * @param source the bytes
     */
    public static boolean isHclReport(Source source) {
        return source.length() >= REPORT_TYPE + 4
                && source.length() <= MAX_SIZE
                && Cursor.of(source.slice(0, 4)).u32("signature") == MAGIC
                && Cursor.of(source.slice(REPORT_TYPE, 4)).u32("report type") == TDX;
    }

    /**
     * {@return the report}
     *
     * @param source its bytes
     * @throws MalformedInputException if it is none, or holds a report of another technology
     */
    public static HclReport read(Source source) {
        Cursor c = Cursor.of(source.slice(0, Math.min(source.length(), MAX_SIZE)));
        long magic = c.u32("signature");
        if (magic != MAGIC) {
            throw c.malformed(0, "signature \"HCLA\"", String.format("0x%08x", magic), "");
        }
        long version = c.u32("version");
        c.skip(4 + 4 + 16, "report size, request type, status, reserved");
        Source hardware = c.slice(HARDWARE_REPORT, "hardware report");
        c.skip(4 + 4, "runtime data size, version");
        int at = c.position();
        long type = c.u32("report type");
        if (type != TDX) {
            throw c.malformed(
                    at,
                    "report type 4 (TDX)",
                    Long.toString(type),
                    type == 2 ? "this is the report of an SEV-SNP guest" : "");
        }
        long hashType = c.u32("hash type");
        if (hashType != SHA256) {
            throw c.malformed(at + 4, "hash type 1 (SHA-256)", Long.toString(hashType), "");
        }
        Source runtimeData = c.slice(c.u32("variable data size"), "variable data");
        return new HclReport(version, TdReport.read(hardware.slice(0, TdReport.SIZE)), runtimeData);
    }

    /** {@return whether the runtime data is what the hardware report binds} */
    public FieldVerdict verify() {
        return report.callerData().orElseThrow().checkRuntimeData(runtimeData);
    }
}
