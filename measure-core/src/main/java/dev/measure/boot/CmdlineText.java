package dev.measure.boot;

import dev.measure.MalformedInputException;
import dev.measure.Source;
import java.nio.charset.StandardCharsets;

/** Command lines as systemd's EFI programs clean and measure them. */
final class CmdlineText {
    /** The kernel takes a few KiB; firmware keeps load options in variables of at most 64 KiB. */
    private static final int MAX_LENGTH = 1 << 20;

    /** How a command line is cleaned. */
    enum Mangle {
        /** 252 to 254: control characters become spaces, spaces at the end go. */
        END,
        /** From 257 on: characters up to the space go at both ends, control characters inside become spaces. */
        BOTH_ENDS
    }

    private CmdlineText() {}

    /** {@return the text of a {@code .cmdline} section: up to its first NUL, UTF-8} */
    static String of(Source section) {
        if (section.length() > MAX_LENGTH) {
            throw new MalformedInputException(
                    section.name(),
                    section.start(),
                    "a command line of at most " + MAX_LENGTH + " bytes",
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

    /** {@return the text, cleaned} */
    static String mangle(String text, Mangle how) {
        StringBuilder plain = new StringBuilder(text.length());
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            plain.append(c < ' ' ? ' ' : c);
        }
        int end = plain.length();
        while (end > 0 && plain.charAt(end - 1) == ' ') {
            end--;
        }
        int start = 0;
        while (how == Mangle.BOTH_ENDS && start < end && plain.charAt(start) == ' ') {
            start++;
        }
        return plain.substring(start, end);
    }

    /** {@return UTF-16, little-endian, with a NUL of two bytes: the form in which every EFI program measures text} */
    static byte[] u16(String text) {
        return (text + '\0').getBytes(StandardCharsets.UTF_16LE);
    }
}
