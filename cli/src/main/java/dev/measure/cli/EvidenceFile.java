package dev.measure.cli;

import dev.measure.Digest;
import dev.measure.DigestAlgorithm;
import dev.measure.FieldVerdict;
import dev.measure.RegisterEvidence;
import dev.measure.Source;
import dev.measure.Verdict;
import dev.measure.golden.GoldenCheck;
import dev.measure.golden.GoldenConfirmation;
import dev.measure.golden.GoldenMachine;
import dev.measure.golden.GoldenSignature;
import dev.measure.golden.GoldenValues;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;

/** Evidence that a command line names: which registers it shows, and how they compare with golden values. */
final class EvidenceFile {
    /** How many machines are shown. */
    private static final int MACHINES = 4;

    private EvidenceFile() {}

    /** Compares evidence with golden values. */
    static ExitCode check(GoldenValues golden, String goldenName, Call call) {
        List<String> names = call.values("--evidence");
        Freshness fresh = Freshness.of(call);
        List<EvidencePiece> pieces = fresh.bind(EvidencePiece.read(names, golden, call));
        GoldenCheck check =
                golden.check(pieces.stream().map(EvidencePiece::evidence).toArray(RegisterEvidence[]::new));
        if (Output.isTree(call.common())) {
            Result result = new Result();
            names.forEach(name -> result.input("evidence", call.inputs().open(name)));
            result.found(Map.of("evidence", tree(check, pieces, fresh)));
            JsonOutput.write(result, call.common(), call.sink().stream());
        } else {
            print(check, pieces, fresh, call);
        }
        Reports.write(EvidenceCheckReport.of(check, goldenName, pieces, fresh, call.has("--require-signatures")), call);
        call.sink().flush();
        if (!check.unchecked().isEmpty()) {
            call.talk()
                    .say("note: no evidence of these registers, which have golden values: "
                            + String.join(", ", check.unchecked()));
        }
        String onTrust = pieces.stream()
                        .flatMap(piece -> piece.binding().stream())
                        .anyMatch(binding -> binding.state() == KeyBinding.State.ON_TRUST
                                || binding.state() == KeyBinding.State.UNVERIFIED && call.has("--ak"))
                ? "; the TPM's key was taken on trust"
                : "";
        return answer(check, goldenName, names, onTrust, call);
    }

    private static ExitCode answer(GoldenCheck check, String golden, List<String> names, String onTrust, Call call) {
        ExitCode exit = exit(check);
        for (int i = 0; i < names.size(); i++) {
            GoldenSignature signature = check.signatures().get(i);
            if (signature.state() == GoldenSignature.State.WRONG) {
                call.talk().error(names.get(i) + ": " + signature.text(), "");
                exit = ExitCode.KEY;
            } else if (signature.state() == GoldenSignature.State.NOT_VERIFIED && call.has("--require-signatures")) {
                call.talk().error(names.get(i) + ": " + signature.text(), "--require-signatures demands it");
                exit = ExitCode.KEY;
            }
        }
        for (FieldVerdict field : check.fields()) {
            if (!(field instanceof FieldVerdict.Matches)) {
                call.talk().error(field.text(), "");
            }
        }
        if (!check.disagreement().isEmpty()) {
            call.talk().error(check.disagreement(), "the values of one boot are of one machine");
        }
        if (exit == ExitCode.DONE) {
            call.talk()
                    .say("registers hold golden values of " + golden
                            + (check.isSigned() ? "; signatures verified" : "; not every signature was verified")
                            + onTrust);
        } else if (exit == ExitCode.GOLDEN_MISSING) {
            call.talk()
                    .error(
                            golden + " has no golden value of any register in the evidence",
                            "add a target for it to the manifest");
        } else if (failed(check)) {
            call.talk().error("not every register holds a golden value of " + golden, "");
        }
        return exit;
    }

    private static boolean failed(GoldenCheck check) {
        return check.verdicts().stream()
                .anyMatch(verdict -> verdict instanceof Verdict.Mismatch || verdict instanceof Verdict.Absent);
    }

    /** Of the registers and fields; signatures count more. */
    private static ExitCode exit(GoldenCheck check) {
        boolean wrong = failed(check)
                || !check.disagreement().isEmpty()
                || check.fields().stream().anyMatch(field -> !(field instanceof FieldVerdict.Matches));
        return wrong ? ExitCode.MISMATCH : check.matches().isEmpty() ? ExitCode.GOLDEN_MISSING : ExitCode.DONE;
    }

    private static void print(GoldenCheck check, List<EvidencePiece> pieces, Freshness fresh, Call call) {
        check.verdicts().forEach(verdict -> print(verdict, call));
        for (FieldVerdict field : check.fields()) {
            call.sink()
                    .line((field instanceof FieldVerdict.Matches
                                    ? "matches   "
                                    : field instanceof FieldVerdict.NotChecked ? "open      " : "differs   ")
                            + Talk.printable(field.text()));
        }
        for (int i = 0; i < pieces.size(); i++) {
            call.sink()
                    .line("signature " + Talk.printable(pieces.get(i).name()) + "  "
                            + Talk.printable(check.signatures().get(i).text()));
        }
        for (EvidencePiece piece : pieces) {
            piece.binding()
                    .ifPresent(binding -> call.sink()
                            .line("key of    " + Talk.printable(piece.name()) + "  " + Talk.printable(binding.text())));
        }
        for (EvidencePiece piece : pieces) {
            if (piece.evidence().callerData().isPresent()) {
                call.sink().line("freshness " + Talk.printable(piece.name()) + "  " + fresh.text(piece));
            }
        }
        if (pieces.stream().noneMatch(piece -> piece.evidence().callerData().isPresent())) {
            call.sink().line("freshness not checked: logs and plain values hold no nonce");
        }
        List<GoldenMachine> machines = check.machines();
        int shown = call.common().verbose() ? machines.size() : Math.min(MACHINES, machines.size());
        machines.subList(0, shown).forEach(machine -> call.sink().line("machine   " + Talk.printable(machine.text())));
        if (shown < machines.size()) {
            call.sink().line("machine   or one of " + (machines.size() - shown) + " more: -v lists them");
        }
    }

    private static void print(Verdict verdict, Call call) {
        String name = verdict.register().text();
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

    private static Map<String, Object> tree(GoldenCheck check, List<EvidencePiece> pieces, Freshness fresh) {
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
        tree.put("fields", Keys.rows(check.fields()));
        List<Object> signatures = new ArrayList<>();
        for (int i = 0; i < pieces.size(); i++) {
            GoldenSignature signature = check.signatures().get(i);
            Map<String, Object> row = new LinkedHashMap<>();
            row.put("file", pieces.get(i).name());
            row.put("state", signature.state().name().toLowerCase(Locale.ROOT).replace('_', '-'));
            row.put("text", signature.text());
            row.put("verdicts", Keys.rows(signature.verdicts()));
            signatures.add(row);
        }
        tree.put("signatures", signatures);
        List<Object> freshness = new ArrayList<>();
        for (EvidencePiece piece : pieces) {
            freshness.add(FirmwareReport.row(
                    "file", piece.name(), "checked", fresh.isChecked(piece), "text", fresh.text(piece)));
        }
        tree.put("freshness", freshness);
        pieces.forEach(piece -> piece.binding()
                .ifPresent(binding -> tree.put(
                        "attestationKey",
                        FirmwareReport.row(
                                "file", piece.name(), "state", binding.state().id(), "text", binding.text()))));
        tree.put(
                "machines",
                check.machines().stream()
                        .map(machine -> new TreeMap<>(machine.keys()))
                        .toList());
        if (!check.disagreement().isEmpty()) {
            tree.put("disagreement", check.disagreement());
        }
        tree.put("unchecked", List.copyOf(check.unchecked()));
        return tree;
    }

    /** {@return the golden values that evidence shows, each with the file that shows it} */
    static List<GoldenConfirmation> confirmations(EvidencePiece piece, GoldenValues golden, LockFile lock, Call call) {
        String name = piece.name();
        String inFolder = inFolder(name, lock, call);
        Source file = call.inputs().open(name);
        GoldenCheck check = golden.check(piece.evidence());
        TreeSet<String> wrong = check.verdicts().stream()
                .filter(Verdict.Mismatch.class::isInstance)
                .map(verdict -> verdict.register().text())
                .collect(Collectors.toCollection(TreeSet::new));
        if (!wrong.isEmpty()) {
            throw new Complaint(
                    ExitCode.MISMATCH,
                    name + " shows other values than golden ones: " + String.join(", ", wrong),
                    "which: measure check --evidence " + name);
        }
        GoldenSignature signature = check.signatures().get(0);
        if (signature.state() == GoldenSignature.State.WRONG
                || signature.state() == GoldenSignature.State.NOT_VERIFIED && call.has("--require-signatures")) {
            throw new Complaint(ExitCode.KEY, name + ": " + signature.text(), "");
        }
        if (!check.disagreement().isEmpty()) {
            throw new Complaint(ExitCode.MISMATCH, name + ": " + check.disagreement(), "");
        }
        for (FieldVerdict field : check.fields()) {
            if (field instanceof FieldVerdict.Differs) {
                throw new Complaint(ExitCode.MISMATCH, name + ": " + field.text(), "the manifest's policies demand it");
            }
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
        piece.binding()
                .filter(binding -> binding.state() != KeyBinding.State.BOUND)
                .ifPresent(binding -> call.talk().say("note: key of " + name + ": " + binding.text()));
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
