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
        if (uki.kind() != Uki.Kind.UKI) {
            return none(FirmwareChoice.Reason.NOT_A_UKI, "the stub takes firmware from UKIs only");
        }
        if (stub.isPresent() && !stub.get().isAtLeast(FirmwareChoice.FIRST_STUB, 0)) {
            return none(
                    FirmwareChoice.Reason.STUB_TOO_OLD,
                    "systemd-stub " + stub.get() + " never selects firmware, the first that does is "
                            + FirmwareChoice.FIRST_STUB);
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
        List<UkiFirmware> firmwares = uki.firmwares().stream()
                .filter(firmware -> firmware.profile().equals(range.profile()))
                .toList();
        if (firmwares.isEmpty()) {
            return none(FirmwareChoice.Reason.NO_FIRMWARE, "there is no .efifw section in the " + range.title());
        }
        if (range.hardwareIds().isEmpty()) {
            return none(
                    FirmwareChoice.Reason.NO_HWIDS,
                    "there is no .hwids section in the " + range.title() + " beside its .efifw");
        }
        HardwareIds table = range.hardwareIds().get();
        if (table.refusal().isPresent()) {
            return none(
                    FirmwareChoice.Reason.HWIDS_REFUSED,
                    "the stub refuses the .hwids table of the " + range.title() + ": "
                            + table.refusal().get());
        }
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

    private static FirmwareChoice named(
            List<UkiFirmware> firmwares, HardwareId entry, String chidType, SectionRange range) {
        if (entry.value().isPresent()) {
            for (UkiFirmware firmware : firmwares) {
                if (firmware.firmware().selectable()
                        && firmware.firmware().fwid().equals(entry.value())) {
                    return new FirmwareChoice.Selected(firmware, entry, chidType);
                }
            }
        }
        return none(
                FirmwareChoice.Reason.NO_SUCH_FIRMWARE,
                "the entry of CHID type " + chidType + " names " + entry.value().orElse("nothing")
                        + ", and no .efifw section in the " + range.title() + " that the stub can take has this id");
    }

    private static FirmwareChoice none(FirmwareChoice.Reason reason, String text) {
        return new FirmwareChoice.None(reason, text);
    }
}
