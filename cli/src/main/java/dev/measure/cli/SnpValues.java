package dev.measure.cli;

import dev.measure.Assumption;
import dev.measure.MalformedInputException;
import dev.measure.Prediction;
import dev.measure.Register;
import dev.measure.Strictness;
import dev.measure.ValueId;
import dev.measure.firmware.Firmware;
import dev.measure.snp.FirmwareMetadata;
import dev.measure.snp.KernelHashes;
import dev.measure.snp.KrunLaunch;
import dev.measure.snp.KrunLaunchDigest;
import dev.measure.snp.LaunchDigest;
import dev.measure.snp.SnpGuest;
import dev.measure.snp.SnpLaunch;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Predicts the SEV-SNP launch digests of firmwares for all guests of a request. */
final class SnpValues {
    private static final Register SNP = new Register.LaunchDigest(Register.Launch.SNP);

    private final SnpRequest request;
    private final Strictness strictness;
    private final Result result;
    private final Answers answers;

    SnpValues(SnpRequest request, Strictness strictness, Result result) {
        this.request = request;
        this.strictness = strictness;
        this.result = result;
        this.answers = new Answers(result);
        request.kernel().ifPresent(kernel -> kernel.files().forEach(result::input));
    }

    /**
     * Adds the values of firmwares, and the reasons of those that there are not.
     *
     * @param targets the firmwares
     * @param only whether nothing else is asked for, so that a single broken firmware ends in an exception, not in a reason
     * @throws MalformedInputException if the tables of the only firmware are broken
     */
    void add(List<LaunchTarget> targets, boolean only) {
        for (LaunchTarget target : targets) {
            String subject = targets.size() == 1 ? "" : target.fw() + ": ";
            try {
                add(target, subject);
            } catch (MalformedInputException e) {
                if (only && targets.size() == 1) {
                    throw e;
                }
                refuseAll(target, ExitCode.MALFORMED, e.getMessage(), e.hint());
            }
        }
    }

    private void add(LaunchTarget target, String subject) {
        Firmware firmware = Firmware.read(target.image(), strictness);
        if (target.obstacle().isPresent()) {
            refuseAll(target, ExitCode.NOT_LAUNCHABLE, target.obstacle().get(), "");
            return;
        }
        Optional<KernelHashes> hashes = request.kernel().map(SnpRequest.Kernel::hashes);
        SnpLaunch launch = new SnpLaunch(firmware, hashes, request.firmwareDigest(), strictness, request.vmsaGpa());
        String otherFile = firmware.kind() == Firmware.Kind.OVMF_VARS
                ? "this is a variable store; give the *_CODE.fd beside it, or a whole OVMF.fd"
                : "";
        add(target, subject, otherFile, LaunchDigest.of(launch, request.guests()));
    }

    private void add(LaunchTarget target, String subject, String otherFile, List<Prediction> predictions) {
        for (int i = 0; i < predictions.size(); i++) {
            SnpGuest guest = request.guests().get(i);
            answers.add(
                    new Answers.Question(
                            id(target, guest), parameters(guest), () -> command(target, guest), subject, otherFile),
                    predictions.get(i));
        }
    }

    /**
     * Adds the values of a firmware of which only the metadata is at hand.
     *
     * @param target the metadata's file
     * @throws MalformedInputException if it is broken
     */
    void addMetadata(LaunchTarget target) {
        SnpLaunch launch = new SnpLaunch(
                FirmwareMetadata.read(target.image()),
                request.kernel().map(SnpRequest.Kernel::hashes),
                request.firmwareDigest(),
                strictness,
                request.vmsaGpa());
        add(target, "", "", LaunchDigest.of(launch, request.guests()));
    }

    /**
     * Adds the values of qboot with what libkrun loads beside it.
     *
     * @param target qboot
     * @param launch all that is loaded
     */
    void addKrun(LaunchTarget target, KrunLaunch launch) {
        add(target, "", "", KrunLaunchDigest.of(launch, request.guests()));
    }

    private void refuseAll(LaunchTarget target, ExitCode exit, String why, String hint) {
        for (SnpGuest guest : request.guests()) {
            result.refusal(new Result.Refusal(id(target, guest), SNP, exit, why, hint));
        }
    }

    /** Adds what the request takes for granted; after the values, since a value may say it better. */
    void addAssumptions() {
        if (result.values().isEmpty()) {
            return;
        }
        List<Assumption> better = result.assumptions();
        for (Assumption assumption : request.assumptions()) {
            if (better.stream().noneMatch(known -> known.key().equals(assumption.key()))) {
                result.assumption(assumption);
            }
        }
    }

    private String id(LaunchTarget target, SnpGuest guest) {
        Map<String, String> keys = new LinkedHashMap<>();
        keys.put("fw", target.fw());
        keys.put("vmm", guest.vmm().id());
        keys.put("cpu", guest.cpu().name());
        keys.put("features", guest.features().hex());
        keys.put("vcpus", Integer.toString(guest.vcpus()));
        keys.put("hashes", hashes());
        keys.put("rules", "raw");
        return ValueId.of(SNP.id(), keys);
    }

    private String hashes() {
        return request.kernel()
                .map(kernel -> kernel.hashes().tableDigest().hex().substring(0, 12))
                .orElse("none");
    }

    private Map<String, Object> parameters(SnpGuest guest) {
        Map<String, Object> parameters = new LinkedHashMap<>();
        parameters.put("vmm", guest.vmm().id());
        parameters.put("vcpuType", guest.cpu().name());
        parameters.put("guestFeatures", guest.features().hex());
        parameters.put("vcpus", guest.vcpus());
        if (request.vmsaGpa() != SnpLaunch.KVM_VMSA_GPA) {
            parameters.put("vmsaGpa", "0x" + Long.toHexString(request.vmsaGpa()));
        }
        return parameters;
    }

    private String command(LaunchTarget target, SnpGuest guest) {
        List<String> words = new ArrayList<>(List.of("measure", "snp"));
        words.addAll(target.arguments());
        words.addAll(List.of("--vmm", guest.vmm().id()));
        String cpu = guest.cpu().name();
        if (cpu.startsWith("0x")) {
            words.addAll(List.of("--vcpu-sig", cpu));
        } else if (!cpu.equals("none")) {
            words.addAll(List.of("--vcpu-type", cpu));
        }
        words.addAll(List.of("--guest-features", guest.features().hex()));
        words.addAll(List.of("--vcpus", Integer.toString(guest.vcpus())));
        request.kernel().ifPresent(kernel -> words.addAll(kernel.arguments()));
        request.firmwareDigest().ifPresent(digest -> words.addAll(List.of("--snp-ovmf-hash", digest.hex())));
        if (request.vmsaGpa() != SnpLaunch.KVM_VMSA_GPA) {
            words.addAll(List.of("--vmsa-gpa", "0x" + Long.toHexString(request.vmsaGpa())));
        }
        if (strictness == Strictness.LENIENT) {
            words.add("--lenient");
        }
        return Shell.line(words);
    }
}
