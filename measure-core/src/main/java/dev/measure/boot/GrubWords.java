package dev.measure.boot;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** What becomes of the words of a command when GRUB puts in the variables (grub-core/script/execute.c, grub_script_arglist_to_argv). */
final class GrubWords {
    private static final int MAX_INDEX_DIGITS = 4;

    private final GrubEnvironment environment;
    private final List<String> parameters;
    private Optional<GrubEnvironment.Value> unknown = Optional.empty();

    GrubWords(GrubEnvironment environment, List<String> parameters) {
        this.environment = environment;
        this.parameters = parameters;
    }

    /** {@return the variable that is not known, if one was needed} */
    Optional<GrubEnvironment.Value> unknown() {
        return unknown;
    }

    /** {@return the words with their variables; one that is only an empty variable without quotes is gone} */
    List<String> expand(List<GrubScript.Word> words) {
        List<String> expanded = new ArrayList<>();
        for (GrubScript.Word word : words) {
            StringBuilder current = null;
            for (GrubScript.Piece piece : word.pieces()) {
                switch (piece.kind()) {
                    case PLAIN, QUOTED -> current = append(current, piece.text());
                    case QUOTED_VARIABLE -> {
                        String value = value(piece.text());
                        current = value.isEmpty() ? current : append(current, value);
                    }
                    case VARIABLE -> current = split(expanded, current, value(piece.text()));
                }
            }
            if (current != null) {
                expanded.add(current.toString());
            }
        }
        return expanded;
    }

    private static StringBuilder append(StringBuilder current, String text) {
        return (current == null ? new StringBuilder() : current).append(text);
    }

    /** grub_script_argv_split_append: a value becomes as many words as it has. */
    private static StringBuilder split(List<String> expanded, StringBuilder before, String value) {
        StringBuilder current = before;
        if (current != null && !value.isEmpty() && value.charAt(0) == ' ') {
            expanded.add(current.toString());
            current = null;
        }
        String[] parts = value.strip().split("[ \t\n]+");
        for (int i = 0; i < parts.length; i++) {
            if (i > 0) {
                expanded.add(current.toString());
                current = null;
            }
            current = parts[i].isEmpty() ? current : append(current, parts[i]);
        }
        return current;
    }

    private String value(String name) {
        if (name.matches("[0-9]+")) {
            int index = name.length() > MAX_INDEX_DIGITS ? 0 : Integer.parseInt(name);
            return index >= 1 && index <= parameters.size() ? parameters.get(index - 1) : "";
        }
        if (name.equals("#")) {
            return Integer.toString(parameters.size());
        }
        if (name.equals("*") || name.equals("@")) {
            return String.join(" ", parameters);
        }
        GrubEnvironment.Value value = environment.get(name);
        if (value.text().isEmpty() && unknown.isEmpty()) {
            unknown = Optional.of(value);
        }
        return value.text().orElse("");
    }
}
