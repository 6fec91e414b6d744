package dev.measure.eventlog;

import dev.measure.MalformedInputException;
import dev.measure.Source;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;

/**
 * The lines of tpm2_eventlog's output: {@code key: value} behind an indent and perhaps a dash. Values that the tool spreads over lines
 * (literal blocks, quoted text with a backslash at the end of the line) are put together. Text keeps its bytes, as ISO 8859-1.
 */
final class YamlLines {
    private final Source source;
    private final SourceStream stream;
    private String ahead = "";
    private long aheadOffset;
    private boolean hasAhead;
    private long offset;
    private int indent;
    private boolean item;
    private String key = "";
    private String text = "";

    YamlLines(Source source) {
        this.source = source;
        this.stream = new SourceStream(source);
    }

    /** {@return whether there was another line with a key} */
    boolean next() {
        while (peek()) {
            String line = take();
            String body = line.stripLeading();
            indent = line.length() - body.length();
            item = body.startsWith("- ");
            if (item) {
                body = body.substring(2).stripLeading();
            }
            int colon = body.indexOf(':');
            if (colon < 0 || body.startsWith("#")) {
                continue;
            }
            key = body.substring(0, colon);
            value(body.substring(colon + 1).strip());
            return true;
        }
        return false;
    }

    private void value(String first) {
        if (first.startsWith("|")) {
            text = unquoted(block());
        } else if (first.startsWith("\"")) {
            StringBuilder quoted = new StringBuilder(first);
            while (quoted.charAt(quoted.length() - 1) == '\\' && oddBackslashes(quoted) && peek()) {
                quoted.setLength(quoted.length() - 1);
                quoted.append(take().stripLeading());
            }
            text = unquoted(quoted.toString());
        } else if (first.length() >= 2 && first.startsWith("'") && first.endsWith("'")) {
            text = first.substring(1, first.length() - 1);
        } else {
            text = first;
        }
    }

    private static boolean oddBackslashes(CharSequence line) {
        int count = 0;
        while (count < line.length() && line.charAt(line.length() - 1 - count) == '\\') {
            count++;
        }
        return count % 2 == 1;
    }

    /** The lines of a literal block, which are indented further than their key. */
    private String block() {
        StringBuilder block = new StringBuilder();
        int depth = -1;
        while (peek()) {
            int spaces = ahead.length() - ahead.stripLeading().length();
            if (!ahead.isBlank() && spaces <= indent) {
                break;
            }
            String line = take();
            if (depth < 0) {
                depth = spaces;
            } else {
                block.append('\n');
            }
            block.append(line.substring(Math.min(depth, line.length())));
        }
        return block.toString();
    }

    /** Takes the quotes and escapes away, if it is quoted. */
    private static String unquoted(String quoted) {
        if (quoted.length() < 2 || !quoted.startsWith("\"") || !quoted.endsWith("\"")) {
            return quoted;
        }
        StringBuilder plain = new StringBuilder();
        for (int i = 1; i < quoted.length() - 1; i++) {
            char ch = quoted.charAt(i);
            if (ch != '\\') {
                plain.append(ch);
                continue;
            }
            char escaped = quoted.charAt(++i);
            int known = "0abtvfnre\\\"".indexOf(escaped);
            if (known >= 0) {
                plain.append("\0\u0007\b\t\u000b\f\n\r\u001b\\\"".charAt(known));
            } else if (escaped == 'x' && i + 2 < quoted.length() && isHex(quoted, i + 1)) {
                plain.append((char) Integer.parseInt(quoted, i + 1, i + 3, 16));
                i += 2;
            } else {
                plain.append(escaped);
            }
        }
        return plain.toString();
    }

    private static boolean isHex(String text, int at) {
        return Character.digit(text.charAt(at), 16) >= 0 && Character.digit(text.charAt(at + 1), 16) >= 0;
    }

    private boolean peek() {
        if (hasAhead) {
            return true;
        }
        aheadOffset = stream.offset();
        ByteArrayOutputStream line = new ByteArrayOutputStream();
        int b = stream.read();
        if (b < 0) {
            return false;
        }
        while (b >= 0 && b != '\n') {
            line.write(b);
            b = stream.read();
        }
        ahead = line.toString(StandardCharsets.ISO_8859_1);
        hasAhead = true;
        return true;
    }

    private String take() {
        hasAhead = false;
        offset = aheadOffset;
        return ahead;
    }

    int indent() {
        return indent;
    }

    /** {@return whether the line begins an item of a list} */
    boolean item() {
        return item;
    }

    String key() {
        return key;
    }

    /** {@return the value, one character for each byte} */
    String text() {
        return text;
    }

    MalformedInputException malformed(String expected, String found, String hint) {
        return new MalformedInputException(source.name(), source.start() + offset, expected, found, hint);
    }
}
