package dev.measure.tdx;

import dev.measure.MalformedInputException;
import dev.measure.Source;
import dev.measure.parse.Cursor;

/**
 * The program that a td-shim image brings along: the first PE32 section of the first DXE core file in the firmware volume of the
 * PAYLOAD section. td-shim measures that section's body, whatever follows the program in it. confidential-containers/td-shim
 * 125eeab td-shim-interface/src/td_uefi_pi/fv.rs, get_image_from_fv; UEFI PI specification, volume 3.
 */
final class TdShimPayload {
    private static final int DXE_CORE = 5;
    private static final int PE32 = 0x10;
    private static final int LARGE_FILE = 1;
    private static final int MAX_SMALL = 0xffffff;
    private static final long SIGNATURE = 0x4856465f; // "_FVH"

    /** The builder of such images puts one file with one section into the volume. */
    private static final int MAX_PARTS = 64;

    private TdShimPayload() {}

    /**
     * Finds the program.
     *
     * @param volume the firmware volume
     * @throws MalformedInputException if there is no such program in it
     */
    static Source find(Source volume) {
        Cursor c = Cursor.of(volume);
        c.skip(16 + 16, "ZeroVector and FileSystemGuid");
        long length = c.u64("FvLength");
        if (length != volume.length()) {
            throw c.malformed(
                    32,
                    "a payload volume with an FvLength of the section's 0x" + Long.toHexString(volume.length()),
                    "0x" + Long.toHexString(length),
                    "");
        }
        long signature = c.u32("Signature");
        if (signature != SIGNATURE) {
            throw c.malformed(40, "a firmware volume", "0x" + Long.toHexString(signature), "");
        }
        c.skip(4, "Attributes");
        int header = c.u16("HeaderLength");
        long at = header;
        for (int i = 0; i < MAX_PARTS && at < volume.length(); i++) {
            Cursor file = Cursor.of(volume.slice(at, volume.length() - at));
            file.skip(16 + 2, "Name and IntegrityCheck");
            int type = file.u8("Type");
            boolean large = (file.u8("Attributes") & LARGE_FILE) != 0;
            long size = u24(file, "Size");
            file.skip(1, "State");
            if (large) {
                size = file.u32("ExtendedSize");
            }
            check(file, size, "file");
            if (type == DXE_CORE) {
                return section(file.slice(size - file.position(), "file"));
            }
            at += size + 7 & ~7L;
        }
        throw c.malformed(header, "a DXE core file in the payload volume", "none", "");
    }

    private static Source section(Source file) {
        long at = 0;
        for (int i = 0; i < MAX_PARTS && at < file.length(); i++) {
            Cursor section = Cursor.of(file.slice(at, file.length() - at));
            long size = u24(section, "Size");
            int type = section.u8("Type");
            if (size == MAX_SMALL) {
                size = section.u32("ExtendedSize");
            }
            check(section, size, "section");
            if (type == PE32) {
                return section.slice(size - section.position(), "section");
            }
            at += size + 3 & ~3L;
        }
        throw new MalformedInputException(
                file.name(), file.start(), "a PE32 section in the payload's file", "none", "");
    }

    private static long u24(Cursor c, String field) {
        return c.u16(field) | (long) c.u8(field) << 16;
    }

    private static void check(Cursor c, long size, String what) {
        if (size <= c.position() || size - c.position() > c.remaining()) {
            throw c.malformed(
                    0,
                    "a " + what + " of " + (c.position() + 1) + ".." + (c.position() + c.remaining()) + " bytes",
                    Long.toString(size),
                    "");
        }
    }
}
