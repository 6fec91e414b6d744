package dev.measure.cli;

import dev.measure.Digest;
import dev.measure.DigestAlgorithm;
import dev.measure.Register;
import dev.measure.RegisterEvidence;
import dev.measure.Source;
import dev.measure.Verdict;
import dev.measure.eventlog.EventLog;
import dev.measure.eventlog.Replay;
import dev.measure.golden.GoldenCheck;
import dev.measure.golden.GoldenConfirmation;
import dev.measure.golden.GoldenValues;
import dev.measure.snp.SnpEvidence;
import dev.measure.tdx.TdQuote;
import dev.measure.tdx.TdReport;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.stream.Collectors;

/** Evidence that a command line names: which registers it shows, and how they compare with golden values. */
final class EvidenceFile {
    private EvidenceFile() {}

    /** {@return the evidence in a file} */
    private static RegisterEvidence read(Source file, Call call) {
        if (SnpEvidence.looksLike(file)) {
            return SnpEvidence.read(file).report();
        }
        if (TdQuote.isQuote(file)) {
            return TdQuote.read(file);
        }
        if (file.length() == TdReport.SIZE) {
            return TdReport.read(file);
        }
        if (EventLog.recognises(file)) {
            return Replay.of(EventLog.read(file, call.common().strictness()));
        }
        throw new Complaint(
                ExitCode.MALFORMED,
                file.name() + ": expected an SNP report, a TD quote or report, or an event log, found none of them",
                "what is it? measure inspect " + file.name());
    }

    /** Compares evidence with a lock file. */
    static ExitCode check(GoldenValues golden, LockFile lock, Call call) {
        List<RegisterEvidence> pieces = new ArrayList<>();
        for (String name : call.values("--evidence")) {
            pieces.add(read(call.inputs().open(name), call));
        }
        GoldenCheck check = golden.check(pieces.toArray(RegisterEvidence[]::new));
        if (Output.isTree(call.common())) {
            Result result = new Result();
            call.values("--evidence")
                    .forEach(name -> result.input("evidence", call.inputs().open(name)));
            result.found(Map.of("evidence", tree(check)));
            JsonOutput.write(result, call.common(), call.sink().stream());
        } else {
            check.verdicts().forEach(verdict -> print(verdict, call));
        }
        call.sink().flush();
        if (!check.unchecked().isEmpty()) {
            call.talk()
                    .say("note: no evidence of these registers, which have golden values: "
                            + String.join(", ", check.unchecked()));
        }
        if (check.passes()) {
            call.talk().say("registers hold golden values of " + lock.lock() + "; signatures were not verified");
            return ExitCode.DONE;
        }
        boolean failed = check.verdicts().stream()
                .anyMatch(verdict -> verdict instanceof Verdict.Mismatch || verdict instanceof Verdict.Absent);
        call.talk()
                .error(
                        failed
                                ? "not every register holds a golden value of " + lock.lock()
                                : lock.lock() + " has no golden value of any register in the evidence",
                        failed ? "" : "add a target for it to the manifest");
        return failed ? ExitCode.MISMATCH : ExitCode.GOLDEN_MISSING;
    }

    private static String name(Register register) {
        return register instanceof Register.Pcr pcr
                ? register.id() + ":" + pcr.bank().id()
                : register.id();
    }

    private static void print(Verdict verdict, Call call) {
        String name = name(verdict.register());
        if (verdict instanceof Verdict.Match match) {
            call.sink().line("matches   " + name + "  " + match.id());
        } else if (verdict instanceof Verdict.Mismatch mismatch) {
            call.sink().line("differs   " + name + "  " + mismatch.actual().hex());
            call.sink()
                    .line("          is none of "
                            + Drift.count(mismatch.expected().size(), "golden value") + ", such as "
                            + mismatch.expected().keySet().iterator().next());
        } else if (verdict instanceof Verdict.Absent absent) {
            call.sink()
                    .line("absent    " + name + "  which has "
                            + Drift.count(absent.expected().size(), "golden value"));
        } else if (verdict instanceof Verdict.Unknown) {
            if (call.common().verbose()) {
                call.sink().line("unknown   " + name + "  no golden value");
            }
        } else {
            throw new AssertionError(verdict);
        }
    }

    private static Map<String, Object> tree(GoldenCheck check) {
        List<Object> rows = new ArrayList<>();
        for (Verdict verdict : check.verdicts()) {
            Map<String, Object> row = new LinkedHashMap<>();
            row.put("register", verdict.register().id());
            row.put("alg", verdict.register().algorithm().id());
            if (verdict instanceof Verdict.Match match) {
                row.put("verdict", "matches");
                row.put("id", match.id());
            } else if (verdict instanceof Verdict.Mismatch mismatch) {
                row.put("verdict", "differs");
                row.put("value", mismatch.actual().hex());
                row.put("expected", List.copyOf(mismatch.expected().keySet()));
            } else if (verdict instanceof Verdict.Absent absent) {
                row.put("verdict", "absent");
                row.put("expected", List.copyOf(absent.expected().keySet()));
            } else {
                row.put("verdict", "unknown");
            }
            rows.add(row);
        }
        Map<String, Object> tree = new LinkedHashMap<>();
        tree.put("passes", check.passes());
        tree.put("registers", rows);
        tree.put("unchecked", List.copyOf(check.unchecked()));
        return tree;
    }

    /** {@return the golden values that evidence shows, each with the file that shows it} */
    static List<GoldenConfirmation> confirmations(String name, GoldenValues golden, LockFile lock, Call call) {
        String inFolder = inFolder(name, lock, call);
        Source file = call.inputs().open(name);
        GoldenCheck check = golden.check(read(file, call));
        TreeSet<String> wrong = check.verdicts().stream()
                .filter(Verdict.Mismatch.class::isInstance)
                .map(verdict -> name(verdict.register()))
                .collect(Collectors.toCollection(TreeSet::new));
        if (!wrong.isEmpty()) {
            throw new Complaint(
                    ExitCode.MISMATCH,
                    name + " shows other values than golden ones: " + String.join(", ", wrong),
                    "which: measure check --evidence " + name);
        }
        if (check.matches().isEmpty()) {
            throw new Complaint(
                    ExitCode.GOLDEN_MISSING,
                    name + " shows no register that has a golden value",
                    "add a target for it to the manifest");
        }
        Digest sha256 = file.digest(DigestAlgorithm.SHA256);
        List<GoldenConfirmation> seen = new ArrayList<>();
        for (String id : check.matches()) {
            seen.add(new GoldenConfirmation(id, golden.value(id).orElseThrow().digest(), inFolder, sha256));
        }
        call.talk().say(name + " confirms " + Drift.count(seen.size(), "value"));
        return seen;
    }

    private static String inFolder(String name, LockFile lock, Call call) {
        Path path = call.inputs().path(name).toAbsolutePath().normalize();
        if (!path.startsWith(lock.folder().path())) {
            throw Complaint.usage(
                    "--confirm: " + name + " is not in the manifest's folder",
                    "keep the evidence beside the lock file, where others can look at it");
        }
        return lock.folder().path().relativize(path).toString().replace('\\', '/');
    }
}
