package dev.measure.uki;

import java.util.Objects;
import java.util.Optional;
import java.util.UUID;

/**
 * Device: an entry of {@code .hwids}, 28 bytes, with the strings that it points to.
 *
 * @param offset where it lies, absolute
 * @param descriptor type in the top four bits, length of the entry in the others; the stub looks at the type only
 * @param chid the hardware id of the machines that it is for
 * @param nameOffset where the name lies, from the start of the section; 0 if there is none
 * @param name the name for people; empty if there is none, or if the type is unknown
 * @param valueOffset where the value lies, from the start of the section; 0 if there is none
 * @param value the fwid of a firmware or the {@code compatible} of a device tree; empty if there is none, or if the type is unknown
 */
public record HardwareId(
        long offset,
        long descriptor,
        UUID chid,
        long nameOffset,
        Optional<String> name,
        long valueOffset,
        Optional<String> value) {
    /** Checks for null. */
    public HardwareId {
        Objects.requireNonNull(chid, "chid");
        Objects.requireNonNull(name, "name");
        Objects.requireNonNull(value, "value");
    }

    /** {@return what the entry stands for; empty for a type that no stub knows} */
    public Optional<DeviceType> type() {
        return DeviceType.ofDescriptor(descriptor);
    }

    /** {@return whether the entry leads to firmware} */
    public boolean isFirmware() {
        return type().filter(type -> type == DeviceType.UEFI_FIRMWARE).isPresent();
    }
}
