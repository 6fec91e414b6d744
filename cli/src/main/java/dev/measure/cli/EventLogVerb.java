package dev.measure.cli;

import dev.measure.Digest;
import dev.measure.DigestAlgorithm;
import dev.measure.Evidence;
import dev.measure.FieldVerdict;
import dev.measure.Measurement;
import dev.measure.Register;
import dev.measure.Source;
import dev.measure.ValueId;
import dev.measure.eventlog.EventLog;
import dev.measure.eventlog.EventLogDiff;
import dev.measure.eventlog.LogFormat;
import dev.measure.eventlog.Replay;
import dev.measure.tdx.TdLog;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/** {@code measure eventlog}: shows, replays, converts and compares TCG event logs. */
final class EventLogVerb implements Verb {
    private static final List<String> ACTIONS = List.of("show", "replay", "convert", "diff");
    private static final List<String> BANKS = List.of("sha1", "sha256", "sha384", "sha512", "sm3_256");
    private static final List<String> FORMS = List.of("binary", "cel-json", "tpm2-yaml", "table");
    private static final int HIGHEST_PCR = 23;
    private static final int RTMRS = 4;

    @Override
    public String name() {
        return "eventlog";
    }

    @Override
    public String summary() {
        return "shows, replays, converts and compares TCG event logs";
    }

    @Override
    public List<Example> examples() {
        return List.of(
                new Example("every event, a line each", "eventlog show binary_bios_measurements"),
                new Example("the PCRs that the log leads to", "eventlog replay binary_bios_measurements --bank sha256"),
                new Example("one PCR, bare", "eventlog replay binary_bios_measurements --bank sha256 --pcr 11"),
                new Example("the RTMRs of an Intel TDX guest", "eventlog replay CCEL --json"),
                new Example("what tpm2_eventlog prints", "eventlog show binary_bios_measurements --format yaml"),
                new Example("and whether a quote has the same", "eventlog replay CCEL --quote quote.bin"),
                new Example("a log as CEL-JSON", "eventlog convert binary_bios_measurements --to cel-json -o log.json"),
                new Example("where two boots part", "eventlog diff yesterday.bin today.bin"));
    }

    @Override
    public List<Options.Group> groups() {
        return List.of(
                new Options.Group(
                        "Replay",
                        Options.list("PCRs (default: all that the log extends)", List.of(), "--pcr"),
                        Options.list(
                                "banks: " + String.join(", ", BANKS) + " (default: all of the log)", BANKS, "--bank"),
                        Options.value("FILE", "TD quote or TDREPORT whose RTMRs the log must lead to", "--quote")),
                new Options.Group(
                        "Convert",
                        Options.choice("FORM", FORMS, "what to write (default: by the name given to -o)", "--to")));
    }

    @Override
    public List<Options.Parameter> positionals() {
        return List.of(
                Options.positional(0, "ACTION", "show, replay, convert or diff"),
                Options.positional(1, "LOG", "a log of any format; - is standard input"),
                Options.positional(2, "LOG2", "the log to compare with (diff)"));
    }

    @Override
    public List<String> notes() {
        return List.of(
                "Formats are detected: SHA-1 and crypto-agile binary, CCEL, CEL-JSON, tpm2_eventlog YAML.",
                "diff exits with 3 if the logs differ in what they extend.",
                "--lenient replays what can be replayed of a damaged log, and warns of the rest.");
    }

    @Override
    public ExitCode run(Call call) {
        String action = call.positional(0)
                .orElseThrow(() -> Complaint.usage("no action is given", "measure eventlog show LOG"));
        if (!ACTIONS.contains(action)) {
            throw Complaint.usage(
                    "unknown action '" + action + "'",
                    Suggestion.didYouMean(action, ACTIONS) + "all: " + String.join(", ", ACTIONS));
        }
        String name = call.positional(1)
                .orElseThrow(() -> Complaint.usage("no log is given", "measure eventlog " + action + " LOG"));
        if (call.positional(2).isPresent() != action.equals("diff")) {
            throw Complaint.usage(
                    action.equals("diff")
                            ? "no second log is given"
                            : "unexpected parameter '" + call.positional(2).get() + "'",
                    action.equals("diff") ? "measure eventlog diff LOG LOG2" : "");
        }
        Result result = new Result();
        EventLog log = read(name, call, result);
        return switch (action) {
            case "show" -> show(log, call, result);
            case "replay" -> replay(log, name, call, result);
            case "convert" -> convert(log, call, result);
            default -> diff(log, call, result);
        };
    }

    private static EventLog read(String name, Call call, Result result) {
        Source file = call.inputs().open(name);
        result.input("eventlog", file);
        EventLog log = EventLog.read(file, call.common().strictness());
        log.warnings().forEach(result::warning);
        return log;
    }

    private static ExitCode show(EventLog log, Call call, Result result) {
        if (call.common().format() == Format.JSON) {
            result.found(EventLogReport.found(log, result.inputs().get(0).source(), true));
            Output.write(result, false, call);
            return ExitCode.DONE;
        }
        write(log, call.common().format() == Format.YAML ? "tpm2-yaml" : "table", call);
        TextOutput.remarks(result, call.talk());
        return ExitCode.DONE;
    }

    private static ExitCode replay(EventLog log, String name, Call call, Result result) {
        List<DigestAlgorithm> banks = banks(log, call);
        List<Integer> pcrs =
                call.has("--pcr") ? Lists.numbers("--pcr", call.values("--pcr"), 0, HIGHEST_PCR) : List.of();
        if (log.confidential() && call.has("--pcr")) {
            throw Complaint.usage("--pcr: the log of a confidential VM extends RTMRs, not PCRs", "leave --pcr out");
        }
        Replay replay = Replay.of(log);
        for (Measurement measurement : replay.measurements()) {
            Register register = measurement.register();
            boolean wanted = pcrs.isEmpty() || register instanceof Register.Pcr pcr && pcrs.contains(pcr.index());
            if (wanted && banks.contains(register.algorithm())) {
                result.value(value(replay, measurement, name));
            }
        }
        if (log.confidential() && banks.contains(DigestAlgorithm.SHA384)) {
            untouched(replay, result, name);
        }
        for (int pcr : pcrs) {
            for (DigestAlgorithm bank : banks) {
                Register.Pcr register = new Register.Pcr(pcr, bank);
                if (!replay.values(bank).containsKey(pcr)) {
                    result.refusal(new Result.Refusal(
                            id(register),
                            register,
                            ExitCode.NOT_PREDICTABLE,
                            "no event of the log extends " + register.id(),
                            ""));
                }
            }
        }
        List<FieldVerdict> verdicts = call.value("--quote")
                .map(quote -> compare(log, name, PcrRequest.opened(call, result, "quote", quote)))
                .orElse(List.of());
        if (!verdicts.isEmpty()) {
            result.found(Map.of("verdicts", Keys.rows(verdicts)));
        }
        Output.write(result, pcrs.size() == 1 && banks.size() == 1, call);
        verdicts.stream()
                .filter(FieldVerdict.Matches.class::isInstance)
                .forEach(verdict -> call.talk().say("matches: " + verdict.text()));
        Keys.complain(verdicts, call);
        if (!FieldVerdict.allGood(verdicts)) {
            return FieldVerdict.anyUntrusted(verdicts) ? ExitCode.KEY : ExitCode.MISMATCH;
        }
        return result.refusals().isEmpty() ? ExitCode.DONE : ExitCode.NOT_PREDICTABLE;
    }

    /** A quote has all four RTMRs, so those that no event extends are said, too: zeros. */
    private static void untouched(Replay replay, Result result, String name) {
        for (int i = 0; i < RTMRS; i++) {
            Register register = new Register.Rtmr(i);
            if (!replay.registers().containsKey(register)) {
                Digest zeros = replay.value(register).orElseThrow();
                result.value(
                        value(replay, Measurement.of(register, zeros, Evidence.HARDWARE, (detail, sink) -> {}), name));
            }
        }
    }

    /** Signatures of the quote, and its RTMRs against the log. */
    private static List<FieldVerdict> compare(EventLog log, String name, Source quote) {
        TdLog events;
        try {
            events = TdLog.of(name, log);
        } catch (IllegalArgumentException e) {
            throw Complaint.usage(e.getMessage(), "--quote is for the log of a trust domain");
        }
        TdEvidenceFile given = TdEvidenceFile.read(quote, Optional.empty());
        List<FieldVerdict> verdicts = new ArrayList<>(given.trust());
        verdicts.addAll(events.check(given.evidence()));
        return verdicts;
    }

    private static Result.Value value(Replay replay, Measurement measurement, String name) {
        Register register = measurement.register();
        List<String> words = new ArrayList<>(List.of("measure", "eventlog", "replay", name));
        if (register instanceof Register.Pcr pcr) {
            words.addAll(List.of(
                    "--pcr", String.valueOf(pcr.index()), "--bank", pcr.bank().id()));
        }
        return new Result.Value(
                id(register),
                register,
                measurement.value(),
                Result.Status.FROM_EVIDENCE,
                measurement.evidence(),
                Map.of("events", replay.extensions(register)), // counted: they would not fit into memory as a list
                () -> Shell.line(words),
                measurement);
    }

    /** A log does not say what it was booted with, so the keys of an id that name inputs are {@code unknown}. */
    private static String id(Register register) {
        Map<String, String> keys = new LinkedHashMap<>();
        if (register instanceof Register.Pcr pcr) {
            keys.put("bank", pcr.bank().id());
        } else {
            for (String key : List.of("fw", "edk2", "vmm", "memory", "vcpus")) {
                keys.put(key, "unknown");
            }
        }
        keys.put("profile", "unknown");
        keys.put("fwid", "unknown");
        keys.put("phase", "log");
        keys.put("variant", "only");
        return ValueId.of(register.id(), keys);
    }

    private static List<DigestAlgorithm> banks(EventLog log, Call call) {
        if (!call.has("--bank")) {
            return log.banks();
        }
        List<DigestAlgorithm> banks = new ArrayList<>();
        for (String name : Lists.names("--bank", call.values("--bank"))) {
            DigestAlgorithm bank;
            try {
                bank = DigestAlgorithm.parse(name);
            } catch (IllegalArgumentException e) {
                throw Complaint.usage(
                        "unknown bank '" + name + "'",
                        Suggestion.didYouMean(name, BANKS) + "all: " + String.join(", ", BANKS));
            }
            if (!log.banks().contains(bank)) {
                throw new Complaint(
                        ExitCode.NOT_PREDICTABLE,
                        "the log has no bank " + bank.id() + " that can be replayed",
                        "it has: "
                                + String.join(
                                        ", ",
                                        log.banks().stream()
                                                .map(DigestAlgorithm::id)
                                                .toList()));
            }
            banks.add(bank);
        }
        return banks;
    }

    private static ExitCode convert(EventLog log, Call call, Result result) {
        write(log, form(call), call);
        TextOutput.remarks(result, call.talk());
        return ExitCode.DONE;
    }

    private static String form(Call call) {
        Optional<String> asked = call.value("--to")
                .or(() -> switch (call.common().format()) {
                    case JSON -> Optional.of("cel-json");
                    case YAML -> Optional.of("tpm2-yaml");
                    default -> call.common().output().flatMap(EventLogVerb::byName);
                });
        String form = asked.orElseThrow(
                () -> Complaint.usage("no form to convert to is given", "give --to " + String.join(", --to ", FORMS)));
        return switch (form.toLowerCase(Locale.ROOT)) {
            case "binary", "bin" -> "binary";
            case "cel-json", "cel", "json" -> "cel-json";
            case "tpm2-yaml", "tpm2", "yaml" -> "tpm2-yaml";
            case "table", "text" -> "table";
            default ->
                throw Complaint.usage(
                        "unknown form '" + form + "'",
                        Suggestion.didYouMean(form, FORMS) + "all: " + String.join(", ", FORMS));
        };
    }

    private static Optional<String> byName(String output) {
        String name = output.toLowerCase(Locale.ROOT);
        if (name.endsWith(".json") || name.endsWith(".cel")) {
            return Optional.of("cel-json");
        } else if (name.endsWith(".yaml") || name.endsWith(".yml")) {
            return Optional.of("tpm2-yaml");
        } else if (name.endsWith(".bin") || name.endsWith(".log")) {
            return Optional.of("binary");
        }
        return name.endsWith(".txt") ? Optional.of("table") : Optional.empty();
    }

    private static void write(EventLog log, String form, Call call) {
        OutputStream out = call.sink().stream();
        try {
            switch (form) {
                case "binary" -> log.writeBinary(out);
                case "cel-json" -> log.writeCelJson(out);
                case "tpm2-yaml" -> log.writeTpm2Yaml(out);
                default -> log.writeTable(out);
            }
        } catch (IllegalArgumentException e) {
            if (log.format() != LogFormat.TPM2_YAML) {
                throw e;
            }
            throw new Complaint(
                    ExitCode.NOT_LAUNCHABLE, e.getMessage(), "convert the binary log that tpm2_eventlog was given");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        call.sink().flush();
    }

    private static ExitCode diff(EventLog log, Call call, Result result) {
        EventLog other = read(call.positional(2).orElseThrow(), call, result);
        Optional<EventLogDiff.Difference> difference = EventLogDiff.first(log, other);
        if (Output.isTree(call.common())) {
            Source file = result.inputs().get(0).source();
            Map<String, Object> found = new LinkedHashMap<>(EventLogReport.found(log, file, false));
            found.put("equal", difference.isEmpty());
            difference.ifPresent(first -> found.put("difference", first.text()));
            result.found(found);
            Output.write(result, false, call);
        } else {
            call.sink()
                    .line(difference
                            .map(EventLogDiff.Difference::text)
                            .orElse("the logs extend the same registers with the same digests"));
            call.sink().flush();
            TextOutput.remarks(result, call.talk());
        }
        return difference.isEmpty() ? ExitCode.DONE : ExitCode.MISMATCH;
    }
}
