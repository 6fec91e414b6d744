package dev.measure.export;

import dev.measure.golden.GoldenBehaviour;
import dev.measure.golden.GoldenInput;
import dev.measure.golden.GoldenValue;
import dev.measure.golden.GoldenValues;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Golden values as the predicate of an in-toto Statement v1 (in-toto/attestation, spec/v1). The predicate's schema is published with
 * the command: {@code measure help predicate-schema}.
 */
public final class InToto {
    /** The type of a Statement, version 1. */
    public static final String STATEMENT_TYPE = "https://in-toto.io/Statement/v1";

    /** The type of the predicate, with its version. A URI that names; there need not be anything to fetch. */
    public static final String PREDICATE_TYPE = "tag:measure.dev,2026:launch-measurements/v0.1";

    private InToto() {}

    /** {@return the predicate alone, for programs that make and sign the statement themselves} */
    public static String predicate(ReferenceSet references) {
        return JsonTree.pretty(tree(references));
    }

    /**
     * {@return the statement about the inputs of the values}
     *
     * @param references the values
     * @param subjects the inputs that it is about
     * @throws IllegalArgumentException if there is no subject: a statement is about something
     */
    public static String statement(ReferenceSet references, List<GoldenInput> subjects) {
        return JsonTree.pretty(statementTree(references, subjects));
    }

    static Map<String, Object> statementTree(ReferenceSet references, List<GoldenInput> subjects) {
        if (subjects.isEmpty()) {
            throw new IllegalArgumentException("a statement is about files, and these values name none they come from");
        }
        return JsonTree.map(
                "_type",
                STATEMENT_TYPE,
                "subject",
                subjects.stream()
                        .map(input -> JsonTree.map(
                                "name",
                                input.name(),
                                "digest",
                                JsonTree.map("sha256", input.sha256().hex())))
                        .toList(),
                "predicateType",
                PREDICATE_TYPE,
                "predicate",
                tree(references));
    }

    private static Map<String, Object> tree(ReferenceSet references) {
        GoldenValues golden = references.notEmpty("any register").golden();
        Map<String, Object> predicate = new LinkedHashMap<>();
        predicate.put("madeBy", golden.madeBy());
        predicate.put("inputs", golden.inputs().stream().map(InToto::input).toList());
        predicate.put(
                "behaviours",
                golden.behaviours().stream()
                        .map(GoldenBehaviour::name)
                        .distinct()
                        .map(Object.class::cast)
                        .toList());
        predicate.put(
                "assumptions",
                golden.assumptions().stream()
                        .map(assumption -> JsonTree.map(
                                "key", assumption.key(), "value", assumption.value(), "why", assumption.why()))
                        .toList());
        predicate.put(
                "measurements", golden.values().stream().map(InToto::value).toList());
        return predicate;
    }

    private static Map<String, Object> input(GoldenInput input) {
        Map<String, Object> tree = JsonTree.map(
                "role",
                input.role(),
                "name",
                input.name(),
                "digest",
                JsonTree.map("sha256", input.sha256().hex()));
        if (!input.sections().isEmpty()) {
            List<Object> sections = new ArrayList<>();
            input.sections()
                    .forEach(section -> sections.add(JsonTree.map(
                            "name",
                            section.name(),
                            "digest",
                            JsonTree.map("sha256", section.sha256().hex()))));
            tree.put("sections", Collections.unmodifiableList(sections));
        }
        return tree;
    }

    private static Map<String, Object> value(GoldenValue value) {
        return JsonTree.map(
                "id",
                value.id(),
                "register",
                value.register().id(),
                "digest",
                JsonTree.map(value.digest().algorithm().id(), value.digest().hex()),
                "status",
                value.status().id(),
                "parameters",
                value.parameters());
    }
}
