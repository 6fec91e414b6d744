package dev.measure.boot;

import java.util.List;
import java.util.Optional;

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
            Optional<Boolean> value = comparison().or(this::question);
            if (value.isEmpty()) {
                String word = words.get(at++);
                switch (word) {
                    case ")" -> {
                        return or || and;
                    }
                    case "-o" -> {
                        or = or || and;
                        and = true;
                    }
                    case "-a" -> {} // joins in any case
                    case "!" -> invert = !invert;
                    case "(" -> {
                        understood &= ++depth < MAX_DEPTH;
                        value = Optional.of(understood && expression());
                    }
                    default -> value = Optional.of(!word.isEmpty());
                }
            }
            if (value.isPresent()) {
                and &= invert != value.get();
                invert = false;
            }
        }
        return or || and;
    }

    private Optional<Boolean> comparison() {
        if (at + 2 >= words.size()) {
            return Optional.empty();
        }
        Optional<Boolean> compared = compare(words.get(at), words.get(at + 1), words.get(at + 2));
        at += compared.isEmpty() ? 0 : 3;
        return compared;
    }

    private Optional<Boolean> question() {
        if (at + 1 >= words.size()) {
            return Optional.empty();
        }
        String operand = words.get(at + 1);
        Optional<Boolean> answer = switch (words.get(at)) {
            case "-d" -> Optional.of(disk.folder(operand));
            case "-e" -> Optional.of(disk.exists(operand));
            case "-f" -> Optional.of(disk.exists(operand) && !disk.folder(operand));
            case "-s" -> Optional.of(disk.filled(operand));
            case "-n" -> Optional.of(!operand.isEmpty());
            case "-z" -> Optional.of(operand.isEmpty());
            default -> Optional.empty();
        };
        at += answer.isEmpty() ? 0 : 2;
        return answer;
    }

    private Optional<Boolean> compare(String left, String operator, String right) {
        return switch (operator) {
            case "=", "==" -> Optional.of(left.equals(right));
            case "!=" -> Optional.of(!left.equals(right));
            case "<" -> Optional.of(left.compareTo(right) < 0);
            case "<=" -> Optional.of(left.compareTo(right) <= 0);
            case ">" -> Optional.of(left.compareTo(right) > 0);
            case ">=" -> Optional.of(left.compareTo(right) >= 0);
            case "-eq" -> Optional.of(number(left) == number(right));
            case "-ne" -> Optional.of(number(left) != number(right));
            case "-lt" -> Optional.of(number(left) < number(right));
            case "-le" -> Optional.of(number(left) <= number(right));
            case "-gt" -> Optional.of(number(left) > number(right));
            case "-ge" -> Optional.of(number(left) >= number(right));
            default -> {
                if (operator.equals("-pgt")
                        || operator.equals("-plt")
                        || operator.startsWith("-nt")
                        || operator.startsWith("-ot")) {
                    understood = false;
                }
                yield Optional.empty();
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
