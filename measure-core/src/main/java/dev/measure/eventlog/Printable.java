package dev.measure.eventlog;

import dev.measure.Source;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import org.apache.commons.codec.binary.Hex;

/** Text that comes from a log and goes to a terminal: without control characters, and of bounded length. */
final class Printable {
    private static final int MAX_TEXT = 4096;
    private static final int MAX_HEX = 64;

    private Printable() {}

    static String of(String text) {
        StringBuilder out = new StringBuilder();
        text.codePoints().limit(MAX_TEXT).forEach(ch -> {
            if (ch == '\n') {
                out.append("\\n");
            } else if (Character.isISOControl(ch) || Character.getType(ch) == Character.FORMAT) {
                out.append(String.format("\\u%04x", ch));
            } else {
                out.appendCodePoint(ch);
            }
        });
        return out + (text.length() > MAX_TEXT ? "..." : "");
    }

    static String hex(Source data) {
        int count = (int) Math.min(MAX_HEX, data.length());
        return Hex.encodeHexString(data.slice(0, count).toByteArray())
                + (data.length() > count ? "... (" + data.length() + " bytes)" : "");
    }

    /** The text in bytes, if they are text: UTF-16 if every second byte of the first characters is zero, else UTF-8. */
    static Optional<String> text(byte[] bytes) {
        int length = bytes.length;
        if (length >= 4 && length % 2 == 0 && bytes[1] == 0 && bytes[0] != 0 && bytes[3] == 0) {
            String wide = new String(bytes, StandardCharsets.UTF_16LE);
            return printable(stripNuls(wide));
        }
        while (length > 0 && bytes[length - 1] == 0) {
            length--;
        }
        try {
            String text = StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(bytes, 0, length))
                    .toString();
            return printable(text);
        } catch (CharacterCodingException notText) {
            return Optional.empty();
        }
    }

    private static String stripNuls(String text) {
        int length = text.length();
        while (length > 0 && text.charAt(length - 1) == 0) {
            length--;
        }
        return text.substring(0, length);
    }

    private static Optional<String> printable(String text) {
        boolean good = !text.isEmpty()
                && text.codePoints().allMatch(ch -> ch >= ' ' && ch != 0x7f || ch == '\n' || ch == '\t' || ch == '\r');
        return good ? Optional.of(text) : Optional.empty();
    }
}
