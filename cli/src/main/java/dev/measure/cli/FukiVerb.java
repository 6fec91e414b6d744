package dev.measure.cli;

import dev.measure.DigestAlgorithm;
import dev.measure.MalformedInputException;
import dev.measure.Source;
import dev.measure.Strictness;
import dev.measure.Warning;
import dev.measure.WarningCode;
import dev.measure.boot.BootPrediction;
import dev.measure.firmware.Firmware;
import dev.measure.firmware.TdxMetadata;
import dev.measure.igvm.IgvmFile;
import dev.measure.tdx.IgvmMrtd;
import dev.measure.tpm.PcrSignatureCheck;
import dev.measure.uki.FukiLint;
import dev.measure.uki.Uki;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** {@code measure fuki}: one f-UKI in, everything that can be predicted of it out. */
final class FukiVerb implements Verb {
    @Override
    public String name() {
        return "fuki";
    }

    @Override
    public String summary() {
        return "everything that can be predicted of an f-UKI: what is in it, who gets which firmware, launch digests";
    }

    @Override
    public List<Example> examples() {
        return List.of(
                new Example("what is in an f-UKI, and the launch digest of each of its firmwares", "fuki linux.efi"),
                new Example(
                        "for guests of 1 to 8 vCPUs of two types",
                        "fuki linux.efi --vcpus 1..8 --vcpu-type EPYC-v4,EPYC-Genoa"),
                new Example(
                        "which firmware a machine chooses", "fuki linux.efi --machine manufacturer=QEMU,product=q35"),
                new Example("the same of the machine you are on", "fuki linux.efi --machine /sys/firmware/dmi/tables"),
                new Example(
                        "the registers of a TDX guest that boots it from a disk",
                        "fuki linux.efi --fwid tdx --memory 4G --acpi-tables tables --smbios DMI --disk disk.img"),
                new Example(
                        "of TDX guests of several sizes, whose ACPI tables QEMU makes",
                        "fuki linux.efi --fwid tdx --memory 4G,8G --vcpus 1..4 --qemu-binary qemu-system-x86_64"),
                new Example("in CI: fails if the image can never select its firmware", "fuki linux.efi --lint"));
    }

    @Override
    public List<Options.Group> groups() {
        List<Options.Group> groups = new ArrayList<>();
        groups.add(new Options.Group(
                "Image and machine",
                Options.repeated(
                        "FILE|FIELDS",
                        "a machine whose choice of firmware to show: a raw DMI dump or its folder, text of dmidecode, or"
                                + " fields such as manufacturer=QEMU,product=q35; may be repeated",
                        "--machine"),
                Options.choice(
                        "MODE",
                        List.of("stub", "analyze", "fwupd"),
                        "whose rules make the CHIDs: stub (default), analyze or fwupd",
                        "--chid-mode"),
                Options.list(
                        "launch digests of these firmwares only, by id; or all (default), or none",
                        List.of(),
                        "--fwid"),
                Options.flag("only the warnings; exit code 3 if there are any", "--lint")));
        groups.addAll(SnpRequest.groups());
        groups.addAll(RtmrOptions.fuki());
        groups.add(PcrOptions.fuki());
        return groups;
    }

    @Override
    public List<Options.Parameter> positionals() {
        return List.of(Options.positional(0, "FILE", "an f-UKI, a UKI or a firmware file; - is standard input"));
    }

    @Override
    public List<String> notes() {
        return List.of(
                "Values go to standard output, one line each, everything else to standard error; -q leaves only the"
                        + " values. `measure inspect` prints the inventory on standard output.",
                "The exit code is 0 if at least one firmware can be launched, even if another cannot. If none can, it says why:"
                        + " 5 not launchable, 4 broken.");
    }

    @Override
    public ExitCode run(Call call) {
        String name = call.positional(0)
                .orElseThrow(() -> Complaint.usage("no file is given", "give an f-UKI: measure fuki linux.efi"));
        RtmrRequest.check(call);
        Source file = call.inputs().open(name);
        Result result = new Result();
        return FileKind.isPe(file) ? image(name, file, call, result) : firmware(name, file, call, result);
    }

    private static ExitCode image(String name, Source file, Call call, Result result) {
        result.input("uki", file);
        List<Machine> machines = Machine.of(call, result);
        Uki uki = Uki.read(file, call.common().strictness());
        uki.warnings().forEach(result::warning);
        machines.forEach(machine -> FukiLint.of(uki, machine.chids()).forEach(result::warning));
        List<LaunchTarget> all = Targets.ofUki(name, uki);
        all.forEach(target -> check(target, call, result));
        signatures(uki, call, result);
        List<LaunchTarget> targets = Targets.chosen(call, all);
        if (call.has("--lint")) {
            return lint(call, result);
        }
        refuseAcpi(targets, call);
        if (isInventoryWanted(call)) {
            inventory(new UkiReport(uki, List.of(DigestAlgorithm.SHA256), machines), call, result);
        }
        return values(targets, false, Optional.of(uki), call, result);
    }

    private static ExitCode firmware(String name, Source file, Call call, Result result) {
        if (call.has("--machine") || call.has("--fwid")) {
            throw Complaint.usage(
                    (call.has("--machine") ? "--machine" : "--fwid") + ": " + name
                            + " is no UKI, so there is nothing to choose from",
                    "");
        }
        result.input("firmware", file);
        LaunchTarget target = Targets.ofFile(name, file);
        check(target, call, result);
        if (call.has("--lint")) {
            return lint(call, result);
        }
        refuseAcpi(List.of(target), call);
        if (IgvmValues.isFor(target)) {
            IgvmReport report = new IgvmReport(file, List.of(DigestAlgorithm.SHA256));
            if (Output.isTree(call.common())) {
                result.found(report.found());
            } else {
                report.print(Page.on(call.talk()));
            }
        } else {
            FirmwareReport report = new FirmwareReport(
                    Firmware.read(file, call.common().strictness()), List.of(DigestAlgorithm.SHA256));
            if (Output.isTree(call.common())) {
                result.found(report.found());
            } else {
                report.print(Page.on(call.talk()));
            }
        }
        return values(List.of(target), true, Optional.empty(), call, result);
    }

    /** Says what is the matter with a firmware whatever launches it; a broken one is refused later, with its place. */
    private static void check(LaunchTarget target, Call call, Result result) {
        Firmware firmware = Firmware.read(target.image(), Strictness.LENIENT);
        for (Warning warning : firmware.warnings()) {
            result.warning(new Warning(warning.code(), target.fw() + ": " + warning.text()));
        }
        if (firmware.kind() == Firmware.Kind.UNKNOWN && target.obstacle().isEmpty()) {
            result.warning(new Warning(
                    WarningCode.FIRMWARE_NOT_MEASURABLE,
                    target.fw() + ": " + target.image().length() + " bytes that are "
                            + firmware.kind().text()));
        }
    }

    /** An option that does nothing makes its user believe that its files are in a value. */
    private static void refuseAcpi(List<LaunchTarget> targets, Call call) {
        if (!AcpiOptions.isGiven(call)) {
            return;
        }
        if (targets.stream().noneMatch(target -> !IgvmValues.isFor(target) && isForTdx(target))) {
            AcpiOptions.refuse(call, "no firmware for TDX is asked about", "leave it out");
        }
        if (!TdxRequest.ofFuki(call).registers().contains("rtmr0")) {
            AcpiOptions.refuse(call, "it is not asked for", "add it: --register rtmr0");
        }
    }

    private static boolean isInventoryWanted(Call call) {
        return Output.isTree(call.common()) || !call.common().quiet();
    }

    private static void inventory(UkiReport report, Call call, Result result) {
        if (Output.isTree(call.common())) {
            result.found(report.found());
        } else {
            report.print(Page.on(call.talk()));
        }
    }

    /** A broken file ends the run, but broken firmware in an image leaves the inventory worth having. */
    private static ExitCode values(
            List<LaunchTarget> targets, boolean only, Optional<Uki> uki, Call call, Result result) {
        List<LaunchTarget> igvm = targets.stream().filter(IgvmValues::isFor).toList();
        List<LaunchTarget> mapped =
                targets.stream().filter(target -> !IgvmValues.isFor(target)).toList();
        int asked = 0;
        if (igvm.isEmpty() || !mapped.isEmpty()) {
            SnpRequest request = SnpRequest.of(call, true);
            SnpValues values = new SnpValues(request, call.common().strictness(), result);
            asked += mapped.size() * request.guests().size();
            Progress.during(asked + " launch digests", call, () -> values.add(mapped, only));
            values.addAssumptions();
        }
        if (!igvm.isEmpty()) {
            IgvmValues values = new IgvmValues(call, result);
            asked += values.asked(igvm);
            Progress.during("launch digests of IGVM files", call, () -> values.add(igvm, only && mapped.isEmpty()));
        }
        List<LaunchTarget> igvmForTdx =
                igvm.stream().filter(FukiVerb::isIgvmForTdx).toList();
        if (!igvmForTdx.isEmpty()) {
            TdxValues values = new TdxValues(call, TdxRequest.ofIgvm(), result);
            Progress.during("MRTD of IGVM files", call, () -> values.add(igvmForTdx, false));
            asked += values.asked();
        }
        List<LaunchTarget> forTdx = mapped.stream().filter(FukiVerb::isForTdx).toList();
        if (!forTdx.isEmpty()) {
            TdxValues values = new TdxValues(call, TdxRequest.ofFuki(call), result, uki);
            Progress.during("MRTD and RTMRs", call, () -> values.add(forTdx, false));
            asked += values.asked();
        }
        boolean failed =
                result.values().isEmpty(); // a firmware that nothing launches is a failure, whatever its PCR 11
        if (uki.filter(image -> image.kind() == Uki.Kind.UKI).isPresent()) {
            asked += pcr11(uki.get(), call, result);
        }
        if (!Output.isTree(call.common())) {
            call.talk().say("");
            call.talk()
                    .heading(
                            targets.isEmpty()
                                    ? uki.isPresent()
                                            ? "PCR 11; no firmware, so no launch digest"
                                            : "No firmware, so no launch digest"
                                    : forTdx.isEmpty()
                                            ? "SEV-SNP launch digests"
                                            : "SEV-SNP launch digests, MRTD and RTMRs");
        }
        Output.write(result, asked == 1, call, failed);
        return failed ? result.worstRefusal() : ExitCode.DONE;
    }

    /** What there is to say about the PCR signatures in the image: whether they cover every firmware, and whether they fit at all. */
    private static void signatures(Uki uki, Call call, Result result) {
        if (!isSigned(uki)) {
            return;
        }
        try {
            PolicyValues.every(call, uki)
                    .ifPresent(values ->
                            PcrSignatureCheck.of(uki, values).warnings().forEach(result::warning));
        } catch (MalformedInputException e) {
            result.warning(new Warning(
                    WarningCode.PCRSIG_BAD_SIGNATURE, "the PCR signatures cannot be read: " + e.getMessage()));
        }
    }

    private static boolean isSigned(Uki uki) {
        return uki.kind() == Uki.Kind.UKI
                && uki.profiles().stream()
                        .anyMatch(profile -> profile.section(".pcrsig").isPresent());
    }

    /** PCR 11 of every profile, with each firmware that the stub can select in it, and with none. */
    private static int pcr11(Uki uki, Call call, Result result) {
        PcrRequest request = PcrRequest.ofFuki(call, uki);
        // where there are signatures it has been looked whether they cover the firmware
        List<BootPrediction> boots = PcrOutput.boots(request).stream()
                .map(boot -> isSigned(uki) ? boot.withoutWarnings(WarningCode.PCRSIG_MISSES_EFIFW) : boot)
                .toList();
        Progress.during(
                "PCR 11", call, () -> PcrOutput.add(boots, request, value -> PcrVerb.command(call, value), result));
        return request.boots().size()
                * request.phases().size()
                * request.banks().size();
    }

    /** Whether an IGVM file is for TDX; what is wrong with it is told with its launch digests. */
    private static boolean isIgvmForTdx(LaunchTarget target) {
        try {
            return IgvmMrtd.isFor(IgvmFile.read(target.image()));
        } catch (MalformedInputException e) {
            return false;
        }
    }

    /** Whether a firmware has TDX metadata; what is wrong with it is told with its values. */
    private static boolean isForTdx(LaunchTarget target) {
        if (target.obstacle().isPresent()) {
            return false;
        }
        try {
            return TdxMetadata.find(Firmware.read(target.image(), Strictness.LENIENT))
                    .isPresent();
        } catch (MalformedInputException e) {
            return false; // the launch digest says it
        }
    }

    private static ExitCode lint(Call call, Result result) {
        Output.write(result, false, call);
        return result.warnings().isEmpty() ? ExitCode.DONE : ExitCode.MISMATCH;
    }
}
