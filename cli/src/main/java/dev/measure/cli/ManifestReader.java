package dev.measure.cli;

import dev.measure.Assumption;
import dev.measure.Digest;
import dev.measure.DigestAlgorithm;
import dev.measure.Source;
import dev.measure.golden.PolicyFields;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Reads a manifest, schema {@value #SCHEMA}. Every key is known; each message has line and column. */
final class ManifestReader {
    static final String SCHEMA = "measure/manifest/v1";

    private static final List<String> KEYS =
            List.of("schema", "variables", "artifacts", "targets", "exclude", "policies", "id-block", "exports");
    private static final Pattern NAME = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]*");
    private static final Pattern VARIANT = Pattern.compile("[a-z0-9][a-z0-9.-]*");
    private static final Pattern REFERENCE = Pattern.compile("\\$\\$|\\$\\{([^}]*)}");
    private static final Pattern RANGE = Pattern.compile("([0-9]{1,9})\\.\\.([0-9]{1,9})");
    private static final int MOST_TARGETS = 1000;

    /** {@code register}, and the keys of ids: {@code measure help ids}. */
    private static final List<String> EXCLUSION = List.of(
            "register",
            "fw",
            "vmm",
            "cpu",
            "features",
            "vcpus",
            "hashes",
            "rules",
            "order",
            "edk2",
            "memory",
            "bank",
            "profile",
            "fwid",
            "phase",
            "variant");

    /** The keys whose lists give a value for each combination. */
    private static final List<String> MATRIX = List.of(
            "vcpus",
            "vcpu-type",
            "vcpu-sig",
            "vmm",
            "guest-features",
            "register",
            "order",
            "memory",
            "pcr",
            "bank",
            "profile",
            "fwid",
            "phase");

    private final ManifestFolder folder;
    private final Map<String, String> environment;
    private final Set<String> allowed = new TreeSet<>();
    private final Map<String, Assumption> used = new TreeMap<>();
    private final Map<String, Manifest.Artifact> artifacts = new LinkedHashMap<>();

    private ManifestReader(ManifestFolder folder, Map<String, String> environment) {
        this.folder = folder;
        this.environment = environment;
    }

    /**
     * {@return what a manifest asks for}
     *
     * @param source the manifest
     * @param folder its folder
     * @param environment the variables of the environment, of which it takes those that it names
     */
    static Manifest read(Source source, ManifestFolder folder, Map<String, String> environment) {
        return new ManifestReader(folder, environment).manifest(source.name(), ManifestParser.read(source));
    }

    private Manifest manifest(String name, ManifestNode tree) {
        Map<String, ManifestNode> fields = fields(tree, "a manifest", KEYS);
        ManifestNode schema = needed(tree, fields, "schema", "schema: " + SCHEMA);
        if (!schema.text("a schema").equals(SCHEMA)) {
            throw schema.place().malformed("schema " + SCHEMA, schema.kind(), "");
        }
        Optional.ofNullable(fields.get("variables")).ifPresent(this::variables);
        Optional.ofNullable(fields.get("artifacts")).ifPresent(this::artifacts);
        List<Manifest.Target> targets = new ArrayList<>();
        ManifestNode asked = needed(tree, fields, "targets", "what is measured: snp, tdx, pcr");
        if (asked.list().isEmpty()) {
            throw asked.place().malformed("a target", "an empty list", "what is measured: snp, tdx, pcr");
        }
        asked.list().forEach(target -> targets(target, targets));
        Map<String, Map<String, String>> policies = new TreeMap<>();
        Optional.ofNullable(fields.get("policies")).ifPresent(node -> policies(node, policies));
        Optional<Manifest.IdBlockKeys> keys =
                Optional.ofNullable(fields.get("id-block")).map(node -> idBlock(node, policies));
        List<Manifest.Exclusion> exclusions = new ArrayList<>();
        Optional.ofNullable(fields.get("exclude"))
                .ifPresent(node -> node.list().forEach(item -> exclusions.add(exclusion(item))));
        List<Manifest.Export> exports = new ArrayList<>();
        Optional.ofNullable(fields.get("exports"))
                .ifPresent(node -> node.list().forEach(item -> export(item, exports)));
        return new Manifest(
                name,
                artifacts,
                List.copyOf(targets),
                List.copyOf(exclusions),
                policies,
                keys,
                List.copyOf(exports),
                List.copyOf(used.values()));
    }

    /** The fields of a map whose keys are all known. */
    private static Map<String, ManifestNode> fields(ManifestNode node, String what, List<String> known) {
        Map<String, ManifestNode> fields = new LinkedHashMap<>();
        node.map(what).forEach((key, value) -> {
            if (!known.contains(key.text())) {
                throw key.place()
                        .malformed(
                                "a key of " + what,
                                "the unknown key " + key.kind(),
                                Suggestion.didYouMean(key.text(), known) + "all: " + String.join(", ", known));
            }
            fields.put(key.text(), value);
        });
        return fields;
    }

    private static ManifestNode needed(ManifestNode node, Map<String, ManifestNode> fields, String key, String hint) {
        ManifestNode found = fields.get(key);
        if (found == null) {
            throw node.place().malformed("the key '" + key + "'", "a map without it", hint);
        }
        return found;
    }

    private void variables(ManifestNode node) {
        for (ManifestNode item : node.list()) {
            String name = item.text("the name of an environment variable");
            if (!name.matches("[A-Za-z_][A-Za-z0-9_]*")) {
                throw item.place().malformed("the name of an environment variable", item.kind(), "");
            }
            allowed.add(name);
        }
    }

    /** Text with the variables that the manifest names; {@code $$} is a dollar. */
    private String text(ManifestNode node, String what) {
        String text = node.text(what);
        Matcher matcher = REFERENCE.matcher(text);
        StringBuilder whole = new StringBuilder();
        while (matcher.find()) {
            String name = matcher.group(1);
            matcher.appendReplacement(whole, Matcher.quoteReplacement(name == null ? "$" : value(node, name)));
        }
        return matcher.appendTail(whole).toString();
    }

    private String value(ManifestNode node, String name) {
        if (!allowed.contains(name)) {
            throw node.place()
                    .malformed(
                            "a variable that the manifest names",
                            "${" + ManifestNode.Text.shown(name) + "}",
                            "name it at the top, variables: [" + ManifestNode.Text.shown(name)
                                    + "], or write $${ for a dollar and a brace");
        }
        String value = environment.get(name);
        if (value == null) {
            throw node.place()
                    .malformed(
                            "the environment variable " + name, "none of this name", "set it: export " + name + "=...");
        }
        used.put(name, new Assumption("env." + name, value, "the environment variable that the manifest names"));
        return value;
    }

    private void artifacts(ManifestNode node) {
        node.map("artifacts").forEach((key, value) -> {
            if (!NAME.matcher(key.text()).matches() || key.text().equals("none")) {
                throw key.place().malformed("a name of letters, digits, '.', '_' and '-'", key.kind(), "");
            }
            artifacts.put(key.text(), artifact(value));
        });
    }

    private Manifest.Artifact artifact(ManifestNode node) {
        if (node instanceof ManifestNode.Text) {
            return new Manifest.Artifact(
                    node.place(), folder.inside(node.place(), "a file", text(node, "a file")), Optional.empty());
        }
        Map<String, ManifestNode> fields = fields(node, "an artifact", List.of("file", "sha256"));
        ManifestNode file = needed(node, fields, "file", "file: NAME");
        Optional<Digest> pin = Optional.ofNullable(fields.get("sha256")).map(ManifestReader::sha256);
        return new Manifest.Artifact(file.place(), folder.inside(file.place(), "a file", text(file, "a file")), pin);
    }

    private static Digest sha256(ManifestNode node) {
        refuseNumber(node, "a SHA-256 of 64 hexadecimal digits");
        try {
            return Digest.parse(DigestAlgorithm.SHA256, node.text("a SHA-256"));
        } catch (IllegalArgumentException e) {
            throw node.place().malformed("a SHA-256 of 64 hexadecimal digits", node.kind(), "sha256sum FILE");
        }
    }

    private Manifest.Artifact named(ManifestNode.Place place, String name) {
        Manifest.Artifact artifact = artifacts.get(name);
        if (artifact == null) {
            throw place.malformed(
                    "the name of an artifact",
                    "'" + ManifestNode.Text.shown(name) + "'",
                    Suggestion.didYouMean(name, artifacts.keySet())
                            + (artifacts.isEmpty()
                                    ? "there are none"
                                    : "all: " + String.join(", ", artifacts.keySet())));
        }
        return artifact;
    }

    private void targets(ManifestNode node, List<Manifest.Target> targets) {
        Map<String, ManifestNode> one = fields(node, "a target", ManifestKeys.technologies());
        if (one.size() != 1) {
            throw node.place().malformed("one of snp, tdx and pcr in a target", one.size() + " of them", "");
        }
        String technology = one.keySet().iterator().next();
        ManifestNode body = one.get(technology);
        Map<String, ManifestKeys.Kind> known = ManifestKeys.of(technology);
        List<String> keys = new ArrayList<>(known.keySet());
        if (ManifestKeys.withVariants().contains(technology)) {
            keys.add(ManifestKeys.VARIANT);
        }
        startsNothing(body);
        Map<String, ManifestNode> fields = fields(body, "a target of " + technology, keys);
        Optional<String> variant =
                Optional.ofNullable(fields.get(ManifestKeys.VARIANT)).map(this::variant);
        bounded(node.place(), fields);
        List<List<String>> lines = List.of(List.of());
        for (Map.Entry<String, ManifestNode> field : fields.entrySet()) {
            if (!field.getKey().equals(ManifestKeys.VARIANT) && !field.getKey().equals(ManifestKeys.IMAGE)) {
                List<List<String>> more =
                        options(technology, field.getKey(), known.get(field.getKey()), field.getValue());
                if ((long) lines.size() * more.size() + targets.size() > MOST_TARGETS) {
                    throw field.getValue()
                            .place()
                            .malformed("at most " + MOST_TARGETS + " command lines in all targets", "more", "");
                }
                lines = times(lines, more);
            }
        }
        List<String> image = new ArrayList<>();
        if (fields.containsKey(ManifestKeys.IMAGE)) {
            ManifestNode name = fields.get(ManifestKeys.IMAGE);
            image.addAll(List.of(
                    "--",
                    named(name.place(), name.text("the name of an artifact")).file()));
        }
        for (List<String> line : lines) {
            List<String> arguments = new ArrayList<>(line);
            arguments.addAll(image);
            targets.add(new Manifest.Target(node.place(), technology, List.copyOf(arguments), variant, fields));
        }
    }

    /** A manifest may come from anybody, so that no key of it is the name of a program. */
    private static void startsNothing(ManifestNode target) {
        target.map("a target").keySet().forEach(key -> {
            if (("--" + key.text()).equals(AcpiFromQemu.BINARY)) {
                throw key.place()
                        .malformed(
                                "files, since a manifest starts no program",
                                "the key " + key.kind(),
                                "write the ACPI tables of each number of vCPUs, measure tdx acpi " + AcpiFromQemu.BINARY
                                        + " PATH --vcpus N --memory SIZE --dump-acpi FOLDER, and name them:"
                                        + " acpi-tables: [ARTIFACT, ...]");
            }
        });
    }

    /** Lists multiply; their product is bounded before anything is computed. */
    private static void bounded(ManifestNode.Place place, Map<String, ManifestNode> fields) {
        long values = 1;
        for (String key : MATRIX) {
            if (fields.get(key) != null) {
                values *= Math.max(1, items(fields.get(key)));
            }
            if (values > ManifestRun.MOST_VALUES) {
                throw place.malformed(
                        "a matrix of at most " + ManifestRun.MOST_VALUES + " values",
                        "lists of which the product is more",
                        "shorten one of: "
                                + String.join(
                                        ", ",
                                        MATRIX.stream()
                                                .filter(fields::containsKey)
                                                .toList()));
            }
        }
    }

    /** How many items a LIST has, or a list of them; ranges count in full. */
    private static long items(ManifestNode node) {
        long items = 0;
        for (ManifestNode one : node.list()) {
            if (one instanceof ManifestNode.Text text) {
                for (String item : text.text().split(",", -1)) {
                    Matcher range = RANGE.matcher(item.strip());
                    items += range.matches()
                            ? Math.max(1, Long.parseLong(range.group(2)) - Long.parseLong(range.group(1)) + 1)
                            : 1;
                }
            }
        }
        return Math.min(items, Integer.MAX_VALUE);
    }

    private String variant(ManifestNode node) {
        String name = text(node, "a name");
        if (!VARIANT.matcher(name).matches() || name.equals("only")) {
            throw node.place()
                    .malformed("a name of lower-case letters, digits, '.' and '-', not 'only'", node.kind(), "");
        }
        return name;
    }

    private static List<List<String>> times(List<List<String>> lines, List<List<String>> more) {
        List<List<String>> all = new ArrayList<>();
        for (List<String> line : lines) {
            for (List<String> rest : more) {
                List<String> whole = new ArrayList<>(line);
                whole.addAll(rest);
                all.add(whole);
            }
        }
        return all;
    }

    /** The ways in which a key is given: one, or one for each item of a list where the option takes only one value. */
    private List<List<String>> options(String technology, String key, ManifestKeys.Kind kind, ManifestNode node) {
        if (kind == ManifestKeys.Kind.FLAG) {
            String flag = node.text("true or false");
            if (!flag.equals("true") && !flag.equals("false")) {
                throw node.place().malformed("true or false", node.kind(), "");
            }
            return List.of(flag.equals("true") ? List.of("--" + key) : List.of());
        }
        List<String> options = new ArrayList<>();
        for (ManifestNode item : node.list()) {
            options.add("--" + key + "=" + value(kind, item));
        }
        if (options.isEmpty()) {
            throw node.place().malformed("a value", "an empty list", "leave the key out");
        }
        boolean several = Options.of(Verbs.named(technology).orElseThrow()).stream()
                .anyMatch(option -> option.names().contains("--" + key) && option.kind() == Options.Kind.VALUES);
        return several ? List.of(options) : options.stream().map(List::of).toList();
    }

    private String value(ManifestKeys.Kind kind, ManifestNode node) {
        String text = text(node, "text");
        ManifestNode.Place place = node.place();
        return switch (kind) {
            case WORDS -> text;
            case TEXT ->
                text.startsWith("@") ? "@" + named(place, text.substring(1)).file() : text;
            case FILE -> named(place, text).file();
            case NAMED_FILE -> {
                int equals = text.lastIndexOf('=');
                yield text.substring(0, equals + 1)
                        + named(place, text.substring(equals + 1)).file();
            }
            case FILE_OR_NONE -> text.equals("none") ? text : named(place, text).file();
            case EVENT ->
                text.startsWith("file:")
                        ? "file:" + named(place, text.substring(5)).file()
                        : text;
            case FLAG -> throw new AssertionError(kind);
        };
    }

    private Manifest.Exclusion exclusion(ManifestNode node) {
        Map<String, List<String>> keys = new LinkedHashMap<>();
        fields(node, "an exclusion", EXCLUSION).forEach((key, value) -> {
            List<String> values =
                    value.list().stream().map(item -> text(item, "a value")).toList();
            if (values.isEmpty()) {
                throw value.place().malformed("a value", "an empty list", "leave the key out");
            }
            keys.put(key, values);
        });
        if (keys.isEmpty()) {
            throw node.place().malformed("keys of ids", "an empty map", "see: measure help ids");
        }
        return new Manifest.Exclusion(node.place(), keys);
    }

    private void policies(ManifestNode node, Map<String, Map<String, String>> policies) {
        fields(node, "policies", PolicyFields.technologies()).forEach((technology, body) -> {
            Map<String, Integer> known = PolicyFields.of(technology);
            Map<String, String> fields = new TreeMap<>();
            fields(body, "the policy of " + technology, List.copyOf(known.keySet()))
                    .forEach((key, value) -> fields.put(key, field(value, text(value, "a value"), known.get(key))));
            possible(body, fields);
            policies.put(technology, fields);
        });
    }

    /** Fields that exclude each other would let no machine in. */
    private static void possible(ManifestNode node, Map<String, String> fields) {
        fields.forEach((name, value) -> {
            String exact = name.startsWith("min-") ? fields.get(name.substring(4)) : null;
            if (exact != null && Long.compareUnsigned(bits(exact), bits(value)) < 0) {
                throw node.place().malformed(name.substring(4) + " of at least " + value, exact, "");
            }
            String clear = name.endsWith("-set") ? fields.get(name.replaceAll("-set$", "-clear")) : null;
            if (clear != null && (bits(value) & bits(clear)) != 0) {
                throw node.place()
                        .malformed(
                                "other bits in " + name + " than in " + name.replaceAll("-set$", "-clear"),
                                "0x" + Long.toHexString(bits(value) & bits(clear)) + " in both",
                                "");
            }
        });
    }

    private static long bits(String hex) {
        return Long.parseUnsignedLong(hex.substring(2), 16);
    }

    /** Numbers of up to 8 bytes as 0x and digits, longer fields as all of their digits. */
    private static String field(ManifestNode node, String text, int bytes) {
        if (bytes == 0) {
            if (!text.equals("true") && !text.equals("false")) {
                throw node.place().malformed("true or false", node.kind(), "");
            }
            return text;
        }
        if (bytes <= Long.BYTES) {
            try {
                // no sign, no digits of other scripts, and no zeros that YAML 1.1 reads as octal
                if (!text.matches("0x[0-9a-fA-F]+|0|[1-9][0-9]*")) {
                    throw new NumberFormatException(text);
                }
                long number = Long.parseUnsignedLong(
                        text.startsWith("0x") ? text.substring(2) : text, text.startsWith("0x") ? 16 : 10);
                if (bytes == Long.BYTES || number >= 0 && number < 1L << 8 * bytes) {
                    return "0x" + Long.toHexString(number);
                }
            } catch (NumberFormatException e) {
                // said below
            }
            throw node.place()
                    .malformed(
                            "a number of at most " + bytes + " bytes", node.kind(), "decimal, or hexadecimal with 0x");
        }
        String digits = text.startsWith("0x") ? text.substring(2) : text;
        refuseNumber(node, bytes + " bytes in hexadecimal");
        if (!digits.matches("[0-9a-fA-F]{" + 2 * bytes + "}")) {
            throw node.place().malformed(bytes + " bytes in hexadecimal", node.kind(), "");
        }
        return digits.toLowerCase(Locale.ROOT);
    }

    /** YAML has numbers in many forms: digits that are none must not be one to whoever else reads the file. */
    private static void refuseNumber(ManifestNode node, String expected) {
        if (node instanceof ManifestNode.Text text && text.isNumber()) {
            throw node.place()
                    .malformed(
                            expected + ", in quotes",
                            "what YAML takes for a number, " + node.kind(),
                            "quote it: \"" + ManifestNode.Text.shown(text.text()) + "\"");
        }
    }

    /** The fields of an ID block are what a report shows of it, so they are the policy of SNP. */
    private Manifest.IdBlockKeys idBlock(ManifestNode node, Map<String, Map<String, String>> policies) {
        Map<String, ManifestNode> fields = fields(
                node,
                "an ID block",
                List.of("policy", "guest-svn", "family-id", "image-id", "id-key", "author-key", "file"));
        Map<String, String> snp = new TreeMap<>(policies.getOrDefault("snp", Map.of()));
        fields.forEach((key, value) -> {
            if (!key.endsWith("-key") && !key.equals("file")) {
                String one = field(
                        value, text(value, "a value"), PolicyFields.of("snp").get(key));
                String other = snp.put(key, one);
                if (other != null && !other.equals(one)) {
                    throw value.place().malformed(key + " as in policies", value.kind(), "");
                }
            }
        });
        policies.put("snp", snp);
        ManifestNode idKey = needed(node, fields, "id-key", "id-key: ARTIFACT, a public or private key");
        return new Manifest.IdBlockKeys(
                node.place(),
                named(idKey.place(), idKey.text("the name of an artifact")),
                Optional.ofNullable(fields.get("author-key"))
                        .map(key -> named(key.place(), key.text("the name of an artifact"))),
                Optional.ofNullable(fields.get("file")).map(this::written));
    }

    private void export(ManifestNode node, List<Manifest.Export> exports) {
        Manifest.Export one = export(node);
        if (exports.stream().anyMatch(other -> other.file().equals(one.file()))) {
            throw node.place().malformed("a file of its own for each export", "'" + one.file() + "' again", "");
        }
        exports.add(one);
    }

    private Manifest.Export export(ManifestNode node) {
        Map<String, ManifestNode> fields = new LinkedHashMap<>();
        Map<String, ManifestNode.Place> places = new LinkedHashMap<>();
        node.map("an export").forEach((key, value) -> {
            fields.put(key.text(), value);
            places.put(key.text(), key.place());
        });
        ManifestNode format = needed(node, fields, "format", "see: measure help export");
        ManifestNode file = needed(node, fields, "file", "see: measure help export");
        String name = text(format, "a format");
        ExportFormat form = ExportFormat.byName().get(name);
        if (form == null) {
            throw format.place()
                    .malformed(
                            "a form of export",
                            format.kind(),
                            Suggestion.didYouMean(name, ExportFormat.byName().keySet()) + "see: measure help export");
        }
        Map<String, List<String>> options = new LinkedHashMap<>();
        fields.forEach((key, value) -> {
            if (value != format && value != file) {
                options.put(key, option(form, places.get(key), key, value));
            }
        });
        return new Manifest.Export(node.place(), name, written(file), options);
    }

    /** An option that the form does not have is found before anything is computed. */
    private List<String> option(ExportFormat form, ManifestNode.Place place, String key, ManifestNode node) {
        List<String> known = form.keys();
        if (!known.contains(key)) {
            throw place.malformed(
                    "an option of measure export --format " + form.name(),
                    "'" + ManifestNode.Text.shown(key) + "'",
                    Suggestion.didYouMean(key, known) + "all: " + String.join(", ", known));
        }
        List<String> values = new ArrayList<>();
        for (ManifestNode item : node.list()) {
            values.add(text(item, "a value"));
            if (ExportFormat.takesFile(key)) {
                named(item.place(), item.text("the name of an artifact"));
            }
        }
        if (values.isEmpty()) {
            throw node.place().malformed("a value", "an empty list", "leave the key out");
        }
        return values;
    }

    /** A file that is written must be none that something else reads as its own: no hidden file, no input. */
    private String written(ManifestNode node) {
        String file = folder.inside(node.place(), "a file", text(node, "a file"));
        boolean input = artifacts.values().stream()
                .anyMatch(artifact -> Path.of(artifact.file())
                        .normalize()
                        .equals(Path.of(file).normalize()));
        if (("/" + file).contains("/.") || input) {
            throw node.place().malformed("a file for the export alone", node.kind(), "no hidden file, and no artifact");
        }
        return file;
    }
}
