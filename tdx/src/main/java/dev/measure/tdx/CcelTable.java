package dev.measure.tdx;

import dev.measure.Source;
import dev.measure.parse.Cursor;
import java.nio.charset.StandardCharsets;

/**
 * The ACPI table CCEL: where the log of a confidential guest lies in memory. 56 bytes, little-endian. ACPI Specification 6.5,
 * section 5.2.34; the log itself is read as any event log.
 *
 * @param ccType 1 for AMD SEV, 2 for Intel TDX
 * @param ccSubtype a subtype of it; 0
 * @param logAreaMinimumLength LAML: how many bytes the log has room for, unsigned
 * @param logAreaStartAddress LASA: the guest-physical address of the log, unsigned
 */
public record CcelTable(int ccType, int ccSubtype, long logAreaMinimumLength, long logAreaStartAddress) {
    /** How many bytes the table has. */
    public static final int SIZE = 56;

    /** The type of Intel TDX. */
    public static final int TDX = 2;

    /**
     * {@return whether bytes begin as the table does}
     *
     * @param source the bytes
     */
    public static boolean isTable(Source source) {
        return source.length() == SIZE
                && new String(source.slice(0, 4).toByteArray(), StandardCharsets.ISO_8859_1).equals("CCEL");
    }

    /**
     * {@return the table}
     *
     * @param source its 56 bytes
     * @throws dev.measure.MalformedInputException if they are none, or if their checksum is wrong
     */
    public static CcelTable read(Source source) {
        Cursor c = Cursor.of(source.slice(0, Math.min(source.length(), SIZE + 1)));
        String signature = new String(c.bytes(4, "Signature"), StandardCharsets.ISO_8859_1);
        if (!signature.equals("CCEL")) {
            throw c.malformed(0, "Signature \"CCEL\"", AcpiTable.printable(signature), "");
        }
        long length = c.u32("Length");
        if (length != SIZE || source.length() != SIZE) {
            throw c.malformed(4, "Length 56, of 56 bytes", length + ", of " + source.length() + " bytes", "");
        }
        int sum = AcpiTable.sum(source.toByteArray());
        c.skip(36 - 8, "header");
        int ccType = c.u8("CC Type");
        int ccSubtype = c.u8("CC Subtype");
        c.skip(2, "Reserved");
        long laml = c.u64("Log Area Minimum Length");
        long lasa = c.u64("Log Area Start Address");
        if (sum != 0) {
            throw c.malformed(
                    9, "a Checksum by which all bytes add up to 0", "a sum of 0x" + Integer.toHexString(sum), "");
        }
        return new CcelTable(ccType, ccSubtype, laml, lasa);
    }
}
