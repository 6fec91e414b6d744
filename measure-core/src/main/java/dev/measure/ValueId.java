package dev.measure;

import java.nio.charset.StandardCharsets;
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
