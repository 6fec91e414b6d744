package dev.measure.qemu;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * The value of an option that has parameters: {@code key=value,...}, in which a comma in a value is doubled (QEMU util/keyval.c), or a
 * JSON object. Keys of nested objects are joined with dots, booleans are {@code on} and {@code off}.
 */
final class KeyValues {
    private static final int MAX_DEPTH = 16;

    private static final JsonFactory JSON = JsonFactory.builder()
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
            .streamReadConstraints(StreamReadConstraints.builder()
                    .maxNestingDepth(MAX_DEPTH)
                    .maxNumberLength(64)
                    .build())
            .build();

    private KeyValues() {}

    /**
     * {@return the parameters; empty if the text has none of the two forms}
     *
     * @param text the value of the option
     * @param implied the key of a first value that stands alone; an empty text if there is none
     */
    static Optional<Map<String, String>> parse(String text, String implied) {
        return text.startsWith("{") ? json(text) : Optional.of(pairs(text, implied));
    }

    private static Map<String, String> pairs(String text, String implied) {
        Map<String, String> pairs = new LinkedHashMap<>();
        int at = 0;
        boolean first = true;
        while (at < text.length()) {
            StringBuilder pair = new StringBuilder();
            int equals = -1;
            for (; at < text.length(); at++) {
                char c = text.charAt(at);
                if (c == ',') {
                    boolean doubled = equals >= 0 || first && !implied.isEmpty();
                    if (!doubled || at + 1 == text.length() || text.charAt(at + 1) != ',') {
                        break;
                    }
                    at++;
                } else if (c == '=' && equals < 0) {
                    equals = pair.length();
                }
                pair.append(c);
            }
            at++;
            if (equals >= 0) {
                pairs.put(pair.substring(0, equals), pair.substring(equals + 1));
            } else if (first && !implied.isEmpty()) {
                pairs.put(implied, pair.toString());
            } else if (pair.length() > 0) {
                // The older syntax, which some options keep: a name alone turns it on, no in front off.
                boolean off = pair.length() > 2 && pair.indexOf("no") == 0 && pair.charAt(2) != '-';
                pairs.put(off ? pair.substring(2) : pair.toString(), off ? "off" : "on");
            }
            first = false;
        }
        return pairs;
    }

    private static Optional<Map<String, String>> json(String text) {
        Map<String, String> values = new LinkedHashMap<>();
        Deque<String> path = new ArrayDeque<>();
        String prefix = "";
        String key = "";
        try (JsonParser parser = JSON.createParser(text)) {
            if (parser.nextToken() != JsonToken.START_OBJECT) {
                return Optional.empty();
            }
            int depth = 1;
            while (depth > 0) {
                JsonToken token = parser.nextToken();
                if (token == null) {
                    return Optional.empty();
                }
                switch (token) {
                    case FIELD_NAME -> key = prefix + parser.currentName();
                    case START_OBJECT -> {
                        depth++;
                        path.push(prefix);
                        prefix = key + ".";
                    }
                    case END_OBJECT -> {
                        depth--;
                        prefix = path.isEmpty() ? "" : path.pop();
                    }
                    case START_ARRAY -> parser.skipChildren();
                    case VALUE_TRUE -> values.put(key, "on");
                    case VALUE_FALSE -> values.put(key, "off");
                    case VALUE_NULL, END_ARRAY -> {}
                    default -> values.put(key, parser.getText());
                }
            }
            return parser.nextToken() == null ? Optional.of(values) : Optional.empty();
        } catch (IOException e) {
            return Optional.empty();
        }
    }
}
