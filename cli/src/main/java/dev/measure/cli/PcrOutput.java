package dev.measure.cli;

import dev.measure.Assumption;
import dev.measure.Measurement;
import dev.measure.Prediction;
import dev.measure.boot.BootPhase;
import dev.measure.boot.BootPrediction;
import dev.measure.eventlog.Replay;
import dev.measure.tpm.Pcr;
import dev.measure.tpm.PcrPrediction;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;

/** Puts predictions of PCRs into a result. */
final class PcrOutput {
    /** The PCRs that an assumption is about, where it is about some only. */
    private static final Map<String, List<Integer>> CONCERNED = Map.ofEntries(
            Map.entry("peifv", List.of(0)),
            Map.entry("memory-type-information", List.of(0)),
            Map.entry("identity", List.of(15)),
            Map.entry("processor", List.of(0)),
            Map.entry("option-rom", List.of(2)),
            Map.entry("failed-boot-option", List.of(4)),
            Map.entry("boot-disk", List.of(1)),
            Map.entry("boot-variables", List.of(1)),
            Map.entry("loader-conf", List.of(5)),
            Map.entry("smbios", List.of(9, 12)),
            Map.entry("boot-secret", List.of(9)),
            Map.entry("console", List.of(9)),
            Map.entry("nvpcr", List.of(9)),
            Map.entry("fwid", List.of(11)));

    /** What firmware, its settings and its drivers decide, and what shim measures of its own. */
    private static final Set<Integer> LEARNED = Set.of(0, 1, 2, 3, 6, 7, 14);

    private PcrOutput() {}

    private static boolean concerns(Assumption assumption, PcrRequest request) {
        List<Integer> about = CONCERNED.get(assumption.key());
        return about == null || about.stream().anyMatch(request.pcrs()::contains);
    }

    /** {@return the boots of a request, each at each of its points in time} */
    static List<BootPrediction> boots(PcrRequest request) {
        return PcrBoot.predict(request);
    }

    /**
     * Adds the values.
     *
     * @param boots the boots
     * @param request which registers and banks
     * @param command the command line that gives a value alone
     * @param result takes the values, the reasons of those that there are not, and what they take for granted
     */
    static void add(
            List<BootPrediction> boots, PcrRequest request, Function<PcrPrediction, String> command, Result result) {
        add(boots, request, command, result, Optional.empty());
    }

    /**
     * Adds the values.
     *
     * @param boots the boots
     * @param request which registers and banks
     * @param command the command line that gives a value alone
     * @param result takes the values, the reasons of those that there are not, and what they take for granted
     * @param learned a log of the machine, for registers that the image does not change and that are not predictable
     */
    static void add(
            List<BootPrediction> boots,
            PcrRequest request,
            Function<PcrPrediction, String> command,
            Result result,
            Optional<Replay> learned) {
        for (BootPrediction boot : boots) {
            boot.assumptions().stream()
                    .filter(assumption -> concerns(assumption, request))
                    .forEach(result::assumption);
            boot.warnings().forEach(result::warning);
        }
        Map<String, List<String>> alternatives = new LinkedHashMap<>();
        for (PcrPrediction value : Pcr.of(boots, request.pcrs(), request.banks())) {
            add(value, command, result, learned.flatMap(log -> learned(value, log)));
            if (value.alternative()) {
                alternatives
                        .computeIfAbsent(group(value, boots.size() == 1), any -> new ArrayList<>())
                        .add(value.id());
                result.assumption(new Assumption("variant", value.variant(), value.why()));
            }
        }
        alternatives.forEach(result::alternatives);
    }

    /** The register and bank; where several boots are asked for, with all other keys of the id but the last. */
    private static String group(PcrPrediction value, boolean single) {
        String id = value.id();
        return single
                ? value.register().id() + "/bank=" + value.register().bank().id()
                : id.substring(0, id.lastIndexOf("/variant="));
    }

    /** The value in the log of an earlier boot; after os-separator a log of the firmware says less than the register holds. */
    private static Optional<Measurement> learned(PcrPrediction value, Replay log) {
        if (!(value.prediction() instanceof Prediction.NotPredictable)
                || !LEARNED.contains(value.register().index())
                || value.phase().contains(BootPhase.OS_SEPARATOR)) {
            return Optional.empty();
        }
        return log.measurements().stream()
                .filter(measurement -> measurement.register().equals(value.register()))
                .findFirst();
    }

    private static void add(
            PcrPrediction value,
            Function<PcrPrediction, String> command,
            Result result,
            Optional<Measurement> learned) {
        if (value.prediction() instanceof Prediction.Predicted predicted) {
            value(value, predicted.measurement(), Result.Status.PREDICTED, command, result);
        } else if (learned.isPresent()) {
            result.assumption(
                    new Assumption(
                            "learned",
                            value.register().id(),
                            "taken from a log: right as long as firmware, settings and boot loaders of that machine stay the same"));
            value(value, learned.get(), Result.Status.FROM_EVIDENCE, command, result);
        } else if (value.prediction() instanceof Prediction.NotPredictable not) {
            result.refusal(new Result.Refusal(
                    value.id(),
                    value.register(),
                    ExitCode.NOT_PREDICTABLE,
                    "PCR " + value.register().index() + ": " + not.why() + ": needs " + not.input(),
                    ""));
        } else if (value.prediction() instanceof Prediction.NotLaunchable not) {
            result.refusal(
                    new Result.Refusal(value.id(), value.register(), ExitCode.NOT_LAUNCHABLE, not.why(), not.hint()));
        } else {
            throw new AssertionError(value.prediction());
        }
    }

    private static void value(
            PcrPrediction value,
            Measurement measurement,
            Result.Status status,
            Function<PcrPrediction, String> command,
            Result result) {
        Map<String, Object> parameters = new LinkedHashMap<>();
        parameters.put("bank", value.register().bank().id());
        parameters.put("profile", value.profile());
        parameters.put("fwid", value.fwid());
        parameters.put("phase", value.phase());
        parameters.put("variant", value.variant());
        result.value(new Result.Value(
                value.id(),
                value.register(),
                measurement.value(),
                status,
                measurement.evidence(),
                parameters,
                () -> command.apply(value),
                measurement));
    }
}
