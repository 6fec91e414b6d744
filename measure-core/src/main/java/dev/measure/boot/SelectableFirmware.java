package dev.measure.boot;

import dev.measure.uki.HardwareId;
import dev.measure.uki.SectionRange;
import dev.measure.uki.StubVersion;
import dev.measure.uki.Uki;
import dev.measure.uki.UkiFirmware;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/** The firmwares of a UKI that some machine can make the stub select. */
public final class SelectableFirmware {
    private SelectableFirmware() {}

    /**
     * {@return the firmwares that the stub of the image can select in a profile, in the order of the section table; none if the stub
     * selects none}
     *
     * <p>A firmware counts if its header is well-formed, if a hardware id of the same range names it, and if no earlier one has its
     * id. Where a profile selects none, the firmware of the base stays.
     *
     * @param uki the image
     * @param profile the number of the profile
     * @param stub the version of the stub, if another than the image says
     */
    public static List<UkiFirmware> of(Uki uki, int profile, Optional<StubVersion> stub) {
        Optional<StubBehaviour> behaviour = stub.or(uki::stubVersion).flatMap(StubBehaviour::of);
        if (behaviour.filter(StubBehaviour::selectsFirmware).isEmpty()) {
            return List.of();
        }
        List<UkiFirmware> selectable = new ArrayList<>(inRange(uki, uki.base()));
        Optional<SectionRange> own = uki.profile(profile).own();
        if (own.isPresent()) {
            for (UkiFirmware firmware : inRange(uki, own.get())) {
                selectable.removeIf(other ->
                        other.firmware().fwid().equals(firmware.firmware().fwid()));
                selectable.add(firmware);
            }
        }
        return List.copyOf(selectable);
    }

    private static List<UkiFirmware> inRange(Uki uki, SectionRange range) {
        if (range.hardwareIds().isEmpty() || range.hardwareIds().get().refusal().isPresent()) {
            return List.of();
        }
        List<Optional<String>> named = range.hardwareIds().get().firmwareEntries().stream()
                .map(HardwareId::value)
                .toList();
        List<UkiFirmware> found = new ArrayList<>();
        OptionalInt number = range.profile();
        for (UkiFirmware firmware : uki.firmwares()) {
            Optional<String> fwid = firmware.firmware().fwid();
            boolean again =
                    found.stream().anyMatch(other -> other.firmware().fwid().equals(fwid));
            if (firmware.profile().equals(number)
                    && firmware.firmware().selectable()
                    && fwid.isPresent()
                    && named.contains(fwid)
                    && !again) {
                found.add(firmware);
            }
        }
        return found;
    }
}
