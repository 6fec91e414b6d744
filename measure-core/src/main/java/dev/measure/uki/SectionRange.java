package dev.measure.uki;

import dev.measure.pe.PeSection;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * A range of the section table: the base, which is what lies before the first {@code .profile}, or one profile, which is a
 * {@code .profile} section and what follows it up to the next.
 *
 * @param profile the number of the profile, from 0; empty for the base
 * @param sections those that the stub takes, in the order of the table: without the ones outside the image
 * @param hardwareIds the table of the range's first {@code .hwids} section; empty if it has none
 */
public record SectionRange(OptionalInt profile, List<PeSection> sections, Optional<HardwareIds> hardwareIds) {
    /** Copies the list. */
    public SectionRange {
        Objects.requireNonNull(profile, "profile");
        Objects.requireNonNull(hardwareIds, "hardwareIds");
        sections = List.copyOf(sections);
    }

    /**
     * {@return the first section of a name, which is the one that counts; it may be empty}
     *
     * @param name such as {@code .cmdline}
     */
    public Optional<PeSection> first(String name) {
        return sections.stream().filter(section -> section.name().equals(name)).findFirst();
    }

    /**
     * {@return all sections of a name}
     *
     * @param name such as {@code .efifw}
     */
    public List<PeSection> all(String name) {
        return sections.stream().filter(section -> section.name().equals(name)).toList();
    }

    /** {@return {@code base}, {@code profile 0}, ... for messages} */
    String title() {
        return profile.isEmpty() ? "base" : "profile " + profile.getAsInt();
    }
}
