package dev.measure.cli;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * One run of a verb: what was typed and where answers go.
 *
 * @param options the command line
 * @param common the options that every verb takes
 * @param talk standard error
 * @param inputs opens what the user names
 * @param sink takes the result
 * @param fromFile values of options that a file of the user gives; what was typed goes before them
 */
record Call(
        TypedLine options,
        Common common,
        Talk talk,
        Inputs inputs,
        Sink sink,
        Map<String, List<String>> fromFile,
        int first) {

    /** A run whose options are all typed. */
    Call(TypedLine options, Common common, Talk talk, Inputs inputs, Sink sink) {
        this(options, common, talk, inputs, sink, Map.of(), 0);
    }

    /** {@return the same run with values from a file for options that were not typed} */
    Call with(Map<String, String> values) {
        Map<String, List<String>> lists = new LinkedHashMap<>();
        values.forEach((option, value) -> lists.put(option, List.of(value)));
        return withLists(lists);
    }

    /** {@return the same run with values from a file for options that were not typed and may be repeated} */
    Call withLists(Map<String, List<String>> values) {
        return new Call(options, common, talk, inputs, sink, Map.copyOf(values), first);
    }

    /** {@return the same run without its first parameters, for the part of a verb that another verb does} */
    Call from(int parameter) {
        return new Call(options, common, talk, inputs, sink, fromFile, first + parameter);
    }

    /** {@return the value of an option, by its first name} */
    Optional<String> value(String option) {
        return options.value(option)
                .or(() -> fromFile.getOrDefault(option, List.of()).stream().findFirst());
    }

    /** {@return all values of an option that may be repeated; empty if it was not given} */
    List<String> values(String option) {
        return options.has(option) ? options.values(option) : fromFile.getOrDefault(option, List.of());
    }

    /** {@return whether the option was given} */
    boolean has(String option) {
        return options.has(option) || fromFile.containsKey(option);
    }

    /** {@return the parameter at a position} */
    Optional<String> positional(int index) {
        return options.positional(first + index);
    }
}
