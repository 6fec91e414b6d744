package dev.measure.cli;

import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * How options are declared. Everything is read as text first: the messages about wrong values are ours, not the parser's.
 *
 * <p>Here and wherever else a plain command line passes through before it does its work there are loops where lambdas would be
 * shorter: on Java 17 the first lambda of a process takes as long as parsing all options, and each further one a tenth of that.
 */
final class Options {
    private Options() {}

    /** How many values an option takes, and how often it may be given. */
    enum Kind {
        /** No value. */
        FLAG,
        /** One value. */
        VALUE,
        /** One value each time it is given, as often as one likes. */
        VALUES,
        /** A value that may be left out; if not, it is attached with {@code =}. */
        OPTIONAL_VALUE
    }

    /**
     * An option.
     *
     * @param kind how many values it takes
     * @param names its names, aliases last
     * @param label what stands for its value in the help; empty for a flag
     * @param choices the values that completion offers; none for any
     * @param fallback the value if an optional one is left out
     * @param description what it does
     */
    record Option(
            Kind kind, List<String> names, String label, List<String> choices, String fallback, String description) {
        /** {@return the name that the help gives first: aliases stand behind it} */
        String name() {
            for (String name : names) {
                if (name.startsWith("--")) {
                    return name;
                }
            }
            return names.get(0);
        }
    }

    /**
     * What stands on the command line without a dash.
     *
     * @param index its place, from 0 on
     * @param label what stands for it in the help
     * @param description what it is
     */
    record Parameter(int index, String label, String description) {}

    /**
     * Options that belong together.
     *
     * @param title the heading in the help
     * @param options the options
     */
    record Group(String title, List<Option> options) {
        Group(String title, Option... options) {
            this(title, List.of(options));
        }
    }

    /** {@return an option without a value} */
    static Option flag(String description, String... names) {
        return new Option(Kind.FLAG, List.of(names), "", List.of(), "", description);
    }

    /** {@return an option with one value} */
    static Option value(String label, String description, String... names) {
        return choice(label, List.of(), description, names);
    }

    /** {@return an option with one value out of a few, which completion offers} */
    static Option choice(String label, List<String> choices, String description, String... names) {
        return new Option(Kind.VALUE, List.of(names), label, choices, "", description);
    }

    /** {@return an option whose values are a LIST; it may stand several times} */
    static Option list(String description, List<String> choices, String... names) {
        return new Option(Kind.VALUES, List.of(names), "LIST", choices, "", description);
    }

    /** {@return an option with one value that may stand several times} */
    static Option repeated(String label, String description, String... names) {
        return new Option(Kind.VALUES, List.of(names), label, List.of(), "", description);
    }

    /** {@return an option whose value may be left out; a value must be attached with {@code =}} */
    static Option optionalValue(String label, String fallback, String description, String... names) {
        return new Option(Kind.OPTIONAL_VALUE, List.of(names), label, List.of(), fallback, description);
    }

    /** {@return the parameter at a position} */
    static Parameter positional(int index, String label, String description) {
        return new Parameter(index, label, description);
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
        for (Group group : groups) {
            for (Option option : group.options()) {
                own.addAll(option.names());
            }
        }
        Group common = common();
        List<Option> others = new ArrayList<>();
        for (Option option : common.options()) {
            if (Collections.disjoint(own, option.names())) {
                others.add(option);
            }
        }
        groups.add(new Group(common.title(), List.copyOf(others)));
        return groups;
    }

    /** {@return the same without the groups} */
    static List<Option> of(Verb verb) {
        List<Option> options = new ArrayList<>();
        for (Group group : all(verb)) {
            options.addAll(group.options());
        }
        return List.copyOf(options);
    }
}
