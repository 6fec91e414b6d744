package dev.measure.corim;

import dev.measure.MalformedInputException;
import dev.measure.Source;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/**
 * Reads CBOR (RFC 8949), big-endian. What is well-formed and valid is read, deterministic or not; what is not ends in an error with
 * its offset: unknown additional information, invalid UTF-8, a map key that stands twice, bytes behind the item.
 */
final class CborReader {
    /** CoRIM nests about 16 deep with CoSWID payloads inside; what is much deeper is an attack on the stack. */
    private static final int MAX_DEPTH = 48;

    /** A manifest with ten thousand digests has about 50,000 items; all items of a file are held in memory. */
    private static final int MAX_ITEMS = 1 << 19;

    private static final int INDEFINITE = 31;
    private static final int BREAK = 0xff;
    private static final int TAG = 6;

    private final Budget budget;
    private final Source source;
    private final byte[] bytes;
    private int at;

    private CborReader(Source source, Budget budget) {
        this.source = source;
        this.bytes = source.toByteArray();
        this.budget = budget;
    }

    /** How many items a file may still have, over all byte strings in it that are read as CBOR too. */
    static final class Budget {
        private int items = MAX_ITEMS;
    }

    /**
     * {@return the one item that fills a source}
     *
     * @param source the bytes
     * @param what its name, for errors
     */
    static CborItem read(Source source, String what) {
        return read(source, what, new Budget());
    }

    static CborItem read(Source source, String what, Budget budget) {
        CborReader reader = new CborReader(source, budget);
        CborItem item = reader.item(what, 0);
        if (reader.at < reader.bytes.length) {
            throw reader.malformed(
                    reader.at, "the end of " + what, (reader.bytes.length - reader.at) + " more bytes", "");
        }
        return item;
    }

    private CborItem item(String what, int depth) {
        int start = at;
        if (depth > MAX_DEPTH) {
            throw malformed(start, "CBOR nested at most " + MAX_DEPTH + " deep", "deeper nesting", "");
        }
        if (budget.items-- == 0) {
            throw malformed(start, "at most " + MAX_ITEMS + " CBOR items", "more", "");
        }
        int initial = u8(what);
        int major = initial >> 5;
        int info = initial & 0x1f;
        if (info == INDEFINITE) {
            return indefinite(what, major, start, depth);
        }
        if (info > 27) {
            throw malformed(start, what, String.format("the reserved initial byte 0x%02x", initial), "");
        }
        long argument = info < 24 ? info : argument(1 << (info - 24), what);
        CborItem.Place place = new CborItem.Place(source, source.start() + start, at, budget);
        return switch (major) {
            case 0, 1 -> CborItem.integer(major == 1, argument, place);
            case 2 -> CborItem.bytes(string(argument, what), place);
            case 3 -> CborItem.text(utf8(string(argument, what), start, what), place);
            case 4 -> {
                List<CborItem> elements = new ArrayList<>();
                for (long i = 0, count = count(argument, 1, start, what); i < count; i++) {
                    elements.add(item(what, depth + 1));
                }
                yield CborItem.array(elements, place);
            }
            case 5 -> {
                List<CborItem> entries = new ArrayList<>();
                for (long i = 0, count = count(argument, 2, start, what); i < count; i++) {
                    entries.add(item(what, depth + 1));
                    entries.add(item(what, depth + 1));
                }
                yield map(entries, place);
            }
            case TAG -> CborItem.tag(argument, item(what, depth + 1), place);
            default -> simple(info, argument, place, start);
        };
    }

    private CborItem simple(int info, long argument, CborItem.Place place, int start) {
        if (info >= 25) {
            return CborItem.floating(argument, 1 << (info - 24), place);
        }
        if (info == 24 && argument < 32) {
            throw malformed(start, "a simple value of 32..255 in two bytes", Long.toString(argument), "");
        }
        return CborItem.simple((int) argument, place);
    }

    /** Strings in chunks, and arrays and maps up to a break: well-formed, and never deterministic. */
    private CborItem indefinite(String what, int major, int start, int depth) {
        CborItem.Place place = new CborItem.Place(source, source.start() + start, at, budget).notDeterministic();
        switch (major) {
            case 2, 3 -> {
                ByteArrayOutputStream whole = new ByteArrayOutputStream();
                while (!atBreak(what)) {
                    int chunk = at;
                    int initial = u8(what);
                    if (initial >> 5 != major || (initial & 0x1f) > 27) {
                        throw malformed(chunk, "a chunk of " + what, String.format("0x%02x", initial), "");
                    }
                    int info = initial & 0x1f;
                    byte[] part = string(info < 24 ? info : argument(1 << (info - 24), what), what);
                    if (major == 3) {
                        utf8(part, chunk, what);
                    }
                    whole.writeBytes(part);
                }
                return major == 2
                        ? CborItem.bytes(whole.toByteArray(), place)
                        : CborItem.text(utf8(whole.toByteArray(), start, what), place);
            }
            case 4 -> {
                List<CborItem> elements = new ArrayList<>();
                while (!atBreak(what)) {
                    elements.add(item(what, depth + 1));
                }
                return CborItem.array(elements, place);
            }
            case 5 -> {
                List<CborItem> entries = new ArrayList<>();
                while (!atBreak(what)) {
                    entries.add(item(what, depth + 1));
                    entries.add(item(what, depth + 1));
                }
                return map(entries, place);
            }
            default ->
                throw malformed(start, what, String.format("the initial byte 0x%02x", major << 5 | INDEFINITE), "");
        }
    }

    private boolean atBreak(String what) {
        if (at == bytes.length) {
            throw malformed(at, "the end of " + what + " (0xff)", "the end of the data", "");
        }
        if ((bytes[at] & 0xff) != BREAK) {
            return false;
        }
        at++;
        return true;
    }

    private CborItem map(List<CborItem> entries, CborItem.Place place) {
        Set<byte[]> keys = new TreeSet<>(Arrays::compareUnsigned);
        for (int i = 0; i < entries.size(); i += 2) {
            if (!keys.add(entries.get(i).encode())) {
                throw new MalformedInputException(
                        source.name(),
                        entries.get(i).offset(),
                        "each key of a map once",
                        "the key " + entries.get(i).shown() + " again",
                        "");
            }
        }
        return CborItem.map(entries, place);
    }

    /** Every element takes a byte at least, so no count beyond what is left is believed. */
    private long count(long count, int each, int start, String what) {
        if (count < 0 || count > (bytes.length - at) / each) {
            throw malformed(
                    start,
                    what + " of " + Long.toUnsignedString(count) + (each == 1 ? " elements" : " entries"),
                    (bytes.length - at) + " bytes left",
                    "");
        }
        return count;
    }

    private byte[] string(long length, String what) {
        if (length < 0 || length > bytes.length - at) {
            throw malformed(
                    at,
                    what + " (a string of " + Long.toUnsignedString(length) + " bytes)",
                    (bytes.length - at) + " bytes left",
                    "");
        }
        byte[] value = Arrays.copyOfRange(bytes, at, at + (int) length);
        at += (int) length;
        return value;
    }

    private String utf8(byte[] value, int start, String what) {
        try {
            return StandardCharsets.UTF_8
                    .newDecoder()
                    .onMalformedInput(CodingErrorAction.REPORT)
                    .decode(ByteBuffer.wrap(value))
                    .toString();
        } catch (CharacterCodingException e) {
            throw malformed(start, what + " (text in UTF-8)", "bytes that are not UTF-8", "");
        }
    }

    private int u8(String what) {
        if (at == bytes.length) {
            throw malformed(at, what, "the end of the data", "");
        }
        return bytes[at++] & 0xff;
    }

    private long argument(int width, String what) {
        if (width > bytes.length - at) {
            throw malformed(at, what + " (" + width + " bytes of its length or value)", "the end of the data", "");
        }
        long value = 0;
        for (int i = 0; i < width; i++) {
            value = value << 8 | bytes[at++] & 0xff;
        }
        return value;
    }

    private MalformedInputException malformed(int position, String expected, String found, String hint) {
        return new MalformedInputException(source.name(), source.start() + position, expected, found, hint);
    }
}
