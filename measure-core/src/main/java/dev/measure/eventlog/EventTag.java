package dev.measure.eventlog;

import java.util.Optional;

/** The tags of EV_EVENT_TAG events (Linux, drivers/firmware/efi/libstub; systemd, src/boot/measure.h; guest-components, AAEL). */
final class EventTag {
    private EventTag() {}

    static Optional<String> name(long tagId) {
        return Optional.ofNullable(
                switch ((int) tagId) {
                    case 0x8f3b22ec -> "kernel initrd";
                    case 0x8f3b22ed -> "kernel load options";
                    case 0xf5bc582a -> "loader.conf";
                    case 0x6c46f751 -> "device tree add-on";
                    case 0x49dffe0f -> "initrd add-on";
                    case 0xdac08e1a -> "microcode add-on";
                    case 0x13aed6db -> "UKI profile";
                    case 0xd5cb7cbc -> "SMBIOS type 1";
                    case 0xe0d47bc8 -> "SMBIOS type 2";
                    case 0xc0b3bd23 -> "SMBIOS type 11";
                    case 0x4141454c -> "AAEL";
                    default -> null;
                });
    }
}
