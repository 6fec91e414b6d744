package dev.measure.cli;

import dev.measure.DigestAlgorithm;
import dev.measure.Source;
import dev.measure.boot.AcpiLoader;
import dev.measure.tdx.AcpiBlobs;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/** {@code measure tdx acpi}: the ACPI blobs that RTMR0 holds, read from QEMU or derived from its tables. */
final class TdxAcpiVerb implements Verb {
    @Override
    public String name() {
        return "tdx acpi";
    }

    @Override
    public String summary() {
        return "the ACPI blobs that RTMR0 holds: read from an unmodified QEMU, or derived from its tables";
    }

    @Override
    public List<Example> examples() {
        return List.of(
                new Example(
                        "of a guest with 4 vCPUs and 8 GiB",
                        "tdx acpi --qemu-binary /usr/bin/qemu-system-x86_64 --vcpus 4 --memory 8G"),
                new Example(
                        "as QEMU makes them at reset, not as OVMF measures them",
                        "tdx acpi --qemu-binary /usr/bin/qemu-system-x86_64 --memory 8G --state reset"),
                new Example(
                        "with a device, written to files",
                        "tdx acpi --qemu-binary /usr/bin/qemu-system-x86_64 --qemu-arg=-device --qemu-arg=virtio-net-pci"
                                + " --dump-acpi blobs"),
                new Example(
                        "of the machine that dstack's VMM starts",
                        "tdx acpi --qemu-binary /usr/bin/qemu-system-x86_64 --vcpus 16 --memory 64G --dstack --hotplug-off"
                                + " true"),
                new Example(
                        "loader script and RSDP from the tables alone", "tdx acpi --acpi-tables etc_acpi_tables.bin"),
                new Example(
                        "the same of a machine with vmgenid",
                        "tdx acpi --acpi-tables etc_acpi_tables.bin --acpi-file etc/vmgenid_guid=etc_vmgenid_guid.bin"));
    }

    @Override
    public List<Options.Group> groups() {
        return List.of(
                new Options.Group(
                        "From QEMU",
                        Options.value(
                                "PATH",
                                "qemu-system-x86_64; it is started paused, without KVM or guest code",
                                "--qemu-binary"),
                        Options.value("N", "how many vCPUs, 1..4096 (default 1)", "--vcpus", "--smp"),
                        Options.value("SIZE", "memory: MiB, or with a suffix K, M, G or T (default 2G)", "--memory"),
                        AcpiFromQemu.machineType(),
                        AcpiFromQemu.argument(),
                        Options.value(
                                "TAG",
                                "edk2 of the guest, such as 202302 (default: the newest); it decides where PCIe and devices"
                                        + " lie",
                                "--edk2"),
                        AcpiFromQemu.physicalBitsOption(),
                        Options.flag("the firmware is a build with SMM, as for Secure Boot outside a TD", "--smm"),
                        Options.choice(
                                "STATE",
                                AcpiFromQemu.STATES,
                                "what is programmed before QEMU makes the tables: firmware, chipset registers and PCI"
                                        + " addresses as OVMF does it; chipset, those registers alone; reset, nothing (default"
                                        + " firmware, which is what is measured)",
                                "--state"),
                        AcpiFromQemu.timeout()),
                DstackMachine.group(),
                new Options.Group(
                        "From files",
                        Options.value("FILE", AcpiLoader.TABLES, "--acpi-tables"),
                        Options.value("FILE", "etc/acpi/rsdp (default: derived)", "--acpi-rsdp"),
                        Options.value("FILE", "etc/table-loader (default: derived)", "--acpi-loader"),
                        AcpiOptions.file()),
                new Options.Group(
                        "Output", Options.value("FOLDER", "also write the files into a folder", "--dump-acpi")));
    }

    @Override
    public List<Options.Parameter> positionals() {
        return List.of();
    }

    @Override
    public List<String> notes() {
        return List.of(
                "A line is: name, size, SHA-384. OVMF measures etc/table-loader and then every file that it allocates, in the"
                        + " order of the lines: etc/acpi/rsdp and etc/acpi/tables, and those of devices such as vmgenid. The"
                        + " others follow from bootorder on.",
                "The tables depend on QEMU's version and machine type, vCPUs, memory and devices: take the QEMU that will"
                        + " run the guest. QEMU trees with patches for TDX, such as Ubuntu's 8.2, have other tables.",
                "PCI devices are given addresses as OVMF does it before it reads the tables: QEMU writes them there. If they do not"
                        + " all fit, where OVMF leaves devices out, that is an error.",
                "QEMU cannot be told that it is a TDX guest without TDX hardware; the machine options that this implies are"
                        + " given instead.");
    }

    @Override
    public ExitCode run(Call call) {
        boolean fromFiles = call.has("--acpi-tables");
        if (fromFiles == call.has("--qemu-binary")) {
            throw Complaint.usage(
                    fromFiles ? "both --qemu-binary and --acpi-tables are given" : "nothing to read from is given",
                    "give --qemu-binary PATH, or --acpi-tables FILE");
        }
        if (call.common().format() == Format.BASE64) {
            throw Complaint.usage("tdx acpi prints names, sizes and digests, got --format base64", "");
        }
        Result result = new Result();
        Map<String, Source> files = fromFiles ? fromFiles(call, result) : fromQemu(call, result);
        call.value("--dump-acpi").ifPresent(folder -> dump(folder, files, call));
        if (Output.isTree(call.common())) {
            result.found(found(call, files));
            Output.write(result, false, call);
        } else {
            TextOutput.remarks(result, call.talk());
            files.forEach((name, file) -> call.sink()
                    .line(String.format(
                            Locale.ROOT,
                            "%-26s %7d  %s",
                            name,
                            file.length(),
                            file.digest(DigestAlgorithm.SHA384).hex())));
        }
        return ExitCode.DONE;
    }

    private static Map<String, Source> fromFiles(Call call, Result result) {
        Map<String, Source> given = new LinkedHashMap<>();
        for (String option : List.of("--acpi-tables", "--acpi-rsdp", "--acpi-loader")) {
            call.value(option).ifPresent(name -> {
                Source file = call.inputs().open(name);
                result.input(option.substring(2), file);
                given.put(option, file);
            });
        }
        AcpiBlobs blobs = AcpiBlobs.of(
                given.get("--acpi-tables"),
                Optional.ofNullable(given.get("--acpi-rsdp")),
                Optional.ofNullable(given.get("--acpi-loader")));
        Map<String, Source> more = new LinkedHashMap<>(AcpiOptions.files(call, result, true));
        more.put(AcpiLoader.RSDP, blobs.rsdp());
        more.put(AcpiLoader.TABLES, blobs.tables());
        Map<String, Source> files = new LinkedHashMap<>();
        files.put(AcpiLoader.FILE, blobs.loader());
        for (String name : AcpiLoader.allocated(blobs.loader())) {
            if (!more.containsKey(name)) {
                throw new Complaint(
                        ExitCode.NOT_PREDICTABLE,
                        "the loader script allocates " + name + ", which the firmware measures, too",
                        "give " + AcpiOptions.FILE + " " + name + "=FILE");
            }
            files.put(name, more.remove(name));
        }
        return files;
    }

    private static Map<String, Source> fromQemu(Call call, Result result) {
        long memory = TdxRequest.size(call.value("--memory").orElse("2G"));
        int vcpus = AcpiFromQemu.number(call, "--vcpus", 1, 1, AcpiFromQemu.MAX_VCPUS);
        return AcpiFromQemu.read(call, result, memory, vcpus, AcpiFromQemu.edk2(call));
    }

    private static void dump(String name, Map<String, Source> files, Call call) {
        Path folder = call.inputs().path(name);
        try {
            Files.createDirectories(folder);
            for (Map.Entry<String, Source> file : files.entrySet()) {
                Files.write(
                        folder.resolve(file.getKey().replace('/', '_') + ".bin"),
                        file.getValue().toByteArray());
            }
        } catch (IOException e) {
            throw new Complaint(ExitCode.MALFORMED, name + ": cannot be written: " + Inputs.whyNotWritten(e), "");
        }
    }

    private static Map<String, Object> found(Call call, Map<String, Source> files) {
        List<Map<String, Object>> list = new ArrayList<>();
        files.forEach((name, file) -> list.add(FirmwareReport.row(
                "name",
                name,
                "size",
                file.length(),
                "sha384",
                file.digest(DigestAlgorithm.SHA384).hex())));
        return FirmwareReport.row(
                "file",
                call.value("--acpi-tables")
                        .or(() -> call.value("--qemu-binary"))
                        .orElseThrow(),
                "kind",
                "acpi-blobs",
                "size",
                files.values().stream().mapToLong(Source::length).sum(),
                "blobs",
                list);
    }
}
