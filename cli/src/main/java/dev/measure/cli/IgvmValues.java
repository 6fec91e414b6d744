package dev.measure.cli;

import dev.measure.Assumption;
import dev.measure.MalformedInputException;
import dev.measure.Register;
import dev.measure.Strictness;
import dev.measure.ValueId;
import dev.measure.igvm.IgvmFile;
import dev.measure.snp.CpuModel;
import dev.measure.snp.IgvmLaunch;
import dev.measure.snp.IgvmLaunchDigest;
import dev.measure.snp.IgvmRules;
import dev.measure.snp.Vmm;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Predicts the SEV-SNP launch digests of IGVM files, which say themselves what is loaded. */
final class IgvmValues {
    private static final Register SNP = new Register.LaunchDigest(Register.Launch.SNP);

    /** What an IGVM file decides, so that giving it would be without effect. */
    private static final List<String> FIRMWARE_OPTIONS = List.of(
            "--vmm",
            "--guest-features",
            "--snp-ovmf-hash",
            "--dump-vmsa",
            "--product",
            "--vmsa-gpa",
            "--kernel-address",
            "--boot-params");

    /** What only Cloud Hypervisor takes beside an IGVM file. */
    private static final List<String> KERNEL_OPTIONS =
            List.of("--kernel", "--kernel-hash", "--initrd", "--initrd-hash", "--append", "--cmdline-hash");

    private final Call call;
    private final Result result;
    private final Strictness strictness;
    private final List<IgvmRules> rules;
    private final List<Optional<Integer>> vcpus = new ArrayList<>();
    private final List<Optional<CpuModel>> cpus = new ArrayList<>();
    private final boolean nativeZero;
    private final boolean checkKvm;
    private final Optional<SnpRequest.Kernel> kernel;

    IgvmValues(Call call, Result result) {
        this.call = call;
        this.result = result;
        this.strictness = call.common().strictness();
        this.rules = rules(call);
        this.nativeZero = call.has("--native-zero");
        this.checkKvm = call.has("--check-kvm");
        if ((nativeZero || checkKvm) && !rules.contains(IgvmRules.IGVMMEASURE)) {
            throw Complaint.usage(
                    (nativeZero ? "--native-zero" : "--check-kvm") + " belongs to the rules igvmmeasure",
                    "add --igvm-rules igvmmeasure");
        }
        this.kernel = rules.stream().anyMatch(IgvmRules::takesKernelHashes) ? KernelOptions.of(call) : Optional.empty();
        if (call.has("--vcpus")) {
            SnpRequest.vcpus(call, false, new ArrayList<>()).forEach(count -> vcpus.add(Optional.of(count)));
        } else {
            vcpus.add(Optional.empty());
        }
        if (SnpRequest.namesCpu(call)) {
            SnpRequest.cpus(call, List.of(Vmm.QEMU), false, new ArrayList<>())
                    .forEach(cpu -> cpus.add(Optional.of(cpu)));
        } else {
            cpus.add(Optional.empty());
        }
    }

    /** {@return the options, in a group} */
    static Options.Group group() {
        List<String> known = IgvmRules.all().stream().map(IgvmRules::id).toList();
        return new Options.Group(
                "IGVM file",
                Options.list(
                        "who loads it: " + String.join(", ", known) + " (default qemu); see: measure help profiles",
                        known,
                        "--igvm-rules"),
                Options.flag("with igvmmeasure: pages without data are ZERO pages", "--native-zero"),
                Options.flag("with igvmmeasure: refuse what KVM could not launch", "--check-kvm"));
    }

    /** {@return whether a firmware is an IGVM file} */
    static boolean isFor(LaunchTarget target) {
        return target.obstacle().isEmpty() && IgvmFile.isIgvm(target.image());
    }

    /** Refuses what has no effect on an IGVM file. */
    static void refuseOptionsOfFirmware(Call call) {
        boolean kernels = rules(call).stream().allMatch(IgvmRules::takesKernelHashes);
        List<String> options = new ArrayList<>(FIRMWARE_OPTIONS);
        if (!kernels) {
            options.addAll(KERNEL_OPTIONS);
        }
        for (String option : options) {
            if (call.has(option)) {
                throw Complaint.usage(
                        option + ": an IGVM file says itself what is loaded",
                        option.equals("--vmm") ? "who loads it is --igvm-rules" : "leave it out");
            }
        }
    }

    /** Refuses what has an effect on an IGVM file alone. */
    static void refuseOptionsOfIgvm(Call call, List<LaunchTarget> targets) {
        for (String option : List.of("--igvm-rules", "--native-zero", "--check-kvm")) {
            if (call.has(option)) {
                if (targets.get(0).fw().startsWith("file:")) {
                    IgvmFile.read(targets.get(0).image()); // says what is there instead
                }
                throw Complaint.usage(option + " is for IGVM files, and there is none", "leave it out");
            }
        }
    }

    /** {@return the rules that are asked for} */
    static List<IgvmRules> rules(Call call) {
        if (!call.has("--igvm-rules")) {
            return List.of(IgvmRules.QEMU);
        }
        List<String> known = IgvmRules.all().stream().map(IgvmRules::id).toList();
        List<IgvmRules> rules = new ArrayList<>();
        for (String name : Lists.names("--igvm-rules", call.values("--igvm-rules"))) {
            IgvmRules one = Lists.known(IgvmRules::parse, name, known, "unknown IGVM rules", String.join(", ", known));
            if (!rules.contains(one)) {
                rules.add(one);
            }
        }
        return rules;
    }

    /** {@return how many values are asked for} */
    int asked(List<LaunchTarget> targets) {
        return targets.size() * rules.size() * vcpus.size() * cpus.size();
    }

    /**
     * Adds the values of IGVM files, and the reasons of those that there are not.
     *
     * @param targets the files
     * @param only whether nothing else is asked for, so that a broken file ends in an exception
     */
    void add(List<LaunchTarget> targets, boolean only) {
        kernel.ifPresent(known -> known.files().forEach(result::input));
        for (LaunchTarget target : targets) {
            String subject = only && targets.size() == 1 ? "" : target.fw() + ": ";
            Optional<IgvmFile> file = Optional.empty();
            Optional<MalformedInputException> broken = Optional.empty();
            try {
                file = Optional.of(IgvmFile.read(target.image()));
            } catch (MalformedInputException e) {
                if (subject.isEmpty()) {
                    throw e;
                }
                broken = Optional.of(e);
            }
            for (IgvmRules each : rules) {
                for (Optional<CpuModel> cpu : cpus) {
                    for (Optional<Integer> count : vcpus) {
                        if (file.isPresent()) {
                            add(target, subject, launch(file.get(), each, count, cpu));
                        } else {
                            refuse(target, each, count, broken.orElseThrow());
                        }
                    }
                }
            }
        }
        if (!call.has("--igvm-rules") && !targets.isEmpty() && !result.values().isEmpty()) {
            result.assumption(new Assumption("igvm-rules", "qemu", "default; QEMU from 10.1 on KVM"));
        }
    }

    /** A file that cannot be read has neither contexts nor features. */
    private void refuse(LaunchTarget target, IgvmRules each, Optional<Integer> count, MalformedInputException broken) {
        Map<String, String> keys = new LinkedHashMap<>();
        keys.put("fw", target.fw());
        keys.put("vmm", vmm(each));
        keys.put("cpu", "none");
        keys.put("features", "0x0");
        keys.put("vcpus", Integer.toString(count.orElse(0)));
        keys.put("hashes", "none");
        keys.put("rules", each.id());
        result.refusal(new Result.Refusal(
                ValueId.of(SNP.id(), keys), SNP, ExitCode.MALFORMED, broken.getMessage(), broken.hint()));
    }

    /** {@return the VMM that loads by some rules} */
    static String vmm(IgvmRules rules) {
        return rules == IgvmRules.HYPERV || rules == IgvmRules.CLOUD_HYPERVISOR ? rules.id() : "qemu";
    }

    private IgvmLaunch launch(IgvmFile file, IgvmRules each, Optional<Integer> count, Optional<CpuModel> cpu) {
        boolean ofCoconut = each == IgvmRules.IGVMMEASURE;
        return new IgvmLaunch(
                file,
                each,
                count,
                cpu,
                strictness,
                nativeZero && ofCoconut,
                checkKvm && ofCoconut,
                each.takesKernelHashes() ? kernel.map(SnpRequest.Kernel::hashes) : Optional.empty());
    }

    private void add(LaunchTarget target, String subject, IgvmLaunch launch) {
        Map<String, String> keys = keys(target, launch);
        String id = ValueId.of(SNP.id(), keys);
        new Answers(result)
                .add(
                        new Answers.Question(id, parameters(launch, keys), () -> command(target, launch), subject, ""),
                        IgvmLaunchDigest.of(launch));
    }

    private static Map<String, String> keys(LaunchTarget target, IgvmLaunch launch) {
        Map<String, String> keys = new LinkedHashMap<>();
        keys.put("fw", target.fw());
        keys.put("vmm", vmm(launch.rules()));
        keys.put(
                "cpu",
                launch.rules().buildsVmsas() ? launch.cpu().map(CpuModel::name).orElse("none") : "none");
        keys.put(
                "features",
                IgvmLaunchDigest.features(launch.file(), launch.rules()).hex());
        keys.put(
                "vcpus",
                Integer.toString(launch.vcpus().orElse(IgvmLaunchDigest.defaultVcpus(launch.file(), launch.rules()))));
        keys.put(
                "hashes",
                launch.kernelHashes()
                        .map(hashes -> hashes.tableDigest().hex().substring(0, 12))
                        .orElse("none"));
        keys.put("rules", launch.rules().id() + (launch.nativeZero() ? "-native-zero" : ""));
        return keys;
    }

    private static Map<String, Object> parameters(IgvmLaunch launch, Map<String, String> keys) {
        Map<String, Object> parameters = new LinkedHashMap<>();
        parameters.put("vmm", keys.get("vmm"));
        parameters.put("vcpuType", keys.get("cpu"));
        parameters.put("guestFeatures", keys.get("features"));
        parameters.put("vcpus", Integer.valueOf(keys.get("vcpus")));
        parameters.put("igvmRules", launch.rules().id());
        return parameters;
    }

    private String command(LaunchTarget target, IgvmLaunch launch) {
        List<String> words = new ArrayList<>(List.of("measure", "snp"));
        words.addAll(target.arguments());
        words.addAll(List.of("--igvm-rules", launch.rules().id()));
        launch.vcpus().ifPresent(count -> words.addAll(List.of("--vcpus", Integer.toString(count))));
        launch.cpu()
                .ifPresent(cpu ->
                        words.addAll(List.of(cpu.name().startsWith("0x") ? "--vcpu-sig" : "--vcpu-type", cpu.name())));
        if (launch.kernelHashes().isPresent()) {
            kernel.ifPresent(known -> words.addAll(known.arguments()));
        }
        if (launch.nativeZero()) {
            words.add("--native-zero");
        }
        if (launch.checkKvm()) {
            words.add("--check-kvm");
        }
        if (strictness == Strictness.LENIENT) {
            words.add("--lenient");
        }
        return Shell.line(words);
    }
}
