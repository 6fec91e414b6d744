package dev.measure.boot;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * A command {@code search} of GRUB, or one of its short forms (grub-core/commands/search_wrap.c, search.c).
 *
 * @param key what is searched for: UUID, label or file
 * @param variable the variable that gets the device
 * @param byFile whether it is a file
 */
record GrubSearch(String key, String variable, boolean byFile) {
    /** {@return the search; empty if nothing is searched for} */
    static Optional<GrubSearch> of(String name, List<String> arguments) {
        String variable = "root";
        boolean shortForm = !name.equals("search");
        boolean byFile = name.equals("search.file");
        List<String> plain = new ArrayList<>();
        for (int i = 0; i < arguments.size(); i++) {
            String word = arguments.get(i);
            if (shortForm || !word.startsWith("-")) {
                plain.add(word);
            } else if (word.startsWith("--set=")) {
                variable = word.substring(6);
            } else if (word.equals("--set") || word.equals("-s")) {
                boolean named =
                        i + 2 < arguments.size() && !arguments.get(i + 1).startsWith("-");
                variable = named ? arguments.get(++i) : variable;
            } else if (word.equals("--file") || word.equals("-f")) {
                byFile = true;
            } else if (word.equals("--hint") || word.equals("-h")) {
                i++;
            }
        }
        if (plain.isEmpty()) {
            return Optional.empty();
        }
        return Optional.of(
                new GrubSearch(plain.get(0), shortForm && plain.size() > 1 ? plain.get(1) : variable, byFile));
    }
}
