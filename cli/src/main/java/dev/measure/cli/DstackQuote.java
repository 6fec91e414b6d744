package dev.measure.cli;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParseException;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import dev.measure.Digest;
import dev.measure.DigestAlgorithm;
import dev.measure.MalformedInputException;
import dev.measure.Source;
import dev.measure.eventlog.EventType;
import dev.measure.tdx.RuntimeEvent;
import dev.measure.tdx.TdLog;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What dstack's guest agent answers to GetQuote, as JSON: a quote, the event log, and what the VMM said of the machine.
 *
 * @param quote the quote
 * @param log the event log; its run-time events carry no digests, so theirs are computed
 * @param measurement measurement.cbor of the image, in vm_config
 */
record DstackQuote(Optional<Source> quote, Optional<TdLog> log, Optional<Source> measurement) {
    /** Answers have 20 to 40 KB. */
    private static final int MAX_SIZE = 4 << 20;

    private static final int MAX_EVENTS = 4096;

    /** A quote as a list of numbers has 8000, an answer with its log a few thousand. */
    private static final int MAX_NODES = 1 << 18;

    /** {@return whether a file begins as a JSON object does} */
    static boolean is(Source file) {
        if (file.length() == 0 || file.length() > MAX_SIZE) {
            return false;
        }
        byte[] start = file.slice(0, Math.min(16, file.length())).toByteArray();
        return new String(start, StandardCharsets.ISO_8859_1).strip().startsWith("{");
    }

    /**
     * {@return the answer in a file}
     *
     * @throws MalformedInputException if it is anything else
     */
    static DstackQuote read(Source file) {
        Map<?, ?> json = object(
                file, "the answer", parse(file, "the answer", new String(file.toByteArray(), StandardCharsets.UTF_8)));
        Optional<Source> quote =
                text(json, "quote").map(hex -> Source.of(file.name() + " (quote)", hex(file, "quote", hex)));
        Optional<TdLog> log = text(json, "event_log").map(array -> log(file, parse(file, "event_log", array)));
        Optional<Source> measurement = text(json, "vm_config")
                .map(config -> object(file, "vm_config", parse(file, "vm_config", config))
                        .get("tdx_measurement"))
                .flatMap(found -> found instanceof Map<?, ?> map ? text(map, "measurement") : Optional.empty())
                .map(base64 -> Source.of(file.name() + " (measurement)", base64(file, base64)));
        if (quote.isEmpty() && log.isEmpty() && measurement.isEmpty()) {
            throw malformed(file, "quote, event_log or vm_config, as dstack's GetQuote answers", "none of them");
        }
        return new DstackQuote(quote, log, measurement);
    }

    private static TdLog log(Source file, Object array) {
        if (!(array instanceof List<?> events) || events.size() > MAX_EVENTS) {
            throw malformed(
                    file,
                    "event_log as a list of at most " + MAX_EVENTS + " events",
                    array instanceof List<?> events ? events.size() + " events" : "something else");
        }
        List<TdLog.Entry> entries = new ArrayList<>();
        for (Object each : events) {
            Map<?, ?> event = object(file, "event " + entries.size() + " of event_log", each);
            long register = number(event, "imr");
            long type = number(event, "event_type");
            if (register < 0 || register > 3 || type < 0 || type > 0xffff_ffffL) {
                throw malformed(
                        file,
                        "imr 0..3 and a 32-bit event_type in event " + entries.size(),
                        "imr " + event.get("imr") + ", event_type " + event.get("event_type"));
            }
            String name = text(event, "event").orElse("");
            entries.add(new TdLog.Entry(
                    (int) register, new EventType(type), digest(file, event, type, name, entries.size()), name));
        }
        return new TdLog(file.name(), entries);
    }

    private static Digest digest(Source file, Map<?, ?> event, long type, String name, int number) {
        Optional<String> hex = text(event, "digest");
        if (hex.isEmpty() && type == RuntimeEvent.DSTACK) {
            Source payload = Source.of(
                    name,
                    hex(file, "event_payload", text(event, "event_payload").orElse("")));
            return number(event, "version") == 2
                    ? new RuntimeEvent.DstackV2(name, payload).digest()
                    : new RuntimeEvent.DstackV1(name, payload).digest();
        }
        byte[] bytes = hex(file, "digest", hex.orElse(""));
        if (bytes.length != DigestAlgorithm.SHA384.length()) {
            throw malformed(file, "a digest of 48 bytes in event " + number, bytes.length + " bytes");
        }
        return Digest.of(DigestAlgorithm.SHA384, bytes);
    }

    private static Optional<String> text(Map<?, ?> json, String field) {
        return json.get(field) instanceof String text && !text.isEmpty() ? Optional.of(text) : Optional.empty();
    }

    /** The number in a field; -1 if there is none. */
    private static long number(Map<?, ?> json, String field) {
        return json.get(field) instanceof Long number ? number : -1;
    }

    private static Map<?, ?> object(Source file, String what, Object value) {
        if (value instanceof Map<?, ?> map) {
            return map;
        }
        throw malformed(file, what + " as a JSON object", "something else");
    }

    static Object parse(Source file, String what, String text) {
        try (JsonParser parser = new JsonFactory().createParser(text)) {
            parser.nextToken();
            Object value = value(parser, new int[] {MAX_NODES});
            if (parser.nextToken() != null) {
                throw malformed(file, what + " as one JSON value", "more behind it");
            }
            return value;
        } catch (JsonProcessingException e) {
            throw malformed(file, what + " as JSON", e.getOriginalMessage());
        } catch (IOException e) {
            throw new UncheckedIOException(e); // a text in memory does not fail
        }
    }

    /** Objects, lists, texts and whole numbers; what else there is does not matter here. */
    private static Object value(JsonParser parser, int[] left) throws IOException {
        JsonToken token = parser.currentToken();
        if (--left[0] < 0) {
            throw new JsonParseException(parser, "more than " + MAX_NODES + " values");
        }
        if (token == JsonToken.START_OBJECT) {
            Map<String, Object> map = new LinkedHashMap<>();
            while (parser.nextToken() != JsonToken.END_OBJECT) {
                String name = parser.currentName();
                parser.nextToken();
                map.put(name, value(parser, left));
            }
            return map;
        }
        if (token == JsonToken.START_ARRAY) {
            List<Object> list = new ArrayList<>();
            while (parser.nextToken() != JsonToken.END_ARRAY) {
                list.add(value(parser, left));
            }
            return list;
        }
        if (token == JsonToken.VALUE_NUMBER_INT && parser.getNumberType() != JsonParser.NumberType.BIG_INTEGER) {
            return parser.getLongValue();
        }
        return token == null ? "" : parser.getText();
    }

    private static byte[] hex(Source file, String field, String digits) {
        try {
            return HexFormat.of().parseHex(digits);
        } catch (IllegalArgumentException e) {
            throw malformed(file, field + " in hexadecimal", digits.substring(0, Math.min(40, digits.length())));
        }
    }

    private static byte[] base64(Source file, String text) {
        try {
            return Base64.getDecoder().decode(text);
        } catch (IllegalArgumentException e) {
            throw malformed(file, "measurement in base64", text.substring(0, Math.min(40, text.length())));
        }
    }

    private static MalformedInputException malformed(Source file, String expected, String found) {
        return new MalformedInputException(file.name(), file.start(), expected, found, "");
    }
}
