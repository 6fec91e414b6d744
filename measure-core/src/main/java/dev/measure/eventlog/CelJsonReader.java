package dev.measure.eventlog;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import dev.measure.MalformedInputException;
import dev.measure.Source;
import dev.measure.Strictness;
import dev.measure.Warning;
import dev.measure.WarningCode;
import java.io.CharConversionException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.apache.commons.codec.DecoderException;
import org.apache.commons.codec.binary.Hex;

/**
 * Reads CEL-JSON: an array of records, or one record after the other as systemd appends them (TCG Canonical Event Log Format 1.0,
 * section 5.3; systemd, src/pcrlock). Bytes are hexadecimal, or Base64 as some writers have it. The log may lack the Spec ID event.
 */
final class CelJsonReader {
    private static final int MAX_DEPTH = 16;
    private static final int MAX_STRING = 64 << 20;

    private final Source source;
    private final JsonParser json;
    private final Strictness strictness;
    private final RecordBytes records = new RecordBytes();

    private CelJsonReader(Source source, Strictness strictness) throws IOException {
        this.source = source;
        this.strictness = strictness;
        JsonFactory factory = JsonFactory.builder()
                .streamReadConstraints(StreamReadConstraints.builder()
                        .maxNestingDepth(MAX_DEPTH)
                        .maxStringLength(MAX_STRING)
                        .maxNumberLength(20)
                        .maxNameLength(256)
                        .build())
                .disable(JsonFactory.Feature.INTERN_FIELD_NAMES)
                .build();
        this.json = factory.createParser(new SourceStream(source));
    }

    static TextLog read(Source source, Strictness strictness) {
        try {
            CelJsonReader reader = new CelJsonReader(source, strictness);
            reader.records();
            return reader.records.finish(source.name());
        } catch (JsonProcessingException e) {
            long at = Math.max(0, e.getLocation() == null ? 0 : e.getLocation().getByteOffset());
            throw new MalformedInputException(
                    source.name(), source.start() + at, "CEL-JSON", firstLine(e.getOriginalMessage()), "");
        } catch (CharConversionException e) { // Jackson takes the first bytes for UTF-16 or UTF-32
            throw new MalformedInputException(
                    source.name(), source.start(), "CEL-JSON in UTF-8", firstLine(e.getMessage()), "");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static String firstLine(String message) {
        return Printable.of(message == null ? "something else" : message.split("\n", 2)[0]);
    }

    private void records() throws IOException {
        JsonToken token = json.nextToken();
        boolean array = token == JsonToken.START_ARRAY;
        if (array) {
            token = json.nextToken();
        }
        while (token == JsonToken.START_OBJECT) {
            record();
            token = json.nextToken();
        }
        if (array && token != JsonToken.END_ARRAY || !array && token != null) {
            throw malformed("a record (an object)", String.valueOf(token));
        }
        if (array && json.nextToken() != null) {
            throw malformed("the end of the log", "more");
        }
        if (records.empty()) {
            throw malformed("a record", "an empty log");
        }
    }

    /** The members of a record, gathered in whatever order they come. */
    private static final class Members {
        private long index = -1;
        private List<RecordBytes.TextDigest> digests = List.of();
        private String contentType = "pcclient_std";
        private Optional<EventType> type = Optional.empty();
        private byte[] data = new byte[0];
        private String words = "";
    }

    private void record() throws IOException {
        Members members = new Members();
        while (json.nextToken() == JsonToken.FIELD_NAME) {
            String name = json.currentName();
            json.nextToken();
            switch (name) {
                case "pcr", "index", "handle" -> members.index = number("pcr", 0xffffffffL);
                case "digests" -> members.digests = digests();
                case "content_type" -> members.contentType = json.getValueAsString("");
                case "content" -> content(members);
                default -> json.skipChildren(); // recnum counts, it is not needed; other members are extensions
            }
        }
        EventType type = type(members);
        if (members.index < 0) {
            throw malformed("a record with a pcr", "none in record " + records.nextNumber());
        }
        if (records.empty() && isSpecId(type, members.data)) {
            records.header(members.index, members.data);
            return;
        }
        records.add(members.index, type, members.digests, members.data, members.data.length);
    }

    /** Content that is not the firmware's has no event type; it extends its register all the same. */
    private EventType type(Members members) {
        String contentType = members.contentType.toLowerCase(Locale.ROOT);
        if (members.type.isPresent()) {
            return members.type.get();
        } else if (contentType.equals("cel")) {
            return EventType.EV_NO_ACTION; // management records never extend (CEL 1.0, section 4.2)
        } else if (contentType.equals("pcclient_std")) {
            throw malformed("content with an event_type", "none in record " + records.nextNumber());
        }
        if (members.data.length == 0) {
            members.data = members.words.getBytes(StandardCharsets.UTF_8);
        }
        return EventType.EV_IPL;
    }

    private static boolean isSpecId(EventType type, byte[] data) {
        int length = SpecId.SIGNATURE.length;
        return type.equals(EventType.EV_NO_ACTION)
                && data.length > length
                && Arrays.equals(data, 0, length, SpecId.SIGNATURE, 0, length);
    }

    private void content(Members members) throws IOException {
        if (json.currentToken() == JsonToken.VALUE_STRING) {
            members.words = json.getText();
            return;
        }
        if (json.currentToken() != JsonToken.START_OBJECT) {
            json.skipChildren();
            return;
        }
        while (json.nextToken() == JsonToken.FIELD_NAME) {
            String name = json.currentName();
            JsonToken value = json.nextToken();
            switch (name) {
                case "event_type" -> {
                    String text = value == JsonToken.VALUE_NUMBER_INT
                            ? String.valueOf(number("event_type", 0xffffffffL))
                            : json.getValueAsString("");
                    members.type = Optional.of(EventType.parse(text)
                            .orElseThrow(() -> malformed("an event_type", "'" + Printable.of(text) + "'")));
                }
                case "event_data" -> {
                    if (value == JsonToken.VALUE_STRING) {
                        members.data = bytes(json.getText(), "event_data");
                    } else if (value != JsonToken.VALUE_NULL) {
                        throw malformed("event_data in hexadecimal", String.valueOf(value));
                    }
                }
                case "string" -> members.words = json.getValueAsString("");
                default -> json.skipChildren();
            }
        }
    }

    private List<RecordBytes.TextDigest> digests() throws IOException {
        if (json.currentToken() != JsonToken.START_ARRAY) {
            throw malformed("digests, an array", String.valueOf(json.currentToken()));
        }
        List<RecordBytes.TextDigest> digests = new ArrayList<>();
        while (json.nextToken() == JsonToken.START_OBJECT) {
            int algorithm = -1;
            String named = "";
            String text = "";
            while (json.nextToken() == JsonToken.FIELD_NAME) {
                String name = json.currentName();
                JsonToken value = json.nextToken();
                if (name.equals("hashAlg") && value == JsonToken.VALUE_NUMBER_INT) {
                    algorithm = (int) number("hashAlg", 0xffff);
                } else if (name.equals("hashAlg")) {
                    named = json.getValueAsString("");
                    algorithm = algorithm(named);
                } else if (name.equals("digest")) {
                    text = json.getValueAsString("");
                } else {
                    json.skipChildren();
                }
            }
            add(digests, algorithm, named, bytes(text, "digest"));
        }
        if (json.currentToken() != JsonToken.END_ARRAY) {
            throw malformed("digests, an array of objects", String.valueOf(json.currentToken()));
        }
        return digests;
    }

    private void add(List<RecordBytes.TextDigest> digests, int algorithm, String named, byte[] value) {
        if (algorithm < 0) {
            String what = "hashAlg '" + Printable.of(named) + "' in record " + records.nextNumber();
            if (strictness == Strictness.STRICT) {
                throw malformed("a known hashAlg", what);
            }
            records.warn(new Warning(WarningCode.EVENTLOG_UNKNOWN_BANK, what + " cannot be replayed"));
            return;
        }
        int size = Bank.sizeOf(algorithm);
        if (size >= 0 && size != value.length) {
            throw malformed("a " + Bank.name(algorithm) + " digest of " + size + " bytes", value.length + " bytes");
        }
        if (digests.size() == RecordReader.MAX_DIGESTS) {
            throw malformed("at most " + RecordReader.MAX_DIGESTS + " digests in a record", "more");
        }
        if (size >= 0) {
            digests.add(new RecordBytes.TextDigest(algorithm, value));
        } else {
            records.warn(new Warning(
                    WarningCode.EVENTLOG_UNKNOWN_BANK,
                    "bank " + Bank.name(algorithm) + " (" + value.length + " bytes) cannot be replayed"));
        }
    }

    private static int algorithm(String name) {
        int known = Bank.idOf(name);
        if (known >= 0) {
            return known;
        }
        try {
            int number = Integer.decode(name);
            return number >= 0 && number <= 0xffff ? number : -1;
        } catch (NumberFormatException notANumber) {
            return -1;
        }
    }

    private long number(String field, long most) throws IOException {
        if (json.currentToken() != JsonToken.VALUE_NUMBER_INT) {
            throw malformed(field + ", a number", String.valueOf(json.currentToken()));
        }
        long value = json.getLongValue();
        if (value < 0 || value > most) {
            throw malformed(field + " of 0.." + most, String.valueOf(value));
        }
        return value;
    }

    private byte[] bytes(String text, String field) {
        try {
            return Hex.decodeHex(text);
        } catch (DecoderException notHexadecimal) {
            try {
                return Base64.getDecoder().decode(text);
            } catch (IllegalArgumentException notBase64) {
                throw malformed(field + " in hexadecimal", "'" + Printable.of(text) + "'");
            }
        }
    }

    private MalformedInputException malformed(String expected, String found) {
        long at = Math.max(0, json.currentTokenLocation().getByteOffset());
        return new MalformedInputException(
                source.name(), source.start() + at, expected, found, "CEL-JSON is what systemd-pcrlock cel prints");
    }
}
