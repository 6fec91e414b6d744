package dev.measure.corim;

import dev.measure.MalformedInputException;
import dev.measure.Source;
import java.io.ByteArrayOutputStream;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;

/**
 * A data item of CBOR (RFC 8949). Immutable; it remembers where it was read, so that an error about its meaning names its offset.
 * Two items are equal if they encode to the same bytes.
 */
public final class CborItem {
    /** The major types, with floats apart from the other simple values. */
    enum Kind {
        /** Major types 0 and 1. */
        INTEGER("an integer"),
        /** Major type 2. */
        BYTES("a byte string"),
        /** Major type 3. */
        TEXT("a text string"),
        /** Major type 4. */
        ARRAY("an array"),
        /** Major type 5. */
        MAP("a map"),
        /** Major type 6. */
        TAG("a tag"),
        /** Major type 7: false, true, null and others. */
        SIMPLE("a simple value"),
        /** Major type 7: floats. */
        FLOAT("a float");

        private final String text;

        Kind(String text) {
            this.text = text;
        }
    }

    private static final int SHOWN = 60;
    private static final int FALSE = 20;
    private static final int TRUE = 21;
    private static final int NULL = 22;

    private final Kind kind;
    /** An integer's argument (unsigned), a tag's number, a simple value, or the bits of a float. */
    private final long number;
    /** For an integer 1 if it is below zero; for a float how many bytes it has. */
    private final int form;

    private final byte[] string;
    private final List<CborItem> items;
    private final Place place;

    /** Where an item was read: its offset, and where in its source its content begins. */
    record Place(Source source, long offset, int content, CborReader.Budget budget, boolean asDeterministic) {
        Place(Source source, long offset, int content, CborReader.Budget budget) {
            this(source, offset, content, budget, true);
        }

        Place notDeterministic() {
            return new Place(source, offset, content, budget, false);
        }
    }

    /** Of what was made here, not read. */
    private static final Place NOWHERE =
            new Place(Source.of("new CBOR", new byte[0]), 0, 0, new CborReader.Budget(), true);

    private CborItem(Kind kind, long number, int form, byte[] string, List<CborItem> items, Place place) {
        this.kind = kind;
        this.number = number;
        this.form = form;
        this.string = string;
        this.items = items;
        this.place = place;
    }

    static CborItem integer(boolean negative, long argument, Place place) {
        return new CborItem(Kind.INTEGER, argument, negative ? 1 : 0, null, List.of(), place);
    }

    static CborItem bytes(byte[] value, Place place) {
        return new CborItem(Kind.BYTES, 0, 0, value, List.of(), place);
    }

    static CborItem text(String value, Place place) {
        return new CborItem(Kind.TEXT, 0, 0, value.getBytes(StandardCharsets.UTF_8), List.of(), place);
    }

    static CborItem array(List<CborItem> elements, Place place) {
        return new CborItem(Kind.ARRAY, 0, 0, null, List.copyOf(elements), place);
    }

    static CborItem map(List<CborItem> keysAndValues, Place place) {
        return new CborItem(Kind.MAP, 0, 0, null, List.copyOf(keysAndValues), place);
    }

    static CborItem tag(long tag, CborItem content, Place place) {
        return new CborItem(Kind.TAG, tag, 0, null, List.of(content), place);
    }

    static CborItem simple(int value, Place place) {
        return new CborItem(Kind.SIMPLE, value, 0, null, List.of(), place);
    }

    static CborItem floating(long bits, int width, Place place) {
        return new CborItem(Kind.FLOAT, bits, width, null, List.of(), place);
    }

    /** {@return an integer} */
    public static CborItem of(long value) {
        return integer(value < 0, value < 0 ? -1 - value : value, NOWHERE);
    }

    /** {@return a text string} */
    public static CborItem of(String value) {
        return text(value, NOWHERE);
    }

    /** {@return a byte string} */
    public static CborItem of(byte[] value) {
        return bytes(value.clone(), NOWHERE);
    }

    /** {@return an array} */
    public static CborItem array(List<CborItem> elements) {
        return array(elements, NOWHERE);
    }

    /**
     * {@return a map}
     *
     * @param keysAndValues each key before its value, in any order
     */
    public static CborItem map(List<CborItem> keysAndValues) {
        if (keysAndValues.size() % 2 != 0) {
            throw new IllegalArgumentException("a map has a value for each key");
        }
        return map(keysAndValues, NOWHERE);
    }

    /** {@return a tagged item} */
    public static CborItem tag(long tag, CborItem content) {
        return tag(tag, content, NOWHERE);
    }

    Kind kind() {
        return kind;
    }

    /** {@return where it was read, in bytes from the start of the file; 0 for an item that was made} */
    public long offset() {
        return place.offset();
    }

    boolean isTag(long tag) {
        return kind == Kind.TAG && number == tag;
    }

    long tagNumber() {
        return number;
    }

    CborItem tagContent() {
        return items.get(0);
    }

    /** {@return the content of a tag that must be there} */
    CborItem tagged(long tag, String field) {
        if (!isTag(tag)) {
            throw malformed(field + " (tag " + tag + ")");
        }
        return tagContent();
    }

    /** {@return an integer of 0 to 2^63-1} */
    long unsigned(String field) {
        if (kind != Kind.INTEGER || form == 1 || number < 0) {
            throw malformed(field + " (an unsigned integer)");
        }
        return number;
    }

    boolean isUnsigned() {
        return kind == Kind.INTEGER && form == 0;
    }

    /** {@return an integer of -2^63 to 2^63-1} */
    long integer(String field) {
        if (kind != Kind.INTEGER || number < 0) {
            throw malformed(field + " (an integer)");
        }
        return form == 1 ? -1 - number : number;
    }

    String text(String field) {
        if (kind != Kind.TEXT) {
            throw malformed(field + " (a text string)");
        }
        return new String(string, StandardCharsets.UTF_8);
    }

    byte[] bytes(String field) {
        if (kind != Kind.BYTES) {
            throw malformed(field + " (a byte string)");
        }
        return string.clone();
    }

    /** {@return the elements of an array with at least as many} */
    List<CborItem> array(int least, String field) {
        if (kind != Kind.ARRAY) {
            throw malformed(field + " (an array)");
        }
        if (items.size() < least) {
            throw new MalformedInputException(
                    place.source().name(),
                    offset(),
                    field + " with at least " + least + (least == 1 ? " element" : " elements"),
                    items.isEmpty() ? "an empty array" : items.size() + " elements",
                    "");
        }
        return items;
    }

    /** {@return this map} */
    CborItem map(String field) {
        if (kind != Kind.MAP) {
            throw malformed(field + " (a map)");
        }
        return this;
    }

    /** {@return the value of an integer key of a map} */
    Optional<CborItem> get(long key) {
        for (int i = 0; i < items.size(); i += 2) {
            CborItem candidate = items.get(i);
            if (candidate.kind == Kind.INTEGER
                    && candidate.number == (key < 0 ? -1 - key : key)
                    && candidate.form == (key < 0 ? 1 : 0)) {
                return Optional.of(items.get(i + 1));
            }
        }
        return Optional.empty();
    }

    /** {@return the value of an integer key that a map must have} */
    CborItem need(long key, String field) {
        return get(key).orElseThrow(() -> new MalformedInputException(
                place.source().name(), offset(), field + " (key " + key + ")", "a map without it", ""));
    }

    /** {@return the keys and values of a map, each key before its value, in the order of the file} */
    List<CborItem> entries() {
        return items;
    }

    /** {@return the item inside a byte string, with offsets of the file} */
    CborItem embedded(String field) {
        if (kind != Kind.BYTES) {
            throw malformed(field + " (CBOR in a byte string)");
        }
        Source inner = place.asDeterministic() && place != NOWHERE
                ? place.source().slice(place.content(), string.length)
                : Source.of(place.source().name(), string);
        // What was made here has no file whose items are counted.
        return CborReader.read(inner, field, place == NOWHERE ? new CborReader.Budget() : place.budget());
    }

    /** {@return an exception about this item} */
    MalformedInputException malformed(String expected) {
        return malformed(expected, shown());
    }

    MalformedInputException malformed(String expected, String found) {
        return new MalformedInputException(place.source().name(), offset(), expected, found, "");
    }

    /** {@return what it is, short and safe for a message} */
    String shown() {
        if (kind == Kind.MAP || kind == Kind.ARRAY) {
            return kind.text;
        }
        String text = toString();
        return kind == Kind.TAG
                ? "tag " + Long.toUnsignedString(number)
                : text.length() > SHOWN ? kind.text + " of " + string.length + " bytes" : text;
    }

    /** {@return its core-deterministic encoding (RFC 8949, section 4.2.1): shortest lengths, keys sorted by their bytes} */
    public byte[] encode() {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        encode(out);
        return out.toByteArray();
    }

    private void encode(ByteArrayOutputStream out) {
        switch (kind) {
            case INTEGER -> head(out, form, number);
            case BYTES, TEXT -> {
                head(out, kind == Kind.BYTES ? 2 : 3, string.length);
                out.writeBytes(string);
            }
            case ARRAY -> {
                head(out, 4, items.size());
                items.forEach(item -> item.encode(out));
            }
            case MAP -> {
                head(out, 5, items.size() / 2);
                List<byte[][]> entries = new ArrayList<>();
                for (int i = 0; i < items.size(); i += 2) {
                    entries.add(new byte[][] {
                        items.get(i).encode(), items.get(i + 1).encode()
                    });
                }
                entries.sort((a, b) -> Arrays.compareUnsigned(a[0], b[0]));
                for (byte[][] entry : entries) {
                    out.writeBytes(entry[0]);
                    out.writeBytes(entry[1]);
                }
            }
            case TAG -> {
                head(out, 6, number);
                tagContent().encode(out);
            }
            case SIMPLE -> head(out, 7, number);
            case FLOAT -> {
                out.write(7 << 5 | 24 + Integer.numberOfTrailingZeros(form));
                bigEndian(out, number, form);
            }
        }
    }

    private static void head(ByteArrayOutputStream out, int major, long argument) {
        if (Long.compareUnsigned(argument, 24) < 0) {
            out.write(major << 5 | (int) argument);
            return;
        }
        int power = 0;
        while (power < 3 && Long.compareUnsigned(argument, (1L << (8 << power)) - 1) > 0) {
            power++;
        }
        out.write(major << 5 | 24 + power);
        bigEndian(out, argument, 1 << power);
    }

    private static void bigEndian(ByteArrayOutputStream out, long value, int width) {
        for (int shift = 8 * (width - 1); shift >= 0; shift -= 8) {
            out.write((int) (value >>> shift));
        }
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof CborItem item && Arrays.equals(encode(), item.encode());
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(encode());
    }

    /** {@return the item in diagnostic notation (RFC 8949, section 8)} */
    @Override
    public String toString() {
        StringBuilder text = new StringBuilder();
        describe(text);
        return text.toString();
    }

    private void describe(StringBuilder text) {
        switch (kind) {
            case INTEGER -> {
                BigInteger value = new BigInteger(Long.toUnsignedString(number));
                text.append(form == 1 ? value.not() : value);
            }
            case BYTES ->
                text.append("h'").append(HexFormat.of().formatHex(string)).append('\'');
            case TEXT -> quote(text, new String(string, StandardCharsets.UTF_8));
            case ARRAY -> {
                text.append('[');
                for (int i = 0; i < items.size(); i++) {
                    text.append(i == 0 ? "" : ", ");
                    items.get(i).describe(text);
                }
                text.append(']');
            }
            case MAP -> {
                text.append('{');
                for (int i = 0; i < items.size(); i += 2) {
                    text.append(i == 0 ? "" : ", ");
                    items.get(i).describe(text);
                    text.append(": ");
                    items.get(i + 1).describe(text);
                }
                text.append('}');
            }
            case TAG -> {
                text.append(Long.toUnsignedString(number)).append('(');
                tagContent().describe(text);
                text.append(')');
            }
            case SIMPLE ->
                text.append(
                        switch ((int) number) {
                            case FALSE -> "false";
                            case TRUE -> "true";
                            case NULL -> "null";
                            case NULL + 1 -> "undefined";
                            default -> "simple(" + number + ")";
                        });
            case FLOAT -> text.append(floatText());
        }
    }

    private String floatText() {
        return switch (form) {
            case 4 -> Float.toString(Float.intBitsToFloat((int) number));
            case 8 -> Double.toString(Double.longBitsToDouble(number));
            default -> String.format("float16'%04x'", number);
        };
    }

    private static void quote(StringBuilder text, String value) {
        text.append('"');
        for (char c : value.toCharArray()) {
            if (c == '"' || c == '\\') {
                text.append('\\').append(c);
            } else if (c < ' ' || c == 0x7f) {
                text.append(String.format("\\u%04x", (int) c));
            } else {
                text.append(c);
            }
        }
        text.append('"');
    }
}
