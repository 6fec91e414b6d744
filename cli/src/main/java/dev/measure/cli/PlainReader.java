package dev.measure.cli;

import java.util.List;
import java.util.Optional;

/**
 * Reads the command lines that nearly everybody types: options by their whole names, values behind them. Whatever is unusual or wrong
 * is left to {@link ParserReader}, which reads the same lines in the same way, but loads a parser that takes longer than most commands.
 */
final class PlainReader {
    private PlainReader() {}

    /**
     * {@return what was typed; empty if that takes the parser to say}
     *
     * @param verb the verb
     * @param args what stands behind it
     */
    static Optional<TypedLine> read(Verb verb, List<String> args) {
        TypedLine line = new TypedLine(verb);
        int positionals = 0;
        boolean ended = false;
        for (int i = 0; i < args.size(); i++) {
            String word = args.get(i);
            if (word.isEmpty()) {
                return Optional.empty();
            }
            if (ended || word.equals("-") || !word.startsWith("-")) {
                if (positionals++ == verb.positionals().size()) {
                    return Optional.empty();
                }
                line.addPositional(word);
                continue;
            }
            if (word.equals("--")) {
                ended = true;
                continue;
            }
            int equals = word.indexOf('=');
            Optional<Options.Option> option = line.option(equals < 0 ? word : word.substring(0, equals));
            if (option.isEmpty()) {
                return Optional.empty();
            }
            boolean takesNext = equals < 0
                    && (option.get().kind() == Options.Kind.VALUE
                            || option.get().kind() == Options.Kind.VALUES);
            Optional<String> value = equals >= 0
                    ? Optional.of(word.substring(equals + 1))
                    : takesNext && i + 1 < args.size() ? Optional.of(args.get(++i)) : Optional.empty();
            if (!add(line, option.get(), value, equals >= 0)) {
                return Optional.empty();
            }
        }
        return Optional.of(line);
    }

    /** Notes an option; says whether it was given as it should be. */
    private static boolean add(TypedLine line, Options.Option option, Optional<String> value, boolean attached) {
        boolean again = line.has(option.name());
        String text = value.orElse("");
        boolean odd = value.isPresent() && (text.isEmpty() || !attached && text.startsWith("-") && text.length() > 1);
        if (value.isPresent() && option.kind() != Options.Kind.FLAG) {
            line.add(option, text);
        }
        switch (option.kind()) {
            case FLAG -> {
                line.add(option);
                return value.isEmpty();
            }
            case OPTIONAL_VALUE -> {
                // Without a value the parser would take the next word for one.
                return attached && !again && !odd;
            }
            default -> {
                return value.isPresent() && !odd && !(again && option.kind() == Options.Kind.VALUE);
            }
        }
    }
}
