package dev.measure.boot;

import dev.measure.Provenance;
import dev.measure.Source;
import dev.measure.pe.PeSection;
import dev.measure.uki.Profile;
import dev.measure.uki.Uki;
import dev.measure.uki.UkiFirmware;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The sections that a version of the stub takes: of a profile of a UKI, or of a UKI that is given in parts.
 *
 * <p>systemd src/boot/pe.c: from 257 on by the whole name, the first one in base or profile; up to 254 by the first bytes of the name,
 * the last one in the whole table.
 */
final class StubImage {
    private final Optional<Uki> uki;
    private final List<NamedFile> parts;
    private final int profile;
    private final Optional<UkiFirmware> firmware;
    private final Optional<PeSection> deviceTree;
    private final StubBehaviour stub;

    StubImage(
            BootInputs inputs,
            int profile,
            Optional<UkiFirmware> firmware,
            Optional<PeSection> deviceTree,
            StubBehaviour stub) {
        this.uki = inputs.uki;
        this.parts = inputs.parts;
        this.profile = profile;
        this.firmware = firmware;
        this.deviceTree = deviceTree;
        this.stub = stub;
    }

    /** {@return the content of the section that counts; empty if there is none, or an empty one} */
    Optional<Source> section(String name) {
        if (uki.isEmpty()) {
            return parts.stream()
                    .filter(part -> part.name().equals(name))
                    .map(NamedFile::content)
                    .filter(content -> content.length() > 0)
                    .findFirst();
        }
        return peSection(name).map(PeSection::content);
    }

    private Optional<PeSection> peSection(String name) {
        if (name.equals(".efifw")) {
            return firmware.map(UkiFirmware::section);
        }
        if (name.equals(".dtbauto")) {
            return deviceTree.filter(section -> section.virtualSize() > 0);
        }
        return stub.lookup() == StubBehaviour.Lookup.EXACT ? exact(name) : byPrefix(name);
    }

    private Optional<PeSection> exact(String name) {
        Profile chosen = uki.orElseThrow().profile(profile);
        return chosen.section(name);
    }

    private Optional<PeSection> byPrefix(String name) {
        Optional<PeSection> last = Optional.empty();
        for (PeSection section : uki.orElseThrow().image().sections()) {
            if (section.name().startsWith(name)) {
                last = Optional.of(section);
            }
        }
        return last.filter(section -> section.virtualSize() > 0);
    }

    /** {@return a section for which the two ways to find it differ, where nobody knows which of them the version has} */
    Optional<String> uncertain() {
        if (uki.isEmpty() || stub.lookup() != StubBehaviour.Lookup.UNKNOWN) {
            return Optional.empty();
        }
        return stub.measuredSections().stream()
                .filter(name -> !byPrefix(name).equals(firstOf(name)))
                .findFirst();
    }

    private Optional<PeSection> firstOf(String name) {
        return uki.orElseThrow().base().first(name).filter(section -> section.virtualSize() > 0);
    }

    /**
     * A section that goes into PCR 11.
     *
     * @param name its name
     * @param content its bytes
     * @param provenance where they lie
     */
    record Section(String name, Source content, Provenance provenance) {}

    /** {@return the sections that go into PCR 11, in the order of measuring} */
    List<Section> measured() {
        List<Section> measured = new ArrayList<>();
        for (String name : stub.measuredSections()) {
            section(name)
                    .ifPresent(content -> measured.add(new Section(
                            name, content, new Provenance.PeSection(name, Provenance.FileRange.of(content)))));
        }
        return measured;
    }
}
