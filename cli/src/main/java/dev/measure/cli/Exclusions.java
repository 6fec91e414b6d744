package dev.measure.cli;

import dev.measure.ValueId;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The exclusions of a manifest. They are made ready once, because each is asked about each value. */
final class Exclusions {
    private static final Pattern RANGE = Pattern.compile("([0-9]{1,9})\\.\\.([0-9]{1,9})");
    private static final Pattern NUMBER = Pattern.compile("[0-9]{1,9}");

    /** What one key may hold: a text, or a number in a range such as {@code 33..64}. */
    private record Wanted(Set<String> texts, List<int[]> ranges) {
        static Wanted of(List<String> items) {
            List<int[]> ranges = new ArrayList<>();
            for (String item : items) {
                Matcher range = RANGE.matcher(item);
                if (range.matches()) {
                    ranges.add(new int[] {Integer.parseInt(range.group(1)), Integer.parseInt(range.group(2))});
                }
            }
            return new Wanted(new HashSet<>(items), ranges);
        }

        boolean holds(Value value) {
            if (texts.contains(value.text)) {
                return true;
            }
            for (int[] range : ranges) {
                if (value.number.isPresent()
                        && value.number.getAsInt() >= range[0]
                        && value.number.getAsInt() <= range[1]) {
                    return true;
                }
            }
            return false;
        }
    }

    private record Value(String text, OptionalInt number) {
        static Value of(String text) {
            return new Value(
                    text,
                    NUMBER.matcher(text).matches() ? OptionalInt.of(Integer.parseInt(text)) : OptionalInt.empty());
        }
    }

    private final List<Manifest.Exclusion> exclusions;
    private final List<Map<String, Wanted>> rules = new ArrayList<>();
    private final BitSet used = new BitSet();

    Exclusions(List<Manifest.Exclusion> exclusions) {
        this.exclusions = exclusions;
        for (Manifest.Exclusion exclusion : exclusions) {
            Map<String, Wanted> rule = new HashMap<>();
            exclusion.keys().forEach((key, items) -> rule.put(key, Wanted.of(items)));
            rules.add(rule);
        }
    }

    /** {@return whether an id is one that is left out; each exclusion that leaves it out has been of use} */
    boolean leaveOut(String id) {
        if (rules.isEmpty()) {
            return false;
        }
        Map<String, Value> values = new HashMap<>();
        ValueId.parameters(id).forEach((key, text) -> values.put(key, Value.of(text)));
        values.put("register", Value.of(ValueId.register(id)));
        boolean out = false;
        for (int i = 0; i < rules.size(); i++) {
            if (leavesOut(rules.get(i), values)) {
                used.set(i);
                out = true;
            }
        }
        return out;
    }

    private static boolean leavesOut(Map<String, Wanted> rule, Map<String, Value> values) {
        for (Map.Entry<String, Wanted> key : rule.entrySet()) {
            Value value = values.get(key.getKey());
            if (value == null || !key.getValue().holds(value)) {
                return false;
            }
        }
        return true;
    }

    /** A typo in an exclusion would let values in that nobody wants. */
    void refuseUnused() {
        int unused = used.nextClearBit(0);
        if (unused < rules.size()) {
            Manifest.Exclusion exclusion = exclusions.get(unused);
            throw exclusion
                    .place()
                    .malformed(
                            "an exclusion that leaves a value out",
                            "one that matches no id: " + exclusion.keys(),
                            "keys are 'register' and those of ids: measure help ids");
        }
    }
}
