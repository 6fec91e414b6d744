package dev.measure.export;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import dev.measure.MalformedInputException;
import dev.measure.Source;
import dev.measure.parse.StrictJson;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * Reference values in the JSON of others: records and messages of Trustee's RVPS, and the measurements of a NitroTPM or of a Nitro
 * enclave.
 *
 * @param kind which
 * @param facts what it says beside the values
 * @param values the values by name, as text
 */
public record ReferenceFile(Kind kind, Map<String, String> facts, Map<String, List<String>> values) {
    private static final int MAX_FILE = 1 << 20;
    private static final int MAX_DEPTH = 6;

    /** Where the names of fields are looked for that tell what a file is. */
    private static final int START = 1 << 16;

    private static final String BYTE_ORDER_MARK = "\u00ef\u00bb\u00bf"; // of UTF-8
    private static final String BLANKS = " \t\r\n";

    private static final Set<String> RECORD = Set.of("version", "name", "expiration", "value", "hash-value");
    private static final Set<String> MESSAGE = Set.of("version", "type", "payload", "provenance");
    private static final String MEASUREMENTS = "Measurements";

    /** The kinds of files. */
    public enum Kind {
        /** Records of RVPS, one or a list. */
        RVPS_RECORDS("rvps-records", "reference values of Trustee's RVPS, as it stores them"),
        /** A message to RVPS. */
        RVPS_MESSAGE("rvps-message", "message to Trustee's RVPS"),
        /** Measurements of a NitroTPM or of a Nitro enclave. */
        NITRO("nitro-measurements", "measurements of a NitroTPM or of a Nitro enclave");

        private final String id;
        private final String text;

        Kind(String id, String text) {
            this.id = id;
            this.text = text;
        }

        /** {@return the name in JSON} */
        public String id() {
            return id;
        }

        /** {@return it in words} */
        public String text() {
            return text;
        }
    }

    /** Copies. */
    public ReferenceFile {
        facts = Collections.unmodifiableMap(new LinkedHashMap<>(facts));
        values = Collections.unmodifiableMap(new LinkedHashMap<>(values));
    }

    /** {@return whether a file begins like one of these: by the name of its first field, and of others that each has} */
    public static boolean looksLike(Source source) {
        String start = new String(
                source.slice(0, Math.min(START, source.length())).toByteArray(), StandardCharsets.ISO_8859_1);
        if (!beginsLikeJson(start)) {
            return false; // no parser is loaded for firmware
        }
        String first = FirstField.of(start);
        if (first.equals(MEASUREMENTS)) {
            return true;
        }
        return RECORD.contains(first) && start.contains("\"expiration\"") && start.contains("\"name\"")
                || MESSAGE.contains(first)
                        && start.contains("\"type\"")
                        && (start.contains("\"payload\"") || start.contains("\"provenance\""));
    }

    private static boolean beginsLikeJson(String start) {
        int at = start.startsWith(BYTE_ORDER_MARK) ? BYTE_ORDER_MARK.length() : 0;
        while (at < start.length() && BLANKS.indexOf(start.charAt(at)) >= 0) {
            at++;
        }
        return at < start.length() && (start.charAt(at) == '{' || start.charAt(at) == '[');
    }

    /** By itself, since Java loads what it names when it loads it. */
    private static final class FirstField {
        private FirstField() {}

        private static String of(String start) {
            try (JsonParser json = new JsonFactory().createParser(start.getBytes(StandardCharsets.ISO_8859_1))) {
                JsonToken token = json.nextToken();
                if (token == JsonToken.START_ARRAY) {
                    token = json.nextToken();
                }
                return token == JsonToken.START_OBJECT && json.nextToken() == JsonToken.FIELD_NAME
                        ? json.currentName()
                        : "";
            } catch (IOException e) {
                return ""; // then it is something else
            }
        }
    }

    /**
     * {@return the file}
     *
     * @param source its bytes
     * @throws MalformedInputException if it is none of these, or a broken one
     */
    public static ReferenceFile read(Source source) {
        return StrictJson.read(source, "reference values", MAX_FILE, json -> {
            Map<String, String> facts = new LinkedHashMap<>();
            Map<String, List<String>> values = new LinkedHashMap<>();
            if (json.arrayOrObject("records, a record, a message or measurements")) {
                while (json.element("a record")) {
                    record(json, fields(json, RECORD), facts, values);
                }
                return new ReferenceFile(Kind.RVPS_RECORDS, facts, values);
            }
            Map<String, List<String>> fields = new LinkedHashMap<>();
            while (json.field()) {
                if (json.name().equals(MEASUREMENTS)) {
                    json.object(MEASUREMENTS);
                    return nitro(json);
                }
                one(json, fields, RECORD.contains(json.name()) ? RECORD : MESSAGE);
            }
            if (fields.containsKey("name")) {
                record(json, fields, facts, values);
                return new ReferenceFile(Kind.RVPS_RECORDS, facts, values);
            }
            return message(source, json, fields);
        });
    }

    private static Map<String, List<String>> fields(StrictJson json, Set<String> known) throws IOException {
        Map<String, List<String>> fields = new LinkedHashMap<>();
        while (json.field()) {
            one(json, fields, known);
        }
        return fields;
    }

    private static void one(StrictJson json, Map<String, List<String>> fields, Set<String> known) throws IOException {
        String name = json.name();
        if (!known.contains(name)) {
            throw json.malformed(
                    "one of " + String.join(", ", new TreeMap<>(index(known)).keySet()),
                    "the field " + StrictJson.shown(name));
        }
        fields.put(name, json.scalars(name, MAX_DEPTH));
    }

    private static Map<String, Boolean> index(Set<String> names) {
        Map<String, Boolean> index = new LinkedHashMap<>();
        names.forEach(name -> index.put(name, true));
        return index;
    }

    private static String single(StrictJson json, Map<String, List<String>> fields, String name) {
        List<String> texts = fields.getOrDefault(name, List.of());
        if (texts.size() != 1) {
            throw json.malformed("the field '" + name + "', a text", texts.isEmpty() ? "none" : "a list");
        }
        return texts.get(0);
    }

    private static void record(
            StrictJson json,
            Map<String, List<String>> fields,
            Map<String, String> facts,
            Map<String, List<String>> values) {
        String name = single(json, fields, "name");
        String expiration = single(json, fields, "expiration");
        if (!expiration.matches("[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z")) {
            throw json.malformed("an expiration such as 2027-01-31T00:00:00Z", StrictJson.shown(expiration));
        }
        boolean legacy = fields.containsKey("hash-value");
        if (legacy == fields.containsKey("value")) {
            throw json.malformed("value or hash-value in a record", legacy ? "both" : "neither");
        }
        List<String> texts = fields.get(legacy ? "hash-value" : "value");
        if (values.put(name, legacy ? withoutAlgorithms(texts) : texts) != null) {
            throw json.malformed("each name once", StrictJson.shown(name) + " again");
        }
        facts.put(name + " holds", "to " + expiration);
    }

    /** Records of old have pairs of alg and value. */
    private static List<String> withoutAlgorithms(List<String> pairs) {
        return pairs.stream()
                .filter(text -> text.matches("[0-9a-fA-F]{40,128}"))
                .toList();
    }

    private static ReferenceFile nitro(StrictJson json) throws IOException {
        Map<String, String> facts = new LinkedHashMap<>();
        Map<String, List<String>> values = new LinkedHashMap<>();
        while (json.field()) {
            String name = json.name();
            String text = json.string(name);
            if (name.equals("HashAlgorithm")) {
                facts.put("hash algorithm", text);
            } else if (name.matches("PCR(0|[1-9]|1[0-9]|2[0-3])") && text.matches("[0-9a-f]{96}")) {
                values.put(name, List.of(text));
            } else {
                throw json.malformed(
                        "HashAlgorithm or PCR0 to PCR23 with 96 hexadecimal digits", StrictJson.shown(name));
            }
        }
        if (json.field()) {
            throw json.malformed("the end of the measurements", "the field " + StrictJson.shown(json.name()));
        }
        return new ReferenceFile(Kind.NITRO, facts, values);
    }

    private static ReferenceFile message(Source source, StrictJson json, Map<String, List<String>> fields) {
        Map<String, String> facts = new LinkedHashMap<>();
        String type = single(json, fields, "type");
        facts.put("version", fields.containsKey("version") ? single(json, fields, "version") : "not given");
        facts.put("type", type);
        String base64 = single(json, fields, fields.containsKey("payload") ? "payload" : "provenance");
        byte[] payload;
        try {
            payload = Base64.getDecoder().decode(base64);
        } catch (IllegalArgumentException e) {
            throw json.malformed("a payload in base64", "other characters");
        }
        facts.put("payload", payload.length + " bytes");
        Map<String, List<String>> values = new LinkedHashMap<>();
        if (type.equals("sample")) {
            Source inner = Source.of(source.name() + " (payload)", payload);
            StrictJson.read(inner, "reference values", MAX_FILE, of -> {
                of.object("reference values by name");
                while (of.field()) {
                    String name = of.name();
                    values.put(name, of.scalars(name, MAX_DEPTH));
                }
                return "";
            });
        }
        return new ReferenceFile(Kind.RVPS_MESSAGE, facts, values);
    }
}
