package dev.measure.uki;

import java.util.Optional;

/** DEVICE_TYPE: what an entry of {@code .hwids} stands for, the top four bits of its descriptor (systemd src/boot/chid.h). */
public enum DeviceType {
    /** A device tree, chosen by its {@code compatible} string. */
    DEVICETREE(1, "devicetree"),
    /** A UEFI firmware, chosen by its fwid. */
    UEFI_FIRMWARE(2, "uefi-fw");

    private final int value;
    private final String id;

    DeviceType(int value, String id) {
        this.value = value;
        this.id = id;
    }

    /** {@return the value of the four bits} */
    public int value() {
        return value;
    }

    /** {@return the name in the JSON that ukify reads: {@code devicetree}, {@code uefi-fw}} */
    public String id() {
        return id;
    }

    static Optional<DeviceType> ofDescriptor(long descriptor) {
        for (DeviceType type : values()) {
            if (descriptor >>> 28 == type.value) {
                return Optional.of(type);
            }
        }
        return Optional.empty();
    }
}
