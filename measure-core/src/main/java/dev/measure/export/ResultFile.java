package dev.measure.export;

import dev.measure.Assumption;
import dev.measure.Digest;
import dev.measure.DigestAlgorithm;
import dev.measure.Evidence;
import dev.measure.MalformedInputException;
import dev.measure.Source;
import dev.measure.golden.GoldenInput;
import dev.measure.golden.GoldenValue;
import dev.measure.golden.GoldenValues;
import dev.measure.parse.SchemaName;
import dev.measure.parse.StrictJson;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalInt;

/**
 * A result of the command, schema {@value #SCHEMA}: its values, and with {@code --trace} the events behind them.
 *
 * @param golden the values, with their inputs and assumptions
 * @param events the events, in their order
 */
public record ResultFile(GoldenValues golden, List<Event> events) {
    /** The schema of results. */
    public static final String SCHEMA = "measure/result/v1";

    /** A trace of every page of a launch takes 300 bytes a page. */
    private static final int MAX_FILE = 32 << 20;

    private static final int MAX_SKIPPED_DEPTH = 7;

    /** Copies the list. */
    public ResultFile {
        events = List.copyOf(events);
    }

    /**
     * An event behind a value.
     *
     * @param id the id of the value
     * @param name what is measured
     * @param type the event type, such as {@code EV_SEPARATOR}; empty if there is none
     * @param place its place in the log of the boot, over all registers; empty if it is not told
     * @param digest the digest that the register is extended with
     */
    public record Event(String id, String name, String type, OptionalInt place, Digest digest) {}

    /**
     * {@return the result in a file}
     *
     * @param source the file
     * @throws MalformedInputException if it is none
     */
    public static ResultFile read(Source source) {
        return StrictJson.read(source, "a result of measure", MAX_FILE, json -> new Reader(json).read());
    }

    /** {@return the schema that a JSON file says to follow in its first field; empty if it does not begin so} */
    public static String schema(Source source) {
        return SchemaName.of(source);
    }

    /** Reads field by field. */
    private static final class Reader {
        private final StrictJson json;
        private String madeBy = "";
        private final List<GoldenInput> inputs = new ArrayList<>();
        private final List<Assumption> assumptions = new ArrayList<>();
        private final Map<String, GoldenValue> values = new LinkedHashMap<>();
        private final List<Event> events = new ArrayList<>();

        Reader(StrictJson json) {
            this.json = json;
        }

        ResultFile read() throws IOException {
            json.object("a result of measure");
            boolean schema = false;
            while (json.field()) {
                switch (json.name()) {
                    case "schema" -> {
                        String name = json.string("schema");
                        if (!name.equals(SCHEMA)) {
                            throw json.malformed("schema = " + SCHEMA, StrictJson.shown(name));
                        }
                        schema = true;
                    }
                    case "tool" -> tool();
                    case "inputs" -> each("an input", this::input);
                    case "assumptions" -> each("an assumption", this::assumption);
                    case "measurements" -> each("a measurement", this::measurement);
                    case "events" -> each("an event", this::event);
                    default -> json.skip(MAX_SKIPPED_DEPTH);
                }
            }
            if (!schema) {
                throw json.malformed("the field 'schema' of a result", "its end");
            }
            return new ResultFile(
                    new GoldenValues(
                            madeBy, inputs, List.of(), assumptions, Map.of(), List.copyOf(values.values()), List.of()),
                    events);
        }

        @FunctionalInterface
        private interface Element {
            void read(Map<String, String> fields) throws IOException;
        }

        /** Reads the texts of each object of an array; numbers as text, and what is deeper is not read. */
        private void each(String what, Element element) throws IOException {
            json.array(what + "s");
            while (json.element(what)) {
                element.read(fields());
            }
        }

        private Map<String, String> fields() throws IOException {
            Map<String, String> fields = new LinkedHashMap<>();
            while (json.field()) {
                String name = json.name();
                if (name.equals("details")) {
                    json.object("details");
                    while (json.field()) {
                        String detail = json.name();
                        json.scalarOrSkip(MAX_SKIPPED_DEPTH).ifPresent(text -> fields.put("details." + detail, text));
                    }
                } else {
                    json.scalarOrSkip(MAX_SKIPPED_DEPTH).ifPresent(text -> fields.put(name, text));
                }
            }
            return fields;
        }

        private void tool() throws IOException {
            json.object("tool");
            Map<String, String> fields = fields();
            madeBy = (fields.getOrDefault("name", "") + " " + fields.getOrDefault("version", "")).strip();
        }

        private String need(Map<String, String> fields, String name, String what) {
            String value = fields.get(name);
            if (value == null) {
                throw json.malformed("the field '" + name + "' of " + what, "its end");
            }
            return value;
        }

        private void input(Map<String, String> fields) {
            inputs.add(made(() -> new GoldenInput(
                    need(fields, "role", "an input"),
                    need(fields, "name", "an input"),
                    Long.parseLong(need(fields, "size", "an input")),
                    Digest.parse(DigestAlgorithm.SHA256, need(fields, "sha256", "an input")),
                    List.of())));
        }

        private void assumption(Map<String, String> fields) {
            assumptions.add(new Assumption(
                    need(fields, "key", "an assumption"),
                    need(fields, "value", "an assumption"),
                    need(fields, "why", "an assumption")));
        }

        private void measurement(Map<String, String> fields) {
            String what = "a measurement";
            String status = need(fields, "status", what);
            String id = need(fields, "id", what);
            GoldenValue value = made(() -> new GoldenValue(
                    id,
                    digest(need(fields, "alg", what), need(fields, "value", what)),
                    status.equals(GoldenValue.Status.FROM_EVIDENCE.id())
                            ? GoldenValue.Status.FROM_EVIDENCE
                            : GoldenValue.Status.PREDICTED,
                    Evidence.valueOf(fields.getOrDefault("evidence", "source").toUpperCase(Locale.ROOT)),
                    List.of()));
            GoldenValue other = values.put(id, value);
            if (other != null && !other.equals(value)) {
                throw json.malformed("each id with one value", StrictJson.shown(id) + " again, with another");
            }
        }

        private void event(Map<String, String> fields) {
            String id = need(fields, "id", "an event");
            GoldenValue value = values.get(id);
            if (value == null) {
                throw json.malformed("an event of a measurement above", StrictJson.shown(id));
            }
            String hex = need(fields, "digest", "an event");
            events.add(made(() -> new Event(
                    id,
                    need(fields, "name", "an event"),
                    fields.getOrDefault("details.type", ""),
                    place(fields.getOrDefault("details.event", "")),
                    Digest.parse(value.digest().algorithm(), hex))));
        }

        private static OptionalInt place(String text) {
            return text.matches("[0-9]{1,9}") ? OptionalInt.of(Integer.parseInt(text)) : OptionalInt.empty();
        }

        private Digest digest(String algorithm, String hex) {
            return Digest.parse(DigestAlgorithm.parse(algorithm), hex);
        }

        @FunctionalInterface
        private interface Making<T> {
            T make();
        }

        /** What the records refuse is broken input here. */
        private <T> T made(Making<T> making) {
            try {
                return making.make();
            } catch (IllegalArgumentException e) {
                String message = e.getMessage() == null ? "others" : e.getMessage();
                throw json.malformed("fields that fit each other before this place", StrictJson.shown(message));
            }
        }
    }
}
