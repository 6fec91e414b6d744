package dev.measure.cli;

import dev.measure.boot.BootPrediction;
import dev.measure.boot.BootVariant;
import dev.measure.eventlog.Replay;
import dev.measure.tpm.PcrPrediction;
import dev.measure.tpm.PredictedLog;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** {@code measure pcr}: the PCRs of a boot. */
final class PcrVerb implements Verb {
    /** Forks of which the log takes the first way, QEMU's default, unless another is chosen. */
    private static final List<String> MACHINE_FORKS = List.of("cpu", "disk");

    @Override
    public String name() {
        return "pcr";
    }

    @Override
    public String summary() {
        return "TPM: PCR values of the boot of a UKI, from files alone";
    }

    @Override
    public List<Example> examples() {
        return List.of(
                new Example("PCR 11 in the initrd", "pcr linux.efi --pcr 11 --phase enter-initrd"),
                new Example(
                        "as systemd-measure prints it, in two banks",
                        "pcr linux.efi --pcr 11 --bank sha256,sha384 --style systemd"),
                new Example("as AWS wants them of a NitroTPM", "pcr linux.efi --style nitro --secure-boot off"),
                new Example(
                        "as a component of systemd-pcrlock",
                        "pcr linux.efi --pcr 11 --style pcrlock -o 650-uki.pcrlock"),
                new Example(
                        "of every profile, and every firmware that a machine may select",
                        "pcr linux.efi --pcr 11 --profile all --fwid all --json"),
                new Example(
                        "the image itself, on a machine without Secure Boot",
                        "pcr linux.efi --pcr 4 --secure-boot off"),
                new Example(
                        "all PCRs of a machine, and the log that its boot will leave",
                        "pcr linux.efi --firmware OVMF_CODE_4M.fd --vars OVMF_VARS_4M.fd --machine-type q35 --smp 1 --memory"
                                + " 1G --acpi-loader table-loader --acpi-rsdp rsdp --acpi-tables tables --smbios DMI --disk"
                                + " disk.img --write-eventlog predicted.bin"),
                new Example(
                        "what a log of this machine says, up to the point where grub unlocks a disk",
                        "pcr --from-eventlog binary_bios_measurements --before --stop-event grub-command=cryptomount"
                                + " --pcr 0,2,4,7,9"),
                new Example(
                        "a UKI in parts",
                        "pcr --linux vmlinuz --osrel os-release --initrd initrd.img --pcr 11 --stub 257"));
    }

    @Override
    public List<Options.Group> groups() {
        return PcrOptions.groups();
    }

    @Override
    public List<Options.Parameter> positionals() {
        return List.of(Options.positional(0, "UKI", "a UKI or f-UKI; - is standard input"));
    }

    @Override
    public List<String> notes() {
        return List.of(
                "What is not given is an assumption, which is said, or makes a PCR not predictable, with the option to give."
                        + " The exit code is 6 only if such a PCR was asked for by --pcr.",
                "Where several values are right, each has a line; a check passes with any of them.");
    }

    @Override
    public ExitCode run(Call call) {
        Result result = new Result();
        if (LearnedPcrs.alone(call)) {
            return LearnedPcrs.write(call, result);
        }
        PcrRequest request = PcrRequest.of(call, result);
        List<BootPrediction> boots = values(call, request, result);
        if (call.has("--write-eventlog")) {
            writeLog(boots, request, call);
        }
        return write(
                result,
                call,
                boots.size() * request.pcrs().size() * request.banks().size() == 1);
    }

    static ExitCode write(Result result, Call call, boolean one) {
        Optional<PcrStyle> style = PcrStyle.of(call);
        if (style.isPresent()) {
            style.get().write(result, call);
            TextOutput.remarks(result, call.talk());
            TextOutput.refusals(result.refusals(), false, call.has("--pcr"), call.talk());
        } else {
            Output.write(result, one && result.values().size() <= 1, call, call.has("--pcr"));
        }
        return call.has("--pcr") ? worst(result) : ExitCode.DONE;
    }

    /** Adds the PCRs that a command line asks for; returns the boots that leave them. */
    static List<BootPrediction> values(Call call, PcrRequest request, Result result) {
        List<BootPrediction> boots = boots(request);
        Optional<Replay> learned = LearnedPcrs.of(call, result);
        Progress.during(
                "PCRs", call, () -> PcrOutput.add(boots, request, value -> command(call, value), result, learned));
        return boots;
    }

    private static ExitCode worst(Result result) {
        return result.refusals().isEmpty() ? ExitCode.DONE : result.worstRefusal();
    }

    private static List<BootPrediction> boots(PcrRequest request) {
        try {
            return PcrOutput.boots(request);
        } catch (IllegalArgumentException e) {
            throw Complaint.usage(e.getMessage(), "");
        }
    }

    static String command(Call call, PcrPrediction value) {
        List<String> words = new ArrayList<>(List.of("measure", "pcr"));
        PcrRequest.image(call).ifPresent(words::add);
        words.addAll(List.of("--pcr", Integer.toString(value.register().index())));
        words.addAll(List.of("--bank", value.register().bank().id()));
        words.addAll(List.of("--profile", Integer.toString(value.profile())));
        words.addAll(List.of("--fwid", value.fwid()));
        words.addAll(List.of("--phase", value.phase()));
        return Shell.line(words) + ", with the other options as given";
    }

    /** The course whose log is written: it has to be said, but for what only the machine knows. */
    private static BootVariant course(BootPrediction boot, Call call) {
        BootVariant first = boot.variants().get(0);
        if (boot.variants().size() == 1) {
            return first;
        }
        List<String> asked = first.choices().stream()
                .map(BootVariant.Choice::fork)
                .filter(fork -> !MACHINE_FORKS.contains(fork))
                .toList();
        if (!asked.isEmpty()) {
            throw Complaint.usage(
                    "--write-eventlog: a boot can leave "
                            + boot.variants().stream().map(BootVariant::name).toList(),
                    "say which: --exit-boot-retry yes or no, or --choose NAME");
        }
        call.talk()
                .say("the log is that of " + first.name() + ", one of "
                        + boot.variants().stream().map(BootVariant::name).toList()
                        + "; --choose takes another");
        return first;
    }

    private static void writeLog(List<BootPrediction> boots, PcrRequest request, Call call) {
        String name = call.value("--write-eventlog").orElseThrow();
        if (boots.size() != 1) {
            throw Complaint.usage(
                    "--write-eventlog: " + boots.size() + " boots are asked for, and a log is of one",
                    "name one --profile, one --fwid and one --phase");
        }
        BootPrediction boot = boots.get(0);
        if (boot.refusal().isPresent()) {
            throw new Complaint(ExitCode.NOT_LAUNCHABLE, boot.refusal().get(), "");
        }
        BootVariant course = course(boot, call);
        if (!boot.notKnown().isEmpty()) {
            call.talk()
                    .say("the log leaves out PCRs whose events are not all known: "
                            + boot.notKnown().keySet());
        }
        try (OutputStream out = Files.newOutputStream(call.inputs().path(name))) {
            PredictedLog.of(course, request.banks(), boot.notKnown().keySet()).writeBinary(out);
        } catch (IOException e) {
            throw new Complaint(ExitCode.MALFORMED, name + ": cannot be written: " + Inputs.whyNotWritten(e), "");
        }
    }
}
