package dev.measure.uefi;

import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.UUID;

/** Names of GUIDs that event logs and variables use, in the spelling of the document that defines them. */
public final class GuidName {
    /** EFI_GLOBAL_VARIABLE: SecureBoot, PK, KEK, BootOrder and Boot#### (UEFI 2.10, section 3.3). */
    public static final UUID EFI_GLOBAL_VARIABLE = UUID.fromString("8be4df61-93ca-11d2-aa0d-00e098032b8c");

    /** EFI_IMAGE_SECURITY_DATABASE_GUID: db, dbx, dbt (UEFI 2.10, section 32.4.1). */
    public static final UUID EFI_IMAGE_SECURITY_DATABASE = UUID.fromString("d719b2cb-3d3a-4596-a3bc-dad00e67656f");

    /** SHIM_LOCK_GUID: the variables of shim (shim, lib/guid.c). */
    public static final UUID SHIM_LOCK = UUID.fromString("605dab50-e046-4300-abb6-3dd810dd8b23");

    /** EFI_SECURE_BOOT_ENABLE_DISABLE: SecureBootEnable (edk2, SecurityPkg/Include/Guid/AuthenticatedVariableFormat.h). */
    public static final UUID EFI_SECURE_BOOT_ENABLE_DISABLE = UUID.fromString("f0a30bc7-af08-4556-99c4-001009c93a44");

    private static final Map<UUID, String> NAMES = new TreeMap<>(Map.ofEntries(
            Map.entry(EFI_GLOBAL_VARIABLE, "EFI_GLOBAL_VARIABLE"),
            Map.entry(EFI_IMAGE_SECURITY_DATABASE, "EFI_IMAGE_SECURITY_DATABASE_GUID"),
            Map.entry(SHIM_LOCK, "SHIM_LOCK_GUID"),
            Map.entry(EFI_SECURE_BOOT_ENABLE_DISABLE, "EFI_SECURE_BOOT_ENABLE_DISABLE"),
            Map.entry(UUID.fromString("77fa9abd-0359-4d32-bd60-28f4e78f784b"), "Microsoft"),
            Map.entry(UUID.fromString("4a67b082-0a4c-41cf-b6c7-440b29bb8c4f"), "systemd LOADER_GUID"),
            Map.entry(UUID.fromString("eb9d2d31-2d88-11d3-9a16-0090273fc14d"), "SMBIOS_TABLE_GUID"),
            Map.entry(UUID.fromString("f2fd1544-9794-4a2c-992e-e5bbcf20e394"), "SMBIOS3_TABLE_GUID"),
            Map.entry(UUID.fromString("8868e871-e4f1-11d3-bc22-0080c73c8881"), "EFI_ACPI_20_TABLE_GUID"),
            Map.entry(UUID.fromString("eb9d2d30-2d88-11d3-9a16-0090273fc14d"), "ACPI_TABLE_GUID"),
            Map.entry(UUID.fromString("c12a7328-f81f-11d2-ba4b-00a0c93ec93b"), "EFI System Partition"),
            Map.entry(UUID.fromString("0fc63daf-8483-4772-8e79-3d69d8477de4"), "Linux file system"),
            Map.entry(UUID.fromString("4f68bce3-e8cd-4db1-96e7-fbcaf984b709"), "Linux root (x86-64)"),
            Map.entry(UUID.fromString("21686148-6449-6e6f-744e-656564454649"), "BIOS boot"),
            Map.entry(UUID.fromString("ebd0a0a2-b9e5-4433-87c0-68b6b72699c7"), "Microsoft basic data"),
            Map.entry(UUID.fromString("e3c9e316-0b5c-4db8-817d-f92df00215ae"), "Microsoft reserved")));

    private GuidName() {}

    /**
     * {@return the name of a GUID, if it has a known one}
     *
     * @param guid the GUID
     */
    public static Optional<String> of(UUID guid) {
        return Optional.ofNullable(NAMES.get(guid));
    }

    /**
     * {@return the GUID with its name in parentheses, or alone}
     *
     * @param guid the GUID
     */
    public static String text(UUID guid) {
        return of(guid).map(name -> guid + " (" + name + ")").orElse(guid.toString());
    }
}
