package dev.measure.cli;

import java.io.InputStream;
import java.io.PrintStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/** Turns a command line into something that can be run, or into a complaint that says what was probably meant. */
final class CommandLineReader {
    private CommandLineReader() {}

    /** What a command line asks for. */
    interface Request {
        /** Does it. */
        ExitCode run(InputStream in, PrintStream out, PrintStream err, Surroundings surroundings);
    }

    /** Asks for a text. */
    private record Print(String text) implements Request {
        @Override
        public ExitCode run(InputStream in, PrintStream out, PrintStream err, Surroundings surroundings) {
            out.print(text);
            return ExitCode.DONE;
        }
    }

    /** Asks for help by saying nothing. */
    private record Nothing() implements Request {
        @Override
        public ExitCode run(InputStream in, PrintStream out, PrintStream err, Surroundings surroundings) {
            err.print(HelpText.overview());
            return ExitCode.USAGE;
        }
    }

    /** Asks for what a verb does. */
    private record Verbal(Verb verb, TypedLine line) implements Request {
        @Override
        public ExitCode run(InputStream in, PrintStream out, PrintStream err, Surroundings surroundings) {
            Common common = Common.of(line, surroundings, verb.hasCommonFormat());
            Talk talk = new Talk(err, common.quiet(), common.verbose(), common.color());
            try (Inputs inputs = new Inputs(surroundings.folder(), in, surroundings.variables())) {
                Sink sink = new Sink(out, common.output(), inputs);
                ExitCode exit = verb.run(new Call(line, common, talk, inputs, sink));
                sink.finish(exit == ExitCode.DONE);
                return exit;
            }
        }
    }

    /** {@return what the command line asks for} */
    static Request read(String[] args) {
        if (args.length == 0) {
            return new Nothing();
        }
        String first = args[0];
        if (first.equals("-h") || first.equals("--help")) {
            return new Print(HelpText.overview());
        }
        if (first.equals("-V") || first.equals("--version")) {
            return version();
        }
        if (first.startsWith("-")) {
            throw Complaint.usage(
                    "expected a verb before '" + first + "'", "verbs: " + String.join(", ", Verbs.names()));
        }
        Optional<Verb> two = args.length > 1 ? Verbs.named(first + " " + args[1]) : Optional.empty();
        if (two.isPresent()) {
            return read(two.get(), Arrays.copyOfRange(args, 2, args.length));
        }
        Optional<Verb> verb = Verbs.named(first);
        if (verb.isEmpty()) {
            throw Complaint.usage(
                    "unknown verb '" + first + "'",
                    Suggestion.didYouMean(first, Verbs.names()) + "all: " + String.join(", ", Verbs.names()));
        }
        return read(verb.get(), Arrays.copyOfRange(args, 1, args.length));
    }

    private static Request version() {
        return new Print("measure " + Version.text() + "\n");
    }

    private static Request read(Verb verb, String[] args) {
        List<String> plain = attachedValues(args);
        if (asksForHelp(plain)) {
            return new Print(HelpText.of(verb));
        }
        TypedLine line = parse(verb, plain);
        if (line.has("--version")) {
            return version();
        }
        return new Verbal(verb, line);
    }

    /** {@return what stands on the command line of a verb} */
    static TypedLine parse(Verb verb, List<String> args) {
        Optional<TypedLine> plain = PlainReader.read(verb, args);
        return plain.isPresent() ? plain.get() : ParserReader.read(verb, args);
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

    private static boolean asksForHelp(List<String> args) {
        int end = args.indexOf("--");
        List<String> options = end < 0 ? args : args.subList(0, end);
        return options.contains("-h") || options.contains("--help");
    }
}
