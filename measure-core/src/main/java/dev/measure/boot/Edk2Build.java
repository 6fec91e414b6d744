package dev.measure.boot;

import dev.measure.BehaviourProfile;
import dev.measure.Evidence;
import java.util.List;
import java.util.Optional;

/**
 * How a release of EDK2's OVMF measures, by the builds that have been booted: Debian's 2022.11, 2025.02 and 2026.08.
 *
 * @param id the release, with the kind of build where it matters
 * @param release the release alone
 * @param changes what it changes
 * @param acpi whether ACPI blobs go into PCR 1
 * @param smbios where the SMBIOS table goes into PCR 1
 * @param peifvBase the address of PEIFV in the event data
 * @param failingEntry whether a boot option of the build itself fails before the disk is tried
 * @param retry whether the first ExitBootServices fails when it boots from disk
 */
public record Edk2Build(
        String id,
        String release,
        String changes,
        boolean acpi,
        Smbios smbios,
        long peifvBase,
        boolean failingEntry,
        boolean retry)
        implements BehaviourProfile {

    /** Where EV_EFI_HANDOFF_TABLES stands. */
    public enum Smbios {
        /** The table is not measured. */
        NOT_MEASURED,
        /** Before the boot variables. */
        BEFORE_BOOT_VARIABLES,
        /** After the separators. */
        AFTER_SEPARATORS
    }

    /** Address of DXEFV in the event data, in every build. */
    static final long DXEFV_BASE = 0x900000;

    private static final List<Edk2Build> ALL = List.of(
            new Edk2Build(
                    "2022.11",
                    "2022.11",
                    "no ACPI and no SMBIOS in PCR 1, empty version string",
                    false,
                    Smbios.NOT_MEASURED,
                    0x820000,
                    false,
                    false),
            new Edk2Build(
                    "2025.02", "2025.02", "ACPI blobs in PCR 1", true, Smbios.NOT_MEASURED, 0x820000, false, false),
            new Edk2Build(
                    "2025.02-secboot",
                    "2025.02",
                    "as 2025.02, with Secure Boot and without the shell",
                    true,
                    Smbios.NOT_MEASURED,
                    0x820000,
                    false,
                    false),
            new Edk2Build(
                    "2026.08",
                    "2026.08",
                    "SMBIOS table in PCR 1 before the boot variables; from disk the first ExitBootServices fails",
                    true,
                    Smbios.BEFORE_BOOT_VARIABLES,
                    0x830000,
                    false,
                    true),
            new Edk2Build(
                    "2026.08-secboot",
                    "2026.08",
                    "as 2026.08, with Secure Boot; SMBIOS table after the separators",
                    true,
                    Smbios.AFTER_SEPARATORS,
                    0x830000,
                    false,
                    true),
            new Edk2Build(
                    "2026.08-amdsev",
                    "2026.08",
                    "as 2026.08, but no SMBIOS table; its own GRUB entry fails before the disk is tried",
                    true,
                    Smbios.NOT_MEASURED,
                    0x830000,
                    true,
                    true));

    /** {@return whether the boot manager menu and the setup are two programs, as since edk2-stable202505} */
    boolean separateSetup() {
        return release.compareTo("2025.05") >= 0;
    }

    /** {@return the applications that it carries} */
    FirmwareApplications applications() {
        boolean shell = id.equals(release); // builds for Secure Boot or without a disk come without
        return new FirmwareApplications(separateSetup(), true, shell, failingEntry);
    }

    /** {@return all builds, oldest first} */
    public static List<Edk2Build> all() {
        return ALL;
    }

    /**
     * {@return the build of a name}
     *
     * @param id such as {@code 2025.02-secboot}
     */
    public static Optional<Edk2Build> of(String id) {
        return ALL.stream().filter(build -> build.id.equals(id)).findFirst();
    }

    @Override
    public String kind() {
        return "edk2";
    }

    @Override
    public Evidence evidence() {
        return Evidence.BOOT;
    }

    @Override
    public String source() {
        return "boots of Debian's builds under QEMU with a software TPM";
    }
}
