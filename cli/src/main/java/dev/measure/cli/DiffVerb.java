package dev.measure.cli;

import dev.measure.Assumption;
import dev.measure.Digest;
import dev.measure.DigestAlgorithm;
import dev.measure.Evidence;
import dev.measure.Source;
import dev.measure.ValueId;
import dev.measure.golden.GoldenBehaviour;
import dev.measure.golden.GoldenInput;
import dev.measure.golden.GoldenValue;
import dev.measure.golden.GoldenValues;
import dev.measure.uki.Uki;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/** {@code measure diff}: which values differ between two lock files, results, images or firmwares, and why. */
final class DiffVerb implements Verb {
    static final String TITLE = "measure diff";

    /** A result of the command can be large; it is held in memory as a tree. One of 10,000 values has 5 MiB. */
    private static final int MAX_RESULT = 16 << 20;

    /** A value of a result has some fifteen nodes, so these are some 30,000 values; two results fit into memory. */
    private static final int MAX_NODES = 500_000;

    private static final int HEAD = 256;

    @Override
    public String name() {
        return "diff";
    }

    @Override
    public String summary() {
        return "golden values: which differ between two lock files, results, UKIs or firmwares, and which section is to blame";
    }

    @Override
    public List<Example> examples() {
        return List.of(
                new Example("two images: what a TPM, SEV-SNP and TDX will measure otherwise", "diff old.efi new.efi"),
                new Example("two firmwares", "diff OVMF-2025.fd OVMF-2026.fd"),
                new Example("two lock files", "diff main.lock.json measure.lock.json"),
                new Example("two results of the command", "diff yesterday.json today.json --json"));
    }

    @Override
    public List<Options.Group> groups() {
        return List.of(Reports.options());
    }

    @Override
    public List<Options.Parameter> positionals() {
        return List.of(
                Options.positional(0, "OLD", "a lock file, a result (--json), a UKI or a firmware"),
                Options.positional(1, "NEW", "another one of the same kind"));
    }

    @Override
    public List<String> notes() {
        return List.of(
                "Of a UKI these values are compared: PCR 4 (without Secure Boot) and PCR 11 of all profiles and firmwares, and"
                        + " of each firmware in it the launch digest (1 vCPU EPYC-v4) and MRTD. For others write a manifest:"
                        + " measure help lock.",
                "The exit code is 3 if a value differs, and 7 if there is nothing in common to compare or only the files"
                        + " differ, or origins, evidence, status or roles that one version of measure tells of the same values.");
    }

    @Override
    public ExitCode run(Call call) {
        if (call.positional(1).isEmpty()) {
            throw Complaint.usage("two files are needed", "measure diff OLD NEW");
        }
        String first = call.positional(0).orElseThrow();
        String second = call.positional(1).orElseThrow();
        return Reports.of(new FailureReport(TITLE, first, call), List.of(), call, () -> diff(first, second, call));
    }

    private static ExitCode diff(String first, String second, Call call) {
        Source old = call.inputs().open(first);
        Source now = call.inputs().open(second);
        boolean json = isJson(old);
        if (json != isJson(now)) {
            throw Complaint.usage(
                    first + " and " + second + " are of different kinds",
                    "give two lock files, two results or two images");
        }
        GoldenValues before = json ? golden(old) : values(first, old, call);
        GoldenValues after = json ? golden(now) : values(second, now, call);
        Drift drift = CheckVerb.drift(TITLE, first, Map.of(), before, after);
        if (drift.compared() == 0) {
            throw new Complaint(
                    ExitCode.GOLDEN_MISSING,
                    first + " and " + second + " have no value in common",
                    "compare what both have: measure diff --help");
        }
        return CheckVerb.report(drift, call);
    }

    private static boolean isJson(Source file) {
        byte[] start = file.slice(0, Math.min(HEAD, file.length())).toByteArray();
        return new String(start, StandardCharsets.UTF_8).stripLeading().startsWith("{");
    }

    /** A lock file, or a result of the command. */
    private static GoldenValues golden(Source file) {
        byte[] start = file.slice(0, Math.min(HEAD, file.length())).toByteArray();
        if (new String(start, StandardCharsets.UTF_8).contains(GoldenValues.SCHEMA)) {
            return GoldenValues.read(file);
        }
        Map<String, ManifestNode> fields = byName(
                ManifestParser.read(file, "a result", MAX_RESULT, MAX_NODES).map("a result"));
        ManifestNode schema = fields.get("schema");
        if (schema == null || !schema.text("a schema").equals(JsonOutput.SCHEMA)) {
            throw new ManifestNode.Place(file.name(), 0, 1, 1)
                    .malformed(
                            "schema " + GoldenValues.SCHEMA + " or " + JsonOutput.SCHEMA,
                            schema == null ? "none" : schema.kind(),
                            "write one: measure lock, or measure fuki FILE --json");
        }
        List<GoldenInput> inputs = new ArrayList<>();
        items(fields, "inputs").forEach(node -> inputs.add(made(node, () -> input(byName(node.map("an input"))))));
        List<GoldenValue> values = new ArrayList<>();
        items(fields, "measurements")
                .forEach(node -> values.add(made(node, () -> value(byName(node.map("a measurement")), inputs))));
        List<Assumption> assumptions = new ArrayList<>();
        items(fields, "assumptions").forEach(node -> {
            Map<String, ManifestNode> one = byName(node.map("an assumption"));
            assumptions.add(new Assumption(text(one, "key"), text(one, "value"), text(one, "why")));
        });
        return made(schema, () -> new GoldenValues("", inputs, List.of(), assumptions, Map.of(), values, List.of()));
    }

    private static Map<String, ManifestNode> byName(Map<ManifestNode.Text, ManifestNode> fields) {
        Map<String, ManifestNode> byName = new LinkedHashMap<>();
        fields.forEach((key, value) -> byName.put(key.text(), value));
        return byName;
    }

    private static List<ManifestNode> items(Map<String, ManifestNode> fields, String name) {
        ManifestNode list = fields.get(name);
        return list == null ? List.of() : list.list();
    }

    private static String text(Map<String, ManifestNode> fields, String name) {
        ManifestNode node = fields.get(name);
        if (node == null) {
            throw new IllegalArgumentException("the field '" + name + "' is missing");
        }
        return node.text(name);
    }

    private static GoldenInput input(Map<String, ManifestNode> fields) {
        return new GoldenInput(
                text(fields, "role"),
                text(fields, "name"),
                Long.parseLong(text(fields, "size")),
                Digest.parse(DigestAlgorithm.SHA256, text(fields, "sha256")),
                List.of());
    }

    /** A result does not say which files went into which value. */
    private static GoldenValue value(Map<String, ManifestNode> fields, List<GoldenInput> inputs) {
        return new GoldenValue(
                text(fields, "id"),
                Digest.parse(DigestAlgorithm.parse(text(fields, "alg")), text(fields, "value")),
                text(fields, "status").equals("predicted")
                        ? GoldenValue.Status.PREDICTED
                        : GoldenValue.Status.FROM_EVIDENCE,
                Evidence.SOURCE,
                inputs.stream().map(GoldenInput::name).toList());
    }

    @FunctionalInterface
    private interface Making<T> {
        T make();
    }

    private static <T> T made(ManifestNode node, Making<T> making) {
        try {
            return making.make();
        } catch (IllegalArgumentException e) {
            throw node.place().malformed("fields that fit each other", e.getMessage(), "");
        }
    }

    /** The values of an image or a firmware, under names that do not depend on that of the file. */
    private static GoldenValues values(String name, Source file, Call call) {
        boolean image = FileKind.isPe(file);
        String common = image ? "image" : "firmware";
        List<Manifest.Target> targets = new ArrayList<>();
        if (image) {
            Uki uki = Uki.read(file, call.common().strictness());
            if (!uki.firmwares().isEmpty()) {
                targets.add(target("snp", name, "--vcpus=1", "--vcpu-type=EPYC-v4", "--", name));
                targets.add(target("tdx", name, "--", name));
            }
            if (uki.kind() == Uki.Kind.UKI) {
                targets.add(target(
                        "pcr", name, "--pcr=4,11", "--profile=all", "--fwid=all", "--secure-boot=off", "--", name));
            }
        } else {
            targets.add(target("snp", name, "--vcpus=1", "--vcpu-type=EPYC-v4", "--firmware=" + name));
            targets.add(target("tdx", name, "--firmware=" + name));
        }
        List<GoldenValue> values = new ArrayList<>();
        List<GoldenInput> inputs = new ArrayList<>();
        List<GoldenBehaviour> behaviours = new ArrayList<>();
        List<Assumption> assumptions = new ArrayList<>();
        Optional<Complaint> failed = Optional.empty();
        for (Manifest.Target target : targets) {
            try {
                GoldenValues some = ManifestRun.of(
                                manifest(name, List.of(target)), call.inputs(), Map.of(name, common), call)
                        .golden();
                some.values().forEach(value -> values.add(renamed(value, common)));
                inputs.addAll(some.inputs());
                behaviours.addAll(some.behaviours());
                assumptions.addAll(some.assumptions());
            } catch (Complaint e) {
                failed = failed.or(() -> Optional.of(e)); // what another target gives is worth having
            }
        }
        if (values.isEmpty()) {
            throw failed.orElse(new Complaint(
                    ExitCode.NOT_PREDICTABLE,
                    name + ": nothing can be predicted of it alone",
                    "what is it? measure inspect " + name));
        }
        return new GoldenValues(
                "measure " + Version.text(), inputs, behaviours, assumptions, Map.of(), values, List.of());
    }

    private static Manifest.Target target(String technology, String name, String... arguments) {
        return new Manifest.Target(
                new ManifestNode.Place(name, 0, 1, 1), technology, List.of(arguments), Optional.empty(), Map.of());
    }

    private static Manifest manifest(String name, List<Manifest.Target> targets) {
        return new Manifest(name, Map.of(), targets, List.of(), Map.of(), Optional.empty(), List.of(), List.of());
    }

    private static GoldenValue renamed(GoldenValue value, String common) {
        Map<String, String> keys = new LinkedHashMap<>(value.parameters());
        keys.computeIfPresent("fw", (key, fw) -> fw.startsWith("file:") ? "file:" + common : fw);
        return new GoldenValue(
                ValueId.of(value.register().id().toLowerCase(Locale.ROOT), keys),
                value.digest(),
                value.status(),
                value.evidence(),
                value.origins());
    }
}
