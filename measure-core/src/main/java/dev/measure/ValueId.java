package dev.measure;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * The id of a value: {@code REGISTER/key=value/...}. Each register has a fixed list of keys in a fixed order, and every key is
 * always present, so an id never changes because more values are asked for.
 */
public final class ValueId {
    private ValueId() {}

    /**
     * {@return the id}
     *
     * @param register the register's name
     * @param parameters its keys and values, in the order of the id
     */
    public static String of(String register, Map<String, String> parameters) {
        StringBuilder id = new StringBuilder(96).append(register);
        parameters.forEach((key, value) -> {
            id.append('/').append(key).append('=');
            encode(id, value);
        });
        return id.toString();
    }

    /**
     * {@return the register's name in an id}
     *
     * @param id the id
     */
    public static String register(String id) {
        int slash = id.indexOf('/');
        return slash < 0 ? id : id.substring(0, slash);
    }

    /**
     * {@return the keys and values of an id, in its order, decoded}
     *
     * @param id the id
     * @throws IllegalArgumentException if it is not one that {@link #of} gives
     */
    public static Map<String, String> parameters(String id) {
        Map<String, String> parameters = new LinkedHashMap<>();
        String[] parts = id.split("/", -1);
        for (int i = 1; i < parts.length; i++) {
            int equals = parts[i].indexOf('=');
            if (equals < 1
                    || parameters.put(parts[i].substring(0, equals), decode(parts[i].substring(equals + 1))) != null) {
                throw new IllegalArgumentException("no id of a value: '" + id + "'");
            }
        }
        if (parts[0].isEmpty() || !of(parts[0], parameters).equals(id)) {
            throw new IllegalArgumentException("no id of a value: '" + id + "'");
        }
        return parameters;
    }

    private static String decode(String value) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        for (int i = 0; i < value.length(); i++) {
            char c = value.charAt(i);
            if (c == '%' && i + 2 < value.length()) {
                bytes.write(Character.digit(value.charAt(i + 1), 16) << 4 | Character.digit(value.charAt(i + 2), 16));
                i += 2;
            } else {
                bytes.write(c);
            }
        }
        return bytes.toString(StandardCharsets.UTF_8); // what is no UTF-8 does not encode to the same id again
    }

    /** Percent-encodes all but letters, digits and {@code . _ ~ - : , +}. */
    private static void encode(StringBuilder id, String value) {
        for (byte b : value.getBytes(StandardCharsets.UTF_8)) {
            char c = (char) (b & 0xff);
            if ((c >= 'a' && c <= 'z')
                    || (c >= 'A' && c <= 'Z')
                    || (c >= '0' && c <= '9')
                    || "._~-:,+".indexOf(c) >= 0) {
                id.append(c);
            } else {
                id.append('%')
                        .append(Character.toUpperCase(Character.forDigit(c >> 4, 16)))
                        .append(Character.toUpperCase(Character.forDigit(c & 15, 16)));
            }
        }
    }
}
