package dev.measure.parse;

import dev.measure.MalformedInputException;
import dev.measure.Source;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.UUID;

/**
 * Reads little-endian fields in order, with bounds checked before each field is touched and the field's name in every error.
 * Not safe for use by several threads.
 */
public final class Cursor {
    private final Source source;
    private final byte[] bytes;
    private int position;

    private Cursor(Source source, byte[] bytes) {
        this.source = source;
        this.bytes = bytes;
    }

    /**
     * {@return a cursor at the start of a source, whose bytes are copied: slice large sources first}
     *
     * @param source what to read
     */
    public static Cursor of(Source source) {
        return new Cursor(source, source.toByteArray());
    }

    /** {@return the source that is read} */
    public Source source() {
        return source;
    }

    /** {@return the position from the start of the source, in bytes} */
    public int position() {
        return position;
    }

    /** {@return the absolute offset of the position in the file} */
    public long offset() {
        return source.start() + position;
    }

    /** {@return how many bytes are left} */
    public int remaining() {
        return bytes.length - position;
    }

    /**
     * Moves to a position.
     *
     * @param position from the start of the source, 0 to its length
     * @param field what is looked for there
     * @return this cursor
     */
    public Cursor seek(long position, String field) {
        if (position < 0 || position > bytes.length) {
            throw new MalformedInputException(
                    source.name(),
                    source.start() + bytes.length,
                    field + " at offset 0x" + Long.toHexString(source.start() + position),
                    "the end of the data",
                    "");
        }
        this.position = (int) position;
        return this;
    }

    /** {@return an unsigned byte} */
    public int u8(String field) {
        need(1, field);
        return bytes[position++] & 0xff;
    }

    /** {@return an unsigned 16-bit number} */
    public int u16(String field) {
        need(2, field);
        return u8(field) | u8(field) << 8;
    }

    /** {@return an unsigned 32-bit number} */
    public long u32(String field) {
        need(4, field); // the error must name the first byte of the field
        return u16(field) | (long) u16(field) << 16;
    }

    /** {@return a 64-bit number, to be read as unsigned} */
    public long u64(String field) {
        need(8, field);
        return u32(field) | u32(field) << 32;
    }

    /** {@return a GUID in its mixed-endian form: three little-endian numbers, then eight bytes} */
    public UUID guid(String field) {
        need(16, field);
        long high = u32(field) << 32 | (long) u16(field) << 16 | u16(field);
        long low = Long.reverseBytes(u64(field));
        return new UUID(high, low);
    }

    /** {@return a copy of the next bytes} */
    public byte[] bytes(int count, String field) {
        need(count, field);
        byte[] copy = Arrays.copyOfRange(bytes, position, position + count);
        position += count;
        return copy;
    }

    /** {@return the next bytes as a part of the source, without a copy} */
    public Source slice(long count, String field) {
        need(count, field);
        Source slice = source.slice(position, count);
        position += (int) count;
        return slice;
    }

    /** Passes over bytes. */
    public void skip(long count, String field) {
        need(count, field);
        position += (int) count;
    }

    /**
     * {@return text up to a NUL, which is passed over, decoded as UTF-8}
     *
     * @param limit the most bytes the text may have, without its NUL
     * @param field its name
     */
    public String utf8z(int limit, String field) {
        int end = position;
        while (end < bytes.length && bytes[end] != 0) {
            end++;
        }
        if (end == bytes.length) {
            throw malformed("a NUL at the end of " + field, "the end of the data", "");
        }
        if (end - position > limit) {
            throw malformed(field + " of at most " + limit + " bytes", (end - position) + " bytes", "");
        }
        String text = new String(bytes, position, end - position, StandardCharsets.UTF_8);
        position = end + 1;
        return text;
    }

    /**
     * {@return an exception about the current position}
     *
     * @param expected what the format demands
     * @param found what is there
     * @param hint what to do, or an empty text
     */
    public MalformedInputException malformed(String expected, String found, String hint) {
        return malformed(position, expected, found, hint);
    }

    /**
     * {@return an exception about a position}
     *
     * @param at the position from the start of the source
     * @param expected what the format demands
     * @param found what is there
     * @param hint what to do, or an empty text
     */
    public MalformedInputException malformed(long at, String expected, String found, String hint) {
        return new MalformedInputException(source.name(), source.start() + at, expected, found, hint);
    }

    private void need(long count, String field) {
        if (count < 0 || count > remaining()) {
            throw malformed(
                    field + " (" + Long.toUnsignedString(count) + " bytes)",
                    remaining() == 0 ? "the end of the data" : remaining() + " bytes left",
                    "");
        }
    }
}
