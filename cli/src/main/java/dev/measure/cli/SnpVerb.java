package dev.measure.cli;

import dev.measure.snp.CpuModel;
import dev.measure.snp.Vmm;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import picocli.CommandLine.Model.PositionalParamSpec;

/** {@code measure snp}: SEV-SNP launch digests of a firmware, or of the firmwares inside an f-UKI. */
final class SnpVerb implements Verb {
    private static final List<String> MODES = List.of("snp");
    private static final List<String> OTHER_MODES = List.of("sev", "seves", "svsm", "snp:svsm", "snp:ovmf-hash");

    @Override
    public String name() {
        return "snp";
    }

    @Override
    public String summary() {
        return "SEV-SNP launch digest of a firmware, or of the firmwares inside an f-UKI";
    }

    @Override
    public List<Example> examples() {
        return List.of(
                new Example(
                        "the launch digest of a guest with 4 vCPUs on QEMU",
                        "snp --firmware OVMF.amdsev.fd --vcpus 4 --vcpu-type EPYC-v4"),
                new Example("one firmware of an f-UKI", "snp linux.efi --fwid amdsev --vcpus 4 --vcpu-type EPYC-v4"),
                new Example(
                        "with a kernel that QEMU starts",
                        "snp --firmware OVMF.amdsev.fd --vcpus 1 --vcpu-type EPYC-v4 --kernel vmlinuz --initrd initrd.img"
                                + " --append 'console=ttyS0'"),
                new Example(
                        "a matrix in one pass, as JSON",
                        "snp --firmware OVMF.amdsev.fd --vmm qemu,ec2 --vcpus 1..64 --vcpu-type EPYC-v4,EPYC-Genoa --json"),
                new Example(
                        "every page that is measured",
                        "snp --firmware OVMF.amdsev.fd --vcpus 1 --vcpu-type EPYC-v4 --trace=pages"));
    }

    @Override
    public List<Options.Group> groups() {
        List<Options.Group> groups = new ArrayList<>();
        groups.add(new Options.Group(
                "Input",
                Options.value("FILE", "firmware file; - is standard input", "--firmware", "--ovmf", "--bios"),
                Options.list("which firmwares of an f-UKI, by id (default: all)", List.of(), "--fwid"),
                Options.choice("MODE", MODES, "kind of launch (default snp)", "--mode")));
        groups.addAll(SnpRequest.groups());
        groups.add(new Options.Group(
                "More",
                Options.value("FOLDER", "also write the VMSA page of every vCPU into a folder", "--dump-vmsa"),
                Options.flag("print the names that --vcpu-type takes", "--list-vcpu-types"),
                Options.flag("print the names that --vmm takes", "--list-vmms")));
        return groups;
    }

    @Override
    public List<PositionalParamSpec> positionals() {
        return List.of(Options.positional(0, "FILE", "an f-UKI, or a firmware file; - is standard input"));
    }

    @Override
    public List<String> notes() {
        return List.of(
                "Several lists give their cross product, computed in one pass over the firmware: measure help lists.",
                "The exit code is 5 if the VMM or the processor would refuse any of the values asked for; the others are"
                        + " given all the same.");
    }

    @Override
    public ExitCode run(Call call) {
        if (call.has("--list-vcpu-types")) {
            for (CpuModel model : CpuModel.all()) {
                call.sink()
                        .line(String.format(
                                Locale.ROOT,
                                "%-14s 0x%08x  family %d, model %d, stepping %d",
                                model.name(),
                                model.signature(),
                                model.family(),
                                model.model(),
                                model.stepping()));
            }
            return ExitCode.DONE;
        }
        if (call.has("--list-vmms")) {
            for (Vmm vmm : SnpRequest.vmms()) {
                call.sink().line(String.format(Locale.ROOT, "%-12s %s", vmm.id(), vmm.changes()));
            }
            return ExitCode.DONE;
        }
        String mode = call.value("--mode").orElse("snp");
        return switch (mode) {
            case "snp" -> launchDigests(call);
            default -> throw unknown(mode);
        };
    }

    private static Complaint unknown(String mode) {
        return OTHER_MODES.contains(mode)
                ? new Complaint(
                        ExitCode.NOT_LAUNCHABLE,
                        "--mode " + mode + " is not supported",
                        "supported: " + String.join(", ", MODES))
                : Complaint.usage(
                        "unknown mode '" + mode + "'",
                        Suggestion.didYouMean(mode, MODES) + "all: " + String.join(", ", MODES));
    }

    private static ExitCode launchDigests(Call call) {
        SnpRequest request = SnpRequest.of(call, false);
        Result result = new Result();
        List<LaunchTarget> targets = Targets.of(call, result);
        int asked = targets.size() * request.guests().size();
        SnpValues values = new SnpValues(request, call.common().strictness(), result);
        Progress.during(asked + " launch digests", call, () -> values.add(targets));
        values.addAssumptions();
        call.value("--dump-vmsa").ifPresent(folder -> VmsaDump.write(folder, targets, request, call));
        Output.write(result, asked == 1, call);
        return result.refusals().stream()
                .map(Result.Refusal::exit)
                .min(Comparator.naturalOrder()) // broken input first, then what cannot be launched
                .orElse(ExitCode.DONE);
    }
}
