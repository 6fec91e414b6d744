package dev.measure.snp;

import dev.measure.MalformedInputException;
import dev.measure.Source;
import java.nio.charset.StandardCharsets;
import java.util.Base64;

/** A structure of fixed size that is stored as it is or as base64 text. */
final class Base64Text {
    private Base64Text() {}

    /** {@return the bytes of a structure: the source itself if it has the size, else what its text decodes to} */
    static Source orBinary(Source source, int size, String what) {
        if (source.length() == size) {
            return source;
        }
        // Four digits for three bytes, and at most one line break for every four digits.
        if (source.length() <= 2L * (size + 2) / 3 * 4 && source.length() > 0) {
            String text = new String(source.toByteArray(), StandardCharsets.ISO_8859_1).replaceAll("[ \\t\\r\\n]", "");
            try {
                byte[] bytes = Base64.getDecoder().decode(text);
                if (bytes.length == size) {
                    return Source.of(source.name() + " (base64)", bytes);
                }
                throw new MalformedInputException(
                        source.name(),
                        source.start(),
                        what + " of " + size + " bytes",
                        "base64 of " + bytes.length + " bytes",
                        "");
            } catch (IllegalArgumentException e) {
                // said below
            }
        }
        throw new MalformedInputException(
                source.name(),
                source.start(),
                what + " of " + size + " bytes, or its base64",
                source.length() + " bytes of something else",
                "");
    }
}
