package dev.measure.tdx;

import dev.measure.MalformedInputException;
import dev.measure.Source;
import java.util.Objects;
import java.util.Optional;

/**
 * The three fw_cfg files by which QEMU gives ACPI tables to firmware. OVMF measures each of them into RTMR0, as QEMU made it, in
 * the order loader, RSDP, tables.
 *
 * @param loader etc/table-loader
 * @param rsdp etc/acpi/rsdp
 * @param tables etc/acpi/tables
 * @param derived whether loader or RSDP were derived from the tables
 */
public record AcpiBlobs(Source loader, Source rsdp, Source tables, boolean derived) {
    /** Checks for null. */
    public AcpiBlobs {
        Objects.requireNonNull(loader, "loader");
        Objects.requireNonNull(rsdp, "rsdp");
        Objects.requireNonNull(tables, "tables");
    }

    /**
     * {@return the files, with those that are missing derived from the tables}
     *
     * @param tables etc/acpi/tables
     * @param rsdp etc/acpi/rsdp, if it is at hand
     * @param loader etc/table-loader, if it is at hand
     * @throws MalformedInputException if one is missing and the tables are broken, or do not settle it
     */
    public static AcpiBlobs of(Source tables, Optional<Source> rsdp, Optional<Source> loader) {
        if (rsdp.isPresent() && loader.isPresent()) {
            return new AcpiBlobs(loader.get(), rsdp.get(), tables, false);
        }
        AcpiTables read = AcpiTables.read(tables);
        return new AcpiBlobs(
                loader.orElseGet(() -> LoaderScript.loader(read)),
                rsdp.orElseGet(() -> LoaderScript.rsdp(read)),
                tables,
                true);
    }
}
