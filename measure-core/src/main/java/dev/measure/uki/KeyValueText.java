package dev.measure.uki;

import dev.measure.MalformedInputException;
import dev.measure.Source;
import java.nio.charset.StandardCharsets;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * Lines of {@code KEY=VALUE}, the form of {@code .osrel} and {@code .profile}, read as systemd-boot reads them
 * ({@code line_get_key_value} in src/boot/efi-string.c): blanks around a line and lines that start with {@code #} do not count,
 * quotes around a value are dropped, the last line of a key counts.
 */
public final class KeyValueText {
    private static final int MAX_LENGTH = 1 << 20; // an os-release file has less than a KiB

    private final Map<String, String> values;

    private KeyValueText(Map<String, String> values) {
        this.values = Collections.unmodifiableMap(values);
    }

    /**
     * {@return the values in a text}
     *
     * @param section UTF-8, up to its first NUL
     * @throws MalformedInputException if it is longer than 1 MiB
     */
    public static KeyValueText read(Source section) {
        Map<String, String> values = new LinkedHashMap<>();
        for (String raw : text(section, MAX_LENGTH).split("[\\r\\n]+")) {
            String line = strip(raw);
            int equals = line.indexOf('=');
            if (equals <= 0 || line.startsWith("#")) {
                continue;
            }
            String value = line.substring(equals + 1);
            while (value.startsWith("=")) {
                value = value.substring(1);
            }
            values.put(line.substring(0, equals), unquote(value));
        }
        return new KeyValueText(values);
    }

    /** {@return a section's text up to its first NUL} */
    static String text(Source section, int limit) {
        if (section.length() > limit) {
            throw new MalformedInputException(
                    section.name(),
                    section.start(),
                    "at most " + limit + " bytes of text",
                    section.length() + " bytes",
                    "");
        }
        byte[] bytes = section.toByteArray();
        int end = 0;
        while (end < bytes.length && bytes[end] != 0) {
            end++;
        }
        return new String(bytes, 0, end, StandardCharsets.UTF_8);
    }

    private static String strip(String line) {
        int start = 0;
        int end = line.length();
        while (start < end && isBlank(line.charAt(start))) {
            start++;
        }
        while (end > start && isBlank(line.charAt(end - 1))) {
            end--;
        }
        return line.substring(start, end);
    }

    private static boolean isBlank(char c) {
        return c == ' ' || c == '\t';
    }

    private static String unquote(String value) {
        int last = value.length() - 1;
        boolean quoted = last >= 1
                && (value.charAt(0) == '"' || value.charAt(0) == '\'')
                && value.charAt(0) == value.charAt(last);
        return quoted ? value.substring(1, last) : value;
    }

    /**
     * {@return the value of a key; empty if no line has it}
     *
     * @param key such as {@code PRETTY_NAME}
     */
    public Optional<String> value(String key) {
        return Optional.ofNullable(values.get(key));
    }

    /** {@return all keys and values, in the order in which the keys first appear} */
    public Map<String, String> values() {
        return values;
    }
}
