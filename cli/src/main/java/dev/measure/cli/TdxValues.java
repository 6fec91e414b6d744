package dev.measure.cli;

import dev.measure.Assumption;
import dev.measure.Digest;
import dev.measure.MalformedInputException;
import dev.measure.Prediction;
import dev.measure.Register;
import dev.measure.Source;
import dev.measure.Strictness;
import dev.measure.ValueId;
import dev.measure.firmware.Firmware;
import dev.measure.igvm.IgvmFile;
import dev.measure.tdx.Cfv;
import dev.measure.tdx.GceMachineType;
import dev.measure.tdx.GceTdHobBug;
import dev.measure.tdx.IgvmMrtd;
import dev.measure.tdx.Mrtd;
import dev.measure.tdx.MrtdOrder;
import dev.measure.tdx.RtmrValue;
import dev.measure.tdx.TdHob;
import dev.measure.tdx.TdInfo;
import dev.measure.tdx.TdxLaunch;
import dev.measure.tdx.TdxVmm;
import dev.measure.uki.Uki;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Predicts MRTD, TD HOB and CFV of firmwares. */
final class TdxValues {
    private static final Register MRTD = new Register.Mrtd();
    private static final Register RTMR0 = new Register.Rtmr(0);
    private static final List<MrtdOrder> BOTH = List.of(MrtdOrder.PAGE, MrtdOrder.SECTION);

    private final Call call;
    private final TdxRequest request;
    private final Result result;
    private final Strictness strictness;
    private final Map<String, Digest> events = new LinkedHashMap<>();
    private final List<LaunchTarget> targets = new ArrayList<>();
    private final RtmrValues rtmrs;
    private int asked;

    TdxValues(Call call, TdxRequest request, Result result) {
        this(call, request, result, Optional.empty());
    }

    /** Values of {@code measure fuki}: of an image that is at hand. */
    TdxValues(Call call, TdxRequest request, Result result, Optional<Uki> fuki) {
        this.call = call;
        this.request = request;
        this.result = result;
        this.rtmrs = new RtmrValues(call, request, result, fuki);
        this.strictness = call.common().strictness();
    }

    /** {@return the RTMRs that were asked for, with their events} */
    List<RtmrValue> rtmrs() {
        return rtmrs.values();
    }

    /** {@return how many values were asked for} */
    int asked() {
        return asked;
    }

    /**
     * Adds the values of firmwares, and the reasons of those that there are not.
     *
     * @param all the firmwares
     * @param only whether nothing else is asked for, so that a single broken firmware ends in an exception, not in a reason
     */
    void add(List<LaunchTarget> all, boolean only) {
        for (LaunchTarget target : all) {
            boolean alone = only && all.size() == 1;
            String subject = all.size() == 1 ? "" : target.fw() + ": ";
            targets.add(target);
            try {
                add(target, subject);
            } catch (MalformedInputException e) {
                if (alone) {
                    throw e;
                }
                refuseMrtd(target, ExitCode.MALFORMED, e.getMessage(), e.hint());
            }
        }
    }

    private void add(LaunchTarget target, String subject) {
        if (target.obstacle().isPresent()) {
            refuseMrtd(target, ExitCode.NOT_LAUNCHABLE, target.obstacle().get(), "");
            return;
        }
        if (IgvmFile.isIgvm(target.image())) {
            igvm(target, subject);
            return;
        }
        if (RtmrRequest.published(call, result).isPresent()) {
            if (request.registers().contains(TdxRequest.MRTD)) {
                refuseMrtd(
                        target,
                        ExitCode.NOT_PREDICTABLE,
                        "MRTD is computed from the firmware, which is not given",
                        "give --firmware, or ask for --register rtmr0,rtmr1,rtmr2");
            }
            asked += rtmrs.add(target, Optional.empty(), this::command);
            return;
        }
        TdxLaunch launch = new TdxLaunch(firmware(target), request.vmm(), request.tail(), strictness);
        if (request.vmm().equals(Optional.of(TdxVmm.GCE_TDHOB_BUG))) {
            gceTdHobBug(target, subject, launch);
            return;
        }
        boolean teeInfo = request.registers().contains(TdxRequest.TEE_INFO_HASH);
        if (request.registers().contains(TdxRequest.MRTD) || teeInfo) {
            Map<MrtdOrder, Prediction> values =
                    request.orders().isEmpty() ? Mrtd.of(launch) : Mrtd.of(launch, request.orders());
            values.forEach((order, prediction) -> {
                if (request.registers().contains(TdxRequest.MRTD) || !(prediction instanceof Prediction.Predicted)) {
                    mrtd(target, subject, order, prediction);
                }
                if (teeInfo && prediction instanceof Prediction.Predicted predicted) {
                    teeInfoHash(target, order, predicted);
                }
            });
            if (values.values().stream().noneMatch(Prediction.Predicted.class::isInstance)) {
                return; // what is never launched measures nothing
            }
        }
        if (RtmrRequest.isAsked(request)) {
            asked += rtmrs.add(target, Optional.of(launch), this::command);
        }
        if (request.registers().contains(TdxRequest.TD_HOB)) {
            TdHob.of(launch, request.memory()).values().forEach(list -> hob(target, list));
        }
        if (request.registers().contains(TdxRequest.CFV)) {
            cfv(target, launch);
        }
    }

    /** An IGVM file says itself what is loaded and in which order; registers are not its business. */
    private void igvm(LaunchTarget target, String subject) {
        for (String option : List.of("--vars", "--tail")) {
            if (call.has(option)) {
                throw Complaint.usage(option + ": an IGVM file says itself what is loaded", "leave it out");
            }
        }
        if (!request.orders().isEmpty() && !request.orders().contains(MrtdOrder.PAGE)) {
            throw Complaint.usage(
                    "--order " + request.orders().get(0).id() + ": an IGVM file is loaded page by page",
                    "leave it out");
        }
        boolean teeInfo = request.registers().contains(TdxRequest.TEE_INFO_HASH);
        if (request.registers().contains(TdxRequest.MRTD) || teeInfo) {
            Prediction prediction = IgvmMrtd.of(IgvmFile.read(target.image()));
            if (request.registers().contains(TdxRequest.MRTD) || !(prediction instanceof Prediction.Predicted)) {
                asked++;
                new Answers(result)
                        .add(
                                new Answers.Question(
                                        id(target, MrtdOrder.PAGE),
                                        Map.of("order", MrtdOrder.PAGE.id()),
                                        () -> command(target, List.of()),
                                        subject,
                                        ""),
                                prediction);
            }
            if (teeInfo && prediction instanceof Prediction.Predicted predicted) {
                teeInfoHash(target, MrtdOrder.PAGE, predicted);
            }
        }
        for (String register : request.registers()) {
            if (!register.equals(TdxRequest.MRTD) && !register.equals(TdxRequest.TEE_INFO_HASH)) {
                throw new Complaint(
                        ExitCode.NOT_PREDICTABLE,
                        register + ": what the software in an IGVM file measures is not known",
                        "give --register mrtd, or the firmware as a file of its own");
            }
        }
    }

    /** One value for each machine type. */
    private void gceTdHobBug(LaunchTarget target, String subject, TdxLaunch launch) {
        if (!request.registers().equals(Set.of(TdxRequest.MRTD))
                || !request.orders().isEmpty()) {
            throw Complaint.usage(
                    "--vmm " + TdxVmm.GCE_TDHOB_BUG.id() + " is for MRTD alone, and knows its order",
                    "leave --register and --order out");
        }
        String suffix = call.has("--early-accept") ? "-early-accept" : "";
        for (GceMachineType machine : TdxRequest.gceMachineTypes(call)) {
            asked++;
            String order = TdxVmm.GCE_TDHOB_BUG.id() + "-" + machine.id() + suffix;
            Map<String, String> keys = new LinkedHashMap<>();
            keys.put("fw", target.fw());
            keys.put("order", order);
            List<String> more = new ArrayList<>(List.of("--gce-machine-type", machine.id()));
            if (!suffix.isEmpty()) {
                more.add("--early-accept");
            }
            new Answers(result)
                    .add(
                            new Answers.Question(
                                    ValueId.of(MRTD.id(), keys),
                                    Map.of("order", order),
                                    () -> command(target, more),
                                    subject,
                                    ""),
                            GceTdHobBug.of(launch, machine, !suffix.isEmpty()));
        }
    }

    private Firmware firmware(LaunchTarget target) {
        Optional<String> vars = call.has("--vars") ? call.value("--vars") : Optional.empty();
        if (vars.isEmpty()) {
            return Firmware.read(target.image(), strictness);
        }
        Source store = call.inputs().open(vars.get());
        result.input("vars", store);
        return TdxLaunch.join(store, target.image(), strictness);
    }

    private void mrtd(LaunchTarget target, String subject, MrtdOrder order, Prediction prediction) {
        asked++;
        String otherFile = Firmware.read(target.image(), Strictness.LENIENT).kind() == Firmware.Kind.OVMF_VARS
                ? "this is a variable store; give it as --vars, and the *_CODE.fd beside it as --firmware"
                : "";
        new Answers(result)
                .add(
                        new Answers.Question(
                                id(target, order),
                                Map.of("order", order.id()),
                                () -> command(target, List.of("--order", order.id())),
                                subject,
                                otherFile),
                        prediction);
    }

    private static String id(LaunchTarget target, MrtdOrder order) {
        return id(MRTD.id(), target, order);
    }

    private static String id(String what, LaunchTarget target, MrtdOrder order) {
        Map<String, String> keys = new LinkedHashMap<>();
        keys.put("fw", target.fw());
        keys.put("order", order.id());
        return ValueId.of(what, keys);
    }

    /** MRTD is only a part of what it covers, and its assumptions are those of MRTD, too. */
    private void teeInfoHash(LaunchTarget target, MrtdOrder order, Prediction.Predicted mrtd) {
        asked++;
        mrtd.assumptions().forEach(result::assumption);
        mrtd.warnings().forEach(result::warning);
        TdInfo info = TeeInfoOptions.of(call, result, mrtd.measurement().value());
        events.put(id("teeinfohash", target, order), info.teeInfoHash());
    }

    private void refuseMrtd(LaunchTarget target, ExitCode exit, String why, String hint) {
        for (MrtdOrder order : request.orders().isEmpty() ? BOTH : request.orders()) {
            asked++;
            result.refusal(new Result.Refusal(id(target, order), MRTD, exit, why, hint));
        }
    }

    private void hob(LaunchTarget target, TdHob list) {
        asked++;
        Map<String, String> keys = new LinkedHashMap<>();
        keys.put("fw", target.fw());
        keys.put("memory", memory(list.memory()));
        String id = ValueId.of("tdhob", keys);
        if (list instanceof TdHob.Built built) {
            events.put(id, built.digest());
            result.assumption(
                    new Assumption(
                            "memory",
                            "q35",
                            "a q35 machine without NUMA nodes, memory devices or max-ram-below-4g; each of them changes the TD HOB"));
            built.warnings().forEach(result::warning);
        } else if (list instanceof TdHob.Refused refused) {
            result.refusal(new Result.Refusal(id, RTMR0, ExitCode.NOT_LAUNCHABLE, refused.why(), refused.hint()));
        } else {
            throw new AssertionError(list);
        }
    }

    /** MiB where it is a whole number of them, as options and ids have it. */
    static String memory(long bytes) {
        return bytes % (1 << 20) == 0 ? Long.toString(bytes >> 20) : (bytes >> 10) + "K";
    }

    private void cfv(LaunchTarget target, TdxLaunch launch) {
        asked++;
        String id = ValueId.of("cfv", Map.of("fw", target.fw()));
        List<Cfv> volumes = Cfv.of(launch);
        if (volumes.size() == 1) {
            events.put(id, volumes.get(0).digest());
        } else {
            result.refusal(new Result.Refusal(
                    id,
                    RTMR0,
                    ExitCode.NOT_LAUNCHABLE,
                    target.fw() + ": expected one CFV section that can be launched, found " + volumes.size(),
                    "`--register mrtd` says what is wrong with the firmware"));
        }
    }

    private String command(LaunchTarget target, List<String> more) {
        List<String> words = new ArrayList<>(List.of("measure", "tdx"));
        words.addAll(target.arguments());
        if (call.has("--vars")) {
            words.addAll(List.of("--vars", call.value("--vars").orElseThrow()));
        }
        words.addAll(request.arguments());
        words.addAll(more);
        if (strictness == Strictness.LENIENT) {
            words.add("--lenient");
        }
        return Shell.line(words);
    }

    /** Writes what there is: values of registers, then digests of events. */
    void write() {
        boolean bare = asked == 1;
        if (!events.isEmpty() && Output.isTree(call.common())) {
            LaunchTarget first = targets.get(0);
            List<Map<String, Object>> list = new ArrayList<>();
            events.forEach((id, digest) -> list.add(
                    FirmwareReport.row("id", id, "alg", digest.algorithm().id(), "digest", digest.hex())));
            Firmware firmware = Firmware.read(first.image(), Strictness.LENIENT);
            result.found(FirmwareReport.row(
                    "file",
                    first.image().name(),
                    "kind",
                    FirmwareReport.kind(firmware),
                    "size",
                    first.image().length(),
                    "eventDigests",
                    list));
        }
        if (!Output.isTree(call.common())) {
            // Before what is said about them, as values are; without --trace, which lists registers only.
            events.forEach((id, digest) -> {
                String text = call.common().format() == Format.BASE64
                        ? Base64.getEncoder().encodeToString(digest.toByteArray())
                        : digest.hex();
                call.sink().line(bare ? text : id + "  " + text);
            });
        }
        Output.write(result, bare, call);
    }
}
