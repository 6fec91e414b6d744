package dev.measure.cli;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import picocli.CommandLine.ParseResult;

/**
 * One run of a verb: what was typed and where answers go.
 *
 * @param options the command line
 * @param common the options that every verb takes
 * @param talk standard error
 * @param inputs opens what the user names
 * @param sink takes the result
 * @param fromFile values of options that a file of the user gives; what was typed goes before them
 * @param first the parameter that counts as the first
 */
record Call(
        ParseResult options,
        Common common,
        Talk talk,
        Inputs inputs,
        Sink sink,
        Map<String, String> fromFile,
        int first) {

    /** A run whose options are all typed. */
    Call(ParseResult options, Common common, Talk talk, Inputs inputs, Sink sink) {
        this(options, common, talk, inputs, sink, Map.of(), 0);
    }

    /** {@return the same run with values from a file for options that were not typed} */
    Call with(Map<String, String> values) {
        return new Call(options, common, talk, inputs, sink, Map.copyOf(values), first);
    }

    /** {@return the same run without its first parameters, for the part of a verb that another verb does} */
    Call from(int parameter) {
        return new Call(options, common, talk, inputs, sink, fromFile, first + parameter);
    }

    /** {@return the value of an option, by its first name} */
    Optional<String> value(String option) {
        return Optional.ofNullable(options.matchedOptionValue(option, fromFile.get(option)));
    }

    /** {@return all values of an option that may be repeated; empty if it was not given} */
    List<String> values(String option) {
        List<String> other = fromFile.containsKey(option) ? List.of(fromFile.get(option)) : List.of();
        List<String> values = options.matchedOptionValue(option, other);
        return List.copyOf(values);
    }

    /** {@return whether the option was given} */
    boolean has(String option) {
        return options.hasMatchedOption(option) || fromFile.containsKey(option);
    }

    /** {@return the parameter at a position} */
    Optional<String> positional(int index) {
        return Optional.ofNullable(options.matchedPositionalValue(first + index, (String) null));
    }
}
