package dev.measure.cli;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Function;

/** LIST arguments: {@code 1,2,4..16} or names separated by commas. What stands twice counts once, at its first place. */
final class Lists {
    private Lists() {}

    /**
     * {@return the numbers of a list}
     *
     * @param option the option, for messages
     * @param values what was given, once for every time the option stands on the command line
     * @param least the smallest number allowed
     * @param most the largest number allowed
     */
    static List<Integer> numbers(String option, List<String> values, int least, int most) {
        Set<Integer> numbers = new LinkedHashSet<>();
        for (String item : names(option, values)) {
            int range = item.indexOf("..");
            if (range < 0) {
                numbers.add(number(option, item, least, most));
                continue;
            }
            int from = number(option, item.substring(0, range), least, most);
            int to = number(option, item.substring(range + 2), least, most);
            if (from > to) {
                throw Complaint.usage(option + ": the range " + item + " runs backwards", "write " + to + ".." + from);
            }
            for (int n = from; n <= to; n++) {
                numbers.add(n);
            }
        }
        return new ArrayList<>(numbers);
    }

    /**
     * {@return the items of a list, none of them empty}
     *
     * @param option the option, for messages
     * @param values what was given, once for every time the option stands on the command line
     */
    static List<String> names(String option, List<String> values) {
        Set<String> names = new LinkedHashSet<>();
        for (String value : values) {
            for (String item : value.split(",", -1)) {
                String name = item.strip();
                if (name.isEmpty()) {
                    throw Complaint.usage(
                            option + ": expected a list such as 1,2,4..16 or a,b, got '" + value + "'",
                            "see: measure help lists");
                }
                names.add(name);
            }
        }
        return new ArrayList<>(names);
    }

    /**
     * {@return what a name stands for; one that is none of those known is told of, with what comes near}
     *
     * @param parser of the name, which refuses an unknown one by IllegalArgumentException
     * @param name what was given
     * @param known the names that would have been right
     * @param unknown what the message calls any other, such as {@code unknown VMM}
     * @param all where the names stand
     */
    static <T> T known(Function<String, T> parser, String name, List<String> known, String unknown, String all) {
        try {
            return parser.apply(name);
        } catch (IllegalArgumentException e) {
            throw Complaint.usage(unknown + " '" + name + "'", Suggestion.didYouMean(name, known) + "all: " + all);
        }
    }

    private static int number(String option, String text, int least, int most) {
        String digits = text.strip();
        if (!digits.matches("-?[0-9]+")) {
            throw Complaint.usage(
                    option + ": expected a number or a range such as 4..16, got '" + digits + "'",
                    "see: measure help lists");
        }
        if (digits.matches("-?0[0-9]+")) {
            // YAML 1.1 and C read octal here, others decimal
            throw Complaint.usage(
                    option + ": expected a decimal number without zeros in front, got '" + digits + "'",
                    "write " + digits.replaceFirst("^(-?)0+(?=[0-9])", "$1"));
        }
        long number;
        try {
            number = Long.parseLong(digits);
        } catch (NumberFormatException e) {
            number = digits.startsWith("-") ? Long.MIN_VALUE : Long.MAX_VALUE;
        }
        if (number < least || number > most) {
            throw Complaint.usage(option + " must be " + least + ".." + most + ", got " + digits, "");
        }
        return (int) number;
    }
}
