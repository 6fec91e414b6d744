package dev.measure.cli;

import dev.measure.Register;
import dev.measure.snp.CpuModel;
import dev.measure.snp.Vmm;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** {@code measure snp}: SEV-SNP launch digests of a firmware, or of the firmwares inside an f-UKI. */
final class SnpVerb implements Verb {
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
                        "an IGVM file, which says itself what is loaded", "snp guest.igvm --igvm-rules qemu,hyperv"),
                new Example(
                        "firmware, Secure Boot keys and UKI in one digest; and the IGVM file that it is of",
                        "snp --firmware OVMF.amdsev.fd --vcpus 1 --vcpu-type EPYC-v4 --pk PK.auth --kek KEK.auth --db db.auth"
                                + " --dbx dbx.auth --igvm-kernel linux.efi --write-igvm guest.igvm"),
                new Example(
                        "every page that is measured",
                        "snp --firmware OVMF.amdsev.fd --vcpus 1 --vcpu-type EPYC-v4 --trace=pages"),
                new Example("a guest as libvirt starts it", "snp --from-libvirt guest.xml --firmware OVMF.amdsev.fd"),
                new Example(
                        "an SEV-ES guest", "snp --mode seves --firmware OVMF.amdsev.fd --vcpus 4 --vcpu-type EPYC-v4"));
    }

    @Override
    public List<Options.Group> groups() {
        List<Options.Group> groups = new ArrayList<>();
        groups.add(new Options.Group(
                "Input",
                Options.value("FILE", "firmware file; - is standard input", "--firmware", "--ovmf", "--bios"),
                Options.list("which firmwares of an f-UKI, by id (default: all)", List.of(), "--fwid"),
                Options.value("FILE", "or the metadata of a firmware: measure snp ovmf-hash writes it", "--metadata"),
                Options.choice(
                        "MODE",
                        LaunchModes.ALL,
                        "kind of launch: " + String.join(", ", LaunchModes.ALL) + " (default snp)",
                        "--mode")));
        groups.add(GuestFile.group("vCPUs, model, firmware and kernel"));
        groups.addAll(SnpRequest.groups());
        groups.add(SecureBootValues.group());
        groups.add(SvsmMode.group());
        groups.add(KrunMode.group());
        groups.add(new Options.Group(
                "More",
                Options.value("FOLDER", "also write the VMSA page of every vCPU into a folder", "--dump-vmsa"),
                Options.flag("print the names that --vcpu-type takes", "--list-vcpu-types"),
                Options.flag("print the names that --vmm takes", "--list-vmms")));
        return groups;
    }

    @Override
    public List<Options.Parameter> positionals() {
        return List.of(Options.positional(0, "FILE", "an f-UKI, a firmware or an IGVM file; - is standard input"));
    }

    @Override
    public List<String> notes() {
        return List.of(
                "Not in a launch digest, whatever computes it: the guest policy, host data, the ID block, the contents of CPUID"
                        + " and secrets pages, and a UKI unless its hashes are given to the VMM.",
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
        return launch(GuestFile.of(call));
    }

    private static ExitCode launch(Call call) {
        String mode = call.value("--mode").map(LaunchModes::canonical).orElse("snp");
        if (mode.equals("ovmf-hash")) {
            return OvmfHashVerb.print(call);
        }
        Result result = new Result();
        int asked = values(call, mode, result);
        call.value("--dump-vmsa").ifPresent(folder -> dump(folder, mode, call));
        Output.write(result, asked == 1, call);
        return result.worstRefusal();
    }

    /** Adds the launch digests that a command line asks for; returns how many they are. */
    static int values(Call call, Result result) {
        return values(call, call.value("--mode").map(LaunchModes::canonical).orElse("snp"), result);
    }

    private static int values(Call call, String mode, Result result) {
        foreign(call, mode);
        boolean secureBoot = SecureBootValues.isAskedFor(call);
        if (secureBoot && !mode.equals("snp")) {
            throw Complaint.usage("Secure Boot keys in measured memory are for --mode snp", "");
        }
        return switch (mode) {
            case "sev" -> SevMode.add(Register.Launch.SEV, call, result);
            case "seves" -> SevMode.add(Register.Launch.SEVES, call, result);
            case "svsm" -> SvsmMode.add(call, result);
            default -> secureBoot ? secureBootDigests(call, result) : launchDigests(call, result);
        };
    }

    /** Refuses options that the mode would pass over in silence. */
    private static void foreign(Call call, String mode) {
        for (String option : List.of("--svsm", "--vars-size", "--vars-file", "--svsm-rules")) {
            if (call.has(option) && !mode.equals("svsm")) {
                throw Complaint.usage(option + " is for --mode svsm", "");
            }
        }
        if (mode.equals("sev") && call.has("--dump-vmsa")) {
            throw Complaint.usage("--dump-vmsa: mode sev measures no vCPU", "");
        }
    }

    private static void dump(String folder, String mode, Call call) {
        SnpRequest request = SnpRequest.of(call, false);
        List<LaunchTarget> targets = Targets.of(call, new Result());
        VmsaDump.write(folder, VmsaDump.pages(call, mode, request, targets), call);
    }

    private static int secureBootDigests(Call call, Result result) {
        List<LaunchTarget> targets = Targets.of(call, result);
        SnpRequest request = SnpRequest.of(call, false);
        SecureBootValues values = new SecureBootValues(call, request, result);
        Progress.during("launch digests of firmware with keys", call, () -> values.add(targets));
        return values.asked(targets);
    }

    private static int launchDigests(Call call, Result result) {
        List<LaunchTarget> all = Targets.of(call, result);
        List<LaunchTarget> igvm = all.stream().filter(IgvmValues::isFor).toList();
        List<LaunchTarget> targets =
                all.stream().filter(target -> !IgvmValues.isFor(target)).toList();
        int asked = 0;
        if (targets.isEmpty()) {
            IgvmValues.refuseOptionsOfFirmware(call);
        } else {
            if (igvm.isEmpty()) {
                IgvmValues.refuseOptionsOfIgvm(call, targets);
            }
            asked += firmwareDigests(call, targets, result);
        }
        if (!igvm.isEmpty()) {
            IgvmValues values = new IgvmValues(call, result);
            asked += values.asked(igvm);
            Progress.during("launch digests of IGVM files", call, () -> values.add(igvm, targets.isEmpty()));
        }
        return asked;
    }

    private static int firmwareDigests(Call call, List<LaunchTarget> targets, Result result) {
        SnpRequest request = SnpRequest.of(call, false);
        int asked = targets.size() * request.guests().size();
        SnpValues values = new SnpValues(request, call.common().strictness(), result);
        if (KrunMode.isAskedFor(request)) {
            KrunMode.add(call, request, targets, values, result);
        } else {
            for (String option : List.of("--kernel-address", "--boot-params")) {
                if (call.has(option)) {
                    throw Complaint.usage(option + " is for --vmm krun", "");
                }
            }
            Progress.during(asked + " launch digests", call, () -> {
                if (call.has("--metadata")) {
                    values.addMetadata(targets.get(0));
                } else {
                    values.add(targets, true);
                }
            });
        }
        values.addAssumptions();
        return asked;
    }
}
