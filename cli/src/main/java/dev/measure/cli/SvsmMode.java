package dev.measure.cli;

import dev.measure.Register;
import dev.measure.Source;
import dev.measure.Strictness;
import dev.measure.ValueId;
import dev.measure.Warning;
import dev.measure.WarningCode;
import dev.measure.firmware.Firmware;
import dev.measure.snp.SnpGuest;
import dev.measure.snp.SvsmLaunch;
import dev.measure.snp.SvsmLaunchDigest;
import dev.measure.snp.SvsmRules;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** {@code measure snp --mode svsm}: the launch digests of guests with a raw SVSM. */
final class SvsmMode {
    private final Call call;
    private final Result result;

    private SvsmMode(Call call, Result result) {
        this.call = call;
        this.result = result;
    }

    /** {@return the options of this mode} */
    static Options.Group group() {
        return new Options.Group(
                "Raw SVSM (--mode svsm)",
                Options.value("FILE", "the raw SVSM image", "--svsm"),
                Options.value("BYTES", "size of the variable store, which every address depends on", "--vars-size"),
                Options.value("FILE", "or the variable store itself, for its size", "--vars-file"),
                Options.choice(
                        "RULES",
                        SvsmRules.all().stream().map(SvsmRules::id).toList(),
                        "how the pages of the vCPUs are filled: raw (default), or reference-calculator-0.0.13, whose"
                                + " values match no kernel",
                        "--svsm-rules"));
    }

    /**
     * Adds the values that the command line asks for.
     *
     * @param call the command line
     * @param result takes the values
     * @return how many were asked for
     */
    static int add(Call call, Result result) {
        return new SvsmMode(call, result).add();
    }

    private int add() {
        for (String option : List.of("--snp-ovmf-hash", "--metadata", "--product", "--vmsa-gpa")) {
            if (call.has(option)) {
                throw Complaint.usage(option + " is not for mode svsm", "leave it out");
            }
        }
        Optional<String> kernel = KernelOptions.given(call);
        if (kernel.isPresent()) {
            String text = kernel.get() + " is ignored: a raw SVSM launch measures no kernel";
            if (call.common().strictness() == Strictness.STRICT) {
                throw Complaint.usage(text, "leave it out; --lenient gives the value all the same");
            }
            result.warning(new Warning(WarningCode.SVSM_INPUT_IGNORED, text));
        }
        SnpRequest request = SnpRequest.of(call, false);
        SvsmRules rules = rules();
        long varsSize = varsSize();
        Source svsm = call.inputs().open(svsm());
        List<LaunchTarget> targets = Targets.of(call, result);
        result.input("svsm", svsm);
        int asked = 0;
        for (LaunchTarget target : targets) {
            if (target.obstacle().isPresent()) {
                throw new Complaint(
                        ExitCode.NOT_LAUNCHABLE,
                        target.fw() + ": " + target.obstacle().get(),
                        "");
            }
            Strictness strictness = call.common().strictness();
            SvsmLaunch launch = new SvsmLaunch(
                    Firmware.read(target.image(), strictness),
                    Firmware.read(svsm, strictness),
                    varsSize,
                    rules,
                    strictness);
            add(target, launch, request, targets.size() == 1 ? "" : target.fw() + ": ");
            asked += request.guests().size();
        }
        request.assumptions().stream()
                .filter(assumption -> !assumption.key().equals("guest-features")
                        && !result.values().isEmpty())
                .forEach(result::assumption);
        return asked;
    }

    private void add(LaunchTarget target, SvsmLaunch launch, SnpRequest request, String subject) {
        Answers answers = new Answers(result);
        var predictions = SvsmLaunchDigest.of(launch, request.guests());
        for (int i = 0; i < predictions.size(); i++) {
            SnpGuest guest = request.guests().get(i);
            answers.add(
                    new Answers.Question(
                            id(target, launch, guest),
                            parameters(launch, guest),
                            () -> command(target, launch, guest),
                            subject,
                            ""),
                    predictions.get(i));
        }
    }

    private String svsm() {
        return call.value("--svsm")
                .orElseThrow(() -> Complaint.usage("--svsm is missing", "mode svsm needs the raw SVSM image"));
    }

    private SvsmRules rules() {
        String name = call.value("--svsm-rules").orElse(SvsmRules.RAW.id());
        List<String> known = SvsmRules.all().stream().map(SvsmRules::id).toList();
        return Lists.known(SvsmRules::parse, name, known, "unknown SVSM rules", String.join(", ", known));
    }

    private long varsSize() {
        Optional<String> size = call.value("--vars-size");
        Optional<String> file = call.value("--vars-file");
        if (size.isPresent() && file.isPresent()) {
            throw Complaint.usage("both --vars-size and --vars-file are given", "keep one of them");
        }
        if (size.isEmpty() && file.isEmpty()) {
            throw Complaint.usage(
                    "--vars-size is missing: it moves the SVSM, and so every address that is measured",
                    "give --vars-size or --vars-file; it is 540672 for the pair OVMF_CODE_4M.fd and OVMF_VARS_4M.fd");
        }
        if (size.isPresent()) {
            return pages("--vars-size", SnpRequest.number("--vars-size", size.get(), 0xffff_ffffL), size.get());
        }
        Source vars = call.inputs().open(file.get());
        result.input("vars", vars);
        return pages("--vars-file", vars.length(), vars.length() + " bytes");
    }

    private static long pages(String option, long size, String got) {
        if (size % 4096 != 0 || size > 0xffff_ffffL) {
            throw Complaint.usage(option + " must be a multiple of 4096 below 4 GiB, got " + got, "");
        }
        return size;
    }

    private static String id(LaunchTarget target, SvsmLaunch launch, SnpGuest guest) {
        Map<String, String> keys = new LinkedHashMap<>();
        keys.put("fw", target.fw());
        keys.put("vmm", guest.vmm().id());
        keys.put("cpu", guest.cpu().name());
        keys.put("features", "0x1");
        keys.put("vcpus", Integer.toString(guest.vcpus()));
        keys.put("hashes", "none");
        keys.put("rules", launch.rules().id());
        return ValueId.of(new Register.LaunchDigest(Register.Launch.SVSM).id(), keys);
    }

    private Map<String, Object> parameters(SvsmLaunch launch, SnpGuest guest) {
        Map<String, Object> parameters = new LinkedHashMap<>();
        parameters.put("vmm", guest.vmm().id());
        parameters.put("vcpuType", guest.cpu().name());
        parameters.put("guestFeatures", "0x1");
        parameters.put("vcpus", guest.vcpus());
        parameters.put("svsm", svsm());
        parameters.put("varsSize", launch.varsSize());
        parameters.put("rules", launch.rules().id());
        return parameters;
    }

    private String command(LaunchTarget target, SvsmLaunch launch, SnpGuest guest) {
        List<String> words = new ArrayList<>(List.of("measure", "snp", "--mode", "svsm"));
        words.addAll(target.arguments());
        words.addAll(List.of("--svsm", svsm(), "--vars-size", Long.toString(launch.varsSize())));
        if (launch.rules() != SvsmRules.RAW) {
            words.addAll(List.of("--svsm-rules", launch.rules().id()));
        }
        words.addAll(List.of("--vmm", guest.vmm().id()));
        words.addAll(GuestWords.of(guest));
        if (call.common().strictness() == Strictness.LENIENT) {
            words.add("--lenient");
        }
        return Shell.line(words);
    }

    /** {@return the launch of a firmware, for its pages} */
    static SvsmLaunch launch(Call call, Firmware firmware) {
        SvsmMode mode = new SvsmMode(call, new Result());
        Source svsm = call.inputs().open(mode.svsm());
        Strictness strictness = call.common().strictness();
        return new SvsmLaunch(firmware, Firmware.read(svsm, strictness), mode.varsSize(), mode.rules(), strictness);
    }
}
