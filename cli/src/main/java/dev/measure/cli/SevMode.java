package dev.measure.cli;

import dev.measure.Assumption;
import dev.measure.Prediction;
import dev.measure.Register;
import dev.measure.Strictness;
import dev.measure.ValueId;
import dev.measure.firmware.Firmware;
import dev.measure.snp.SevLaunchDigest;
import dev.measure.snp.SnpGuest;
import dev.measure.snp.SnpLaunch;
import dev.measure.snp.Vmm;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** {@code measure snp --mode sev} and {@code --mode seves}: the launch digests of the launches before SEV-SNP. */
final class SevMode {
    private final Register register;
    private final boolean vcpusCount;
    private final SnpRequest request;
    private final Call call;
    private final Result result;
    private final Answers answers;

    private SevMode(Register.Launch launch, Call call, Result result) {
        this.register = new Register.LaunchDigest(launch);
        this.vcpusCount = launch == Register.Launch.SEVES;
        this.call = call;
        this.request = SnpRequest.of(call, !vcpusCount);
        this.result = result;
        this.answers = new Answers(result);
    }

    /**
     * Adds the values that the command line asks for.
     *
     * @param launch SEV or SEV-ES
     * @param call the command line
     * @param result takes the values
     * @return how many were asked for
     */
    static int add(Register.Launch launch, Call call, Result result) {
        return new SevMode(launch, call, result).add();
    }

    private int add() {
        for (String option : List.of("--snp-ovmf-hash", "--metadata", "--product", "--vmsa-gpa")) {
            if (call.has(option)) {
                throw Complaint.usage(
                        option + " is for SEV-SNP: " + register.id() + " hashes the firmware's bytes", "leave it out");
            }
        }
        ignored("--guest-features");
        if (!vcpusCount) {
            ignored("--vcpus");
            ignored("--vcpu-type");
            ignored("--vcpu-sig");
        }
        request.kernel().ifPresent(kernel -> kernel.files().forEach(result::input));
        List<LaunchTarget> targets = Targets.of(call, result);
        int asked = 0;
        for (LaunchTarget target : targets) {
            asked += add(target, targets.size() == 1 ? "" : target.fw() + ": ");
        }
        List<String> keys = vcpusCount ? List.of("vmm", "vcpus", "vcpu-type") : List.of("vmm");
        for (Assumption assumption : request.assumptions()) {
            if (keys.contains(assumption.key()) && !result.values().isEmpty()) {
                result.assumption(assumption);
            }
        }
        return asked;
    }

    private void ignored(String option) {
        if (call.has(option)) {
            call.talk().say("note: " + option + " is no part of a launch digest of mode " + register.id());
        }
    }

    private int add(LaunchTarget target, String subject) {
        List<SnpGuest> guests = vcpusCount ? request.guests() : onePerVmm();
        Firmware firmware = Firmware.read(target.image(), call.common().strictness());
        Optional<String> obstacle = target.obstacle();
        if (firmware.kind() == Firmware.Kind.IGVM) {
            obstacle = Optional.of("it is an IGVM file, and mode " + register.id() + " measures firmware images");
        }
        SnpLaunch launch = new SnpLaunch(
                firmware,
                request.kernel().map(SnpRequest.Kernel::hashes),
                Optional.empty(),
                call.common().strictness());
        List<Prediction> predictions = new ArrayList<>();
        if (obstacle.isPresent()) {
            for (int i = 0; i < guests.size(); i++) {
                predictions.add(new Prediction.NotLaunchable(register, obstacle.get(), "", false));
            }
        } else if (vcpusCount) {
            predictions.addAll(SevLaunchDigest.ofSevEs(launch, guests));
        } else {
            guests.forEach(guest -> predictions.add(SevLaunchDigest.ofSev(launch, guest.vmm())));
        }
        for (int i = 0; i < guests.size(); i++) {
            SnpGuest guest = guests.get(i);
            answers.add(
                    new Answers.Question(
                            id(target, guest), parameters(guest), () -> command(target, guest), subject, ""),
                    predictions.get(i));
        }
        return guests.size();
    }

    private List<SnpGuest> onePerVmm() {
        Map<Vmm, SnpGuest> guests = new LinkedHashMap<>();
        request.guests().forEach(guest -> guests.putIfAbsent(guest.vmm(), guest));
        return List.copyOf(guests.values());
    }

    /** What the digest does not depend on is {@code none}; SEV_FEATURES is 0 in every page. */
    private String id(LaunchTarget target, SnpGuest guest) {
        Map<String, String> keys = new LinkedHashMap<>();
        keys.put("fw", target.fw());
        keys.put("vmm", guest.vmm().id());
        keys.put("cpu", vcpusCount ? guest.cpu().name() : "none");
        keys.put("features", vcpusCount ? "0x0" : "none");
        keys.put("vcpus", vcpusCount ? Integer.toString(guest.vcpus()) : "none");
        keys.put(
                "hashes",
                request.kernel()
                        .map(kernel -> kernel.hashes().tableDigest().hex().substring(0, 12))
                        .orElse("none"));
        keys.put("rules", "raw");
        return ValueId.of(register.id(), keys);
    }

    private Map<String, Object> parameters(SnpGuest guest) {
        Map<String, Object> parameters = new LinkedHashMap<>();
        parameters.put("vmm", guest.vmm().id());
        if (vcpusCount) {
            parameters.put("vcpuType", guest.cpu().name());
            parameters.put("vcpus", guest.vcpus());
        }
        return parameters;
    }

    private String command(LaunchTarget target, SnpGuest guest) {
        List<String> words = new ArrayList<>(List.of("measure", "snp", "--mode", register.id()));
        words.addAll(target.arguments());
        words.addAll(List.of("--vmm", guest.vmm().id()));
        if (vcpusCount) {
            words.addAll(GuestWords.of(guest));
        }
        request.kernel().ifPresent(kernel -> words.addAll(kernel.arguments()));
        if (call.common().strictness() == Strictness.LENIENT) {
            words.add("--lenient");
        }
        return Shell.line(words);
    }
}
