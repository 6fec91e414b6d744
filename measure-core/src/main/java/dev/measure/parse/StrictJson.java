package dev.measure.parse;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import dev.measure.MalformedInputException;
import dev.measure.Source;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** Walks through a JSON file that has one form only: every token is asked for, and what is not asked for is an error with its offset. */
public final class StrictJson {
    /** 256 profiles with 4 banks, 4 phases and signatures of 512 bytes are below 4 MiB. */
    public static final int MAX_FILE = 16 << 20;

    private static final int MAX_DEPTH = 8;
    private static final int MAX_STRING = 1 << 16;
    private static final int MAX_NAME = 256;
    private static final int MAX_NUMBER = 20;
    private static final int SHOWN = 40;

    /** What the parser says of a name that stands in an object for the second time, before the name. */
    private static final String TWICE = "Duplicate field ";

    private final Source source;
    private final JsonParser parser;

    private StrictJson(Source source) throws IOException {
        this.source = source;
        JsonFactory factory = JsonFactory.builder()
                .streamReadConstraints(StreamReadConstraints.builder()
                        .maxNestingDepth(MAX_DEPTH)
                        .maxStringLength(MAX_STRING)
                        .maxNameLength(MAX_NAME)
                        .maxNumberLength(MAX_NUMBER)
                        .build())
                .disable(JsonFactory.Feature.INTERN_FIELD_NAMES)
                .build();
        this.parser = factory.createParser(source.toByteArray());
        parser.enable(JsonParser.Feature.STRICT_DUPLICATE_DETECTION);
    }

    /** Reads one value. */
    @FunctionalInterface
    public interface Reading<T> {
        /**
         * {@return what is read}
         *
         * @param json stands before the value
         * @throws IOException if the bytes are no JSON
         */
        T read(StrictJson json) throws IOException;
    }

    /**
     * {@return what fills a file}
     *
     * @param source the file
     * @param what its kind, for errors
     * @param reading takes the one value in it
     */
    public static <T> T read(Source source, String what, Reading<T> reading) {
        return read(source, what, MAX_FILE, reading);
    }

    /**
     * {@return what fills a file}
     *
     * @param source the file
     * @param what its kind, for errors
     * @param maxFile the largest file in bytes
     * @param reading takes the one value in it
     */
    public static <T> T read(Source source, String what, int maxFile, Reading<T> reading) {
        if (source.length() > maxFile) {
            throw new MalformedInputException(
                    source.name(),
                    source.start(),
                    what + " of at most " + maxFile + " bytes",
                    source.length() + " bytes",
                    "");
        }
        checkUtf8(source, what);
        StrictJson json = null;
        try {
            json = new StrictJson(source);
            T value = reading.read(json);
            if (json.parser.nextToken() != null) {
                throw json.malformed("the end of " + what, json.found());
            }
            return value;
        } catch (JsonProcessingException e) {
            long at = e.getLocation() == null ? -1 : e.getLocation().getByteOffset();
            if (at < 0 && json != null) {
                at = json.offset(); // limits are told without a place: what is too long begins about here
            }
            at = Math.max(0, at);
            at = source.start() + Math.min(at, source.length());
            String reason = reason(e);
            throw reason.startsWith(TWICE)
                    ? new MalformedInputException(
                            source.name(), at, "each field once", "the field " + reason.substring(TWICE.length()), "")
                    : new MalformedInputException(source.name(), at, what, "no JSON: " + reason, "");
        } catch (IOException e) {
            throw new UncheckedIOException("bytes in memory", e);
        }
    }

    /** The parser would also take UTF-16, UTF-32 and a byte order mark, which systemd does not. */
    private static void checkUtf8(Source source, String what) {
        byte[] bytes = source.toByteArray();
        for (int i = 0; i < bytes.length; i++) {
            if (bytes[i] == 0 || i == 0 && bytes[i] < 0) {
                throw new MalformedInputException(
                        source.name(),
                        source.start() + i,
                        what + " in UTF-8 without byte order mark",
                        String.format("the byte 0x%02x", bytes[i]),
                        "");
            }
        }
    }

    private static String reason(JsonProcessingException e) {
        String message = e.getOriginalMessage() == null ? "it is something else" : e.getOriginalMessage();
        StringBuilder plain = new StringBuilder();
        // Jackson's own idea of where something began says less than our offset.
        for (char c : message.split("\n| \\(start marker", 2)[0].toCharArray()) {
            plain.append(c >= ' ' && c < 0x7f ? c : '?');
        }
        return plain.toString();
    }

    /** Takes the start of an object. */
    public void object(String what) throws IOException {
        take(JsonToken.START_OBJECT, what + " (an object)");
    }

    /** Takes the start of an array. */
    public void array(String what) throws IOException {
        take(JsonToken.START_ARRAY, what + " (an array)");
    }

    private void take(JsonToken token, String what) throws IOException {
        if (parser.nextToken() != token) {
            throw malformed(what, found());
        }
    }

    /** {@return whether another field follows in the object, whose name is {@link #name()} then} */
    public boolean field() throws IOException {
        return parser.nextToken() == JsonToken.FIELD_NAME;
    }

    /** {@return the name of the field} */
    public String name() throws IOException {
        return parser.currentName();
    }

    /** {@return whether an array is next; if not, it is an object; it has been entered} */
    public boolean arrayOrObject(String what) throws IOException {
        JsonToken token = parser.nextToken();
        if (token != JsonToken.START_ARRAY && token != JsonToken.START_OBJECT) {
            throw malformed(what, found());
        }
        return token == JsonToken.START_ARRAY;
    }

    /**
     * {@return all texts, numbers and truth values in the value that is next, as text, in order}
     *
     * @param what the name of the value, for errors
     * @param maxDepth how deep it may nest
     */
    public List<String> scalars(String what, int maxDepth) throws IOException {
        List<String> texts = new ArrayList<>();
        int depth = 0;
        do {
            JsonToken token = parser.nextToken();
            if (token == null) {
                throw malformed(what, found());
            }
            depth += token.isStructStart() ? 1 : token.isStructEnd() ? -1 : 0;
            if (depth > maxDepth) {
                throw malformed(what + " nested at most " + maxDepth + " deep", "deeper nesting");
            }
            if (token.isScalarValue()) {
                texts.add(parser.getText());
            }
        } while (depth > 0);
        return texts;
    }

    /** {@return whether another object follows in the array; it has been entered} */
    public boolean element(String what) throws IOException {
        JsonToken token = parser.nextToken();
        if (token == JsonToken.START_OBJECT) {
            return true;
        }
        if (token == JsonToken.END_ARRAY) {
            return false;
        }
        throw malformed(what + " (an object)", found());
    }

    /** {@return whether another number follows in the array, which {@link #number} gives} */
    public boolean numberElement(String what) throws IOException {
        JsonToken token = parser.nextToken();
        if (token == JsonToken.VALUE_NUMBER_INT) {
            return true;
        }
        if (token == JsonToken.END_ARRAY) {
            return false;
        }
        throw malformed(what + " (a number)", found());
    }

    /** {@return whether another string follows in the array, which {@link #text} gives} */
    public boolean stringElement(String what) throws IOException {
        JsonToken token = parser.nextToken();
        if (token == JsonToken.VALUE_STRING) {
            return true;
        }
        if (token == JsonToken.END_ARRAY) {
            return false;
        }
        throw malformed(what + " (a string)", found());
    }

    /** {@return the string at hand} */
    public String text() throws IOException {
        return parser.getText();
    }

    /** {@return the number that is next, from 0 on} */
    public long size(String what) throws IOException {
        take(JsonToken.VALUE_NUMBER_INT, what + " (a number)");
        BigInteger value = parser.getBigIntegerValue();
        if (value.signum() < 0 || value.bitLength() > 63) {
            throw malformed(what + " of 0..2^63-1", value.toString());
        }
        return value.longValue();
    }

    /** {@return the number that is next} */
    public int integer(String what, int max) throws IOException {
        take(JsonToken.VALUE_NUMBER_INT, what + " (a number)");
        return number(what, max);
    }

    /** {@return the number at hand, 0 to a limit} */
    public int number(String what, int max) throws IOException {
        // at most MAX_NUMBER digits, so this cannot take long
        BigInteger value = parser.getBigIntegerValue();
        if (value.signum() < 0 || value.bitLength() > 31 || value.intValue() > max) {
            throw malformed(what + " of 0.." + max, value.toString());
        }
        return value.intValue();
    }

    /** Passes over the value that is next, whatever it is. */
    public void skip(int maxDepth) throws IOException {
        scalarOrSkip(maxDepth);
    }

    /**
     * {@return the text, number or truth value that is next, as text; empty if it is null, an object or an array, which is passed over}
     *
     * @param maxDepth how deep that may nest below this place
     */
    public Optional<String> scalarOrSkip(int maxDepth) throws IOException {
        JsonToken token = parser.nextToken();
        if (token == null) {
            throw malformed("a value", found());
        }
        if (token.isScalarValue()) {
            return token == JsonToken.VALUE_NULL ? Optional.empty() : Optional.of(parser.getText());
        }
        int depth = 1;
        while (depth > 0) {
            token = parser.nextToken();
            if (token == null) {
                throw malformed("the end of a value", found());
            }
            depth += token.isStructStart() ? 1 : token.isStructEnd() ? -1 : 0;
            if (depth > maxDepth) {
                throw malformed("a value nested at most " + maxDepth + " deep", "deeper nesting");
            }
        }
        return Optional.empty();
    }

    /**
     * {@return the truth value that is next; false if it is null}
     *
     * @param what whose it is
     */
    public boolean truth(String what) throws IOException {
        JsonToken token = parser.nextToken();
        if (token != JsonToken.VALUE_TRUE && token != JsonToken.VALUE_FALSE && token != JsonToken.VALUE_NULL) {
            throw malformed(what + " true or false", found());
        }
        return token == JsonToken.VALUE_TRUE;
    }

    /** {@return the text that is next} */
    public String string(String what) throws IOException {
        take(JsonToken.VALUE_STRING, what + " (a string)");
        return parser.getText();
    }

    /** {@return an exception about the token at hand} */
    public MalformedInputException malformed(String expected, String found) {
        return malformed(offset(), expected, found);
    }

    /**
     * {@return an exception about an earlier token}
     *
     * @param offset what {@link #offset} was there
     */
    public MalformedInputException malformed(long offset, String expected, String found) {
        return new MalformedInputException(source.name(), source.start() + offset, expected, found, "");
    }

    /** {@return where the token at hand begins, in bytes from the start of the file's bytes} */
    public long offset() {
        return Math.max(0, Math.min(parser.currentTokenLocation().getByteOffset(), source.length()));
    }

    private String found() throws IOException {
        JsonToken token = parser.currentToken();
        if (token == null) {
            return "the end of the data";
        }
        if (token.isScalarValue()) {
            return token == JsonToken.VALUE_STRING ? "the string " + shown(parser.getText()) : shown(parser.getText());
        }
        return switch (token) {
            case START_OBJECT -> "an object";
            case START_ARRAY -> "an array";
            case FIELD_NAME -> "the field " + shown(parser.currentName());
            default -> token.name().toLowerCase(Locale.ROOT).replace('_', ' ');
        };
    }

    /** {@return text from the file, safe for a terminal and short} */
    public static String shown(String text) {
        StringBuilder shown = new StringBuilder("'");
        for (int i = 0; i < Math.min(SHOWN, text.length()); i++) {
            char c = text.charAt(i);
            shown.append(c >= ' ' && c < 0x7f ? c : '?');
        }
        return shown.append(text.length() > SHOWN ? "'..." : "'").toString();
    }
}
