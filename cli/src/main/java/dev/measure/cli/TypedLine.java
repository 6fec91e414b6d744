package dev.measure.cli;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** What was typed behind a verb, by option. An option goes by its first name, whichever of its names was typed. */
final class TypedLine {
    private final String verb;
    private final Map<String, Options.Option> byName = new LinkedHashMap<>();
    private final Map<String, List<String>> values = new LinkedHashMap<>(); // by the first name of the option
    private final List<String> positionals = new ArrayList<>();

    TypedLine(Verb verb) {
        this.verb = verb.name();
        for (Options.Option option : Options.of(verb)) {
            for (String name : option.names()) {
                byName.put(name, option);
            }
        }
    }

    /** {@return the name of the verb} */
    String verb() {
        return verb;
    }

    /** {@return the option of a name; empty if the verb has none} */
    Optional<Options.Option> option(String name) {
        return Optional.ofNullable(byName.get(name));
    }

    /** Notes that an option was given, without a value. */
    void add(Options.Option option) {
        given(option);
    }

    /** Notes that an option was given, with a value. */
    void add(Options.Option option, String value) {
        given(option).add(value);
    }

    private List<String> given(Options.Option option) {
        List<String> known = values.get(option.name());
        if (known == null) {
            known = new ArrayList<>();
            values.put(option.name(), known);
        }
        return known;
    }

    /** Notes what stands without a dash. */
    void addPositional(String word) {
        positionals.add(word);
    }

    /** {@return whether an option was given} */
    boolean has(String name) {
        return values.containsKey(firstName(name));
    }

    /** {@return the value of an option; the first if there are several} */
    Optional<String> value(String name) {
        List<String> given = values(name);
        return given.isEmpty() ? Optional.empty() : Optional.of(given.get(0));
    }

    /** {@return all values of an option; none if it was not given} */
    List<String> values(String name) {
        return List.copyOf(values.getOrDefault(firstName(name), List.of()));
    }

    private String firstName(String name) {
        Options.Option option = byName.get(name);
        return option == null ? name : option.name();
    }

    /** {@return what stands without a dash at a position} */
    Optional<String> positional(int index) {
        return index < positionals.size() ? Optional.of(positionals.get(index)) : Optional.empty();
    }

    /** {@return what stands without a dash, and the values of options that take a file, but of some} */
    List<String> files(Set<String> but) {
        List<String> files = new ArrayList<>(positionals);
        values.forEach((name, given) -> {
            String label = byName.get(name).label();
            if (!but.contains(name) && (label.contains("FILE") || label.equals("EVIDENCE"))) {
                files.addAll(given);
            }
        });
        return files;
    }

    /** Two lines are equal if they say the same. */
    @Override
    public boolean equals(Object other) {
        return other instanceof TypedLine line && values.equals(line.values) && positionals.equals(line.positionals);
    }

    @Override
    public int hashCode() {
        return values.hashCode() + positionals.hashCode();
    }

    /** {@return options and parameters} */
    @Override
    public String toString() {
        StringBuilder text = new StringBuilder();
        values.forEach((option, given) -> text.append(option).append(given).append(' '));
        return text.append(positionals).toString();
    }
}
