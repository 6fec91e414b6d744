package dev.measure.cli;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import picocli.CommandLine;
import picocli.CommandLine.MissingParameterException;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Model.ParserSpec;
import picocli.CommandLine.Model.PositionalParamSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.UnmatchedArgumentException;

/** Reads any command line with the option parser, and says what is wrong with it. */
final class ParserReader {
    private ParserReader() {}

    /**
     * {@return what was typed}
     *
     * @param verb the verb
     * @param args what stands behind it
     * @throws Complaint if it cannot be understood
     */
    static TypedLine read(Verb verb, List<String> args) {
        CommandSpec spec = spec(verb);
        TypedLine line = new TypedLine(verb);
        ParseResult parsed;
        try {
            refuseOptionsAsValues(line, args);
            // Or an attached value such as in --qemu-arg=-object would be taken for -o.
            parsed = new CommandLine(spec)
                    .setAllowOptionsAsOptionParameters(true)
                    .parseArgs(args.toArray(String[]::new));
        } catch (ParameterException e) {
            throw complaint(verb, spec, line, e);
        }
        for (OptionSpec matched : new LinkedHashSet<>(parsed.matchedOptions())) {
            Options.Option option = line.option(matched.longestName()).orElseThrow();
            List<String> values = matched.originalStringValues();
            if (option.kind() == Options.Kind.FLAG) {
                line.add(option);
                continue;
            }
            if (option.kind() != Options.Kind.VALUES && values.size() > 1) {
                throw Complaint.usage(
                        "option '" + option.name() + "' is given twice",
                        "with " + String.join(" and ", values) + ": keep one");
            }
            values.forEach(value -> line.add(option, value));
        }
        for (PositionalParamSpec positional : new LinkedHashSet<>(parsed.matchedPositionals())) {
            positional.originalStringValues().forEach(line::addPositional);
        }
        return line;
    }

    /** An option that needs a value must not take the next option for it: {@code --vcpus --json} is a forgotten value. */
    private static void refuseOptionsAsValues(TypedLine line, List<String> args) {
        for (int i = 0; i + 1 < args.size() && !args.get(i).equals("--"); i++) {
            Optional<Options.Option> option = line.option(args.get(i))
                    .filter(found -> found.kind() == Options.Kind.VALUE || found.kind() == Options.Kind.VALUES);
            if (option.isEmpty()) {
                continue;
            }
            String next = args.get(i + 1);
            String name = next.contains("=") ? next.substring(0, next.indexOf('=')) : next;
            if (next.equals("--") || line.option(name).isPresent()) {
                throw needsValue(option.get());
            }
            i++;
        }
    }

    private static Complaint needsValue(Options.Option option) {
        return Complaint.usage(
                "option '" + option.name() + "' needs a value: " + option.label(),
                "a value that begins with a dash is attached: " + option.name() + "=-x");
    }

    /** {@return the parser's model of a verb} */
    static CommandSpec spec(Verb verb) {
        CommandSpec spec = CommandSpec.create().name(verb.name());
        Options.of(verb).forEach(option -> spec.addOption(spec(option)));
        for (Options.Parameter parameter : verb.positionals()) {
            spec.addPositional(PositionalParamSpec.builder()
                    .index(Integer.toString(parameter.index()))
                    .type(String.class)
                    .arity("0..1")
                    .paramLabel(parameter.label())
                    .description(parameter.description())
                    .build());
        }
        spec.usageMessage().description(verb.summary());
        spec.parser(parser());
        return spec;
    }

    private static OptionSpec spec(Options.Option option) {
        OptionSpec.Builder spec =
                OptionSpec.builder(option.names().toArray(String[]::new)).description(option.description());
        if (option.kind() == Options.Kind.FLAG) {
            return spec.type(boolean.class).build();
        }
        spec.paramLabel(option.label());
        if (!option.choices().isEmpty()) {
            spec.completionCandidates(option.choices());
        }
        return switch (option.kind()) {
            case VALUES ->
                spec.type(List.class).auxiliaryTypes(String.class).arity("1").build();
            case OPTIONAL_VALUE ->
                spec.type(String.class)
                        .arity("0..1")
                        .fallbackValue(option.fallback())
                        .build();
            default -> spec.type(String.class).arity("1").build();
        };
    }

    private static ParserSpec parser() {
        return new ParserSpec()
                // `--append @FILE` is ours; the parser would take FILE for a list of further arguments.
                .expandAtFiles(false)
                .overwrittenOptionsAllowed(true) // `-v -v` is harmless; a value given twice is refused here
                .posixClusteredShortOptionsAllowed(true)
                .splitQuotedStrings(false)
                .trimQuotes(false)
                .collectErrors(false);
    }

    private static Complaint complaint(Verb verb, CommandSpec spec, TypedLine line, ParameterException e) {
        String help = "see: measure " + verb.name() + " --help";
        if (e instanceof UnmatchedArgumentException unmatched) {
            List<String> rest = unmatched.getUnmatched();
            String culprit = rest.stream()
                    .filter(arg -> arg.startsWith("-") && arg.length() > 1)
                    .findFirst()
                    .orElse(rest.get(0));
            if (!culprit.startsWith("-") || culprit.equals("-")) {
                return Complaint.usage("unexpected argument '" + culprit + "'", help);
            }
            String name = culprit.contains("=") ? culprit.substring(0, culprit.indexOf('=')) : culprit;
            List<String> known = new ArrayList<>(spec.optionsMap().keySet());
            known.sort(null);
            return Complaint.usage("unknown option '" + name + "'", Suggestion.didYouMean(name, known) + help);
        }
        if (e instanceof MissingParameterException missing
                && !missing.getMissing().isEmpty()) {
            ArgSpec arg = missing.getMissing().get(0);
            if (arg instanceof OptionSpec option) {
                return needsValue(line.option(option.longestName()).orElseThrow());
            }
        }
        return Complaint.usage(e.getMessage(), help);
    }
}
