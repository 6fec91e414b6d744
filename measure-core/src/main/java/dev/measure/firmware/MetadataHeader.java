package dev.measure.firmware;

import dev.measure.Source;
import dev.measure.parse.Cursor;

/**
 * The 16 bytes with which SEV metadata, the TDVF descriptor and the IGVM descriptor begin; little-endian.
 *
 * @param signature four characters
 * @param length of header and records together, in bytes
 * @param version of the format
 * @param count of the records that follow
 * @param cursor a cursor over the header, for errors
 * @param start where it lies in the image
 */
record MetadataHeader(long signature, long length, long version, long count, Cursor cursor, long start) {
    static final int SIZE = 16;

    static MetadataHeader read(Source image, long start) {
        Cursor c = Cursor.of(image.slice(start, SIZE));
        return new MetadataHeader(c.u32("signature"), c.u32("length"), c.u32("version"), c.u32("count"), c, start);
    }

    /** Follows a table entry that holds the distance of the header from the end of the file. */
    static MetadataHeader follow(Source image, GuidedTable.Entry entry, String name) {
        Cursor pointer = Firmware.exactly(entry, 4, name + " offset");
        long fromEnd = pointer.u32(name + " offset");
        if (fromEnd < SIZE || fromEnd > image.length()) {
            throw pointer.malformed(
                    0,
                    "a " + name + " offset of 16.." + image.length() + " from the end of the file",
                    "0x" + Long.toHexString(fromEnd),
                    "the " + name + " must lie inside the image; is the file cut?");
        }
        return read(image, image.length() - fromEnd);
    }

    /** Checks the signature, and that length, count and image agree; gives a cursor over the records. */
    Cursor records(Source image, String name, String magic, int recordSize) {
        int expected = magic.charAt(0) | magic.charAt(1) << 8 | magic.charAt(2) << 16 | magic.charAt(3) << 24;
        if (signature != expected) {
            throw cursor.malformed(
                    0,
                    "the " + name + " signature \"" + magic + "\" (" + String.format("0x%08x", expected) + ")",
                    String.format("0x%08x", signature),
                    "the table entry points elsewhere");
        }
        long available = image.length() - start;
        if (length < SIZE || length > available) {
            throw cursor.malformed(
                    4,
                    "a " + name + " length of 16.." + available,
                    String.format("0x%08x", length),
                    "the " + name + " goes beyond the file");
        }
        if (length != SIZE + recordSize * count) { // 64-bit arithmetic: no wrap
            throw cursor.malformed(
                    4,
                    "a " + name + " length of 16 + " + recordSize + " * " + count + " = " + (SIZE + recordSize * count),
                    Long.toString(length),
                    "length and count contradict each other");
        }
        return Cursor.of(image.slice(start + SIZE, length - SIZE));
    }

    /** Refuses every version but 1. */
    void requireVersion1(String name) {
        if (version != 1) {
            throw cursor.malformed(8, name + " version 1", Long.toString(version), "");
        }
    }
}
