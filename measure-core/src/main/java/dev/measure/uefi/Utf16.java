package dev.measure.uefi;

import dev.measure.parse.Cursor;
import java.nio.charset.StandardCharsets;

/** CHAR16 text: UTF-16, little-endian (UEFI 2.10, section 2.3.1). Lone surrogates become U+FFFD in text, never in bytes. */
final class Utf16 {
    private Utf16() {}

    /**
     * {@return text up to a NUL, which is passed over}
     *
     * @param limit the most characters it may have
     */
    static String terminated(Cursor c, int limit, String field) {
        int start = c.position();
        StringBuilder text = new StringBuilder();
        while (true) {
            if (c.remaining() < 2) {
                throw c.malformed("a NUL at the end of " + field, "the end of the data", "");
            }
            int unit = c.u16(field);
            if (unit == 0) {
                return text.toString();
            }
            if (text.length() == limit) {
                throw c.malformed(start, field + " of at most " + limit + " characters", "more", "");
            }
            text.append((char) unit);
        }
    }

    static String fixed(Cursor c, int bytes, String field) {
        return new String(c.bytes(bytes, field), StandardCharsets.UTF_16LE);
    }

    static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_16LE);
    }
}
