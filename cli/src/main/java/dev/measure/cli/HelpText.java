package dev.measure.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** The help pages: what it does, examples, then everything else. */
final class HelpText {
    private static final int WIDTH = 100;
    private static final int COLUMN = 30;

    private HelpText() {}

    /** {@return the page of the whole command} */
    static String overview() {
        StringBuilder text = new StringBuilder();
        text.append(
                "measure computes ahead of time what the hardware measures when a confidential VM boots.\n\nExamples:\n");
        for (String name : Verbs.names()) {
            Verb verb = Verbs.named(name).orElseThrow();
            if (!verb.examples().isEmpty()) {
                example(text, verb.examples().get(0));
            }
        }
        text.append("\nUsage: measure VERB [OPTIONS] [FILE]\n\nVerbs:\n");
        for (String name : Verbs.names()) {
            row(text, name, Verbs.named(name).orElseThrow().summary());
        }
        text.append("\nHelp: measure help VERB, measure help TOPIC. Topics: ")
                .append(String.join(", ", HelpTopics.names()))
                .append(".\n");
        return text.toString();
    }

    /** {@return the page of one verb} */
    static String of(Verb verb) {
        StringBuilder text = new StringBuilder();
        wrapped(text, "measure " + verb.name() + ": " + verb.summary(), 0);
        if (!verb.examples().isEmpty()) {
            text.append("\nExamples:\n");
            verb.examples().forEach(example -> example(text, example));
        }
        text.append("\nUsage: measure ").append(verb.name()).append(" [OPTIONS]");
        for (Options.Parameter positional : verb.positionals()) {
            text.append(" [").append(positional.label()).append(']');
        }
        text.append('\n');
        for (Options.Parameter positional : verb.positionals()) {
            row(text, positional.label(), positional.description());
        }
        for (Options.Group group : Options.all(verb)) {
            text.append('\n').append(group.title()).append(":\n");
            group.options().forEach(option -> option(text, option));
        }
        if (!verb.notes().isEmpty()) {
            text.append('\n');
            verb.notes().forEach(note -> wrapped(text, note, 0));
        }
        return text.toString();
    }

    private static void example(StringBuilder text, Verb.Example example) {
        text.append("  # ").append(example.what()).append('\n');
        String line = "  measure " + example.line();
        // A long line goes on behind a backslash, so that it can still be copied; never inside of quotes.
        for (int end = lineEnd(line); end > 0; end = lineEnd(line)) {
            text.append(line, 0, end).append(" \\\n");
            line = "      " + line.substring(end + 1);
        }
        text.append(line).append('\n');
    }

    /** {@return the last blank before the width at which a line of the shell can end, before an option if possible; else 0} */
    private static int lineEnd(String line) {
        if (line.length() <= WIDTH) {
            return 0;
        }
        int end = 0;
        int beforeOption = 0;
        char quote = 0;
        for (int i = line.length() - line.stripLeading().length(); i <= WIDTH - 2; i++) {
            char c = line.charAt(i);
            if (quote != 0) {
                quote = c == quote ? 0 : quote;
            } else if (c == '\'' || c == '"') {
                quote = c;
            } else if (c == ' ') {
                end = i;
                beforeOption = line.startsWith("-", i + 1) ? i : beforeOption;
            }
        }
        return beforeOption > 0 ? beforeOption : end;
    }

    private static void option(StringBuilder text, Options.Option option) {
        List<String> names = new ArrayList<>();
        List<String> aliases = new ArrayList<>();
        Optional<String> first = Optional.empty();
        for (String name : option.names()) {
            boolean isShort = !name.startsWith("--");
            if (isShort || first.isEmpty()) {
                names.add(name);
                first = isShort ? first : Optional.of(name);
            } else {
                aliases.add(name);
            }
        }
        String label = option.kind() == Options.Kind.FLAG
                ? ""
                : option.label().startsWith("=") ? "[" + option.label() + "]" : " " + option.label();
        String description = option.description();
        if (!aliases.isEmpty()) {
            description += " (also " + String.join(", ", aliases) + ")";
        }
        row(text, String.join(", ", names) + label, description);
    }

    /** Adds a name and its explanation, side by side if the name is short enough. */
    static void row(StringBuilder text, String name, String explanation) {
        String left = "  " + name;
        text.append(left);
        if (left.length() > COLUMN - 2) {
            text.append('\n').append(" ".repeat(COLUMN));
        } else {
            text.append(" ".repeat(COLUMN - left.length()));
        }
        StringBuilder wrapped = new StringBuilder();
        wrapped(wrapped, explanation, COLUMN);
        text.append(wrapped.substring(COLUMN));
    }

    private static void wrapped(StringBuilder text, String words, int indent) {
        int column = indent;
        text.append(" ".repeat(indent));
        for (String word : words.split(" ")) {
            if (column > indent && column + 1 + word.length() > WIDTH) {
                text.append('\n').append(" ".repeat(indent));
                column = indent;
            } else if (column > indent) {
                text.append(' ');
                column++;
            }
            text.append(word);
            column += word.length();
        }
        text.append('\n');
    }
}
