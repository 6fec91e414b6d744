package dev.measure.boot;

/** The programs of a boot that measure, in the order in which they run. */
public enum Producer {
    /** The firmware: EDK2's OVMF. */
    FIRMWARE("firmware"),
    /** shim. */
    SHIM("shim"),
    /** The boot loader GRUB. */
    GRUB("grub"),
    /** The boot loader systemd-boot. */
    SYSTEMD_BOOT("systemd-boot"),
    /** The stub inside a UKI. */
    SYSTEMD_STUB("systemd-stub"),
    /** The EFI stub of the Linux kernel. */
    LINUX("Linux EFI stub"),
    /** systemd in the running system. */
    SYSTEMD("systemd");

    private final String text;

    Producer(String text) {
        this.text = text;
    }

    /** {@return the name in words} */
    public String text() {
        return text;
    }
}
