package dev.measure.cli;

import dev.measure.Digest;
import dev.measure.DigestAlgorithm;
import dev.measure.Evidence;
import dev.measure.Measurement;
import dev.measure.Register;
import dev.measure.Source;
import dev.measure.ValueId;
import dev.measure.eventlog.EventLog;
import dev.measure.eventlog.Replay;
import dev.measure.eventlog.StopEvent;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;

/** PCRs from a log of the machine: {@code measure pcr --from-eventlog}. */
final class LearnedPcrs {
    private LearnedPcrs() {}

    /** {@return whether a log is all that is given} */
    static boolean alone(Call call) {
        boolean image = call.positional(0).isPresent()
                || call.has("--image")
                || call.has("--section")
                || call.has("--kernel")
                || PcrOptions.SECTION_OPTIONS.stream().anyMatch(name -> call.has("--" + name));
        return !image && call.has("--from-eventlog");
    }

    /** {@return the registers of the log that is given, up to the event at which it shall stop} */
    static Optional<Replay> of(Call call, Result result) {
        if (!call.has("--from-eventlog") || !call.has("--stop-event")) {
            for (String option : List.of("--stop-event", "--before", "--after")) {
                if (call.has(option)) {
                    throw Complaint.usage(
                            option + " is about an event of a log",
                            option.equals("--stop-event") ? "give --from-eventlog" : "give --stop-event");
                }
            }
        }
        return call.value("--from-eventlog").map(name -> {
            Source file = call.inputs().open(name);
            result.input("eventlog", file);
            EventLog log = EventLog.read(file, call.common().strictness());
            log.warnings().forEach(result::warning);
            if (log.confidential()) {
                throw Complaint.usage("--from-eventlog: " + name + " extends RTMRs, not PCRs", "");
            }
            return call.has("--stop-event") ? Replay.of(log, events(call, log)) : Replay.of(log);
        });
    }

    /** How many events are replayed: up to the one that is named, and with it after {@code --after}. */
    private static long events(Call call, EventLog log) {
        if (call.has("--before") && call.has("--after")) {
            throw Complaint.usage("--before and --after exclude each other", "the default is --before");
        }
        StopEvent stop;
        try {
            stop = StopEvent.parse(call.value("--stop-event").orElseThrow());
        } catch (IllegalArgumentException e) {
            throw Complaint.usage("--stop-event: " + e.getMessage(), "");
        }
        OptionalInt number = stop.in(log);
        if (number.isEmpty()) {
            throw new Complaint(
                    ExitCode.NOT_PREDICTABLE,
                    call.value("--from-eventlog").orElseThrow() + ": the log has no event " + stop.kind() + "="
                            + stop.value(),
                    "measure eventlog show lists its events");
        }
        return number.getAsInt() + (call.has("--after") ? 1L : 0L);
    }

    /** Writes the registers of the log, of which none is called predicted. */
    static ExitCode write(Call call, Result result) {
        Replay replay = of(call, result).orElseThrow();
        List<Integer> pcrs =
                call.has("--pcr") ? Lists.numbers("--pcr", call.values("--pcr"), 0, 23) : PcrRequest.usualPcrs();
        Map<Register, Measurement> extended = new LinkedHashMap<>();
        replay.measurements().forEach(measurement -> extended.put(measurement.register(), measurement));
        int asked = 0;
        for (int pcr : pcrs) {
            for (DigestAlgorithm bank : PcrRequest.banks(call)) {
                Register.Pcr register = new Register.Pcr(pcr, bank);
                asked++;
                add(call, result, register, replay.value(register), Optional.ofNullable(extended.get(register)));
            }
        }
        return PcrVerb.write(result, call, asked == 1);
    }

    private static void add(
            Call call, Result result, Register.Pcr register, Optional<Digest> value, Optional<Measurement> measured) {
        Map<String, String> keys = new LinkedHashMap<>();
        keys.put("bank", register.bank().id());
        keys.put("profile", "0");
        keys.put("fwid", "none");
        keys.put("phase", "none");
        keys.put("variant", "only");
        String id = ValueId.of(register.id(), keys);
        if (value.isEmpty()) {
            result.refusal(new Result.Refusal(
                    id,
                    register,
                    ExitCode.NOT_PREDICTABLE,
                    "PCR " + register.index() + ": the log has no bank "
                            + register.bank().id(),
                    ""));
            return;
        }
        Map<String, Object> parameters = new LinkedHashMap<>(keys);
        parameters.put("profile", 0);
        Measurement measurement =
                measured.orElseGet(() -> Measurement.of(register, value.get(), Evidence.BOOT, (detail, sink) -> {}));
        result.value(new Result.Value(
                id,
                register,
                measurement.value(),
                Result.Status.FROM_EVIDENCE,
                measurement.evidence(),
                parameters,
                () -> Shell.line(List.of(
                        "measure",
                        "pcr",
                        "--from-eventlog",
                        call.value("--from-eventlog").orElseThrow(),
                        "--pcr",
                        Integer.toString(register.index()),
                        "--bank",
                        register.bank().id())),
                measurement));
    }
}
