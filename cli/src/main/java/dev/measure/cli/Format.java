package dev.measure.cli;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/** The forms in which a result is written. */
enum Format {
    /** Lines for people and pipes. */
    TEXT,
    /** JSON by the published schema. */
    JSON,
    /** The same as YAML. */
    YAML,
    /** Values in lower-case hexadecimal. */
    HEX,
    /** Values in base64 of their bytes. */
    BASE64;

    /** {@return the name on the command line} */
    String id() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** {@return the format of a name} */
    static Format parse(String name) {
        for (Format format : values()) {
            if (format.id().equals(name)) {
                return format;
            }
        }
        List<String> known = Arrays.stream(values()).map(Format::id).toList();
        throw Complaint.usage(
                "unknown format '" + name + "'",
                Suggestion.didYouMean(name, known) + "all: " + String.join(", ", known));
    }
}
