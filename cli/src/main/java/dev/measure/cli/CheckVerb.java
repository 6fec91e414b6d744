package dev.measure.cli;

import dev.measure.MalformedInputException;
import dev.measure.golden.GoldenDiff;
import dev.measure.golden.GoldenValue;
import dev.measure.golden.GoldenValues;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** {@code measure check}: fails when what a manifest gives is no longer what its lock file says. */
final class CheckVerb implements Verb {
    static final String TITLE = "measure check";
    private static final Pattern ID = Pattern.compile("^ *\\{\"id\": \"([^\"\\\\]+)\"");

    @Override
    public String name() {
        return "check";
    }

    @Override
    public String summary() {
        return "golden values: fails if files moved a value, and says which change of which section is to blame";
    }

    @Override
    public List<Example> examples() {
        return List.of(
                new Example("in CI, offline", "check"),
                new Example("with annotations and the summary of a GitHub job", "check --github"),
                new Example(
                        "with reports that other CI systems show", "check --junit measure.xml --sarif measure.sarif"),
                new Example(
                        "does a machine hold golden values? with the signature",
                        "check --evidence host1.report --certificate vcek.der --certificate cert_chain.pem"),
                new Example(
                        "against a signed reference manifest",
                        "check --golden rim.cose --golden-key signer.pem --evidence host1.report --certificate vcek.der"),
                new Example(
                        "PCR values that a TPM signed",
                        "check --evidence quote.msg --evidence pcrs.bin --quote-signature quote.sig --ak ak.pub"),
                new Example(
                        "is it the answer to this nonce?",
                        "check --evidence host1.report --nonce 6f1d0a9c52b74e83 --certificate vcek.der"),
                new Example(
                        "a trust domain, its log, and Intel's root",
                        "check --evidence quote.bin --evidence ccel.bin --root root.pem"));
    }

    @Override
    public List<Options.Group> groups() {
        return List.of(
                new Options.Group("Check", LockFile.option()),
                Reports.options(),
                new Options.Group(
                        "Evidence",
                        Options.repeated(
                                "EVIDENCE",
                                "compare the lock file with evidence instead of files: " + EvidencePiece.KINDS
                                        + "; may be repeated, all is of one machine",
                                "--evidence"),
                        Options.value(
                                "FILE",
                                "compare the evidence with these golden values instead of those of a manifest: a lock file, or a"
                                        + " CoRIM, signed or not",
                                "--golden"),
                        Options.value("FILE", "the public key that signed the CoRIM: PEM, DER or JWK", "--golden-key")),
                Freshness.options(),
                EvidencePiece.trust());
    }

    @Override
    public List<Options.Parameter> positionals() {
        return List.of(LockFile.manifestParameter());
    }

    @Override
    public List<String> notes() {
        return List.of(
                "Reports are written whatever the exit code is, except 2: a check that could not be done is an error in them.",
                "The exit code is 3 if a value moved, 7 if the lock file is missing, lacks a value, holds one that the manifest"
                        + " does not ask for, was made from other inputs or was edited, or if an export of the manifest is not what it"
                        + " gives. Evidence that the lock file calls a confirmation must show the value, where it lies in the folder;"
                        + " what a quote of a TPM confirms, another of those files must show with the digest that it quotes, unless all"
                        + " of it is golden. Nothing is written but the reports.",
                "Whether somebody edited origins, evidence, status, roles, behaviours or assumptions in the lock file is seen only if the"
                        + " same version of measure made it: another may rightly say otherwise of the same values. The lock file"
                        + " names its version, which an edit can change as well; then what differs is a note, and so is that.",
                "With --evidence it is 3 if a register holds no golden value or is missing, if the registers are of different"
                        + " machines, or if a field is not as the policies of the manifest demand; 7 if there is nothing to"
                        + " compare; 8 if a signature or certificate is wrong, or, with --require-signatures, was not verified.",
                "Evidence without a nonce may be old, or of another machine: --nonce demands that it holds the one it was asked for"
                        + " with. What tpm2_quote -q, snpguest or a TDX guest library put there is compared in constant time.",
                "Nothing is downloaded: revocation, and what Intel says of the state of a platform, is not looked at.");
    }

    @Override
    public ExitCode run(Call call) {
        String golden = call.value("--golden").or(() -> call.positional(0)).orElse(LockFile.USUAL);
        return Reports.of(
                new FailureReport(TITLE, golden, call),
                call.has("--golden") ? List.of() : LockFile.named(call),
                call,
                () -> check(call));
    }

    private static ExitCode check(Call call) {
        if (call.has("--golden")) {
            return GoldenFile.check(call);
        }
        if (call.has("--golden-key")) {
            throw Complaint.usage("--golden-key: there is no CoRIM whose signature it verifies", "--golden FILE");
        }
        if (!call.has("--evidence")) {
            EvidencePiece.refuseWithoutEvidence("--evidence", call);
        }
        LockFile lock = LockFile.of(call);
        Reports.refuse(call, about(lock, call));
        if (call.has("--evidence")) {
            return EvidenceFile.check(golden(lock), lock.lock(), call);
        }
        Manifest manifest = lock.read(call);
        Reports.refuse(
                call,
                Stream.concat(
                                manifest.artifacts().values().stream().map(Manifest.Artifact::file),
                                manifest.exports().stream().map(Manifest.Export::file))
                        .map(lock.folder().path()::resolve)
                        .toList());
        GoldenValues golden = golden(lock);
        ManifestRun.Outcome[] outcome = {null};
        Progress.during("golden values", call, () -> outcome[0] = ManifestRun.of(manifest, lock.folder(), call));
        ExitCode refused = LockVerb.refused(outcome[0], call);
        if (refused != ExitCode.DONE) {
            Reports.write(new FailureReport(TITLE, lock.manifest(), call).of(outcome[0]), call);
            return refused;
        }
        Drift drift = drift(TITLE, lock, golden, outcome[0].golden()).takenOverBy(update(call));
        List<ManifestIdBlocks.Trouble> blocks = List.of();
        if (drift.exit() == ExitCode.DONE) {
            drift = drift.with(ManifestExports.stale(manifest, lock, call), Confirmations.wrong(golden, lock, call));
            blocks = ManifestIdBlocks.check(manifest, lock, golden, call);
        }
        show(drift, call);
        Reports.write(ManifestIdBlocks.report(manifest, blocks, DriftReport.of(drift)), call);
        call.sink().flush();
        drift.next().ifPresent(next -> call.talk().say("if the change is wanted: " + next));
        if (!drift.unconfirmed().isEmpty()) {
            call.talk()
                    .error(
                            lock.lock() + " calls values confirmed by what does not show them",
                            "take out what is not so, and note what is: measure lock --confirm EVIDENCE");
        }
        if (!drift.exports().isEmpty()) {
            call.talk()
                    .error(
                            "not what the lock file gives: " + String.join(", ", drift.exports()),
                            "exported again by: measure lock");
        }
        ExitCode exit = ManifestIdBlocks.say(blocks, call);
        return drift.exit() == ExitCode.DONE ? exit : drift.exit();
    }

    /** The command that writes this lock file anew. */
    private static String update(Call call) {
        List<String> words = new ArrayList<>(List.of("measure", "lock", "--update"));
        call.value("--lock").ifPresent(name -> words.addAll(List.of("--lock", name)));
        call.positional(0).ifPresent(words::add);
        return Shell.line(words);
    }

    /** What the lock file tells of, if it can be read; if not, that is a failure of its own, in its turn. */
    private static List<Path> about(LockFile lock, Call call) {
        if (!Reports.asked(call)) {
            return List.of();
        }
        try {
            return lock.golden()
                    .map(golden -> GoldenFile.about(golden, lock.folder().path()))
                    .orElse(List.of());
        } catch (Complaint | MalformedInputException e) {
            return List.of();
        }
    }

    private static GoldenValues golden(LockFile lock) {
        return lock.golden()
                .orElseThrow(() -> new Complaint(
                        ExitCode.GOLDEN_MISSING,
                        "there is no " + lock.lock() + " to check against",
                        "make it, review it and commit it: measure lock"));
    }

    /** {@return what moved between a lock file and what its manifest gives now} */
    static Drift drift(String title, LockFile lock, GoldenValues before, GoldenValues now) {
        return drift(title, lock.lock(), lines(lock), before, now);
    }

    /** {@return what moved between two sets of golden values, of which the first is in a file} */
    static Drift drift(
            String title, String subject, Map<String, Integer> lines, GoldenValues before, GoldenValues now) {
        GoldenDiff diff = GoldenDiff.of(before, now);
        Set<String> added = new HashSet<>(diff.added());
        List<String> ids = now.values().stream()
                .map(GoldenValue::id)
                .filter(id -> !added.contains(id))
                .toList();
        return new Drift(
                title,
                subject,
                lines,
                ids,
                !before.policies().equals(now.policies()),
                diff,
                Optional.of(before.madeBy())
                        .filter(version -> title.equals(TITLE))
                        .filter(version -> !version.equals(now.madeBy())),
                List.of(),
                List.of(),
                Optional.empty());
    }

    private static Map<String, Integer> lines(LockFile lock) {
        Map<String, Integer> lines = new HashMap<>();
        try {
            int number = 0;
            for (String line : Files.readAllLines(lock.path(), StandardCharsets.UTF_8)) {
                number++;
                Matcher id = ID.matcher(line);
                if (id.find()) {
                    lines.putIfAbsent(id.group(1), number);
                }
            }
        } catch (IOException e) {
            return Map.of(); // only the places in the reports are lost
        }
        return lines;
    }

    /** Writes the text and the reports that are asked for. */
    static ExitCode report(Drift drift, Call call) {
        show(drift, call);
        Reports.write(DriftReport.of(drift), call);
        return drift.exit();
    }

    private static void show(Drift drift, Call call) {
        if (Output.isTree(call.common())) {
            Result result = new Result();
            result.found(Map.of("drift", DriftText.tree(drift)));
            JsonOutput.write(result, call.common(), call.sink().stream());
        } else {
            DriftText.print(drift, call);
        }
    }
}
