package dev.measure.golden;

import dev.measure.Digest;
import dev.measure.DigestAlgorithm;
import java.util.Objects;

/**
 * A part of an input with a name of its own, such as a section of a UKI.
 *
 * @param name such as {@code .cmdline}, {@code .cmdline@1} of profile 1, or {@code .efifw:tdx} by the firmware's id; no two of an
 *     input have the same
 * @param size in bytes
 * @param sha256 the SHA-256 of its bytes
 */
public record GoldenSection(String name, long size, Digest sha256) {
    /** The name of what stands before the first section: it holds the sizes and places of all. */
    public static final String HEADERS = "headers";

    /**
     * The name of the zeros between sections and after them; other bytes there are {@code padding after} and the name of the part that
     * they follow.
     */
    public static final String PADDING = "padding";

    /** Checks the name, the size and the algorithm. */
    public GoldenSection {
        GoldenInput.check(name, size, sha256);
        Objects.requireNonNull(name, "name");
    }

    /** The algorithm of all digests of inputs. */
    static final DigestAlgorithm ALGORITHM = DigestAlgorithm.SHA256;
}
