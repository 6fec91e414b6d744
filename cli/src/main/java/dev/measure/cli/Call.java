package dev.measure.cli;

import java.util.List;
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
 */
record Call(ParseResult options, Common common, Talk talk, Inputs inputs, Sink sink) {

    /** {@return the value of an option, by its first name} */
    Optional<String> value(String option) {
        return Optional.ofNullable(options.matchedOptionValue(option, (String) null));
    }

    /** {@return all values of an option that may be repeated; empty if it was not given} */
    List<String> values(String option) {
        List<String> values = options.matchedOptionValue(option, List.of());
        return List.copyOf(values);
    }

    /** {@return whether the option was given} */
    boolean has(String option) {
        return options.hasMatchedOption(option);
    }

    /** {@return the parameter at a position} */
    Optional<String> positional(int index) {
        return Optional.ofNullable(options.matchedPositionalValue(index, (String) null));
    }
}
