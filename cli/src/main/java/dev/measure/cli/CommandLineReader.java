package dev.measure.cli;

import java.io.InputStream;
import java.io.PrintStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import picocli.CommandLine;
import picocli.CommandLine.MissingParameterException;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.UnmatchedArgumentException;

/** Turns a command line into something that can be run, or into a complaint that says what was probably meant. */
final class CommandLineReader {
    private CommandLineReader() {}

    /** What a command line asks for. */
    @FunctionalInterface
    interface Request {
        /** Does it. */
        ExitCode run(InputStream in, PrintStream out, PrintStream err, Surroundings surroundings);
    }

    /** {@return what the command line asks for} */
    static Request read(String[] args) {
        if (args.length == 0) {
            return (in, out, err, surroundings) -> {
                err.print(HelpText.overview());
                return ExitCode.USAGE;
            };
        }
        String first = args[0];
        if (first.equals("-h") || first.equals("--help")) {
            return printing(HelpText.overview());
        }
        if (first.equals("-V") || first.equals("--version")) {
            return printing("measure " + Version.text() + "\n");
        }
        if (first.startsWith("-")) {
            throw Complaint.usage(
                    "expected a verb before '" + first + "'", "verbs: " + String.join(", ", Verbs.names()));
        }
        Optional<Verb> two = args.length > 1 ? Verbs.named(first + " " + args[1]) : Optional.empty();
        if (two.isPresent()) {
            return read(two.get(), Arrays.copyOfRange(args, 2, args.length));
        }
        Verb verb = Verbs.named(first)
                .orElseThrow(() -> Complaint.usage(
                        "unknown verb '" + first + "'",
                        Suggestion.didYouMean(first, Verbs.names()) + "all: " + String.join(", ", Verbs.names())));
        return read(verb, Arrays.copyOfRange(args, 1, args.length));
    }

    private static Request printing(String text) {
        return (in, out, err, surroundings) -> {
            out.print(text);
            return ExitCode.DONE;
        };
    }

    private static Request read(Verb verb, String[] args) {
        CommandSpec spec = Options.spec(verb);
        List<String> plain = attachedValues(args);
        if (asksForHelp(plain)) {
            return printing(HelpText.of(verb));
        }
        ParseResult parsed;
        try {
            refuseOptionsAsValues(spec, plain);
            // Or an attached value such as in --qemu-arg=-object would be taken for -o.
            parsed = new CommandLine(spec)
                    .setAllowOptionsAsOptionParameters(true)
                    .parseArgs(plain.toArray(String[]::new));
        } catch (ParameterException e) {
            throw complaint(verb, spec, e);
        }
        if (parsed.hasMatchedOption("--version")) {
            return printing("measure " + Version.text() + "\n");
        }
        for (OptionSpec option : parsed.matchedOptions()) {
            if (!option.isMultiValue()
                    && option.arity().max() > 0
                    && option.originalStringValues().size() > 1) {
                throw Complaint.usage(
                        "option '" + name(option) + "' is given twice",
                        "with " + String.join(" and ", option.originalStringValues()) + ": keep one");
            }
        }
        return (in, out, err, surroundings) -> run(verb, parsed, in, out, err, surroundings);
    }

    private static ExitCode run(
            Verb verb,
            ParseResult parsed,
            InputStream in,
            PrintStream out,
            PrintStream err,
            Surroundings surroundings) {
        Common common = Common.of(parsed, surroundings, verb.hasCommonFormat());
        Talk talk = new Talk(err, common.quiet(), common.verbose(), common.color());
        try (Inputs inputs = new Inputs(surroundings.folder(), in)) {
            Sink sink = new Sink(out, common.output(), inputs);
            ExitCode exit = verb.run(new Call(parsed, common, talk, inputs, sink));
            sink.finish(exit == ExitCode.DONE);
            return exit;
        }
    }

    /** {@code --json} and {@code --trace} take a value only with {@code =}, so that a file may follow them. */
    private static List<String> attachedValues(String[] args) {
        List<String> plain = new ArrayList<>();
        boolean ended = false;
        for (String arg : args) {
            ended |= arg.equals("--");
            if (!ended && arg.equals("--json")) {
                plain.add("--json=pretty");
            } else if (!ended && arg.equals("--trace")) {
                plain.add("--trace=regions");
            } else {
                plain.add(arg);
            }
        }
        return plain;
    }

    /** An option that needs a value must not take the next option for it. */
    private static void refuseOptionsAsValues(CommandSpec spec, List<String> args) {
        for (int i = 0; i + 1 < args.size() && !args.get(i).equals("--"); i++) {
            OptionSpec option = spec.optionsMap().get(args.get(i));
            if (option == null || option.arity().min() == 0) {
                continue;
            }
            String next = args.get(i + 1);
            String name = next.contains("=") ? next.substring(0, next.indexOf('=')) : next;
            if (next.equals("--") || spec.optionsMap().containsKey(name)) {
                throw needsValue(option);
            }
            i++;
        }
    }

    private static Complaint needsValue(OptionSpec option) {
        return Complaint.usage(
                "option '" + name(option) + "' needs a value: " + option.paramLabel(),
                "a value that begins with a dash is attached: " + name(option) + "=-x");
    }

    private static boolean asksForHelp(List<String> args) {
        int end = args.indexOf("--");
        List<String> options = end < 0 ? args : args.subList(0, end);
        return options.contains("-h") || options.contains("--help");
    }

    private static Complaint complaint(Verb verb, CommandSpec spec, ParameterException e) {
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
                return needsValue(option);
            }
        }
        return Complaint.usage(e.getMessage(), help);
    }

    /** The name that the help gives first: aliases stand behind it. */
    private static String name(OptionSpec option) {
        return Arrays.stream(option.names())
                .filter(name -> name.startsWith("--"))
                .findFirst()
                .orElse(option.longestName());
    }
}
