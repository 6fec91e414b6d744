package dev.measure.cli;

import dev.measure.tdx.Edk2Generation;
import dev.measure.tdx.RtmrInputs;
import java.util.ArrayList;
import java.util.List;

/** The options that say of which boot {@code measure tdx} predicts RTMRs. */
final class RtmrOptions {
    private RtmrOptions() {}

    static List<Options.Group> groups() {
        return List.of(
                firmware(),
                machine(),
                AcpiFromQemu.group(),
                DstackMachine.group(),
                new Options.Group(
                        "RTMR1 and RTMR2: direct boot",
                        Options.value("FILE", "kernel that the VMM hands over", "--kernel"),
                        Options.value("FILE", "its initrd", "--initrd"),
                        Options.value("TEXT", "its command line; @FILE reads it from a file", "--append", "--cmdline"),
                        Options.value(
                                "FILE",
                                "shim that QEMU hands over beside it, by -shim: firmware of EDK2 202502 or later starts it",
                                "--direct-shim"),
                        Options.flag(
                                "the firmware writes the kernel's setup header, as dstack's from 0.6.0 on: memory and QEMU do not count",
                                "--kernel-header-normalized"),
                        dstack()),
                disk(),
                GrubOptions.group(),
                new Options.Group("RTMR1 and RTMR2: the UKI", profile(), stub()),
                PcrOptions.beside(),
                runtime());
    }

    /** The options that {@code measure fuki} adds to those of launch digests and PCR 11. */
    static List<Options.Group> fuki() {
        return List.of(
                new Options.Group(
                        "TDX: MRTD and RTMRs",
                        register(),
                        memory(),
                        Options.value("VERSION", "version of QEMU, which decides the order of pages", "--qemu-version"),
                        dstack()),
                firmware(),
                machineWithoutVcpus(),
                AcpiFromQemu.group(),
                DstackMachine.group(),
                disk(),
                GrubOptions.group(),
                PcrOptions.beside(),
                runtime());
    }

    static Options.Option register() {
        return Options.list(
                "registers of TDX (default: mrtd and rtmr0 to rtmr3)",
                List.of("mrtd", "rtmr0", "rtmr1", "rtmr2", "rtmr3"),
                "--register");
    }

    static Options.Option memory() {
        return Options.list(
                "sizes of the guest's memory: MiB, or with a suffix K, M, G or T; a bare number from 67108864 on is bytes",
                List.of(),
                "--memory");
    }

    private static Options.Option dstack() {
        return Options.value(
                "FILE",
                "dstack's measurement.cbor, or the JSON of its GetQuote that holds it, in place of the three files",
                "--dstack-measurement");
    }

    private static Options.Option profile() {
        return Options.list("profiles of the UKI, by number, or all (default 0)", List.of("all"), "--profile");
    }

    private static Options.Option stub() {
        return Options.value("VERSION", "version of the stub, instead of what the file says", "--stub");
    }

    private static Options.Group firmware() {
        return new Options.Group(
                "RTMR0: firmware",
                Options.choice(
                        "TAG",
                        Edk2Generation.all().stream().map(Edk2Generation::id).toList(),
                        "generation of EDK2, such as 202411 (default: what the image says)",
                        "--edk2"),
                Options.choice(
                        "STATE",
                        List.of("on", "off"),
                        "Secure Boot, instead of what firmware and variables say",
                        "--secure-boot"),
                Options.value(
                        "FILE",
                        "value of PK, instead of that in the image: signature lists (.esl), an authenticated variable (.auth) or a file"
                                + " of Linux's efivarfs",
                        "--pk",
                        "--PK"),
                Options.value("FILE", "value of KEK, likewise", "--kek", "--KEK"),
                Options.value("FILE", "value of db, likewise", "--db"),
                Options.value("FILE", "value of dbx, likewise", "--dbx"),
                Options.list(
                        "BootOrder, hexadecimal numbers such as 0001,0000; none if no boot variables are measured",
                        List.of("none"),
                        "--boot-order"),
                Options.repeated("NNNN=FILE", "value of a boot option; may be repeated", "--boot-variable"),
                Options.value(
                        "DEVICE",
                        "disk that the firmware makes a boot option of, as in QEMU's -device, such as"
                                + " virtio-blk-pci,bootindex=0 (default any: a set, with one for each usual kind)",
                        "--boot-disk"));
    }

    private static Options.Group machine() {
        List<Options.Option> options = new ArrayList<>();
        options.add(
                Options.list("numbers of vCPUs; the ACPI tables of each are in RTMR0", List.of(), "--vcpus", "--cpu"));
        options.addAll(machineWithoutVcpus().options());
        return new Options.Group("RTMR0: machine", options);
    }

    private static Options.Group machineWithoutVcpus() {
        return new Options.Group(
                "RTMR0: machine",
                Options.repeated(
                        "FILE",
                        "fw_cfg etc/acpi/tables; loader and RSDP are derived from it. `measure tdx acpi` reads it from QEMU; may be"
                                + " repeated: of several numbers of vCPUs each takes the file that has as many",
                        "--acpi-tables"),
                Options.value("FILE", "fw_cfg etc/acpi/rsdp", "--acpi-rsdp"),
                Options.value("FILE", "fw_cfg etc/table-loader", "--acpi-loader"),
                AcpiOptions.file(),
                AcpiOptions.digests(),
                Options.value("FILE", "SMBIOS table as the guest sees it, /sys/firmware/dmi/tables/DMI", "--smbios"),
                Options.repeated(
                        "ITEM=FILE",
                        "fw_cfg item, one of " + String.join(", ", RtmrInputs.FW_CFG_ITEMS) + "; may be repeated",
                        "--fw-cfg"),
                Options.value(
                        "FILE",
                        "CCEL log, or JSON of dstack's GetQuote, from which digests of ACPI, SMBIOS, boot variables and run-time"
                                + " events are taken that nothing else gives; such values are from-evidence, not predicted",
                        "--from-log"));
    }

    private static Options.Group disk() {
        List<Options.Option> options = new ArrayList<>();
        options.add(Options.flag("the VMM hands the UKI to the firmware", "--direct"));
        options.addAll(PcrOptions.bootPath().options());
        options.add(Options.repeated("FILE", "option ROM of a PCI device; may be repeated", "--option-rom"));
        options.add(Options.repeated(
                "FILE|none",
                "image of a boot option that fails before the real one, or none; may be repeated",
                "--failed-boot-option"));
        return new Options.Group("RTMR1 and RTMR2: boot path", options);
    }

    private static Options.Group runtime() {
        return new Options.Group(
                "RTMR3, and all",
                Options.repeated(
                        "EVENT",
                        "what the system extends RTMR3 with, in order: sha384:HEX, a digest; file:FILE; dstack:NAME=HEX or"
                                + " dstack2:NAME=HEX, dstack's events; aael:TEXT, the attestation agent's; image:HEX, a container"
                                + " image by its SHA-256; may be repeated",
                        "--runtime-event"),
                Options.value("FILE", "also write all events, one line each", "--transcript"));
    }
}
