package dev.measure.uki;

import dev.measure.smbios.ChidType;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.UUID;

/**
 * Which {@code .efifw} the stub takes on a machine.
 *
 * <p>As {@code chid_match} (src/boot/chid.c) and {@code pe_locate_sections} (src/boot/pe.c) of systemd 262.1 do: the lookup is done
 * for the base and then for the selected profile, each with its own {@code .hwids} and its own {@code .efifw} sections; what the
 * profile finds replaces what the base found.
 */
public sealed interface FirmwareChoice {
    /** The CHID types that the stub looks up, from the most to the least specific; the table is searched for each in turn. */
    List<String> PRIORITY = ChidType.stubOrder().stream().map(ChidType::id).toList();

    /** The CHID types that no stub looks up. */
    List<String> DEAD_TYPES = Arrays.stream(ChidType.values())
            .filter(type -> !type.lookedUpByStub())
            .map(ChidType::id)
            .toList();

    /** The first version whose stub selects firmware: before, the lookup asked for device trees only (systemd PR 42570). */
    int FIRST_STUB = 262;

    /**
     * The stub selects a firmware.
     *
     * @param firmware which
     * @param entry the entry of {@code .hwids} that leads to it
     * @param chidType the type of the machine's CHID that the entry has, such as {@code 9} or {@code ext2}
     */
    record Selected(UkiFirmware firmware, HardwareId entry, String chidType) implements FirmwareChoice {
        /** Checks for null. */
        public Selected {
            Objects.requireNonNull(firmware, "firmware");
            Objects.requireNonNull(entry, "entry");
            Objects.requireNonNull(chidType, "chidType");
        }
    }

    /**
     * The stub selects none.
     *
     * @param reason why
     * @param text why, in one sentence
     */
    record None(Reason reason, String text) implements FirmwareChoice {
        /** Checks for null. */
        public None {
            Objects.requireNonNull(reason, "reason");
            Objects.requireNonNull(text, "text");
        }
    }

    /** Why a stub selects no firmware. */
    enum Reason {
        /** The image is not a UKI; the stub looks for firmware in no other file. */
        NOT_A_UKI,
        /** The code in the image is not a systemd-stub that says its version. */
        STUB_UNKNOWN,
        /** The stub is older than 262. */
        STUB_TOO_OLD,
        /** The image carries no firmware. */
        NO_FIRMWARE,
        /** There is no hardware id table beside the firmware. */
        NO_HWIDS,
        /** The stub refuses the hardware id table. */
        HWIDS_REFUSED,
        /** No firmware entry has a CHID of the machine. */
        NO_MATCH,
        /** The entry that matches names no firmware that the stub can take. */
        NO_SUCH_FIRMWARE
    }

    /**
     * {@return the choice of the stub that is in the image}
     *
     * @param uki the image
     * @param profile the number of the selected profile
     * @param chids the machine's CHIDs by type: {@code 0} to {@code 14}, {@code ext0} to {@code ext2}; a type that is absent is not
     *     looked up. As the stub computes them, the panel types of a machine without a panel are the zero GUID, not absent
     * @throws IllegalArgumentException if there is no such profile, or for another type
     */
    static FirmwareChoice of(Uki uki, int profile, Map<String, UUID> chids) {
        Optional<StubVersion> stub = uki.stubVersion();
        if (stub.isEmpty() && uki.kind() == Uki.Kind.UKI) {
            StubLookup.check(uki, profile, chids);
            return new None(Reason.STUB_UNKNOWN, "the image does not say that its code is a systemd-stub");
        }
        return StubLookup.choose(uki, profile, chids, stub);
    }

    /**
     * {@return the choice of a given version of the stub}
     *
     * @param uki the image
     * @param profile the number of the selected profile
     * @param chids as in {@link #of(Uki, int, Map)}
     * @param stub the version, whatever the image says
     * @throws IllegalArgumentException if there is no such profile, or for an unknown CHID type
     */
    static FirmwareChoice of(Uki uki, int profile, Map<String, UUID> chids, StubVersion stub) {
        return StubLookup.choose(uki, profile, chids, Optional.of(stub));
    }

    /**
     * {@return why the stub that is in the image takes a firmware on no machine; empty if there are CHIDs that lead to it}
     *
     * @param uki the image
     * @param firmware one of {@link Uki#firmwares()}
     */
    static Optional<String> never(Uki uki, UkiFirmware firmware) {
        return StubLookup.never(uki, firmware);
    }
}
