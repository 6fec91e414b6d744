package dev.measure.cli;

import dev.measure.Digest;
import dev.measure.DigestAlgorithm;
import dev.measure.FieldVerdict;
import dev.measure.Prediction;
import dev.measure.Source;
import dev.measure.Strictness;
import dev.measure.firmware.Firmware;
import dev.measure.snp.CpuModel;
import dev.measure.snp.GceEndorsement;
import dev.measure.snp.LaunchDigest;
import dev.measure.snp.SevFeatures;
import dev.measure.snp.SnpGuest;
import dev.measure.snp.SnpLaunch;
import dev.measure.snp.Vmm;
import dev.measure.tdx.GceMachineType;
import dev.measure.tdx.GceTdHobBug;
import dev.measure.tdx.Mrtd;
import dev.measure.tdx.MrtdOrder;
import dev.measure.tdx.TdxLaunch;
import dev.measure.tdx.TdxVmm;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** {@code measure verify-endorsement}: Google's launch endorsement, its signature, and the firmware that it endorses. */
final class VerifyEndorsementVerb implements Verb {
    private static final long GIB = 1L << 30;

    @Override
    public String name() {
        return "verify-endorsement";
    }

    @Override
    public String summary() {
        return "checks a launch endorsement of Compute Engine: its signature, and every value against a firmware";
    }

    @Override
    public List<Example> examples() {
        return List.of(new Example(
                "signature, launch digests and MRTDs",
                "verify-endorsement endorsement.binarypb --root GCE-cc-tcb-root_1.crt --firmware ovmf.fd"));
    }

    @Override
    public List<Options.Group> groups() {
        return List.of(new Options.Group(
                "What it is checked with",
                Options.value("FILE", "the firmware that it should be of", "--firmware", "--uefi"),
                Options.value("FILE", "Google's root certificate, PEM or DER", "--root", "--endorsement-root"),
                Options.value("DATE", "the certificates must be valid then; without, dates do not count", "--at")));
    }

    @Override
    public List<Options.Parameter> positionals() {
        return List.of(Options.positional(0, "FILE", "a serialized VMLaunchEndorsement"));
    }

    @Override
    public List<String> notes() {
        return List.of(
                "The launch digest for each number of vCPUs and the MRTD for each size of memory are computed from the firmware as"
                        + " Google's hypervisors measure it; those with a size of memory are of its former one.",
                "The exit code is 8 if a signature is wrong, else 3 if a value differs. Without --root the certificate proves nothing:"
                        + " `measure inspect` shows what is endorsed.");
    }

    @Override
    public ExitCode run(Call call) {
        String name = call.positional(0)
                .orElseThrow(() -> Complaint.usage("no endorsement is given", "measure verify-endorsement FILE"));
        Result result = new Result();
        GceEndorsement endorsement = GceEndorsement.read(PcrRequest.opened(call, result, "endorsement", name));
        List<Source> roots =
                call.value("--root").map(call.inputs()::open).stream().toList();
        List<FieldVerdict> verdicts = new ArrayList<>(Keys.read(() -> endorsement.verify(roots, Keys.moment(call))));
        List<FieldVerdict> trust = List.copyOf(verdicts);
        call.value("--firmware")
                .ifPresent(path ->
                        verdicts.addAll(compared(endorsement, PcrRequest.opened(call, result, "firmware", path))));
        Keys.print(verdicts, result, call);
        Keys.complain(verdicts, call);
        for (FieldVerdict verdict : trust) {
            if (verdict instanceof FieldVerdict.NotChecked) {
                call.talk().say("note: " + verdict.text());
            }
        }
        return FieldVerdict.anyUntrusted(verdicts)
                ? ExitCode.KEY
                : FieldVerdict.allGood(verdicts) ? ExitCode.DONE : ExitCode.MISMATCH;
    }

    private static List<FieldVerdict> compared(GceEndorsement endorsement, Source image) {
        List<FieldVerdict> verdicts = new ArrayList<>();
        Digest digest = image.digest(DigestAlgorithm.SHA384);
        verdicts.add(compared("digest", endorsement.firmwareDigest(), Optional.of(digest), "", image.name()));
        Firmware firmware = Firmware.read(image, Strictness.STRICT);
        endorsement.sevSnp().ifPresent(snp -> verdicts.addAll(launches(snp, firmware)));
        for (GceEndorsement.TdxMeasurement each : endorsement.tdx()) {
            verdicts.add(mrtd(each, firmware));
        }
        return verdicts;
    }

    private static FieldVerdict compared(
            String field, Digest endorsed, Optional<Digest> computed, String why, String matching) {
        if (computed.isEmpty()) {
            return new FieldVerdict.Differs(field, endorsed.hex(), "no value: " + why);
        }
        return computed.get().equals(endorsed)
                ? new FieldVerdict.Matches(field, matching)
                : new FieldVerdict.Differs(field, endorsed.hex(), computed.get().hex());
    }

    private static List<FieldVerdict> launches(GceEndorsement.SevSnp snp, Firmware firmware) {
        Map<Integer, SnpGuest> guests = new LinkedHashMap<>();
        List<FieldVerdict> verdicts = new ArrayList<>();
        for (int vcpus : snp.measurements().keySet()) {
            if (vcpus <= SnpGuest.MAX_VCPUS) {
                guests.put(vcpus, new SnpGuest(Vmm.GCE, vcpus, CpuModel.NONE, SevFeatures.SNP_ACTIVE));
            } else {
                verdicts.add(new FieldVerdict.NotChecked(
                        launch(vcpus), "no guest has more than " + SnpGuest.MAX_VCPUS + " vCPUs"));
            }
        }
        List<Prediction> predictions = LaunchDigest.of(SnpLaunch.of(firmware), List.copyOf(guests.values()));
        int at = 0;
        for (int vcpus : guests.keySet()) {
            Prediction prediction = predictions.get(at++);
            verdicts.add(compared(
                    launch(vcpus),
                    snp.measurements().get(vcpus),
                    value(prediction),
                    why(prediction),
                    "the launch digest of the firmware"));
        }
        return verdicts;
    }

    private static String launch(int vcpus) {
        return "measurement for " + vcpus + (vcpus == 1 ? " vCPU" : " vCPUs");
    }

    /** A size of 0 stands for Google's hypervisor of today, under which MRTD does not depend on it. */
    private static FieldVerdict mrtd(GceEndorsement.TdxMeasurement endorsed, Firmware firmware) {
        String field = "MRTD" + (endorsed.ramGib() == 0 ? "" : " for " + endorsed.ramGib() + " GiB")
                + (endorsed.earlyAccept() ? ", accepted early" : "");
        List<Prediction> predictions = new ArrayList<>();
        if (endorsed.ramGib() == 0) {
            predictions.add(Mrtd.of(launch(firmware, TdxVmm.GCE), MrtdOrder.PAGE));
        }
        for (GceMachineType machine : GceMachineType.values()) {
            if (machine.memory() == endorsed.ramGib() * GIB) {
                predictions.add(
                        GceTdHobBug.of(launch(firmware, TdxVmm.GCE_TDHOB_BUG), machine, endorsed.earlyAccept()));
            }
        }
        if (predictions.isEmpty()) {
            return new FieldVerdict.NotChecked(field, "no machine type with so much memory is known");
        }
        Prediction prediction = predictions.get(0);
        return compared(field, endorsed.mrtd(), value(prediction), why(prediction), "the MRTD of the firmware");
    }

    private static TdxLaunch launch(Firmware firmware, TdxVmm vmm) {
        return new TdxLaunch(firmware, Optional.of(vmm), Optional.empty(), Strictness.STRICT);
    }

    private static Optional<Digest> value(Prediction prediction) {
        return prediction instanceof Prediction.Predicted predicted
                ? Optional.of(predicted.measurement().value())
                : Optional.empty();
    }

    private static String why(Prediction prediction) {
        if (prediction instanceof Prediction.NotLaunchable refused) {
            return refused.why();
        }
        return prediction instanceof Prediction.NotPredictable missing ? missing.why() : "";
    }
}
