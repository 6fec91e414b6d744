package dev.measure.boot;

import java.util.ArrayList;
import java.util.List;

/** The command line that GRUB makes of the words behind {@code linux} (grub-core/lib/cmdline.c, grub_create_loader_cmdline). */
final class GrubCommandLine {
    private static final int ESCAPE = 4; // \xNN

    private GrubCommandLine() {}

    /** {@return the words joined by spaces, quotes and backslashes escaped, and those with a space in quotes} */
    static String of(List<String> words) {
        List<String> escaped = new ArrayList<>();
        for (String word : words) {
            String text = escaped(word);
            escaped.add(word.contains(" ") ? '"' + text + '"' : text);
        }
        return String.join(" ", escaped);
    }

    private static String escaped(String word) {
        StringBuilder out = new StringBuilder();
        int i = 0;
        while (i < word.length()) {
            char c = word.charAt(i);
            if (isHexEscape(word, i)) {
                out.append(word, i, i + ESCAPE);
                i += ESCAPE;
                continue;
            }
            if (c == '\\' || c == '\'' || c == '"') {
                out.append('\\');
            }
            out.append(c);
            i++;
        }
        return out.toString();
    }

    private static boolean isHexEscape(String word, int at) {
        return word.length() >= at + ESCAPE
                && word.charAt(at) == '\\'
                && word.charAt(at + 1) == 'x'
                && isHex(word.charAt(at + 2))
                && isHex(word.charAt(at + 3));
    }

    private static boolean isHex(char c) {
        return c < 0x80 && Character.digit(c, 16) >= 0;
    }
}
