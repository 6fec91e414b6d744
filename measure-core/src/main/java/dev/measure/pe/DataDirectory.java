package dev.measure.pe;

import dev.measure.parse.Cursor;

/**
 * IMAGE_DATA_DIRECTORY: where one table of a PE image lies.
 *
 * <p>Microsoft PE/COFF specification, revision 11, "Optional Header Data Directories". Little-endian.
 *
 * @param virtualAddress the address of the table from the image base; an offset in the file for the certificate table
 * @param size its length in bytes
 */
public record DataDirectory(long virtualAddress, long size) {
    /** The index of the certificate table. */
    public static final int SECURITY = 4;

    /** The index of the debug directory. */
    public static final int DEBUG = 6;

    static DataDirectory read(Cursor c, int index) {
        return new DataDirectory(
                c.u32("DataDirectory[" + index + "].VirtualAddress"), c.u32("DataDirectory[" + index + "].Size"));
    }
}
