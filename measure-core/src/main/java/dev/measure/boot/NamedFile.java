package dev.measure.boot;

import dev.measure.Source;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;

/**
 * A file beside a UKI, with the name that it has on the disk: the name decides whether it is taken, and in which order.
 *
 * @param name the name without folder
 * @param content its bytes
 */
public record NamedFile(String name, Source content) {
    /** Checks for null. */
    public NamedFile {
        Objects.requireNonNull(name, "name");
        Objects.requireNonNull(content, "content");
    }

    /** {@return whether the stub's filter lets the name pass: not hidden, ASCII, at most 255 characters, and with the suffix} */
    boolean passes(String suffix) {
        return !name.startsWith(".")
                && name.length() <= 255
                && name.chars().allMatch(c -> c < 0x80)
                && name.length() > suffix.length()
                && name.regionMatches(true, name.length() - suffix.length(), suffix, 0, suffix.length());
    }

    /** {@return the files in the order of the stub, by UTF-16 code units, without those that its filter drops} */
    static List<NamedFile> taken(List<NamedFile> files, String suffix) {
        return files.stream()
                .filter(file -> file.passes(suffix))
                .sorted(Comparator.comparing(NamedFile::name))
                .toList();
    }
}
