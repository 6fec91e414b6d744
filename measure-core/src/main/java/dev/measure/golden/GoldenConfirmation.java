package dev.measure.golden;

import dev.measure.Digest;
import java.util.Objects;

/**
 * A value that was seen in a machine.
 *
 * @param id the id of the value
 * @param value the value that was seen; a confirmation of another value than the golden one is none
 * @param evidence the file that shows it, seen from the manifest's folder: a report, a quote, a log
 * @param sha256 the SHA-256 of that file
 */
public record GoldenConfirmation(String id, Digest value, String evidence, Digest sha256) {
    /** Checks the fields. */
    public GoldenConfirmation {
        Objects.requireNonNull(id, "id");
        Objects.requireNonNull(value, "value");
        GoldenInput.check(evidence, 0, sha256);
    }
}
