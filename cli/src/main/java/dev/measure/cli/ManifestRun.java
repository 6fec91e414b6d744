package dev.measure.cli;

import dev.measure.Assumption;
import dev.measure.Digest;
import dev.measure.DigestAlgorithm;
import dev.measure.Register;
import dev.measure.Source;
import dev.measure.ValueId;
import dev.measure.Warning;
import dev.measure.golden.GoldenConfirmation;
import dev.measure.golden.GoldenValue;
import dev.measure.golden.GoldenValues;
import dev.measure.snp.SevPublicKey;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

/**
 * Computes what a manifest asks for. Each target is a command line of {@code measure snp}, {@code tdx} or {@code pcr}, read and run
 * by the same classes, so a lock and the command cannot disagree.
 */
final class ManifestRun {
    /** What a lock file can hold. */
    static final int MOST_VALUES = 200_000;

    /** Keys of ids that say nothing about which bytes of which files are measured. */
    private static final Set<String> NOT_FILES = Set.of("cpu", "features", "vcpus", "bank", "phase");

    private final Manifest manifest;
    private final Call call;
    private final Inputs files;
    private final InputParts parts;
    private final Behaviours behaviours = new Behaviours();
    private final Map<String, GoldenValue> values = new TreeMap<>();
    private final List<Assumption> assumptions = new ArrayList<>();
    private final Set<Warning> warnings = new LinkedHashSet<>();
    private final List<Result.Refusal> refusals = new ArrayList<>();
    private final Exclusions exclusions;
    private final List<ManifestNode.Place> places = new ArrayList<>();

    private ManifestRun(Manifest manifest, Call call, Inputs files, Map<String, String> names) {
        this.manifest = manifest;
        this.exclusions = new Exclusions(manifest.exclusions());
        this.call = call;
        this.files = files;
        this.parts = new InputParts(names);
    }

    /**
     * What came of it.
     *
     * @param golden the values
     * @param refusals values that there are not
     * @param places where in the manifest each of these is asked for, in the same order
     * @param warnings what is the matter with the inputs
     */
    record Outcome(
            GoldenValues golden,
            List<Result.Refusal> refusals,
            List<ManifestNode.Place> places,
            List<Warning> warnings) {}

    /**
     * {@return the values that a manifest asks for}
     *
     * @param manifest the manifest
     * @param folder its folder
     * @param call whose options say how strict to be
     */
    static Outcome of(Manifest manifest, ManifestFolder folder, Call call) {
        try (Inputs files = Inputs.confinedTo(folder.path())) {
            return of(manifest, files, Map.of(), call);
        }
    }

    /**
     * {@return the values that targets ask for, of files that are opened elsewhere}
     *
     * @param manifest the manifest
     * @param files opens its files
     * @param names names that inputs have instead of those of their files
     * @param call whose options say how strict to be
     */
    static Outcome of(Manifest manifest, Inputs files, Map<String, String> names, Call call) {
        ManifestRun run = new ManifestRun(manifest, call, files, names);
        run.pins();
        Map<String, Map<String, String>> policies = run.policies();
        manifest.targets().forEach(run::target);
        run.exclusions.refuseUnused();
        run.assumptions.addAll(manifest.variables());
        GoldenValues golden = new GoldenValues(
                "measure " + Version.text(),
                run.parts.inputs(),
                run.behaviours.found(),
                run.assumptions,
                policies,
                List.copyOf(run.values.values()),
                List.<GoldenConfirmation>of());
        return new Outcome(golden, List.copyOf(run.refusals), List.copyOf(run.places), List.copyOf(run.warnings));
    }

    private void pins() {
        for (Manifest.Artifact artifact : manifest.artifacts().values()) {
            Source file = opened(artifact);
            if (artifact.sha256().isEmpty()) {
                continue;
            }
            Digest pinned = artifact.sha256().get();
            Digest found = file.digest(DigestAlgorithm.SHA256);
            if (!found.equals(pinned)) {
                throw new Complaint(
                        ExitCode.GOLDEN_MISSING,
                        artifact.file() + ": " + manifest.name() + " line "
                                + artifact.place().line() + " pins SHA-256 " + pinned.hex() + ", the file has "
                                + found.hex(),
                        "it is another file than the one that was reviewed; pin the new digest if it is the right one",
                        artifact.place());
            }
        }
    }

    /** An artifact that is not there is a mistake of the manifest, whether a target needs it or not. */
    private Source opened(Manifest.Artifact artifact) {
        try {
            return files.open(artifact.file());
        } catch (Complaint e) {
            throw new Complaint(
                    e.exit(),
                    manifest.name() + " line " + artifact.place().line() + ", column "
                            + artifact.place().column() + ": " + e.getMessage(),
                    e.hint(),
                    artifact.place());
        }
    }

    /** The policies of the manifest, and of the keys of ID blocks the digests that a report shows. */
    private Map<String, Map<String, String>> policies() {
        Map<String, Map<String, String>> policies = new TreeMap<>(manifest.policies());
        manifest.idBlock().ifPresent(keys -> {
            Map<String, String> snp = new TreeMap<>(policies.getOrDefault("snp", Map.of()));
            snp.put("id-key-digest", key(keys.idKey()).hex());
            keys.authorKey().ifPresent(key -> snp.put("author-key-digest", key(key).hex()));
            policies.put("snp", snp);
        });
        return policies;
    }

    private Digest key(Manifest.Artifact artifact) {
        Source file = files.open(artifact.file());
        return Keys.read(() -> SevPublicKey.read(file)).digest();
    }

    private void target(Manifest.Target target) {
        Verb verb = Verbs.named(target.technology()).orElseThrow();
        Result result = new Result();
        try {
            Call one = new Call(
                    CommandLineReader.parse(verb, target.arguments()),
                    plain(call.common()),
                    call.talk(),
                    files,
                    new Sink(
                            new PrintStream(new ByteArrayOutputStream(), false, StandardCharsets.UTF_8),
                            Optional.empty(),
                            files));
            compute(target, one, result);
            stub(one, result);
        } catch (Complaint e) {
            ManifestNode.Place place = target.placeOf(e.getMessage());
            throw new Complaint(
                    e.exit() == ExitCode.USAGE ? ExitCode.MALFORMED : e.exit(),
                    manifest.name() + " line " + place.line() + ", column " + place.column() + ", "
                            + target.technology() + ": " + e.getMessage(),
                    e.hint(),
                    place);
        } catch (IllegalArgumentException e) {
            throw target.place().malformed("a target of " + target.technology(), e.getMessage(), "");
        }
        take(target, result);
    }

    /** {@return the common options of a command line that a manifest gives} */
    static Common plain(Common common) {
        return new Common(
                Optional.empty(),
                Format.TEXT,
                true,
                common.quiet(),
                false,
                common.color(),
                common.progress(),
                common.strictness(),
                Optional.empty());
    }

    private static void compute(Manifest.Target target, Call one, Result result) {
        switch (target.technology()) {
            case "snp" -> {
                if (one.value("--mode")
                        .map(LaunchModes::canonical)
                        .orElse("snp")
                        .equals("ovmf-hash")) {
                    throw Complaint.usage("mode ovmf-hash gives no register value", "");
                }
                SnpVerb.values(one, result);
            }
            case "tdx" -> {
                for (String register : Lists.names(
                        "register", one.values("--register").isEmpty() ? List.of("mrtd") : one.values("--register"))) {
                    if (register.equals(TdxRequest.TD_HOB) || register.equals(TdxRequest.CFV)) {
                        throw Complaint.usage(register + " is an event, not a register", "leave it out");
                    }
                    if (register.equals(TdxRequest.TEE_INFO_HASH)) {
                        throw Complaint.usage(register + " is no register", "leave it out");
                    }
                }
                if (TeeInfoOptions.isGiven(one)) {
                    throw Complaint.usage("options of TEE_INFO_HASH, which is no register", "leave them out");
                }
                if (!one.has("--register") && one.has("--memory")) {
                    throw Complaint.usage(
                            "MRTD does not depend on memory",
                            "leave memory out, or name the registers: register: [mrtd, rtmr0]");
                }
                TdxVerb.values(one, result);
            }
            case "pcr" -> {
                if (!one.has("--pcr")) {
                    throw Complaint.usage("the PCRs are not named", "pcr: [4, 11]");
                }
                PcrVerb.values(one, PcrRequest.of(one, result), result);
            }
            default -> throw new AssertionError(target.technology());
        }
    }

    private void stub(Call one, Result result) {
        boolean measuresStub = result.values().stream()
                .anyMatch(
                        value -> value.register() instanceof Register.Pcr || value.register() instanceof Register.Rtmr);
        for (Result.Input input : result.inputs()) {
            if (measuresStub) {
                behaviours.of(input.source(), one.value("--stub"));
            }
        }
    }

    private void take(Manifest.Target target, Result result) {
        for (Result.Refusal refusal : result.refusals()) {
            if (!exclusions.leaveOut(refusal.id())) {
                refusals.add(refusal);
                places.add(target.placeOf(refusal.why() + " " + refusal.hint()));
            }
        }
        result.inputs().forEach(input -> parts.add(input.role(), input.source()));
        result.assumptions().forEach(assumption -> {
            assumptions.add(assumption);
            behaviours.of(assumption);
        });
        warnings.addAll(result.warnings());
        Map<String, List<String>> origins = new HashMap<>();
        for (Result.Value value : result.values()) {
            String id = target.variant().map(name -> variant(value.id(), name)).orElse(value.id());
            if (exclusions.leaveOut(id)) {
                continue;
            }
            behaviours.of(id);
            put(
                    target,
                    new GoldenValue(
                            id,
                            value.digest(),
                            value.status() == Result.Status.PREDICTED
                                    ? GoldenValue.Status.PREDICTED
                                    : GoldenValue.Status.FROM_EVIDENCE,
                            value.evidence(),
                            origins.computeIfAbsent(
                                    files(id), any -> List.copyOf(parts.origins(value.measurement())))));
        }
        if (values.size() > MOST_VALUES) {
            throw target.place().malformed("at most " + MOST_VALUES + " values", "more", "exclude what no machine has");
        }
    }

    private void put(Manifest.Target target, GoldenValue value) {
        GoldenValue other = values.putIfAbsent(value.id(), value);
        if (other == null || other.equals(value)) {
            return;
        }
        if (!other.digest().equals(value.digest())) {
            throw target.place()
                    .malformed(
                            "one value for each id",
                            "another value of " + value.id(),
                            "if both machines are right, name one of them: variant: NAME (tdx and pcr); files of one name need"
                                    + " another one");
        }
        Set<String> all = new LinkedHashSet<>(other.origins());
        all.addAll(value.origins());
        values.put(
                value.id(),
                new GoldenValue(
                        value.id(),
                        value.digest(),
                        value.status(),
                        value.evidence().weaker(other.evidence()),
                        List.copyOf(all)));
    }

    /** What of an id says which bytes are measured. */
    private static String files(String id) {
        Map<String, String> keys = new LinkedHashMap<>(ValueId.parameters(id));
        keys.keySet().removeAll(NOT_FILES);
        return ValueId.of(ValueId.register(id), keys);
    }

    private static String variant(String id, String name) {
        Map<String, String> keys = new LinkedHashMap<>(ValueId.parameters(id));
        keys.computeIfPresent("variant", (key, old) -> old.equals("only") ? name : name + "+" + old);
        return ValueId.of(ValueId.register(id), keys);
    }
}
