package dev.measure.uki;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;

/** The walk of the stub over hardware ids and firmware sections; {@link FirmwareChoice} says what it stands for. */
final class StubLookup {
    private StubLookup() {}

    static FirmwareChoice choose(Uki uki, int number, Map<String, UUID> chids, Optional<StubVersion> stub) {
        check(uki, number, chids);
        Optional<FirmwareChoice.None> whole = wholeImage(uki, stub);
        if (whole.isPresent()) {
            return whole.get();
        }
        FirmwareChoice inBase = inRange(uki, uki.base(), chids);
        Optional<SectionRange> own = uki.profile(number).own();
        if (own.isEmpty()) {
            return inBase;
        }
        FirmwareChoice inProfile = inRange(uki, own.get(), chids);
        if (inProfile instanceof FirmwareChoice.Selected) {
            return inProfile;
        }
        boolean profileIsSilent =
                inProfile instanceof FirmwareChoice.None none && none.reason() == FirmwareChoice.Reason.NO_FIRMWARE;
        boolean baseIsSilent =
                inBase instanceof FirmwareChoice.None none && none.reason() == FirmwareChoice.Reason.NO_FIRMWARE;
        return baseIsSilent && !profileIsSilent ? inProfile : inBase;
    }

    /** What holds for every firmware of an image. */
    private static Optional<FirmwareChoice.None> wholeImage(Uki uki, Optional<StubVersion> stub) {
        if (uki.kind() != Uki.Kind.UKI) {
            return Optional.of(none(FirmwareChoice.Reason.NOT_A_UKI, "the stub takes firmware from UKIs only"));
        }
        return stub.filter(version -> !version.isAtLeast(FirmwareChoice.FIRST_STUB, 0))
                .map(version -> none(
                        FirmwareChoice.Reason.STUB_TOO_OLD,
                        "systemd-stub " + version + " never selects firmware, the first that does is "
                                + FirmwareChoice.FIRST_STUB));
    }

    static Optional<String> never(Uki uki, UkiFirmware firmware) {
        Optional<FirmwareChoice.None> whole = wholeImage(uki, uki.stubVersion());
        if (whole.isPresent()) {
            return whole.map(FirmwareChoice.None::text);
        }
        if (!firmware.firmware().selectable()) {
            return firmware.firmware().notSelectable();
        }
        SectionRange range = uki.ranges().stream()
                .filter(one -> one.profile().equals(firmware.profile()))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("a firmware of another image"));
        Optional<FirmwareChoice.None> table = unusableTable(range);
        if (table.isPresent()) {
            return table.map(FirmwareChoice.None::text);
        }
        List<HardwareId> entries = range.hardwareIds().orElseThrow().firmwareEntries();
        for (HardwareId entry : entries) {
            if (entry.value().equals(firmware.firmware().fwid())) {
                Optional<UkiFirmware> taken = taken(inRange(uki, range), entry);
                return taken.filter(first -> !first.equals(firmware)).map(first -> "an earlier section has this id");
            }
        }
        return Optional.of("no entry in the .hwids table of the " + range.title() + " names it");
    }

    private static List<UkiFirmware> inRange(Uki uki, SectionRange range) {
        return uki.firmwares().stream()
                .filter(firmware -> firmware.profile().equals(range.profile()))
                .toList();
    }

    static void check(Uki uki, int number, Map<String, UUID> chids) {
        uki.profile(number);
        for (String type : chids.keySet()) {
            if (!FirmwareChoice.PRIORITY.contains(type) && !FirmwareChoice.DEAD_TYPES.contains(type)) {
                throw new IllegalArgumentException(
                        "unknown CHID type '" + type + "', known: 0 to 14, ext0, ext1, ext2");
            }
        }
    }

    private static FirmwareChoice inRange(Uki uki, SectionRange range, Map<String, UUID> chids) {
        List<UkiFirmware> firmwares = inRange(uki, range);
        if (firmwares.isEmpty()) {
            return none(FirmwareChoice.Reason.NO_FIRMWARE, "there is no .efifw section in the " + range.title());
        }
        Optional<FirmwareChoice.None> unusable = unusableTable(range);
        if (unusable.isPresent()) {
            return unusable.get();
        }
        HardwareIds table = range.hardwareIds().orElseThrow();
        for (String type : FirmwareChoice.PRIORITY) {
            UUID chid = chids.get(type);
            for (HardwareId entry : table.firmwareEntries()) {
                if (entry.chid().equals(chid)) {
                    return named(firmwares, entry, type, range); // the first match ends the walk, whatever it leads to
                }
            }
        }
        return none(
                FirmwareChoice.Reason.NO_MATCH,
                "no firmware entry in the .hwids table of the " + range.title()
                        + " has a CHID that the machine looks up");
    }

    private static Optional<FirmwareChoice.None> unusableTable(SectionRange range) {
        if (range.hardwareIds().isEmpty()) {
            return Optional.of(none(
                    FirmwareChoice.Reason.NO_HWIDS,
                    "there is no .hwids section in the " + range.title() + " beside its .efifw"));
        }
        return range.hardwareIds()
                .get()
                .refusal()
                .map(why -> none(
                        FirmwareChoice.Reason.HWIDS_REFUSED,
                        "the stub refuses the .hwids table of the " + range.title() + ": " + why));
    }

    /** The first firmware that an entry leads to. */
    private static Optional<UkiFirmware> taken(List<UkiFirmware> firmwares, HardwareId entry) {
        return firmwares.stream()
                .filter(firmware -> entry.value().isPresent()
                        && firmware.firmware().selectable()
                        && firmware.firmware().fwid().equals(entry.value()))
                .findFirst();
    }

    private static FirmwareChoice named(
            List<UkiFirmware> firmwares, HardwareId entry, String chidType, SectionRange range) {
        Optional<UkiFirmware> taken = taken(firmwares, entry);
        if (taken.isPresent()) {
            return new FirmwareChoice.Selected(taken.get(), entry, chidType);
        }
        return none(
                FirmwareChoice.Reason.NO_SUCH_FIRMWARE,
                "the entry of CHID type " + chidType + " names " + entry.value().orElse("nothing")
                        + ", and no .efifw section in the " + range.title() + " that the stub can take has this id");
    }

    private static FirmwareChoice.None none(FirmwareChoice.Reason reason, String text) {
        return new FirmwareChoice.None(reason, text);
    }
}
