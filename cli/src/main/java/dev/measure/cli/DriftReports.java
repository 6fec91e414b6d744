package dev.measure.cli;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.util.DefaultIndenter;
import com.fasterxml.jackson.core.util.DefaultPrettyPrinter;
import com.fasterxml.jackson.core.util.Separators;
import dev.measure.ValueId;
import dev.measure.golden.GoldenDiff;
import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Says what moved to machines: annotations of GitHub, JUnit XML, and SARIF 2.1.0. */
final class DriftReports {
    private static final String DRIFT = "drift";
    private static final String MISSING = "golden-missing";
    private static final String STALE = "golden-stale";
    private static final int NAMED = 5;

    private DriftReports() {}

    /** {@return workflow commands, one line each: an error for each cause, and for values that have no partner} */
    static String annotations(Drift drift) {
        StringBuilder lines = new StringBuilder();
        drift.diff()
                .byCauses()
                .forEach((causes, moved) ->
                        annotation(lines, drift, moved.get(0).idBefore(), "drift", message(drift, causes, moved)));
        one(lines, drift, "missing", drift.diff().added(), " missing in ");
        one(lines, drift, "stale", drift.diff().removed(), " only in ");
        if (drift.isOfOtherInputs()) {
            annotation(lines, drift, "", "stale", stale(drift));
        }
        for (String export : drift.exports()) {
            annotation(lines, drift.path(export), 1, drift.title() + ": stale", export(drift, export));
        }
        return lines.toString();
    }

    private static void one(StringBuilder lines, Drift drift, String title, List<String> ids, String what) {
        if (!ids.isEmpty()) {
            annotation(
                    lines,
                    drift,
                    ids.get(0),
                    title,
                    Drift.count(ids.size(), "value") + what + drift.subject() + ": " + named(ids));
        }
    }

    private static String message(Drift drift, List<GoldenDiff.Cause> causes, List<GoldenDiff.Moved> moved) {
        return drift.blame(causes) + ", which moved " + Drift.count(moved.size(), "value") + ": "
                + named(moved.stream().map(GoldenDiff.Moved::id).toList());
    }

    private static String export(Drift drift, String file) {
        return file + " is not what " + drift.subject() + " gives: measure lock writes it again";
    }

    private static String stale(Drift drift) {
        return drift.policies() && drift.diff().isEmpty()
                ? "the policies are not those of the manifest"
                : "made from other inputs, though no value moved: "
                        + String.join(
                                "; ", drift.harmless().stream().map(Drift::text).toList());
    }

    private static String named(List<String> ids) {
        String first = String.join(", ", ids.subList(0, Math.min(NAMED, ids.size())));
        return ids.size() > NAMED ? first + " and " + (ids.size() - NAMED) + " more" : first;
    }

    private static void annotation(StringBuilder lines, Drift drift, String id, String title, String message) {
        annotation(lines, drift.subject(), drift.line(id), drift.title() + ": " + title, message);
    }

    private static void annotation(StringBuilder lines, String file, int line, String title, String message) {
        lines.append("::error file=")
                .append(property(file))
                .append(",line=")
                .append(line)
                .append(",title=")
                .append(property(title))
                .append("::")
                .append(data(message))
                .append('\n');
    }

    private static String data(String text) {
        return Talk.printable(text).replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A");
    }

    private static String property(String text) {
        return data(text).replace(":", "%3A").replace(",", "%2C");
    }

    /**
     * {@return a test suite: one case for each value, that fails if it moved and has an error if it has no partner}
     *
     * <p>By the schema of Ant's reports (JUnit.xsd); it demands a host, a time and durations, which are the same in every file.
     */
    static String junit(Drift drift) {
        GoldenDiff diff = drift.diff();
        Map<String, GoldenDiff.Moved> moved = new HashMap<>();
        diff.moved().forEach(value -> moved.put(value.id(), value));
        boolean stale = drift.isOfOtherInputs();
        int errors = diff.added().size()
                + diff.removed().size()
                + (stale ? 1 : 0)
                + drift.exports().size();
        int tests = drift.compared() + errors;
        StringBuilder xml = new StringBuilder("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
        xml.append("<testsuites>\n  <testsuite package=\"measure\" id=\"0\" name=\"")
                .append(xml(drift.title() + " " + drift.subject()))
                .append("\" hostname=\"localhost\" timestamp=\"1970-01-01T00:00:00\" tests=\"")
                .append(tests)
                .append("\" failures=\"")
                .append(diff.moved().size())
                .append("\" errors=\"")
                .append(errors)
                .append("\" skipped=\"0\" time=\"0\">\n    <properties/>\n");
        for (String id : drift.ids()) {
            GoldenDiff.Moved value = moved.get(id);
            if (value == null) {
                testcase(xml, id, "", "", "");
            } else {
                testcase(
                        xml,
                        id,
                        "failure",
                        drift.blame(value.causes()),
                        "expected " + value.before().hex() + "\nfound    "
                                + value.after().hex());
            }
        }
        diff.added().forEach(id -> testcase(xml, id, "error", "missing in " + drift.subject(), ""));
        diff.removed().forEach(id -> testcase(xml, id, "error", "only in " + drift.subject(), ""));
        if (stale) {
            testcase(xml, "inputs", "error", stale(drift), "");
        }
        drift.exports().forEach(file -> testcase(xml, "exports/" + file, "error", export(drift, file), ""));
        return xml.append("    <system-out/>\n    <system-err/>\n  </testsuite>\n</testsuites>\n")
                .toString();
    }

    private static void testcase(StringBuilder xml, String id, String kind, String message, String text) {
        xml.append("    <testcase classname=\"measure.")
                .append(xml(ValueId.register(id)))
                .append("\" name=\"")
                .append(xml(id))
                .append("\" time=\"0\"");
        if (kind.isEmpty()) {
            xml.append("/>\n");
            return;
        }
        xml.append(">\n      <")
                .append(kind)
                .append(" type=\"")
                .append(kind.equals("failure") ? DRIFT : MISSING)
                .append("\" message=\"")
                .append(xml(message))
                .append("\">")
                .append(xml(text))
                .append("</")
                .append(kind)
                .append(">\n    </testcase>\n");
    }

    private static String xml(String text) {
        StringBuilder safe = new StringBuilder();
        for (char c : text.toCharArray()) {
            switch (c) {
                case '&' -> safe.append("&amp;");
                case '<' -> safe.append("&lt;");
                case '>' -> safe.append("&gt;");
                case '"' -> safe.append("&quot;");
                case '\n' -> safe.append("&#10;");
                default -> safe.append(c < ' ' || c > 0xfffd || Character.isSurrogate(c) ? '?' : c);
            }
        }
        return safe.toString();
    }

    /** {@return a log of SARIF 2.1.0: one result for each cause, at the first value that it moved} */
    static String sarif(Drift drift) {
        StringWriter text = new StringWriter();
        Separators separators = Separators.createDefaultInstance()
                .withObjectFieldValueSpacing(Separators.Spacing.AFTER)
                .withArrayEmptySeparator("");
        DefaultPrettyPrinter printer = new DefaultPrettyPrinter(separators);
        DefaultIndenter lines = new DefaultIndenter("  ", "\n");
        printer.indentArraysWith(lines);
        printer.indentObjectsWith(lines);
        try (JsonGenerator json = new JsonFactory().createGenerator(text).setPrettyPrinter(printer)) {
            json.writeStartObject();
            json.writeStringField("$schema", "https://json.schemastore.org/sarif-2.1.0.json");
            json.writeStringField("version", "2.1.0");
            json.writeArrayFieldStart("runs");
            json.writeStartObject();
            driver(json);
            json.writeArrayFieldStart("results");
            for (Map.Entry<List<GoldenDiff.Cause>, List<GoldenDiff.Moved>> group :
                    drift.diff().byCauses().entrySet()) {
                List<GoldenDiff.Moved> moved = group.getValue();
                List<String> ids = moved.stream().map(GoldenDiff.Moved::id).toList();
                result(json, drift, DRIFT, moved.get(0).idBefore(), message(drift, group.getKey(), moved), ids);
            }
            unpartnered(json, drift, MISSING, drift.diff().added(), " missing in ");
            unpartnered(json, drift, STALE, drift.diff().removed(), " only in ");
            if (drift.isOfOtherInputs()) {
                result(json, drift, STALE, "", stale(drift), List.of());
            }
            for (String export : drift.exports()) {
                result(json, STALE, drift.path(export), 1, export, export(drift, export), List.of());
            }
            json.writeEndArray();
            json.writeStringField("columnKind", "utf16CodeUnits");
            json.writeEndObject();
            json.writeEndArray();
            json.writeEndObject();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return text.append('\n').toString();
    }

    private static void unpartnered(JsonGenerator json, Drift drift, String rule, List<String> ids, String what)
            throws IOException {
        if (!ids.isEmpty()) {
            String message = Drift.count(ids.size(), "value") + what + drift.subject() + ": " + named(ids);
            result(json, drift, rule, ids.get(0), message, ids);
        }
    }

    private static void driver(JsonGenerator json) throws IOException {
        json.writeObjectFieldStart("tool");
        json.writeObjectFieldStart("driver");
        json.writeStringField("name", "measure");
        json.writeStringField("semanticVersion", Version.text());
        json.writeArrayFieldStart("rules");
        rule(json, DRIFT, "A golden value moved", "What machines will measure is not what the lock file says.");
        rule(
                json,
                MISSING,
                "A golden value is missing",
                "The manifest asks for a value that the lock file does not hold.");
        rule(json, STALE, "A lock file is stale", "The lock file was made from other inputs than the manifest names.");
        json.writeEndArray();
        json.writeEndObject();
        json.writeEndObject();
    }

    private static void rule(JsonGenerator json, String id, String brief, String full) throws IOException {
        json.writeStartObject();
        json.writeStringField("id", id);
        message(json, "shortDescription", brief);
        message(json, "fullDescription", full);
        message(json, "help", "Compare: measure check -v. If the change is wanted: measure lock --update.");
        json.writeObjectFieldStart("defaultConfiguration");
        json.writeStringField("level", "error");
        json.writeEndObject();
        json.writeEndObject();
    }

    private static void message(JsonGenerator json, String name, String text) throws IOException {
        json.writeObjectFieldStart(name);
        json.writeStringField("text", text);
        json.writeEndObject();
    }

    private static void result(
            JsonGenerator json, Drift drift, String rule, String id, String message, List<String> ids)
            throws IOException {
        result(json, rule, drift.subject(), drift.line(id), id, message, ids);
    }

    private static void result(
            JsonGenerator json, String rule, String file, int line, String id, String message, List<String> ids)
            throws IOException {
        json.writeStartObject();
        json.writeStringField("ruleId", rule);
        json.writeStringField("level", "error");
        message(json, "message", Talk.printable(message));
        json.writeArrayFieldStart("locations");
        json.writeStartObject();
        json.writeObjectFieldStart("physicalLocation");
        json.writeObjectFieldStart("artifactLocation");
        json.writeStringField("uri", uri(file));
        json.writeEndObject();
        json.writeObjectFieldStart("region");
        json.writeNumberField("startLine", line);
        json.writeEndObject();
        json.writeEndObject();
        json.writeEndObject();
        json.writeEndArray();
        json.writeObjectFieldStart("partialFingerprints");
        json.writeStringField("measureValue/v1", rule + ":" + id);
        json.writeEndObject();
        if (!ids.isEmpty()) {
            json.writeObjectFieldStart("properties");
            json.writeArrayFieldStart("ids");
            for (String each : ids) {
                json.writeString(each);
            }
            json.writeEndArray();
            json.writeEndObject();
        }
        json.writeEndObject();
    }

    /** A relative reference; what a URI does not allow is percent-encoded. */
    private static String uri(String path) {
        StringBuilder uri = new StringBuilder();
        for (byte b : path.getBytes(java.nio.charset.StandardCharsets.UTF_8)) {
            char c = (char) (b & 0xff);
            boolean plain =
                    c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || "-._~/".indexOf(c) >= 0;
            uri.append(plain ? String.valueOf(c) : String.format(java.util.Locale.ROOT, "%%%02X", (int) c));
        }
        return uri.toString();
    }
}
