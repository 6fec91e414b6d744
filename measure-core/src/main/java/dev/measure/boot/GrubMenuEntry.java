package dev.measure.boot;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * An entry of GRUB's menu (grub-core/commands/menuentry.c).
 *
 * @param title its title
 * @param id its id; the title if it has none
 * @param arguments title and further parameters of its script
 * @param block its script
 * @param submenu whether it is a menu of its own
 */
record GrubMenuEntry(String title, String id, List<String> arguments, GrubScript.Block block, boolean submenu) {
    private static final Set<String> WITH_VALUE = Set.of("--class", "--users", "--hotkey", "--source");

    /** {@return the entry; empty if it has no title or no script} */
    static Optional<GrubMenuEntry> of(List<String> words, Optional<GrubScript.Block> block, boolean submenu) {
        List<String> plain = new ArrayList<>();
        String id = "";
        for (int i = 0; i < words.size(); i++) {
            String word = words.get(i);
            if (word.equals("--id") && i + 1 < words.size()) {
                id = words.get(++i);
            } else if (word.startsWith("--id=")) {
                id = word.substring(5);
            } else if (WITH_VALUE.contains(word) && i + 1 < words.size()) {
                i++;
            } else if (!word.startsWith("--")) {
                plain.add(word);
            }
        }
        if (plain.isEmpty() || block.isEmpty()) {
            return Optional.empty();
        }
        String title = plain.get(0);
        return Optional.of(new GrubMenuEntry(title, id.isEmpty() ? title : id, plain, block.get(), submenu));
    }
}
