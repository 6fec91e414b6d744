package dev.measure.cli;

import dev.measure.Measurement.Detail;
import dev.measure.Strictness;
import java.util.List;
import java.util.Optional;

/**
 * The options that every verb takes.
 *
 * @param output where the result goes; empty for standard output
 * @param format the form of the result
 * @param pretty whether JSON is indented
 * @param quiet whether only results and errors are said
 * @param verbose whether more is said
 * @param color whether colour is used on standard error
 * @param progress whether a progress line may be shown
 * @param strictness what to do with input that the real loader would refuse
 * @param trace how fine a trace is wanted
 */
record Common(
        Optional<String> output,
        Format format,
        boolean pretty,
        boolean quiet,
        boolean verbose,
        boolean color,
        boolean progress,
        Strictness strictness,
        Optional<Detail> trace) {

    /** {@return the common options of a command line} */
    static Common of(TypedLine options, Surroundings surroundings, boolean hasCommonFormat) {
        Optional<String> output = text(options, "--output");
        if (output.isPresent() && output.get().equals("-")) {
            output = Optional.empty();
        }
        Optional<String> form = text(options, "--format");
        Format format = hasCommonFormat && form.isPresent() ? Format.parse(form.get()) : Format.TEXT;
        boolean pretty = true;
        Optional<String> json = text(options, "--json");
        if (json.isPresent()) {
            switch (json.get()) {
                case "pretty" -> format = agreed(options, format);
                case "short" -> {
                    format = agreed(options, format);
                    pretty = false;
                }
                case "off" -> {}
                default ->
                    throw Complaint.usage(
                            "--json must be pretty, short or off, got '" + json.get() + "'",
                            "a value follows without a blank: --json=short");
            }
        }
        boolean strict = options.has("--strict");
        boolean lenient = options.has("--lenient");
        if (strict && lenient) {
            throw Complaint.usage("--strict and --lenient exclude each other", "");
        }
        return new Common(
                output,
                format,
                pretty,
                options.has("--quiet"),
                options.has("--verbose"),
                color(options, surroundings),
                !options.has("--no-progress") && surroundings.errIsTerminal(),
                lenient ? Strictness.LENIENT : Strictness.STRICT,
                detail(text(options, "--trace")));
    }

    private static Format agreed(TypedLine options, Format format) {
        if (options.has("--format") && format != Format.JSON) {
            throw Complaint.usage("--json and --format " + format.id() + " exclude each other", "");
        }
        return Format.JSON;
    }

    private static boolean color(TypedLine options, Surroundings surroundings) {
        String when = text(options, "--color").orElse("auto");
        return switch (when) {
            case "always" -> true;
            case "never" -> false;
            case "auto" ->
                surroundings.errIsTerminal()
                        && surroundings.variable("NO_COLOR").isEmpty()
                        && !surroundings.variable("TERM").equals("dumb");
            default ->
                throw Complaint.usage(
                        "--color must be auto, always or never, got '" + when + "'",
                        Suggestion.didYouMean(when, List.of("auto", "always", "never"))
                                .strip());
        };
    }

    private static Optional<Detail> detail(Optional<String> name) {
        if (name.isEmpty()) {
            return Optional.empty();
        }
        return switch (name.get()) {
            case "regions" -> Optional.of(Detail.REGIONS);
            case "pages", "steps" -> Optional.of(Detail.STEPS);
            default ->
                throw Complaint.usage(
                        "--trace must be regions or pages, got '" + name.get() + "'",
                        "a value follows without a blank: --trace=pages");
        };
    }

    private static Optional<String> text(TypedLine options, String name) {
        return options.value(name);
    }
}
