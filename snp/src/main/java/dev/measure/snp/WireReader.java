package dev.measure.snp;

import dev.measure.Source;
import dev.measure.parse.Cursor;

/**
 * Reads the wire format of Protocol Buffers, field by field, with every length checked. Unknown fields are passed over, as the format
 * demands; groups, which version 3 of the language dropped, are refused.
 */
final class WireReader {
    static final int VARINT = 0;
    static final int I64 = 1;
    static final int LEN = 2;
    static final int I32 = 5;

    /** The most fields of one message: a launch endorsement has fewer than twenty, and a map some dozens of entries. */
    private static final int MAX_FIELDS = 4096;

    private final Cursor c;
    private int fields;
    private int number;
    private int wireType;
    private int start;

    WireReader(Source message) {
        this.c = Cursor.of(message);
    }

    /** Goes on to the next field; returns false at the end of the message. */
    boolean next() {
        if (c.remaining() == 0) {
            return false;
        }
        start = c.position();
        if (++fields > MAX_FIELDS) {
            throw c.malformed(start, "at most " + MAX_FIELDS + " fields in a message", "more", "");
        }
        long tag = varint("tag of a field");
        if (tag <= 0 || tag >>> 3 == 0 || tag >>> 3 > 0x1fff_ffff) {
            throw c.malformed(start, "a field number 1..536870911", Long.toUnsignedString(tag >>> 3), "");
        }
        number = (int) (tag >>> 3);
        wireType = (int) (tag & 7);
        return true;
    }

    /** {@return the number of the field} */
    int number() {
        return number;
    }

    /** {@return the unsigned number that the field holds} */
    long u64(String field) {
        expect(VARINT, field);
        return varint(field);
    }

    /** {@return the unsigned number that the field holds, which has at most 32 bits} */
    long u32(String field) {
        expect(VARINT, field);
        int at = c.position();
        long value = varint(field);
        if (value < 0 || value > 0xffff_ffffL) {
            throw c.malformed(at, field + " of 32 bits", Long.toUnsignedString(value), "");
        }
        return value;
    }

    /** {@return the bytes, text or message that the field holds} */
    Source bytes(String field) {
        expect(LEN, field);
        return content(field);
    }

    /** {@return the bytes that the field holds, which have a fixed length} */
    Source bytes(String field, int length) {
        Source bytes = bytes(field);
        if (bytes.length() != length) {
            throw c.malformed(start, field + " of " + length + " bytes", bytes.length() + " bytes", "");
        }
        return bytes;
    }

    /** Passes over the field. */
    void skip() {
        switch (wireType) {
            case VARINT -> varint("field " + number);
            case I64 -> c.skip(8, "field " + number);
            case I32 -> c.skip(4, "field " + number);
            case LEN -> content("field " + number);
            default -> throw c.malformed(start, "wire type 0, 1, 2 or 5", Integer.toString(wireType), "");
        }
    }

    private Source content(String field) {
        int at = c.position();
        long length = varint("length of " + field);
        if (length < 0 || length > c.remaining()) {
            throw c.malformed(
                    at, "length of " + field + " of at most " + c.remaining(), Long.toUnsignedString(length), "");
        }
        return c.slice(length, field);
    }

    private void expect(int type, String field) {
        if (wireType != type) {
            throw c.malformed(start, field + " with wire type " + type, Integer.toString(wireType), "");
        }
    }

    private long varint(String field) {
        int at = c.position();
        long value = 0;
        for (int shift = 0; shift < 64; shift += 7) {
            int octet = c.u8(field);
            if (shift == 63 && octet > 1) {
                break;
            }
            value |= (long) (octet & 0x7f) << shift;
            if ((octet & 0x80) == 0) {
                return value;
            }
        }
        throw c.malformed(at, field + " of at most 64 bits", "a longer number", "");
    }
}
