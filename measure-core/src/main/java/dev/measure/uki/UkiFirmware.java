package dev.measure.uki;

import dev.measure.pe.PeSection;
import java.util.Objects;
import java.util.OptionalInt;

/**
 * A firmware in a UKI, and where it stands.
 *
 * @param profile the number of the profile that brings it; empty for the base
 * @param section its {@code .efifw} section
 * @param firmware what the section holds
 */
public record UkiFirmware(OptionalInt profile, PeSection section, EfiFirmware firmware) {
    /** Checks for null. */
    public UkiFirmware {
        Objects.requireNonNull(profile, "profile");
        Objects.requireNonNull(section, "section");
        Objects.requireNonNull(firmware, "firmware");
    }
}
