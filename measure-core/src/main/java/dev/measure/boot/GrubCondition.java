package dev.measure.boot;

import java.util.List;
import java.util.function.Predicate;

/**
 * The command {@code test}, or {@code [}, of GRUB (grub-core/commands/test.c).
 *
 * <p>{@code -a} and {@code -o} are read from left to right, the former binding closer; {@code !} turns what follows it round.
 */
final class GrubCondition {
    /** Asks about files. */
    interface Disk {
        /** Whether there is a file or folder. */
        boolean exists(String name);

        /** Whether there is a folder. */
        boolean folder(String name);

        /** Whether there is a file that is not empty; GRUB reads it for that. */
        boolean filled(String name);
    }

    private static final int MAX_DEPTH = 100; // MAX_TEST_RECURSION_DEPTH

    private final List<String> words;
    private final Disk disk;
    private int at;
    private int depth;
    private boolean understood = true;

    GrubCondition(List<String> words, Disk disk) {
        this.words = words;
        this.disk = disk;
    }

    /** {@return whether the words were a test that is known here} */
    boolean understood() {
        return understood;
    }

    boolean holds() {
        boolean result = expression();
        understood &= at == words.size();
        return result;
    }

    /** test_parse: comparisons first, whatever their words are, then questions about one word, then what joins them. */
    private boolean expression() {
        boolean or = false;
        boolean and = true;
        boolean invert = false;
        while (at < words.size() && understood) {
            Boolean value = comparison();
            if (value == null) {
                value = question();
            }
            String word = value == null ? words.get(at++) : "";
            if (value == null) {
                switch (word) {
                    case ")" -> {
                        return or || and;
                    }
                    case "-o" -> {
                        or = or || and;
                        and = true;
                        continue;
                    }
                    case "-a" -> {
                        continue;
                    }
                    case "!" -> {
                        invert = !invert;
                        continue;
                    }
                    case "(" -> {
                        understood &= ++depth < MAX_DEPTH;
                        value = understood && expression();
                    }
                    default -> value = !word.isEmpty();
                }
            }
            and &= invert != value;
            invert = false;
        }
        return or || and;
    }

    private Boolean comparison() {
        if (at + 2 >= words.size()) {
            return null;
        }
        Boolean compared = compare(words.get(at), words.get(at + 1), words.get(at + 2));
        at += compared == null ? 0 : 3;
        return compared;
    }

    private Boolean question() {
        if (at + 1 >= words.size()) {
            return null;
        }
        Predicate<String> asked = switch (words.get(at)) {
            case "-d" -> disk::folder;
            case "-e" -> disk::exists;
            case "-f" -> name -> disk.exists(name) && !disk.folder(name);
            case "-s" -> disk::filled;
            case "-n" -> text -> !text.isEmpty();
            case "-z" -> String::isEmpty;
            default -> null;
        };
        if (asked == null) {
            return null;
        }
        at += 2;
        return asked.test(words.get(at - 1));
    }

    private Boolean compare(String left, String operator, String right) {
        return switch (operator) {
            case "=", "==" -> left.equals(right);
            case "!=" -> !left.equals(right);
            case "<" -> left.compareTo(right) < 0;
            case "<=" -> left.compareTo(right) <= 0;
            case ">" -> left.compareTo(right) > 0;
            case ">=" -> left.compareTo(right) >= 0;
            case "-eq" -> number(left) == number(right);
            case "-ne" -> number(left) != number(right);
            case "-lt" -> number(left) < number(right);
            case "-le" -> number(left) <= number(right);
            case "-gt" -> number(left) > number(right);
            case "-ge" -> number(left) >= number(right);
            default -> {
                if (operator.equals("-pgt")
                        || operator.equals("-plt")
                        || operator.startsWith("-nt")
                        || operator.startsWith("-ot")) {
                    understood = false;
                }
                yield null;
            }
        };
    }

    private long number(String text) {
        if (!text.matches("-?[0-9]{1,18}")) {
            understood = false;
            return 0;
        }
        return Long.parseLong(text);
    }
}
