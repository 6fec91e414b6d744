package dev.measure.uki;

import dev.measure.Source;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The LoaderInfo text of an {@code .sdmagic} section: which of systemd's EFI programs an image is.
 *
 * @param program {@code systemd-stub}, {@code systemd-boot} or {@code systemd-addon}
 * @param version its version
 */
public record LoaderInfo(String program, StubVersion version) {
    private static final Pattern TEXT =
            Pattern.compile("#### LoaderInfo: (systemd-stub|systemd-boot|systemd-addon) ([^ ]+) ####");

    private static final int MAX_LENGTH = 4096; // real ones have 43 to 60 bytes

    /** {@return the program; empty if the section says something else} */
    static Optional<LoaderInfo> read(Source section) {
        if (section.length() > MAX_LENGTH) {
            return Optional.empty();
        }
        String text = new String(section.toByteArray(), StandardCharsets.ISO_8859_1);
        int end = text.length();
        while (end > 0 && text.charAt(end - 1) == 0) { // version 252 ends in a NUL, 257 and later do not
            end--;
        }
        Matcher m = TEXT.matcher(text.substring(0, end));
        if (!m.matches()) {
            return Optional.empty();
        }
        String program = m.group(1);
        return StubVersion.find(m.group(2)).map(version -> new LoaderInfo(program, version));
    }
}
