package dev.measure.tpm;

import dev.measure.Digest;
import java.util.Objects;
import java.util.Optional;

/**
 * A value that PCR 11 can have, and when.
 *
 * @param value the value; its algorithm is the bank
 * @param profile the profile that is booted, 0 for a UKI without profiles
 * @param fwid the firmware that the stub selects; empty: none
 * @param phase the boot phases that have been measured, joined by colons; empty: none
 */
public record Pcr11Value(Digest value, int profile, Optional<String> fwid, String phase) {
    /** Checks for null. */
    public Pcr11Value {
        Objects.requireNonNull(value, "value");
        Objects.requireNonNull(fwid, "fwid");
        Objects.requireNonNull(phase, "phase");
    }
}
