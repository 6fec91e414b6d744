package dev.measure.cli;

import dev.measure.golden.GoldenDiff;
import dev.measure.golden.GoldenValue;
import dev.measure.golden.GoldenValues;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** {@code measure check}: fails when what a manifest gives is no longer what its lock file says. */
final class CheckVerb implements Verb {
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
                        "a trust domain, its log, and Intel's root",
                        "check --evidence quote.bin --evidence ccel.bin --root root.pem"));
    }

    @Override
    public List<Options.Group> groups() {
        return List.of(
                new Options.Group("Check", LockFile.option()),
                reports(),
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
                EvidencePiece.trust());
    }

    static Options.Group reports() {
        return new Options.Group(
                "Reports beside the text",
                Options.flag(
                        "annotations of GitHub on standard output, and a page for $GITHUB_STEP_SUMMARY if it is set",
                        "--github"),
                Options.value("FILE", "also write JUnit XML: one test case for each value", "--junit"),
                Options.value("FILE", "also write SARIF 2.1.0: one result for each cause", "--sarif"));
    }

    @Override
    public List<Options.Parameter> positionals() {
        return List.of(LockFile.manifestParameter());
    }

    @Override
    public List<String> notes() {
        return List.of(
                "The exit code is 3 if a value moved, 7 if the lock file is missing, lacks a value, holds one that the manifest"
                        + " does not ask for, or was made from other inputs, or if an export of the manifest is not what it gives. Nothing is"
                        + " written but the reports.",
                "With --evidence it is 3 if a register holds no golden value or is missing, if the registers are of different"
                        + " machines, or if a field is not as the policies of the manifest demand; 7 if there is nothing to"
                        + " compare; 8 if a signature or certificate is wrong, or, with --require-signatures, was not verified.",
                "Nothing is downloaded: revocation, and what Intel says of the state of a platform, is not looked at.");
    }

    @Override
    public ExitCode run(Call call) {
        if (call.has("--golden")) {
            return GoldenFile.check(call);
        }
        if (call.has("--golden-key")) {
            throw Complaint.usage("--golden-key: there is no CoRIM whose signature it verifies", "--golden FILE");
        }
        LockFile lock = LockFile.of(call);
        if (call.has("--evidence")) {
            return EvidenceFile.check(golden(lock), lock.lock(), call);
        }
        for (String report : List.of("--junit", "--sarif")) {
            call.value(report).ifPresent(name -> refuseLink(report, name, call));
        }
        call.common().output().ifPresent(name -> refuseLink("--output", name, call));
        Manifest manifest = lock.read(call);
        GoldenValues golden = golden(lock);
        ManifestRun.Outcome[] outcome = {null};
        Progress.during("golden values", call, () -> outcome[0] = ManifestRun.of(manifest, lock.folder(), call));
        ExitCode refused = LockVerb.refused(outcome[0], call);
        if (refused != ExitCode.DONE) {
            return refused;
        }
        Drift drift = drift("measure check", lock, golden, outcome[0].golden());
        if (drift.exit() == ExitCode.DONE) {
            drift = drift.with(ManifestExports.stale(manifest, lock, call));
        }
        ExitCode exit = report(drift, call);
        if (!drift.exports().isEmpty()) {
            call.sink().flush();
            call.talk()
                    .error(
                            "not what the lock file gives: " + String.join(", ", drift.exports()),
                            "exported again by: measure lock");
        }
        if (exit == ExitCode.DONE) {
            exit = ManifestIdBlocks.check(manifest, lock, golden, call);
        }
        return exit;
    }

    /** The folder may be someone else's, with links in the places that a job is known to write to. */
    private static void refuseLink(String option, String name, Call call) {
        Path path = call.inputs().path(name);
        if (Path.of(name).isAbsolute()) {
            return; // not a place that a manifest's folder decides on: /dev/stdout is a link too
        }
        if (Files.isSymbolicLink(path)) {
            throw new Complaint(
                    ExitCode.MALFORMED,
                    option + ": " + name + " is a symbolic link, and what it leads to would be written over",
                    "delete it, or write to another file");
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
        return new Drift(title, subject, lines, ids, !before.policies().equals(now.policies()), diff, List.of());
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
        if (Output.isTree(call.common())) {
            Result result = new Result();
            result.found(Map.of("drift", DriftText.tree(drift)));
            JsonOutput.write(result, call.common(), call.sink().stream());
        } else {
            DriftText.print(drift, call);
        }
        if (call.has("--github")) {
            if (Output.isTree(call.common())) {
                throw Complaint.usage(
                        "--github writes lines, which are not "
                                + call.common().format().id(),
                        "leave one out");
            }
            call.sink().print(DriftReports.annotations(drift));
            Optional.ofNullable(call.inputs().variables().get("GITHUB_STEP_SUMMARY"))
                    .filter(name -> !name.isEmpty())
                    .ifPresent(name -> append(name, DriftText.markdown(drift), call));
        }
        call.value("--junit").ifPresent(name -> write(name, DriftReports.junit(drift), call));
        call.value("--sarif").ifPresent(name -> write(name, DriftReports.sarif(drift), call));
        return drift.exit();
    }

    private static void append(String name, String text, Call call) {
        try {
            Files.writeString(call.inputs().path(name), text, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
        } catch (IOException e) {
            throw unwritable(name, e);
        }
    }

    private static void write(String name, String text, Call call) {
        try {
            Files.writeString(call.inputs().path(name), text);
        } catch (IOException e) {
            throw unwritable(name, e);
        }
    }

    private static Complaint unwritable(String name, IOException e) {
        return new Complaint(
                ExitCode.MALFORMED, name + ": cannot be written: " + Inputs.why(e), "does its folder exist?");
    }
}
