package dev.measure.golden;

import dev.measure.Assumption;
import dev.measure.Digest;
import dev.measure.DigestAlgorithm;
import dev.measure.Evidence;
import dev.measure.MalformedInputException;
import dev.measure.Source;
import dev.measure.parse.StrictJson;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.stream.Collectors;

/** Reads a lock file. Every field is known, none is missing, and what a value refers to stands before it. */
final class LockReader {
    private static final String WHAT = "a lock file";

    private static final int MAX_MESSAGE = 300;

    /** The most entries beside the values: real locks have some hundred, and each takes far more memory than its text. */
    private static final int MAX_ENTRIES = 200_000;

    /** What is said for people, and the value of an assumption. */
    private static final Set<String> MAY_BE_EMPTY = Set.of("rule", "value", "why");

    private final StrictJson json;
    private final Map<String, List<String>> origins = new HashMap<>();
    private final Set<String> parts = new HashSet<>();
    private final Map<String, Digest> digests = new HashMap<>();

    private int entries;
    private String madeBy = "";
    private final List<GoldenInput> inputs = new ArrayList<>();
    private final List<GoldenBehaviour> behaviours = new ArrayList<>();
    private final List<Assumption> assumptions = new ArrayList<>();
    private final Map<String, Map<String, String>> policies = new TreeMap<>();
    private final List<GoldenValue> values = new ArrayList<>();
    private final List<GoldenConfirmation> confirmed = new ArrayList<>();

    private LockReader(StrictJson json) {
        this.json = json;
    }

    static GoldenValues read(Source source) {
        return StrictJson.read(source, WHAT, GoldenValues.MAX_FILE, json -> new LockReader(json).lock());
    }

    private GoldenValues lock() throws IOException {
        json.object(WHAT);
        Set<String> seen = new HashSet<>();
        while (json.field()) {
            String name = json.name();
            if (seen.isEmpty() && !name.equals("schema")) {
                throw json.malformed("the field 'schema' first", "the field " + StrictJson.shown(name));
            }
            seen.add(name);
            switch (name) {
                case "schema" -> schema();
                case "madeBy" -> madeBy = json.string(name);
                case "inputs" -> inputs();
                case "behaviours" -> behaviours();
                case "assumptions" -> assumptions();
                case "policies" -> policies();
                case "origins" -> origins();
                case "values" -> values();
                case "confirmed" -> confirmed();
                default ->
                    throw json.malformed(
                            "schema, madeBy, inputs, behaviours, assumptions, policies, origins, values or confirmed",
                            "the field " + StrictJson.shown(name));
            }
        }
        for (String needed : List.of("schema", "inputs", "values")) {
            if (!seen.contains(needed)) {
                throw json.malformed("the field '" + needed + "'", "the end of " + WHAT);
            }
        }
        return new GoldenValues(madeBy, inputs, behaviours, assumptions, policies, values, confirmed);
    }

    private void schema() throws IOException {
        String schema = json.string("schema");
        if (!schema.equals(GoldenValues.SCHEMA)) {
            throw json.malformed("schema '" + GoldenValues.SCHEMA + "'", StrictJson.shown(schema));
        }
    }

    private void entry() {
        if (++entries > MAX_ENTRIES) {
            throw json.malformed("at most " + MAX_ENTRIES + " entries beside the values", "more");
        }
    }

    private void inputs() throws IOException {
        json.array("inputs");
        while (json.element("an input")) {
            entry();
            Fields fields = new Fields("an input", "role", "name", "size", "sha256");
            List<GoldenSection> sections = new ArrayList<>();
            while (json.field()) {
                switch (json.name()) {
                    case "sections" -> sections(sections);
                    default -> fields.take();
                }
            }
            fields.complete();
            Digest sha256 = fields.sha256();
            inputs.add(made(
                    () -> new GoldenInput(fields.text("role"), fields.text("name"), fields.size, sha256, sections)));
            parts.addAll(inputs.get(inputs.size() - 1).parts().keySet());
        }
    }

    private void sections(List<GoldenSection> sections) throws IOException {
        json.array("sections");
        while (json.element("a section")) {
            entry();
            Fields fields = new Fields("a section", "name", "size", "sha256");
            fields.all();
            Digest sha256 = fields.sha256();
            sections.add(made(() -> new GoldenSection(fields.text("name"), fields.size, sha256)));
        }
    }

    private void behaviours() throws IOException {
        json.array("behaviours");
        while (json.element("a behaviour")) {
            entry();
            Fields fields = new Fields("a behaviour", "kind", "id", "rule");
            fields.all();
            behaviours.add(new GoldenBehaviour(fields.text("kind"), fields.text("id"), fields.text("rule")));
        }
    }

    private void assumptions() throws IOException {
        json.array("assumptions");
        while (json.element("an assumption")) {
            entry();
            Fields fields = new Fields("an assumption", "key", "value", "why");
            fields.all();
            assumptions.add(new Assumption(fields.text("key"), fields.text("value"), fields.text("why")));
        }
    }

    private void policies() throws IOException {
        json.object("policies");
        while (json.field()) {
            entry();
            String technology = json.name();
            if (!PolicyFields.technologies().contains(technology)) {
                throw json.malformed(
                        "the policy of " + String.join(" or ", PolicyFields.technologies()),
                        "one of " + StrictJson.shown(technology));
            }
            Map<String, Integer> known = PolicyFields.of(technology);
            Map<String, String> fields = new TreeMap<>();
            json.object("the policy of " + StrictJson.shown(technology));
            while (json.field()) {
                entry();
                String name = json.name();
                if (!known.containsKey(name)) {
                    throw json.malformed(
                            "a field that policies of " + technology + " have", "the field " + StrictJson.shown(name));
                }
                String value = json.string(name);
                if (!PolicyFields.isValue(known.get(name), value)) {
                    throw json.malformed(
                            technology + " " + name + " (" + PolicyFields.form(known.get(name)) + ")",
                            StrictJson.shown(value));
                }
                fields.put(name, value);
            }
            policies.put(technology, fields);
        }
    }

    private void origins() throws IOException {
        json.object("origins");
        while (json.field()) {
            entry();
            String group = json.name();
            List<String> list = new ArrayList<>();
            json.array("names of parts of inputs");
            while (json.stringElement("the name of a part of an input")) {
                entry();
                if (!parts.contains(json.text())) {
                    throw json.malformed("a part of one of the inputs above", StrictJson.shown(json.text()));
                }
                list.add(json.text());
            }
            origins.put(group, list);
        }
    }

    private void values() throws IOException {
        json.array("values");
        while (json.element("a value")) {
            Fields fields = new Fields("a value", "id", "alg", "value", "status", "evidence", "origins");
            fields.all();
            List<String> from = origins.get(fields.text("origins"));
            if (from == null) {
                throw fields.malformed("origins", "one of the origins above");
            }
            Digest digest = fields.digest();
            GoldenValue.Status status = fields.status();
            Evidence evidence = fields.evidence();
            GoldenValue value =
                    made(() -> new GoldenValue(fields.text("id"), digest, status, evidence, from), fields.place("id"));
            if (digests.put(value.id(), value.digest()) != null) {
                throw json.malformed(fields.place("id"), "each id once", StrictJson.shown(value.id()) + " again");
            }
            values.add(value);
        }
    }

    private void confirmed() throws IOException {
        json.array("confirmed");
        while (json.element("a confirmation")) {
            Fields fields = new Fields("a confirmation", "id", "alg", "value", "evidence", "sha256");
            fields.all();
            Digest digest = fields.digest();
            Digest sha256 = fields.sha256();
            GoldenConfirmation seen =
                    made(() -> new GoldenConfirmation(fields.text("id"), digest, fields.text("evidence"), sha256));
            if (!seen.value().equals(digests.get(seen.id()))) {
                throw json.malformed(
                        fields.place("id"),
                        "one of the values above",
                        digests.containsKey(seen.id())
                                ? "another value of " + StrictJson.shown(seen.id())
                                : StrictJson.shown(seen.id()));
            }
            confirmed.add(seen);
        }
    }

    @FunctionalInterface
    private interface Making<T> {
        T make();
    }

    /** What the records refuse is broken input here. */
    private <T> T made(Making<T> making) {
        return made(making, json.offset());
    }

    private <T> T made(Making<T> making, long at) {
        try {
            return making.make();
        } catch (IllegalArgumentException e) {
            throw json.malformed(at, "fields that fit each other", printable(e.getMessage()));
        }
    }

    /** A message can quote the file. */
    private static String printable(String message) {
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < Math.min(message.length(), MAX_MESSAGE); i++) {
            char c = message.charAt(i);
            text.append(c >= ' ' && c < 0x7f ? c : '?');
        }
        return text.append(message.length() > MAX_MESSAGE ? "..." : "").toString();
    }

    /** The fields of one object: each known, each once, none missing. */
    private final class Fields {
        private final String what;
        private final List<String> names;
        private final Map<String, String> texts = new HashMap<>();
        private final Map<String, Long> places = new HashMap<>();
        private long size;

        Fields(String what, String... names) {
            this.what = what;
            this.names = List.of(names);
        }

        void all() throws IOException {
            while (json.field()) {
                take();
            }
            complete();
        }

        void take() throws IOException {
            String name = json.name();
            if (!names.contains(name)) {
                throw json.malformed(
                        "a field of " + what + " (" + String.join(", ", names) + ")",
                        "the field " + StrictJson.shown(name));
            }
            if (name.equals("size")) {
                size = json.size(name);
                texts.put(name, "");
            } else {
                texts.put(name, json.string(name));
                if (texts.get(name).isEmpty() && !MAY_BE_EMPTY.contains(name)) {
                    throw json.malformed("a text in '" + name + "' of " + what, "an empty one");
                }
            }
            places.put(name, json.offset());
        }

        void complete() {
            for (String name : names) {
                if (!texts.containsKey(name)) {
                    throw json.malformed("the field '" + name + "' of " + what, "its end");
                }
            }
        }

        String text(String name) {
            return texts.get(name);
        }

        long place(String name) {
            return places.get(name);
        }

        MalformedInputException malformed(String name, String expected) {
            return json.malformed(place(name), expected, StrictJson.shown(text(name)));
        }

        Digest sha256() {
            return digest("sha256", DigestAlgorithm.SHA256);
        }

        Digest digest() {
            return digest("value", one("alg", List.of(DigestAlgorithm.values()), DigestAlgorithm::id));
        }

        /** In the one form in which it is written: lower case, so that lock files can be compared as text. */
        private Digest digest(String name, DigestAlgorithm algorithm) {
            if (!text(name).matches("[0-9a-f]{" + 2 * algorithm.length() + "}")) {
                throw malformed(name, name + ", " + 2 * algorithm.length() + " lower-case digits of " + algorithm.id());
            }
            return Digest.parse(algorithm, text(name));
        }

        GoldenValue.Status status() {
            return one("status", List.of(GoldenValue.Status.values()), GoldenValue.Status::id);
        }

        Evidence evidence() {
            return one(
                    "evidence",
                    List.of(Evidence.values()),
                    evidence -> evidence.name().toLowerCase(Locale.ROOT));
        }

        private <T> T one(String name, List<T> all, Function<T, String> id) {
            return all.stream()
                    .filter(each -> id.apply(each).equals(text(name)))
                    .findFirst()
                    .orElseThrow(() -> malformed(
                            name,
                            name + " of " + what + " (" + all.stream().map(id).collect(Collectors.joining(", "))
                                    + ")"));
        }
    }
}
