package dev.measure.cli;

import java.util.ArrayList;
import java.util.List;

/** The options that say which boot PCRs are asked of. */
final class PcrOptions {
    /** Those of the built-in patches of PEIFV, spelled out: to read these would load the JSON parser for every command. */
    static final String PROCESSORS = "amd-40, amd-40-1g, intel-40, intel-40-1g, amd-46-1g, intel-46-1g, intel-39";

    /** Sections that have an option of their own, as in systemd-measure; a profile is always a number. */
    static final List<String> SECTION_OPTIONS = List.of(
            "linux", "osrel", "cmdline", "initrd", "ucode", "splash", "dtb", "uname", "sbat", "pcrpkey", "dtbauto",
            "hwids", "efifw");

    private PcrOptions() {}

    static List<Options.Group> groups() {
        return List.of(
                what(),
                parts(),
                machine(),
                bootPath(),
                GrubOptions.group(),
                direct(),
                beside(),
                IdentityOptions.group());
    }

    /** Which values. */
    static Options.Group what() {
        return new Options.Group(
                "What",
                Options.list("PCRs, 0..23 (default: 0..9 and 11..15)", List.of(), "--pcr"),
                bank(),
                phase(),
                Options.list("profiles of the UKI, by number, or all (default 0)", List.of("all"), "--profile"),
                Options.list(
                        "firmwares of an f-UKI that the stub selects, by id, or none, or all (default: the one of --smbios,"
                                + " else each that can be selected, and none)",
                        List.of("none", "all"),
                        "--fwid"),
                Options.list(
                        "versions of the stub, instead of what the file says; of several, any may be there, as during an"
                                + " update",
                        List.of(),
                        "--stub"),
                Options.repeated(
                        "NAME=UKI",
                        "another image that may boot instead, as during an update; may be repeated; the values are a set,"
                                + " those of the first image are called main",
                        "--variant"),
                Options.list(
                        "where a register has several right values, only those of these names, such as exit-boot-once",
                        List.of(),
                        "--choose"),
                Options.value("FILE", "the UKI, in place of the parameter", "--image"),
                Options.value(
                        "LOG",
                        "a log of this machine, from which PCRs 0 to 3, 6, 7 and 14 are taken if they are not predictable;"
                                + " all of them if no UKI is given",
                        "--from-eventlog"),
                Options.value(
                        "EVENT",
                        "read that log up to an event: grub-command=NAME, grub-file=PATH, type=EV_... or number=N",
                        "--stop-event"),
                Options.flag("stop before that event (default)", "--before"),
                Options.flag("stop after it", "--after"),
                Options.choice(
                        "STYLE",
                        PcrStyle.ids(),
                        "as another program prints or takes it: " + String.join(", ", PcrStyle.ids())
                                + "; nitro is PCRs 4, 7 and 12 of bank sha384 unless others are asked for",
                        "--style"),
                Options.value(
                        "FILE", "also write the log that the boot will leave, in binary form", "--write-eventlog"));
    }

    /** The options of PCR 11 in {@code measure fuki}. */
    static Options.Group fuki() {
        return new Options.Group(
                "PCR 11",
                bank(),
                phase(),
                Options.list("profiles of the UKI, by number, or all (default)", List.of("all"), "--profile"),
                stub());
    }

    private static Options.Option bank() {
        return Options.list(
                "banks: sha1, sha256, sha384, sha512, sm3_256 (default sha256)",
                List.of("sha1", "sha256", "sha384", "sha512", "sm3_256"),
                "--bank",
                "--pcr-banks");
    }

    private static Options.Option phase() {
        return Options.list(
                "points in time: none, when the kernel starts (default), or words joined by colons such as"
                        + " enter-initrd:leave-initrd",
                List.of("none", "enter-initrd"),
                "--phase",
                "--phases");
    }

    private static Options.Option stub() {
        return Options.value("VERSION", "version of the stub, instead of what the file says", "--stub");
    }

    private static Options.Group parts() {
        List<Options.Option> options = new ArrayList<>();
        options.add(Options.repeated(
                "NAME=FILE", "a section of a UKI that is given in parts; may be repeated", "--section"));
        for (String name : SECTION_OPTIONS) {
            if (!name.equals("initrd") && !name.equals("cmdline")) {
                options.add(Options.value("FILE", "short for --section ." + name + "=FILE", "--" + name));
            }
        }
        return new Options.Group("UKI in parts", options);
    }

    private static Options.Group machine() {
        return new Options.Group(
                "Machine",
                Options.value("FILE", "firmware of the machine", "--firmware", "--bios"),
                Options.value(
                        "BUILD",
                        "its build, instead of what the file says, such as 2025.02; see: measure help profiles",
                        "--edk2"),
                Options.value("TEXT", "its version string, when it cannot be found in the file", "--crtm-version"),
                Options.value("FILE", "what PEIFV in memory differs in, as JSON", "--peifv-patches"),
                Options.value("FILE", "variable store: a VARS file or a whole image", "--vars"),
                Options.value(
                        "FILE",
                        "PK, in place of --vars: signature lists (.esl), an authenticated variable (.auth) or a file of Linux's"
                                + " efivarfs; Secure Boot is then on",
                        "--pk",
                        "--PK"),
                Options.value("FILE", "KEK, likewise", "--kek", "--KEK"),
                Options.value("FILE", "db, likewise", "--db"),
                Options.value("FILE", "dbx, likewise", "--dbx"),
                Options.choice(
                        "STATE",
                        List.of("on", "off"),
                        "Secure Boot, instead of what firmware and variables say",
                        "--secure-boot"),
                Options.value(
                        "TYPE", "machine type of QEMU with its options, such as q35 or q35,smm=on", "--machine-type"),
                Options.value("N", "number of vCPUs", "--smp"),
                Options.value(
                        "KIND",
                        "kind of processor for PCR 0 of builds with Secure Boot that depend on it: "
                                + PROCESSORS
                                + " (vendor, address bits, pages of 1 GiB), or any for a set (default: the first, QEMU's"
                                + " qemu64)",
                        "--processor"),
                Options.value("SIZE", "memory, MiB or with a suffix K, M, G or T", "--memory"),
                Options.flag("the machine is a confidential VM", "--confidential-vm"),
                Options.value("FILE", "fw_cfg etc/table-loader", "--acpi-loader"),
                Options.value("FILE", "fw_cfg etc/acpi/rsdp", "--acpi-rsdp"),
                Options.value("FILE", "fw_cfg etc/acpi/tables", "--acpi-tables"),
                AcpiOptions.file(),
                Options.value("FILE", "fw_cfg etc/tpm/log (default: 65536 zeros)", "--tpm-log"),
                Options.value("FILE", "SMBIOS table as the guest sees it, /sys/firmware/dmi/tables/DMI", "--smbios"),
                Options.repeated("FILE", "option ROM of a PCI device; may be repeated", "--option-rom"),
                Options.list("BootOrder, hexadecimal numbers such as 0001,0000", List.of(), "--boot-order"),
                Options.repeated("NNNN=FILE", "value of a boot option; may be repeated", "--boot-variable"),
                Options.value(
                        "DEVICE",
                        "disk of the first boot option as in QEMU's -device, such as nvme,serial=x,bootindex=0 (default any, a set:"
                                + " virtio-blk-pci, scsi-hd, on q35 ide-hd)",
                        "--boot-disk"),
                Options.repeated(
                        "FILE|none",
                        "image of a boot option that fails before the real one, or none; may be repeated",
                        "--failed-boot-option"));
    }

    static Options.Group bootPath() {
        return new Options.Group(
                "Boot path",
                Options.repeated(
                        "FILE", "boot loader, in load order: shim, systemd-boot, grub; may be repeated", "--loader"),
                Options.value("VERSION", "version of shim, instead of what the file says", "--shim-version"),
                Options.value("FILE", "loader/loader.conf", "--loader-conf"),
                Options.value(
                        "FILE",
                        "entry of type 1 that systemd-boot starts, with --kernel and --initrd",
                        "--loader-entry"),
                Options.value("FILE", "boot disk, or its first sectors", "--disk"),
                Options.choice(
                        "WHEN",
                        List.of("yes", "no", "both"),
                        "whether the first ExitBootServices fails (default: by firmware build, else both)",
                        "--exit-boot-retry"),
                Options.value(
                        "TEXT",
                        "what the loader or the firmware hands to the UKI; @N first selects a profile",
                        "--load-options"),
                Options.list(
                        "consoles of the machine: com1 to com4, virtio, graphics; systemd-stub from 261 on adds them to a command"
                                + " line without console= (default: none that it adds)",
                        List.of("none", "com1", "virtio", "graphics"),
                        "--console"));
    }

    private static Options.Group direct() {
        return new Options.Group(
                "Direct boot",
                Options.flag("the VMM hands the UKI, or --kernel, to the firmware", "--direct"),
                Options.value("FILE", "kernel", "--kernel"),
                Options.value("FILE", "initrd of --kernel; with a UKI in parts its section .initrd", "--initrd"),
                Options.value(
                        "TEXT",
                        "command line that the VMM hands over; with a UKI in parts --cmdline FILE is its section .cmdline",
                        "--append"),
                Options.value("FILE", "short for --section .cmdline=FILE", "--cmdline"),
                Options.value("V", "version of QEMU, which writes into the header of a kernel", "--qemu-version"));
    }

    static Options.Group beside() {
        return new Options.Group(
                "Beside the UKI: [NAME=]FILE, where NAME is the name on the disk",
                file("add-on of the UKI", "--addon"),
                file("add-on for every UKI", "--global-addon"),
                file("credential", "--credential"),
                file("credential for every UKI", "--global-credential"),
                file("system extension", "--sysext"),
                file("system extension for every UKI", "--global-sysext"),
                file("configuration extension", "--confext"),
                file("configuration extension for every UKI", "--global-confext"));
    }

    private static Options.Option file(String description, String name) {
        return Options.repeated("[NAME=]FILE", description + "; may be repeated", name);
    }
}
