package dev.measure.cli;

import dev.measure.golden.GoldenConfirmation;
import dev.measure.golden.GoldenValues;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** {@code measure lock}: from a manifest to the golden values in a lock file. */
final class LockVerb implements Verb {
    @Override
    public String name() {
        return "lock";
    }

    @Override
    public String summary() {
        return "golden values: computes what a manifest asks for, and writes measure.lock.json";
    }

    @Override
    public List<Example> examples() {
        return List.of(
                new Example("write a manifest to begin with, measure.yaml", "lock --init linux.efi"),
                new Example("compute its values, and write measure.lock.json", "lock"),
                new Example("after a change that is wanted", "lock --update"),
                new Example(
                        "remember which values a machine has shown: a report, a quote, an event log",
                        "lock --confirm boots/host1.report"));
    }

    @Override
    public List<Options.Group> groups() {
        return List.of(
                new Options.Group(
                        "Lock",
                        Options.flag("write the new values over those of a lock file that has others", "--update"),
                        LockFile.option(),
                        Options.value(
                                "FILE",
                                "write a manifest that begins with this UKI, f-UKI or firmware, and end",
                                "--init"),
                        Options.repeated(
                                "EVIDENCE",
                                "note which values this evidence shows: " + EvidencePiece.KINDS
                                        + "; a file in the manifest's folder; may be repeated",
                                "--confirm")),
                new Options.Group("ID blocks", ManifestIdBlocks.options()),
                EvidencePiece.trust());
    }

    @Override
    public List<Options.Parameter> positionals() {
        return List.of(LockFile.manifestParameter());
    }

    @Override
    public List<String> notes() {
        return List.of(
                "What a manifest may say: measure help manifest. Commit manifest and lock file; `measure check` fails when"
                        + " they no longer fit each other.",
                "Nothing is written if a value that the manifest asks for cannot be given; an existing lock file is"
                        + " overwritten only with --update. The exit code is 3 if it has other values.",
                "--confirm refuses evidence whose signature is wrong; whether it was verified: measure check --evidence.");
    }

    @Override
    public ExitCode run(Call call) {
        if (call.has("--init")) {
            return Starter.write(call);
        }
        if (!call.has("--confirm")) {
            EvidencePiece.refuseWithoutEvidence("--confirm", call);
        }
        LockFile lock = LockFile.of(call);
        Manifest manifest = lock.read(call);
        ManifestExports.refuseOwnFiles(manifest, lock, call);
        ManifestRun.Outcome[] outcome = {null};
        Progress.during("golden values", call, () -> outcome[0] = ManifestRun.of(manifest, lock.folder(), call));
        outcome[0].warnings().forEach(call.talk()::warning);
        ExitCode refused = refused(outcome[0], call);
        if (refused != ExitCode.DONE) {
            return refused;
        }
        ExitCode exit = write(lock, outcome[0].golden(), call);
        if (exit == ExitCode.DONE) {
            ManifestExports.write(manifest, lock, call);
            ManifestIdBlocks.write(manifest, lock, outcome[0].golden(), call);
        }
        return exit;
    }

    /** Says which values there are not; then there is nothing to lock or to check. */
    static ExitCode refused(ManifestRun.Outcome outcome, Call call) {
        if (!outcome.refusals().isEmpty()) {
            TextOutput.refusals(outcome.refusals(), false, true, call.talk());
            call.talk()
                    .error(
                            Drift.count(outcome.refusals().size(), "value")
                                    + " that the manifest asks for cannot be given",
                            "narrow the target, or leave them out: exclude: [{register: "
                                    + outcome.refusals().get(0).register().id() + ", ...}]");
            return outcome.refusals().stream()
                    .map(Result.Refusal::exit)
                    .min(Comparator.naturalOrder())
                    .orElseThrow();
        }
        if (outcome.golden().values().isEmpty()) {
            throw new Complaint(
                    ExitCode.NOT_PREDICTABLE, "the manifest asks for no value", "add a target: measure help manifest");
        }
        return ExitCode.DONE;
    }

    private static ExitCode write(LockFile lock, GoldenValues computed, Call call) {
        Optional<GoldenValues> before = lock.golden();
        GoldenValues golden = confirmed(computed, before, lock, call);
        byte[] bytes = LockFile.bytes(golden);
        String values = Drift.count(golden.values().size(), "value");
        if (lock.holds(bytes)) {
            say(call, lock, "unchanged", golden, Optional.empty());
            call.talk().say(lock.lock() + " is up to date: " + values);
            return ExitCode.DONE;
        }
        Optional<Drift> drift = before.map(old -> CheckVerb.drift("measure lock", lock, old, golden));
        boolean others = drift.isPresent() && drift.get().exit() != ExitCode.DONE;
        if (others && !call.has("--update")) {
            say(call, lock, "differs", golden, drift);
            call.sink().flush();
            call.talk()
                    .error(
                            lock.lock()
                                    + (drift.get().exit() == ExitCode.MISMATCH
                                            ? " has other values, and was left alone"
                                            : " is of something else, and was left alone"),
                            "if the change is wanted: measure lock --update");
            return ExitCode.MISMATCH;
        }
        lock.write(bytes);
        say(call, lock, before.isPresent() ? "updated" : "written", golden, others ? drift : Optional.empty());
        call.sink().flush();
        call.talk()
                .say((before.isPresent() ? "updated " : "wrote ") + lock.lock() + ": " + values + " of "
                        + Drift.count(golden.inputs().size(), "file"));
        if (before.isEmpty()) {
            call.talk().say("commit it beside " + lock.manifest() + ", and let CI run: measure check");
        }
        return ExitCode.DONE;
    }

    private static void say(Call call, LockFile lock, String state, GoldenValues golden, Optional<Drift> drift) {
        if (Output.isTree(call.common())) {
            Map<String, Object> found = new LinkedHashMap<>();
            found.put("lock", lock.lock());
            found.put("state", state);
            found.put("values", golden.values().size());
            drift.ifPresent(moved -> found.put("drift", DriftText.tree(moved)));
            Result result = new Result();
            result.found(found);
            JsonOutput.write(result, call.common(), call.sink().stream());
        } else {
            drift.ifPresent(moved -> DriftText.print(moved, call));
        }
    }

    /** What was confirmed stays confirmed as long as the value is the same; new evidence is compared first. */
    private static GoldenValues confirmed(
            GoldenValues computed, Optional<GoldenValues> before, LockFile lock, Call call) {
        List<GoldenConfirmation> kept = new ArrayList<>();
        for (GoldenConfirmation seen : before.map(GoldenValues::confirmed).orElse(List.of())) {
            boolean holds = computed.value(seen.id())
                    .filter(value -> value.digest().equals(seen.value()))
                    .isPresent();
            if (holds) {
                kept.add(seen);
            } else {
                call.talk().say("note: no longer confirmed by " + seen.evidence() + ": " + seen.id());
            }
        }
        for (EvidencePiece piece : EvidencePiece.read(call.values("--confirm"), computed, call)) {
            kept.addAll(EvidenceFile.confirmations(piece, computed, lock, call));
        }
        return new GoldenValues(
                computed.madeBy(),
                computed.inputs(),
                computed.behaviours(),
                computed.assumptions(),
                computed.policies(),
                computed.values(),
                kept);
    }
}
