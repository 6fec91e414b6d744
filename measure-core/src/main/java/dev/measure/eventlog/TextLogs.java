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

    static Optional<LogFormat> detect(Source source) {
        byte[] head = new byte[(int) Math.min(PEEK, source.length())];
        source.read(0, head, 0, head.length);
        String text =
                new String(head, StandardCharsets.ISO_8859_1).replaceFirst("^(\u00ef\u00bb\u00bf)?[\\s\u001e]*", "");
        Optional<LogFormat> format = Optional.empty();
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
