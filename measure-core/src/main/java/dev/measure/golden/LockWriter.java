package dev.measure.golden;

import com.fasterxml.jackson.core.io.JsonStringEncoder;
import dev.measure.Assumption;
import dev.measure.Digest;
import dev.measure.DigestAlgorithm;
import java.io.BufferedWriter;
import java.io.IOException;
import java.io.OutputStream;
import java.io.OutputStreamWriter;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/**
 * Writes a lock file: JSON with one input section, one assumption or one value on each line, so that a change of one value is a
 * change of one line. No clock, no path, no locale.
 */
final class LockWriter {
    private static final int GROUP_DIGITS = 8;

    private final Writer out;

    private LockWriter(Writer out) {
        this.out = out;
    }

    static void write(GoldenValues golden, OutputStream stream) throws IOException {
        Writer out = new BufferedWriter(new OutputStreamWriter(stream, StandardCharsets.UTF_8));
        new LockWriter(out).lock(golden);
        out.flush();
    }

    private void lock(GoldenValues golden) throws IOException {
        out.write("{\n  \"schema\": ");
        text(GoldenValues.SCHEMA);
        out.write(",\n  \"madeBy\": ");
        text(golden.madeBy());
        inputs(golden.inputs());
        lines(
                "behaviours",
                golden.behaviours().stream()
                        .map(behaviour ->
                                fields("kind", behaviour.kind(), "id", behaviour.id(), "rule", behaviour.rule()))
                        .toList());
        lines(
                "assumptions",
                golden.assumptions().stream().map(LockWriter::fields).toList());
        policies(golden.policies());
        Map<List<String>, String> groups = groups(golden.values());
        origins(groups);
        lines(
                "values",
                golden.values().stream()
                        .map(value -> fields(value, groups.get(value.origins())))
                        .toList());
        lines("confirmed", golden.confirmed().stream().map(LockWriter::fields).toList());
        out.write("\n}\n");
    }

    private void inputs(List<GoldenInput> inputs) throws IOException {
        out.write(",\n  \"inputs\": [");
        String separator = "\n";
        for (GoldenInput input : inputs) {
            out.write(separator + "    {\"role\": ");
            text(input.role());
            out.write(", \"name\": ");
            text(input.name());
            out.write(", \"size\": " + input.size() + ", \"sha256\": ");
            text(input.sha256().hex());
            if (!input.sections().isEmpty()) {
                out.write(", \"sections\": [");
                String inner = "\n";
                for (GoldenSection section : input.sections()) {
                    out.write(inner + "      {\"name\": ");
                    text(section.name());
                    out.write(", \"size\": " + section.size() + ", \"sha256\": ");
                    text(section.sha256().hex());
                    out.write("}");
                    inner = ",\n";
                }
                out.write("\n    ]");
            }
            out.write("}");
            separator = ",\n";
        }
        out.write(inputs.isEmpty() ? "]" : "\n  ]");
    }

    private void policies(Map<String, Map<String, String>> policies) throws IOException {
        if (policies.isEmpty()) {
            return;
        }
        out.write(",\n  \"policies\": {");
        String separator = "\n";
        for (Map.Entry<String, Map<String, String>> technology : policies.entrySet()) {
            out.write(separator + "    ");
            text(technology.getKey());
            out.write(": ");
            object(technology.getValue());
            separator = ",\n";
        }
        out.write("\n  }");
    }

    /** What values come from is the same for many of them, so each list stands once, under a name made from it. */
    private void origins(Map<List<String>, String> groups) throws IOException {
        out.write(",\n  \"origins\": {");
        String separator = "\n";
        Map<String, List<String>> byName = new TreeMap<>();
        groups.forEach((list, name) -> byName.put(name, list));
        for (Map.Entry<String, List<String>> group : byName.entrySet()) {
            out.write(separator + "    ");
            text(group.getKey());
            out.write(": [");
            String comma = "";
            for (String part : group.getValue()) {
                out.write(comma);
                text(part);
                comma = ", ";
            }
            out.write("]");
            separator = ",\n";
        }
        out.write(byName.isEmpty() ? "}" : "\n  }");
    }

    private void lines(String name, List<Map<String, String>> objects) throws IOException {
        out.write(",\n  \"" + name + "\": [");
        String separator = "\n    ";
        for (Map<String, String> fields : objects) {
            out.write(separator);
            object(fields);
            separator = ",\n    ";
        }
        out.write(objects.isEmpty() ? "]" : "\n  ]");
    }

    private void object(Map<String, String> fields) throws IOException {
        String separator = "{";
        for (Map.Entry<String, String> field : fields.entrySet()) {
            out.write(separator);
            text(field.getKey());
            out.write(": ");
            text(field.getValue());
            separator = ", ";
        }
        out.write(fields.isEmpty() ? "{}" : "}");
    }

    private void text(String text) throws IOException {
        out.write('"');
        out.write(JsonStringEncoder.getInstance().quoteAsString(text));
        out.write('"');
    }

    private static Map<String, String> fields(Assumption assumption) {
        return fields("key", assumption.key(), "value", assumption.value(), "why", assumption.why());
    }

    private static Map<String, String> fields(GoldenConfirmation seen) {
        return fields(
                "id",
                seen.id(),
                "alg",
                seen.value().algorithm().id(),
                "value",
                seen.value().hex(),
                "evidence",
                seen.evidence(),
                "sha256",
                seen.sha256().hex());
    }

    private static Map<String, String> fields(GoldenValue value, String group) {
        return fields(
                "id",
                value.id(),
                "alg",
                value.digest().algorithm().id(),
                "value",
                value.digest().hex(),
                "status",
                value.status().id(),
                "evidence",
                value.evidence().name().toLowerCase(Locale.ROOT),
                "origins",
                group);
    }

    private static Map<String, String> fields(String... pairs) {
        Map<String, String> fields = new LinkedHashMap<>();
        for (int i = 0; i < pairs.length; i += 2) {
            fields.put(pairs[i], pairs[i + 1]);
        }
        return fields;
    }

    /** The name of a list is the start of its SHA-256: it does not change because another list is added. */
    private static Map<List<String>, String> groups(List<GoldenValue> values) {
        Map<List<String>, String> groups = new LinkedHashMap<>();
        Map<String, List<String>> taken = new TreeMap<>();
        for (GoldenValue value : values) {
            groups.computeIfAbsent(value.origins(), list -> {
                String whole = sha256(list);
                int digits = GROUP_DIGITS;
                while (taken.containsKey(whole.substring(0, digits))) {
                    digits++; // 2^32 lists apart
                }
                taken.put(whole.substring(0, digits), new ArrayList<>(list));
                return whole.substring(0, digits);
            });
        }
        return groups;
    }

    private static String sha256(List<String> list) {
        MessageDigest digest = DigestAlgorithm.SHA256.newMessageDigest();
        digest.update(String.join("\n", list).getBytes(StandardCharsets.UTF_8));
        return Digest.of(DigestAlgorithm.SHA256, digest).hex();
    }
}
