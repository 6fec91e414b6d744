package dev.measure.uki;

import dev.measure.Warning;
import dev.measure.WarningCode;
import dev.measure.pe.PeSection;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;

/**
 * The traps of f-UKIs: what keeps an image from booting or from ever selecting its firmware.
 *
 * <p>PCRSIG_MISSES_EFIFW is not here: whether a signature covers the firmware takes the PCR 11 values that it signs.
 */
public final class FukiLint {
    private static final UUID ZERO = new UUID(0, 0);

    private final Uki uki;
    private final List<Warning> warnings = new ArrayList<>();

    private FukiLint(Uki uki) {
        this.uki = uki;
    }

    /**
     * {@return what is wrong with an image on every machine, range by range in the order of the section table}
     *
     * @param uki the image
     */
    static List<Warning> of(Uki uki) {
        FukiLint lint = new FukiLint(uki);
        lint.image();
        for (SectionRange range : uki.ranges()) {
            lint.duplicates(range);
            lint.firmwares(range);
            lint.hardwareIds(range);
        }
        return List.copyOf(lint.warnings);
    }

    /**
     * {@return what goes wrong on one machine: dead CHID types and CHIDs of equal value; without {@link Uki#warnings()}}
     *
     * @param uki the image
     * @param chids the machine's CHIDs by type, as for {@link FirmwareChoice#of(Uki, int, Map)}, those of the types that the stub
     *     never looks up included if they are known
     * @throws IllegalArgumentException for an unknown CHID type
     */
    public static List<Warning> of(Uki uki, Map<String, UUID> chids) {
        StubLookup.check(uki, 0, chids);
        FukiLint lint = new FukiLint(uki);
        for (SectionRange range : uki.ranges()) {
            range.hardwareIds().ifPresent(table -> lint.machine(table, chids));
        }
        return List.copyOf(lint.warnings);
    }

    private void image() {
        if (uki.kind() == Uki.Kind.ADDON) {
            for (UkiFirmware firmware : uki.firmwares()) {
                add(WarningCode.ADDON_EFIFW_IGNORED, "%s is in an add-on", describe(firmware));
            }
        }
        if (uki.kind() != Uki.Kind.UKI) {
            return;
        }
        for (Profile profile : uki.profiles()) {
            if (profile.section(".linux").isEmpty()) {
                add(
                        WarningCode.NO_KERNEL,
                        "%s has no .linux section",
                        uki.hasProfiles() ? "profile " + profile : "the image");
            }
        }
        Optional<StubVersion> stub = uki.stubVersion();
        if (!uki.firmwares().isEmpty() && stub.isEmpty()) {
            add(
                    WarningCode.STUB_CANNOT_SELECT,
                    "the image does not say in .sdmagic that its code is a systemd-stub, so nothing is known to select its"
                            + " .efifw sections");
        }
        if (!uki.firmwares().isEmpty() && stub.isPresent() && !stub.get().isAtLeast(FirmwareChoice.FIRST_STUB, 0)) {
            add(
                    WarningCode.STUB_CANNOT_SELECT,
                    "the image has the code of systemd-stub %s, which selects none of its .efifw sections",
                    stub.get());
        }
    }

    private void duplicates(SectionRange range) {
        Set<String> seen = new HashSet<>();
        for (PeSection section : range.sections()) {
            String name = section.name();
            // UAPI.5 lets .dtbauto and .efifw stand several times: the machine chooses among them
            boolean once = Uki.SECTION_NAMES.contains(name) && !name.equals(Uki.DTBAUTO) && !name.equals(Uki.EFIFW);
            if (once && !seen.add(name)) {
                add(
                        WarningCode.DUPLICATE_SECTION,
                        "the second %s section of the %s (header at offset 0x%x) does not count",
                        name,
                        range.title(),
                        section.headerOffset());
            }
        }
    }

    private void firmwares(SectionRange range) {
        Set<String> ids = new HashSet<>();
        List<UkiFirmware> firmwares = inRange(range);
        Set<String> named = new HashSet<>();
        range.hardwareIds()
                .ifPresent(table ->
                        table.firmwareEntries().forEach(entry -> entry.value().ifPresent(named::add)));
        for (UkiFirmware firmware : firmwares) {
            switch (firmware.firmware().form()) {
                case LEGACY ->
                    add(
                            WarningCode.EFIFW_LEGACY_HEADER,
                            "%s has the 13-byte header of ukify 258 to 262; build it with ukify 262.1 or newer",
                            describe(firmware));
                case CAPSULE ->
                    add(
                            WarningCode.EFIFW_CAPSULE,
                            "%s is a capsule for CHID %s",
                            describe(firmware),
                            firmware.firmware().targetChid().orElseThrow());
                case RAW -> add(WarningCode.EFIFW_NEVER_SELECTED, "%s has no header and so no id", describe(firmware));
                case HEADER -> {
                    if (!firmware.firmware().selectable()) {
                        add(
                                WarningCode.EFIFW_NEVER_SELECTED,
                                "%s: %s",
                                describe(firmware),
                                firmware.firmware().notSelectable().orElseThrow());
                    }
                }
            }
            if (firmware.firmware().selectable() && uki.kind() == Uki.Kind.UKI) {
                String id = firmware.firmware().fwid().orElseThrow();
                if (!ids.add(id)) {
                    add(WarningCode.EFIFW_DUPLICATE_ID, "%s: an earlier section has this id", describe(firmware));
                } else {
                    reachable(range, named, firmware, id);
                }
            }
        }
        if (!firmwares.isEmpty()
                && range.profile().isPresent()
                && range.hardwareIds().isEmpty()) {
            add(
                    WarningCode.PROFILE_EFIFW_WITHOUT_HWIDS,
                    "%s has .efifw but no .hwids of its own, so the firmware of the base stays",
                    range.title());
        }
    }

    private void reachable(SectionRange range, Set<String> named, UkiFirmware firmware, String id) {
        if (range.hardwareIds().isEmpty()) {
            if (range.profile().isEmpty()) {
                add(WarningCode.EFIFW_NEVER_SELECTED, "%s: there is no .hwids section", describe(firmware));
            }
        } else if (range.hardwareIds().get().refusal().isEmpty() && !named.contains(id)) {
            add(WarningCode.EFIFW_NEVER_SELECTED, "%s: no .hwids entry names it", describe(firmware));
        }
    }

    private void hardwareIds(SectionRange range) {
        if (range.hardwareIds().isEmpty()) {
            return;
        }
        HardwareIds table = range.hardwareIds().get();
        for (HardwareId entry : table.entries()) {
            if (entry.type().isEmpty()) {
                add(
                        WarningCode.HWIDS_UNKNOWN_TYPE,
                        "the .hwids entry at offset 0x%x has descriptor 0x%08x",
                        entry.offset(),
                        entry.descriptor());
            } else if (entry.chid().equals(ZERO)) {
                add(
                        WarningCode.HWIDS_ZERO_GUID,
                        "the .hwids entry at offset 0x%x for %s has it",
                        entry.offset(),
                        entry.value().orElse("nothing"));
            }
        }
        if (uki.kind() != Uki.Kind.UKI) {
            return;
        }
        Set<String> carried = new HashSet<>();
        inRange(range).forEach(firmware -> firmware.firmware().fwid().ifPresent(carried::add));
        for (HardwareId entry : table.firmwareEntries()) {
            if (entry.value().filter(carried::contains).isEmpty()) {
                add(
                        WarningCode.HWIDS_UNKNOWN_FWID,
                        "the .hwids entry at offset 0x%x names %s, which no .efifw section of the %s has",
                        entry.offset(),
                        entry.value().orElse("nothing"),
                        range.title());
            }
        }
    }

    private void machine(HardwareIds table, Map<String, UUID> chids) {
        for (HardwareId entry : table.firmwareEntries()) {
            List<String> live = typesOf(FirmwareChoice.PRIORITY, chids, entry.chid());
            List<String> dead = typesOf(FirmwareChoice.DEAD_TYPES, chids, entry.chid());
            if (live.isEmpty() && !dead.isEmpty() && !entry.chid().equals(ZERO)) {
                add(
                        WarningCode.HWIDS_DEAD_CHID_TYPE,
                        "the .hwids entry at offset 0x%x for %s has the machine's CHID of type %s, which is never looked up",
                        entry.offset(),
                        entry.value().orElse("nothing"),
                        String.join(", ", dead));
            }
            if (live.size() > 1 && !entry.chid().equals(ZERO)) {
                add(
                        WarningCode.HWIDS_COLLIDING_CHIDS,
                        "the .hwids entry at offset 0x%x for %s has the machine's CHID of types %s, and is found as type %s",
                        entry.offset(),
                        entry.value().orElse("nothing"),
                        String.join(", ", live),
                        live.get(0));
            }
        }
    }

    private static List<String> typesOf(List<String> types, Map<String, UUID> chids, UUID chid) {
        return types.stream()
                .filter(type -> Objects.equals(chids.get(type), chid))
                .toList();
    }

    private List<UkiFirmware> inRange(SectionRange range) {
        return uki.firmwares().stream()
                .filter(firmware -> firmware.profile().equals(range.profile()))
                .toList();
    }

    private static String describe(UkiFirmware firmware) {
        return String.format(
                ".efifw %s (section at offset 0x%x)",
                firmware.firmware().fwid().orElse("without an id"),
                firmware.section().content().start());
    }

    private void add(WarningCode code, String format, Object... values) {
        warnings.add(new Warning(code, String.format(format, values)));
    }
}
