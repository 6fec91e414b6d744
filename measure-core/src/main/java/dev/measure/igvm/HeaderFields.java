package dev.measure.igvm;

import dev.measure.Source;
import dev.measure.parse.Cursor;
import java.util.List;

/**
 * Reads the fields of variable headers with the checks that the format makes on them: addresses and sizes that are whole pages,
 * reserved fields that are zero, and offsets of data that lie behind the headers and inside the file.
 */
final class HeaderFields {
    static final int PAGE = 4096;

    private final Cursor c;
    private final Source file;
    private final long dataStart;
    private final List<IgvmHeader.SupportedPlatform> platforms;

    HeaderFields(Cursor c, Source file, long dataStart, List<IgvmHeader.SupportedPlatform> platforms) {
        this.c = c;
        this.file = file;
        this.dataStart = dataStart;
        this.platforms = platforms;
    }

    Cursor cursor() {
        return c;
    }

    int u8(String field) {
        return c.u8(field);
    }

    int u16(String field) {
        return c.u16(field);
    }

    long u32(String field) {
        return c.u32(field);
    }

    long u64(String field) {
        return c.u64(field);
    }

    Source bytes(int count, String field) {
        return c.slice(count, field);
    }

    /** An address or a size of 64 bits that is a multiple of a page. */
    long pages64(String field) {
        return wholePages(c.u64(field), 8, field);
    }

    /** A size of 32 bits that is a multiple of a page. */
    long pages32(String field) {
        return wholePages(c.u32(field), 4, field);
    }

    private long wholePages(long value, int width, String field) {
        if (value % PAGE != 0) { // also right for values that are negative as signed numbers
            throw c.malformed(
                    c.position() - width,
                    field + " to be a multiple of 0x1000",
                    hex(value, width),
                    "the file was made by a broken tool, or is damaged");
        }
        return value;
    }

    /** A reserved field, which is read and dropped. */
    void reserved32(String field) {
        zero(c.u32(field), 4, field);
    }

    /** A reserved field, which is read and dropped. */
    void reserved16(String field) {
        zero(c.u16(field), 2, field);
    }

    private void zero(long value, int width, String field) {
        if (value != 0) {
            throw c.malformed(
                    c.position() - width, field + " to be 0", hex(value, width), "the file is newer than this format");
        }
    }

    /** A number of 16 bits below a limit. */
    int enumeration16(int count, String field) {
        int value = c.u16(field);
        if (value >= count) {
            throw c.malformed(
                    c.position() - 2,
                    "a " + field + " of 0x0000.." + hex(count - 1, 2),
                    hex(value, 2),
                    "the file is newer than this format");
        }
        return value;
    }

    /** Data of the file; an offset of 0 means that there is none. */
    Source data(long fileOffset, int offsetPosition, long length, String name) {
        if (fileOffset == 0) {
            return file.slice(0, 0);
        }
        return required(fileOffset, offsetPosition, length, name);
    }

    /** Data of the file that must be there. */
    Source required(long fileOffset, int offsetPosition, long length, String name) {
        if (fileOffset < dataStart
                || fileOffset > file.length()
                || Long.compareUnsigned(length, file.length() - fileOffset) > 0) {
            throw c.malformed(
                    offsetPosition,
                    "a file_offset whose " + name + " (" + Long.toUnsignedString(length)
                            + " bytes) lies between the headers' end at 0x" + Long.toHexString(dataStart)
                            + " and the file's end at 0x" + Long.toHexString(file.length()),
                    hex(fileOffset, 4),
                    "offsets count from the start of the IGVM file; is it cut?");
        }
        return file.slice(fileOffset, length);
    }

    /** The registers of a vCPU: a page, or a counted list of 32 bytes each if all platforms of the mask are VSM isolation. */
    Source context(long fileOffset, int offsetPosition, long mask) {
        boolean named = false;
        boolean onlyVsm = true;
        for (IgvmHeader.SupportedPlatform platform : platforms) {
            if ((platform.compatibilityMask() & mask) != 0) {
                named = true;
                onlyVsm &= platform.platformType() == IgvmPlatformType.VSM_ISOLATION;
            }
        }
        if (!named) {
            throw c.malformed(
                    offsetPosition - 4,
                    "a compatibility_mask of a supported platform, which says what a context is",
                    hex(mask, 4),
                    "");
        }
        if (!onlyVsm) {
            return required(fileOffset, offsetPosition, PAGE, "context");
        }
        Source count = required(fileOffset, offsetPosition, 4, "register_count");
        long registers = Cursor.of(count).u32("register_count");
        return required(fileOffset, offsetPosition, 4 + 32 * registers, "list of " + registers + " registers");
    }

    static String hex(long value, int bytes) {
        return String.format("0x%0" + 2 * bytes + "x", value);
    }
}
