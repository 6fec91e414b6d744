package dev.measure.eventlog;

import dev.measure.MalformedInputException;
import dev.measure.Source;
import java.nio.charset.StandardCharsets;
import java.util.Optional;

/** Tells text logs from binary ones by their first characters. */
final class TextLogs {
    private static final int PEEK = 256;

    /** A text log becomes binary records in memory, so it has a limit: a thousand times the size of real ones. */
    private static final long MAX_TEXT = 64 << 20;

    private TextLogs() {}

    /** {@return whether one of the words that stand at the start of every log does so here} */
    static boolean saysEvents(Source source) {
        byte[] head = new byte[(int) Math.min(PEEK, source.length())];
        source.read(0, head, 0, head.length);
        String text = new String(head, StandardCharsets.ISO_8859_1);
        return text.contains("events:") || text.contains("\"pcr\"") || text.contains("\"digests\"");
    }

    /**
     * JSON and YAML of another encoding than UTF-8, which RFC 8259, section 8.1, does not allow between systems. A binary log cannot
     * begin so: its first register is 0 or 1, and its types are EV_NO_ACTION and the like.
     */
    private static void refuseWide(Source source, byte[] head) {
        String start = new String(head, StandardCharsets.ISO_8859_1);
        for (Wide wide : Wide.values()) {
            String text = start.startsWith(wide.mark) ? start.substring(wide.mark.length()) : start;
            int at = wide.bigEndian ? wide.width - 1 : 0;
            boolean plain = text.length() >= 2 * wide.width;
            for (int i = 0; plain && i < 2 * wide.width; i++) {
                char c = text.charAt(i);
                plain = i % wide.width == at ? c >= ' ' && c < 0x7f || c == '\n' || c == '\r' || c == '\t' : c == 0;
            }
            String first = plain ? text.substring(at, at + 1) : "";
            if (plain && (start.startsWith(wide.mark) || "[{-ve \t\r\n".contains(first))) {
                throw new MalformedInputException(
                        source.name(),
                        source.start(),
                        "a log in UTF-8",
                        "text in " + wide.encoding,
                        "convert it: iconv -f " + wide.encoding + " -t UTF-8");
            }
        }
    }

    /** Encodings of which most characters have zero bytes, the wider ones first. */
    private enum Wide {
        UTF_32LE("UTF-32LE", 4, false, "\u00ff\u00fe\0\0"),
        UTF_32BE("UTF-32BE", 4, true, "\0\0\u00fe\u00ff"),
        UTF_16LE("UTF-16LE", 2, false, "\u00ff\u00fe"),
        UTF_16BE("UTF-16BE", 2, true, "\u00fe\u00ff");

        private final String encoding;
        private final int width;
        private final boolean bigEndian;
        private final String mark;

        Wide(String encoding, int width, boolean bigEndian, String mark) {
            this.encoding = encoding;
            this.width = width;
            this.bigEndian = bigEndian;
            this.mark = mark;
        }
    }

    static Optional<LogFormat> detect(Source source) {
        byte[] head = new byte[(int) Math.min(PEEK, source.length())];
        source.read(0, head, 0, head.length);
        String text =
                new String(head, StandardCharsets.ISO_8859_1).replaceFirst("^(\u00ef\u00bb\u00bf)?[\\s\u001e]*", "");
        Optional<LogFormat> format = Optional.empty();
        refuseWide(source, head);
        if (text.startsWith("[") && text.substring(1).stripLeading().matches("(?s)[{\\]].*") || text.startsWith("{")) {
            format = Optional.of(LogFormat.CEL_JSON);
        } else if (text.startsWith("---") || text.startsWith("version:") || text.startsWith("events:")) {
            format = Optional.of(LogFormat.TPM2_YAML);
        }
        if (format.isPresent() && source.length() > MAX_TEXT) {
            throw new MalformedInputException(
                    source.name(),
                    source.start(),
                    format.get().text() + " of at most " + MAX_TEXT + " bytes",
                    source.length() + " bytes",
                    "logs of this size are read in their binary form");
        }
        return format;
    }
}
