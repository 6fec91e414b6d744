package dev.measure.golden;

import dev.measure.Digest;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * A file that golden values were made from.
 *
 * @param role what it is to them, such as {@code uki} or {@code firmware}
 * @param name its name, seen from the manifest's folder
 * @param size in bytes
 * @param sha256 the SHA-256 of its bytes
 * @param sections its parts, in the order of the file; empty if it has none
 */
public record GoldenInput(String role, String name, long size, Digest sha256, List<GoldenSection> sections) {
    /** Stands between the name of a file and that of its section in {@link #parts}. */
    public static final String SEPARATOR = "#";

    /** Checks the fields and copies the list. */
    public GoldenInput {
        check(role, size, sha256);
        check(name, size, sha256);
        sections = List.copyOf(sections);
        Set<String> names = new HashSet<>();
        for (GoldenSection section : sections) {
            if (!names.add(section.name())) {
                throw new IllegalArgumentException("two sections of " + name + " have the name " + section.name());
            }
        }
    }

    static void check(String name, long size, Digest sha256) {
        if (name.isEmpty()) {
            throw new IllegalArgumentException("an input and its sections need a name");
        }
        if (size < 0) {
            throw new IllegalArgumentException("the size of " + name + " must not be negative, got " + size);
        }
        if (sha256.algorithm() != GoldenSection.ALGORITHM) {
            throw new IllegalArgumentException("the digest of " + name + " must be of SHA-256, got " + sha256);
        }
    }

    /**
     * {@return the digests of the parts by name, {@code NAME#SECTION}; of the file as {@code NAME} if it has no sections}
     *
     * <p>These are the names in {@link GoldenValue#origins}.
     */
    public Map<String, Digest> parts() {
        Map<String, Digest> parts = new LinkedHashMap<>();
        if (sections.isEmpty()) {
            parts.put(name, sha256);
        }
        for (GoldenSection section : sections) {
            parts.put(name + SEPARATOR + section.name(), section.sha256());
        }
        return parts;
    }
}
