package dev.measure.uki;

import java.util.Comparator;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A version of systemd's stub, loader or add-on stub, of which the number decides how it behaves: {@code 252.39-1~deb12u1} is
 * 252.39, {@code 257~rc3} is 257.
 *
 * @param text as the file spells it
 * @param major the number before the first dot
 * @param minor the number behind it, 0 if there is none
 */
public record StubVersion(String text, int major, int minor) implements Comparable<StubVersion> {
    private static final Pattern NUMBER =
            Pattern.compile("([0-9]{1,6})(?:\\.([0-9]{1,6}))?(?![0-9]).*", Pattern.DOTALL);

    /**
     * {@return the version that a text spells}
     *
     * @param text such as {@code 262.1-1}
     * @throws IllegalArgumentException if it does not start with a number
     */
    public static StubVersion parse(String text) {
        return find(text)
                .orElseThrow(() -> new IllegalArgumentException(
                        "not a systemd version: '" + text + "', it must start with a number such as 257.13 or 262.1"));
    }

    static Optional<StubVersion> find(String text) {
        Matcher m = NUMBER.matcher(text);
        if (!m.matches()) {
            return Optional.empty();
        }
        int minor = m.group(2) == null ? 0 : Integer.parseInt(m.group(2));
        return Optional.of(new StubVersion(text, Integer.parseInt(m.group(1)), minor));
    }

    /**
     * {@return whether this version is the given one or newer}
     *
     * @param major the number before the dot
     * @param minor the number behind it
     */
    public boolean isAtLeast(int major, int minor) {
        return this.major > major || (this.major == major && this.minor >= minor);
    }

    /** Compares the numbers; equal ones by text, so that the order agrees with {@link #equals}. */
    @Override
    public int compareTo(StubVersion other) {
        return Comparator.comparingInt(StubVersion::major)
                .thenComparingInt(StubVersion::minor)
                .thenComparing(StubVersion::text)
                .compare(this, other);
    }

    /** {@return the text} */
    @Override
    public String toString() {
        return text;
    }
}
