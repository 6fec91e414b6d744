package dev.measure.uki;

import dev.measure.pe.PeSection;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;

/**
 * Which {@code .dtbauto} section the stub takes on a machine whose firmware has no device tree of its own, as on x86.
 *
 * <p>As {@code pe_locate_sections} (src/boot/pe.c) and {@code chid_match} (src/boot/chid.c) of systemd 257 and later do: the first
 * device tree entry of {@code .hwids} with a CHID of the machine names a {@code compatible}, and the first device tree whose first
 * {@code compatible} is the same is taken and measured into PCR 11. Base and profile are looked through by themselves; what the
 * profile finds replaces what the base found.
 */
public final class DeviceTreeChoice {
    /** The first version that knows the section. */
    private static final int FIRST_STUB = 257;

    /** The first version that looks at the panel of a machine: the CHID types that begin so. */
    private static final int FIRST_WITH_PANELS = 258;

    private static final String PANEL = "ext";

    private static final int ALIGNMENT = 4;

    private DeviceTreeChoice() {}

    /**
     * {@return the section that is taken, if any}
     *
     * @param uki the image
     * @param profile the number of the selected profile
     * @param chids as in {@link FirmwareChoice#of(Uki, int, Map)}
     * @param stub the version
     */
    public static Optional<PeSection> of(Uki uki, int profile, Map<String, UUID> chids, StubVersion stub) {
        if (!stub.isAtLeast(FIRST_STUB, 0)) {
            return Optional.empty();
        }
        Optional<PeSection> ofBase = inRange(uki.base(), chids, stub);
        return uki.profile(profile)
                .own()
                .flatMap(range -> inRange(range, chids, stub))
                .or(() -> ofBase);
    }

    /**
     * {@return whether there is a machine for which the stub takes a device tree}
     *
     * @param uki the image
     * @param profile the number of the selected profile
     */
    public static boolean dependsOnMachine(Uki uki, int profile) {
        return mayTake(uki.base())
                || uki.profile(profile).own().filter(DeviceTreeChoice::mayTake).isPresent();
    }

    private static boolean mayTake(SectionRange range) {
        return entries(range).stream().anyMatch(entry -> named(range, entry).isPresent());
    }

    private static List<HardwareId> entries(SectionRange range) {
        return range.hardwareIds()
                .filter(table -> table.refusal().isEmpty())
                .map(table -> table.entries().stream()
                        .filter(entry -> entry.type()
                                .filter(type -> type == DeviceType.DEVICETREE)
                                .isPresent())
                        .toList())
                .orElse(List.of());
    }

    private static Optional<PeSection> inRange(SectionRange range, Map<String, UUID> chids, StubVersion stub) {
        List<HardwareId> entries = entries(range);
        for (String type : FirmwareChoice.PRIORITY) {
            if (type.startsWith(PANEL) && !stub.isAtLeast(FIRST_WITH_PANELS, 0)) {
                continue;
            }
            UUID chid = chids.get(type);
            for (HardwareId entry : entries) {
                if (entry.chid().equals(chid)) {
                    return named(range, entry); // the first match ends the walk, whatever it leads to
                }
            }
        }
        return Optional.empty();
    }

    private static Optional<PeSection> named(SectionRange range, HardwareId entry) {
        if (entry.value().isEmpty()) {
            return Optional.empty();
        }
        // Bytes are compared with bytes: a text that is not ASCII is the same in both.
        String compatible =
                new String(entry.value().get().getBytes(StandardCharsets.UTF_8), StandardCharsets.ISO_8859_1);
        return range.all(Uki.DTBAUTO).stream()
                .filter(section -> section.virtualAddress() % ALIGNMENT == 0
                        && DeviceTree.compatible(section.content())
                                .filter(compatible::equals)
                                .isPresent())
                .findFirst();
    }
}
