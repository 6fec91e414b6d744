package dev.measure.tdx;

import dev.measure.boot.AcpiLoader;
import java.util.Objects;

/**
 * One of the fw_cfg files of ACPI that OVMF measures into RTMR0, each as an event "ACPI DATA": etc/table-loader, then every file that
 * this script allocates, in its order (edk2 OvmfPkg/Library/AcpiPlatformLib/QemuFwCfgAcpi.c).
 *
 * @param name what is measured, for people
 * @param content the file, or its digest
 */
public record AcpiEvent(String name, RtmrContent content) {
    /** Checks for null. */
    public AcpiEvent {
        Objects.requireNonNull(name, "name");
        Objects.requireNonNull(content, "content");
    }

    /**
     * {@return the name of the event of a file}
     *
     * @param file the name in fw_cfg
     */
    public static String nameOf(String file) {
        return switch (file) {
            case AcpiLoader.FILE -> "ACPI loader";
            case AcpiLoader.RSDP -> "ACPI RSDP";
            case AcpiLoader.TABLES -> "ACPI tables";
            default -> "ACPI " + file;
        };
    }
}
