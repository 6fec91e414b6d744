package dev.measure.cli;

import dev.measure.Assumption;
import dev.measure.Prediction;
import dev.measure.ValueId;
import dev.measure.boot.BootInputs;
import dev.measure.boot.BootPrediction;
import dev.measure.boot.BootSequence;
import dev.measure.tdx.Edk2Generation;
import dev.measure.tdx.Rtmr;
import dev.measure.tdx.RtmrEvent;
import dev.measure.tdx.RtmrInputs;
import dev.measure.tdx.RtmrValue;
import dev.measure.tdx.TdxLaunch;
import dev.measure.tdx.TdxVmm;
import dev.measure.uki.Uki;
import java.io.IOException;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.BiFunction;
import java.util.function.Supplier;

/** Predicts the RTMRs of one firmware: one boot for each memory size, profile and selected firmware. */
final class RtmrValues {
    private static final String UNKNOWN = "unknown";
    private static final List<String> FLAGS = List.of("--direct", "--dstack", "--hugepages", "--swtpm");

    private final Call call;
    private final TdxRequest request;
    private final Result result;
    private final Optional<Uki> fuki;
    private final List<String> transcript = new ArrayList<>();
    private final List<RtmrValue> values = new ArrayList<>();
    private int asked;

    RtmrValues(Call call, TdxRequest request, Result result, Optional<Uki> fuki) {
        this.call = call;
        this.request = request;
        this.result = result;
        this.fuki = fuki;
    }

    /** Adds the registers of one firmware, or of one that is known by what was published of it; returns how many values were asked for. */
    int add(LaunchTarget target, Optional<TdxLaunch> launch, BiFunction<LaunchTarget, List<String>, String> command) {
        int before = asked;
        RtmrRequest boot = new RtmrRequest(call, result, fuki);
        List<Integer> vcpus = RtmrRequest.vcpus(call);
        Optional<Uki> uki = boot.uki();
        List<Optional<BootInputs>> boots = new ArrayList<>();
        if (uki.isPresent()) {
            boot.boots(uki.get(), target).forEach(each -> boots.add(Optional.of(each)));
        } else if (call.has("--loader") && !call.has("--direct")) {
            boots.add(Optional.of(boot.bootOfLoaders()));
        } else {
            boots.add(Optional.empty());
        }
        RtmrInputs.Builder in = boot.inputs(request.memory());
        launch.ifPresent(in::launch);
        List<Optional<Long>> memory = new ArrayList<>();
        request.memory().forEach(size -> memory.add(Optional.of(size)));
        if (memory.isEmpty()) {
            memory.add(Optional.empty());
        }
        AcpiMachines acpi = new AcpiMachines(call, result, request.memory().size(), vcpus.size(), boot.liftedAcpi());
        for (Optional<Long> size : memory) {
            size.ifPresent(in::memory);
            for (Optional<BootInputs> each : boots) {
                each.ifPresent(in::boot);
                add(in, acpi, target, new Cell(size, vcpus, each), command);
            }
        }
        call.value("--transcript").ifPresent(this::write);
        return asked - before;
    }

    /** What of the lists is one row, but for the numbers of vCPUs, which only RTMR0 depends on. */
    private record Cell(Optional<Long> memory, List<Integer> vcpus, Optional<BootInputs> boot) {}

    private void add(
            RtmrInputs.Builder in,
            AcpiMachines acpi,
            LaunchTarget target,
            Cell cell,
            BiFunction<LaunchTarget, List<String>, String> command) {
        List<OptionalInt> counts = cell.vcpus.isEmpty()
                ? List.of(OptionalInt.empty())
                : cell.vcpus.stream().map(OptionalInt::of).toList();
        boolean perCount = request.registers().contains("rtmr0");
        List<RtmrValue> predicted = List.of();
        // Of several numbers of vCPUs each has its row, so that an id does not depend on the others.
        for (OptionalInt count : counts) {
            if (perCount) {
                acpi.into(in, cell.memory, count);
            }
            RtmrInputs inputs = in.build();
            if (perCount || predicted.isEmpty()) {
                predicted = values(inputs);
            }
            String vcpus = count.isPresent() ? Integer.toString(count.getAsInt()) : UNKNOWN;
            Map<String, String> keys = keys(target, inputs, cell.memory, vcpus, cell.boot);
            for (RtmrValue value : predicted) {
                if (request.registers().contains("rtmr" + value.register())) {
                    add(value, keys, () -> command.apply(target, words(value, keys)));
                }
            }
        }
    }

    /** {@return the values that were asked for, with their events} */
    List<RtmrValue> values() {
        return List.copyOf(values);
    }

    private static List<RtmrValue> values(RtmrInputs inputs) {
        try {
            return Rtmr.of(inputs);
        } catch (IllegalArgumentException e) {
            throw Complaint.usage(e.getMessage(), "");
        }
    }

    private Map<String, String> keys(
            LaunchTarget target, RtmrInputs inputs, Optional<Long> memory, String vcpus, Optional<BootInputs> boot) {
        Map<String, String> keys = new LinkedHashMap<>();
        keys.put("fw", target.fw());
        keys.put("edk2", Rtmr.generation(inputs).map(Edk2Generation::id).orElse(UNKNOWN));
        keys.put("vmm", request.vmm().map(TdxVmm::id).orElse(UNKNOWN));
        keys.put("memory", memory.map(TdxValues::memory).orElse(UNKNOWN));
        keys.put("vcpus", vcpus);
        keys.put("profile", Integer.toString(boot.map(BootInputs::profile).orElse(0)));
        keys.put(
                "fwid", boot.map(BootSequence::of).flatMap(BootPrediction::fwid).orElse("none"));
        keys.put("phase", "none");
        return keys;
    }

    /** What gives this register alone: every option about the boot that was given, and of lists the one item. */
    private List<String> words(RtmrValue value, Map<String, String> keys) {
        List<String> words = new ArrayList<>(List.of("--register", "rtmr" + value.register()));
        Map<String, String> items = new LinkedHashMap<>();
        items.put("--memory", keys.get("memory"));
        items.put("--vcpus", keys.get("vcpus"));
        items.put("--profile", keys.get("profile"));
        List<String> options = new ArrayList<>(List.of("--memory"));
        for (Options.Group group : RtmrOptions.groups()) {
            group.options().forEach(option -> options.add(option.name()));
        }
        options.remove("--transcript");
        for (String option : options) {
            if (!call.has(option)) {
                continue;
            }
            if (FLAGS.contains(option)) {
                words.add(option);
            } else if (items.containsKey(option)) {
                words.addAll(List.of(option, items.get(option)));
            } else {
                call.values(option).forEach(each -> words.addAll(List.of(option, each)));
            }
        }
        if (fuki.isEmpty() && call.has("--firmware")) {
            call.positional(0).ifPresent(words::add);
        }
        return words;
    }

    private void add(RtmrValue value, Map<String, String> common, Supplier<String> command) {
        asked++;
        values.add(value);
        String register = value.prediction().register().id();
        Map<String, String> keys = new LinkedHashMap<>(common);
        keys.put("variant", value.variant());
        String id = ValueId.of(register, keys);
        if (!value.fromEvidence() || !(value.prediction() instanceof Prediction.Predicted predicted)) {
            Map<String, Object> parameters = new LinkedHashMap<>(keys);
            parameters.remove("fw");
            new Answers(result).add(new Answers.Question(id, parameters, command, "", ""), value.prediction());
        } else {
            predicted.assumptions().forEach(result::assumption);
            predicted.warnings().forEach(result::warning);
            Map<String, Object> parameters = new LinkedHashMap<>(keys);
            parameters.remove("fw");
            result.value(new Result.Value(
                    id,
                    predicted.register(),
                    predicted.measurement().value(),
                    Result.Status.FROM_EVIDENCE,
                    predicted.measurement().evidence(),
                    parameters,
                    command,
                    predicted.measurement()));
            result.assumption(new Assumption(
                    "from-log",
                    register,
                    "digests in it were taken from the log, so it says nothing about the machine that wrote the log"));
        }
        if (!value.variant().equals("only") && value.prediction() instanceof Prediction.Predicted) {
            result.assumption(new Assumption("variant", value.variant(), value.why()));
            List<String> ids = new ArrayList<>(result.alternatives().getOrDefault(register, List.of()));
            ids.add(id);
            result.alternatives(register, ids);
        }
        for (RtmrEvent event : value.events()) {
            transcript.add(String.join(
                    "\t",
                    id,
                    event.type().text(),
                    event.digest().hex(),
                    event.origin().id(),
                    Talk.printable(event.name()), // of grub several lines
                    Talk.printable(event.provenance().text())));
        }
    }

    private void write(String name) {
        try {
            Files.write(call.inputs().path(name), transcript);
        } catch (IOException e) {
            throw new Complaint(ExitCode.MALFORMED, name + ": cannot be written: " + Inputs.whyNotWritten(e), "");
        }
    }
}
