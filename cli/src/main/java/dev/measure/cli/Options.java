package dev.measure.cli;

import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Model.ParserSpec;
import picocli.CommandLine.Model.PositionalParamSpec;

/** How options are declared. Everything is read as text first: the messages about wrong values are ours, not the parser's. */
final class Options {
    private Options() {}

    /**
     * Options that belong together.
     *
     * @param title the heading in the help
     * @param options the options
     */
    record Group(String title, List<OptionSpec> options) {
        Group(String title, OptionSpec... options) {
            this(title, List.of(options));
        }
    }

    /** {@return an option without a value} */
    static OptionSpec flag(String description, String... names) {
        return OptionSpec.builder(names)
                .type(boolean.class)
                .description(description)
                .build();
    }

    /** {@return an option with one value} */
    static OptionSpec value(String label, String description, String... names) {
        return OptionSpec.builder(names)
                .type(String.class)
                .arity("1")
                .paramLabel(label)
                .description(description)
                .build();
    }

    /** {@return an option with one value out of a few, which completion offers} */
    static OptionSpec choice(String label, List<String> choices, String description, String... names) {
        return OptionSpec.builder(names)
                .type(String.class)
                .arity("1")
                .paramLabel(label)
                .completionCandidates(choices)
                .description(description)
                .build();
    }

    /** {@return an option whose values are a LIST; it may stand several times} */
    static OptionSpec list(String description, List<String> choices, String... names) {
        OptionSpec.Builder option = OptionSpec.builder(names)
                .type(List.class)
                .auxiliaryTypes(String.class)
                .arity("1")
                .paramLabel("LIST")
                .description(description);
        return choices.isEmpty()
                ? option.build()
                : option.completionCandidates(choices).build();
    }

    /** {@return an option with one value that may stand several times} */
    static OptionSpec repeated(String label, String description, String... names) {
        return OptionSpec.builder(names)
                .type(List.class)
                .auxiliaryTypes(String.class)
                .arity("1")
                .paramLabel(label)
                .description(description)
                .build();
    }

    /** {@return an option whose value may be left out; a value must be attached with {@code =}} */
    static OptionSpec optionalValue(String label, String fallback, String description, String... names) {
        return OptionSpec.builder(names)
                .type(String.class)
                .arity("0..1")
                .fallbackValue(fallback)
                .paramLabel(label)
                .description(description)
                .build();
    }

    /** {@return the parameter at a position} */
    static PositionalParamSpec positional(int index, String label, String description) {
        return PositionalParamSpec.builder()
                .index(Integer.toString(index))
                .type(String.class)
                .arity("0..1")
                .paramLabel(label)
                .description(description)
                .build();
    }

    /** {@return the options that every verb takes} */
    static Group common() {
        return new Group(
                "Common options",
                value(
                        "FILE",
                        "write the result to FILE instead of standard output; - is standard output",
                        "-o",
                        "--output"),
                choice(
                        "FORMAT",
                        List.of("text", "json", "yaml", "hex", "base64"),
                        "text, json, yaml, hex or base64 (of the bytes, not of the hex text)",
                        "--format",
                        "--output-format"),
                optionalValue("=STYLE", "pretty", "short for --format json; STYLE is pretty, short or off", "--json"),
                flag("only results and errors", "-q", "--quiet"),
                flag("say more: for every value the command line that gives it alone", "-v", "--verbose"),
                flag("show where in the program an error arose", "--debug"),
                choice(
                        "WHEN",
                        List.of("auto", "always", "never"),
                        "colour: auto (terminals, unless NO_COLOR is set), always or never",
                        "--color",
                        "--colour"),
                flag("no progress line", "--no-progress"),
                flag("refuse what the real loader, VMM or processor would refuse (default)", "--strict"),
                flag("warn about it and go on", "--lenient"),
                optionalValue("=DETAIL", "regions", "list every measured event; DETAIL is regions or pages", "--trace"),
                flag("this help", "-h", "--help"),
                flag("the version", "-V", "--version"));
    }

    /** {@return all options of a verb: its own, and the common ones but those that it has itself under the same name} */
    static List<Group> all(Verb verb) {
        List<Group> groups = new ArrayList<>(verb.groups());
        Set<String> own = new HashSet<>();
        groups.forEach(group -> group.options().forEach(option -> own.addAll(List.of(option.names()))));
        Group common = common();
        groups.add(new Group(
                common.title(),
                common.options().stream()
                        .filter(option -> Collections.disjoint(own, List.of(option.names())))
                        .toList()));
        return groups;
    }

    /** {@return the parser's model of a verb} */
    static CommandSpec spec(Verb verb) {
        CommandSpec spec = CommandSpec.create().name(verb.name());
        List<Group> groups = all(verb);
        for (Group group : groups) {
            group.options().forEach(spec::addOption);
        }
        verb.positionals().forEach(spec::addPositional);
        spec.usageMessage().description(verb.summary());
        spec.parser(parser());
        return spec;
    }

    private static ParserSpec parser() {
        return new ParserSpec()
                // `--vcpus --json` is a forgotten value, not a value; `--append -x` stays possible.
                .allowOptionsAsOptionParameters(false)
                // `--append @FILE` is ours; the parser would take FILE for a list of further arguments.
                .expandAtFiles(false)
                .overwrittenOptionsAllowed(true) // `-v -v` is harmless; a value given twice is refused by Main
                .posixClusteredShortOptionsAllowed(true)
                .splitQuotedStrings(false)
                .trimQuotes(false)
                .collectErrors(false);
    }
}
