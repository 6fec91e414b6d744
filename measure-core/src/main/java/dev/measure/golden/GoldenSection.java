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
    /** Checks the name, the size and the algorithm. */
    public GoldenSection {
        GoldenInput.check(name, size, sha256);
        Objects.requireNonNull(name, "name");
    }

    /** The algorithm of all digests of inputs. */
    static final DigestAlgorithm ALGORITHM = DigestAlgorithm.SHA256;
}
