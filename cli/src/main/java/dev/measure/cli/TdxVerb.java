package dev.measure.cli;

import dev.measure.tdx.GceMachineType;
import dev.measure.tdx.MrtdOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;

/** {@code measure tdx}: MRTD of a firmware, or of the firmwares inside an f-UKI, and the first events of RTMR0. */
final class TdxVerb implements Verb {
    private static final List<String> GCE_MACHINE_TYPES =
            Arrays.stream(GceMachineType.values()).map(GceMachineType::id).toList();

    @Override
    public String name() {
        return "tdx";
    }

    @Override
    public String summary() {
        return "Intel TDX: MRTD and RTMR0 to RTMR3 of a firmware, a direct boot, a UKI or an f-UKI";
    }

    @Override
    public List<Example> examples() {
        return List.of(
                new Example("MRTD, in both orders in which VMMs work", "tdx --firmware OVMF.inteltdx.ms.fd"),
                new Example("for one VMM", "tdx --firmware OVMF.inteltdx.ms.fd --qemu-version 8.2.2"),
                new Example("one firmware of an f-UKI", "tdx linux.efi --fwid tdx --order page"),
                new Example("a split firmware", "tdx --firmware OVMF_CODE_4M.fd --vars OVMF_VARS_4M.fd"),
                new Example(
                        "the TD HOBs of guests of several sizes, which RTMR0 begins with",
                        "tdx --firmware OVMF.inteltdx.ms.fd --register td-hob --memory 2G,4G,16G"),
                new Example(
                        "all registers of a direct boot",
                        "tdx --firmware OVMF.fd --register mrtd,rtmr0,rtmr1,rtmr2,rtmr3 --memory 4G --acpi-tables tables"
                                + " --kernel vmlinuz --initrd initrd --cmdline console=hvc0 --qemu-version 9.2"),
                new Example(
                        "a UKI from a disk", "tdx linux.efi --firmware OVMF.fd --register rtmr1,rtmr2 --disk disk.img"),
                new Example(
                        "what a metadata.json of tdx-measure or dstack describes", "tdx metadata.json --platform-only"),
                new Example(
                        "TEE_INFO_HASH of a td-shim, as td-shim-tee-info-hash has it",
                        "tdx final.bin --register tee-info-hash --manifest manifest.json --separator 0"),
                new Example("every page that is measured", "tdx --firmware OVMF.fd --order page --trace=pages"));
    }

    @Override
    public List<Options.Group> groups() {
        List<Options.Group> groups = new ArrayList<>(ofPrediction());
        groups.add(TeeInfoOptions.group());
        groups.add(ofPeers());
        return groups;
    }

    /** {@return the options that say what is predicted} */
    static List<Options.Group> ofPrediction() {
        List<Options.Group> groups = new ArrayList<>(ofMrtd());
        groups.addAll(RtmrOptions.groups());
        return groups;
    }

    /** What tdx-measure and dstack-mr call the same. */
    private static Options.Group ofPeers() {
        return new Options.Group(
                "As in tdx-measure and dstack-mr",
                Options.flag("as --register mrtd,rtmr0", "--platform-only"),
                Options.flag("as --register rtmr1,rtmr2", "--runtime-only"),
                Options.value("BOOL", "true: as --order section, false: as --order page", "--two-pass-add-pages"),
                Options.value("BOOL", "whether metadata.json describes a direct boot, to be sure", "--direct-boot"),
                Options.value("FOLDER", "the dstack image that a vm_config is about", "--image-dir"),
                Options.value("FILE", "also write the values as their --json does", "--json-file"));
    }

    private static List<Options.Group> ofMrtd() {
        return List.of(
                new Options.Group(
                        "Input",
                        Options.value("FILE", "firmware or IGVM file; - is standard input", "--firmware", "--bios"),
                        Options.list("which firmwares of an f-UKI, by id (default: all)", List.of(), "--fwid"),
                        Options.value("FILE", "variable store of a split firmware: its VARS file", "--vars")),
                new Options.Group(
                        "What",
                        Options.list(
                                "registers; td-hob and cfv, the first two events of RTMR0; tee-info-hash, of a report"
                                        + " (default: mrtd, and td-hob with --memory)",
                                TdxRequest.REGISTERS,
                                "--register"),
                        Options.list(
                                "sizes of the guest's memory: MiB, or with a suffix K, M, G or T; a bare number from 67108864 on is bytes",
                                List.of(),
                                "--memory")),
                new Options.Group(
                        "VMM",
                        Options.list(
                                "orders of adding and measuring pages: page, section, image, or both for the first two"
                                        + " (default: what the VMM does, else both)",
                                TdxRequest.ORDERS,
                                "--order"),
                        Options.choice(
                                "VMM",
                                TdxRequest.vmms(),
                                "VMM: " + String.join(", ", TdxRequest.vmms()) + "; see: measure help profiles",
                                "--vmm",
                                "--vmm-type"),
                        Options.value("V", "version of QEMU, such as 8.2.2 or 10.1", "--qemu-version"),
                        Options.list(
                                "machine types for --vmm gce-tdhob-bug (default: all of "
                                        + GCE_MACHINE_TYPES.get(0) + " to "
                                        + GCE_MACHINE_TYPES.get(GCE_MACHINE_TYPES.size() - 1) + ")",
                                GCE_MACHINE_TYPES,
                                "--gce-machine-type"),
                        Options.flag("with it: the firmware was told to accept all memory", "--early-accept"),
                        Options.choice(
                                "TAIL",
                                List.of("file", "zero"),
                                "what lies behind the data of a measured section that is longer: file or zero"
                                        + " (default: what the VMM does, else file)",
                                "--tail")));
    }

    @Override
    public List<Options.Parameter> positionals() {
        return List.of(
                Options.positional(
                        0,
                        "FILE",
                        "an f-UKI, a firmware or an IGVM file, or metadata.json of tdx-measure or dstack; - is standard input"));
    }

    @Override
    public List<String> notes() {
        return List.of(
                "MRTD depends on the firmware and on the order in which the VMM works, not on memory, vCPUs or command"
                        + " line. If the VMM is not named, both orders are right for some VMM: accept the one of yours.",
                "Orders: page: " + MrtdOrder.PAGE.rule() + ". section: " + MrtdOrder.SECTION.rule()
                        + ", also called two-pass. image: " + MrtdOrder.IMAGE.rule() + ".",
                "A metadata.json stands for options: firmware, memory, vCPUs, ACPI tables, boot variables, kernel, initrd, command"
                        + " line. Options that are typed go before it. Its paths count from its own folder and must not lead"
                        + " out of it. Memory there is in bytes if it has no suffix.",
                "The TD HOB is the list that QEMU builds; other VMMs build others.",
                "A firmware whose metadata only td-shim's VMMs take is measured as they do, unless --vmm says otherwise.",
                "The exit code is 5 if the VMM or the processor would refuse any of the values asked for; the others are"
                        + " given all the same.");
    }

    @Override
    public ExitCode run(Call call) {
        Result result = new Result();
        values(call, result).write();
        call.value("--json-file").ifPresent(name -> PeerJson.write(name, result, call));
        return result.refusals().stream()
                .map(Result.Refusal::exit)
                .min(Comparator.naturalOrder()) // broken input first, then what cannot be launched
                .orElse(ExitCode.DONE);
    }

    /** Adds the registers that a command line asks for. */
    static TdxValues values(Call typed, Result result) {
        RtmrRequest.check(typed);
        Call call = MetadataFile.applied(typed, result);
        RtmrRequest.checkKernel(call);
        TdxRequest request = TdxRequest.of(call);
        List<LaunchTarget> targets = RtmrRequest.targets(call, request, result);
        TdxValues values = new TdxValues(call, request, result);
        Progress.during("MRTD", call, () -> values.add(targets, true));
        return values;
    }
}
