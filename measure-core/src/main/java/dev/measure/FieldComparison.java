package dev.measure;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.LongFunction;

/**
 * The fields of one piece of evidence, compared one after the other with what a policy of a manifest or a lock file demands of them.
 *
 * <p>Fields that the policy does not name are passed over. What it names and nobody compares, or what cannot be read as a value of its
 * field, is never met: a policy of a newer version must not let a guest in by being misunderstood.
 */
public final class FieldComparison {
    /** The name of the demand, in every policy, that lets a guest be debugged: {@code true} or {@code false}. */
    public static final String ALLOW_DEBUG = "allow-debug";

    private final String technology;
    private final Map<String, String> policy;
    private final Map<String, FieldVerdict> verdicts = new LinkedHashMap<>();
    private final List<FieldVerdict> refused = new ArrayList<>();

    /**
     * Nothing is compared yet.
     *
     * @param technology the name of such policies, {@code snp} or {@code tdx}
     * @param policy the demands by name: numbers in decimal or as {@code 0x} and lower-case digits, longer fields as all of their
     *     hexadecimal digits
     */
    public FieldComparison(String technology, Map<String, String> policy) {
        this.technology = technology;
        this.policy = new TreeMap<>(policy);
    }

    /** {@return what a name demands, as it is written} */
    public Optional<String> text(String name) {
        return Optional.ofNullable(policy.get(name));
    }

    /** {@return what a name demands, as an unsigned number, if it is one} */
    public Optional<Long> number(String name) {
        String text = policy.getOrDefault(name, "");
        return text.matches("0x[0-9a-f]{1,16}")
                ? Optional.of(Long.parseUnsignedLong(text.substring(2), 16))
                : text.matches("[0-9]{1,18}") ? Optional.of(Long.parseLong(text)) : Optional.empty();
    }

    /**
     * Refuses a guest that its host may debug, whether the policy speaks of it or not.
     *
     * @param field the bit, in the specification's spelling
     * @param found whether it is set
     * @param allowed whether another demand of the policy has the bit
     * @param guest what the host can read and change
     */
    public void debug(String field, boolean found, boolean allowed, String guest) {
        boolean refused =
                found && !allowed && !policy.getOrDefault(ALLOW_DEBUG, "").equals("true");
        verdicts.put(
                ALLOW_DEBUG,
                refused
                        ? new FieldVerdict.Differs(field, "0", "1: the host can read and change the " + guest)
                        : new FieldVerdict.Matches(field, found ? "1" : "0"));
    }

    /**
     * Refuses what no policy has to speak of: it takes the worth from all other fields.
     *
     * @param field the field, in the specification's spelling
     * @param expected what it must be
     * @param found what it is, for people
     */
    public void refuse(String field, String expected, String found) {
        refused.add(new FieldVerdict.Differs(field, expected, found));
    }

    /**
     * Compares a number.
     *
     * @param name the name of the demand
     * @param field the field, in the specification's spelling
     * @param found its value, unsigned
     * @param text how a value is shown
     */
    public void equal(String name, String field, long found, LongFunction<String> text) {
        text(name).ifPresent(wanted -> {
            String expected = number(name).map(text::apply).orElse(wanted);
            verdicts.put(name, FieldVerdict.of(field, Optional.of(expected), text.apply(found)));
        });
    }

    /**
     * Compares bytes.
     *
     * @param name the name of the demand
     * @param field the field, in the specification's spelling
     * @param found its bytes in hexadecimal
     */
    public void equal(String name, String field, String found) {
        text(name).ifPresent(wanted -> verdicts.put(name, FieldVerdict.of(field, Optional.of(wanted), found)));
    }

    /**
     * Compares a number with the least that it may be.
     *
     * @param name the name of the demand
     * @param field the field, in the specification's spelling
     * @param found its value, unsigned
     */
    public void least(String name, String field, long found) {
        text(name)
                .ifPresent(wanted -> met(
                        name,
                        field,
                        number(name)
                                .filter(least -> Long.compareUnsigned(found, least) >= 0)
                                .isPresent(),
                        "at least " + number(name).map(Long::toUnsignedString).orElse(wanted),
                        Long.toUnsignedString(found)));
    }

    /**
     * Compares bits with those that must be set, {@code name-set}, and those that must be clear, {@code name-clear}.
     *
     * @param name the name of both demands without its end
     * @param field the field, in the specification's spelling
     * @param found its value, 64 bits
     * @param text how bits are shown
     */
    public void bits(String name, String field, long found, LongFunction<String> text) {
        bits(name + "-set", field, found, text, "set: ", found);
        bits(name + "-clear", field, found, text, "clear: ", ~found);
    }

    private void bits(String name, String field, long found, LongFunction<String> text, String what, long good) {
        text(name)
                .ifPresent(wanted -> met(
                        name,
                        field,
                        number(name).filter(mask -> (good & mask) == mask).isPresent(),
                        what + number(name).map(text::apply).orElse(wanted),
                        text.apply(found)));
    }

    /**
     * Notes the outcome of a comparison of another kind.
     *
     * @param name the name of the demand
     * @param field the field, in the specification's spelling
     * @param met whether it is met
     * @param expected what it demands, for people
     * @param found the field's value, for people
     */
    public void met(String name, String field, boolean met, String expected, String found) {
        verdicts.put(
                name,
                met
                        ? new FieldVerdict.Matches(field, found + ", " + expected)
                        : new FieldVerdict.Differs(field, expected, found));
    }

    /** {@return a verdict for each field that was refused or compared, in that order, and for each demand that nobody knows} */
    public List<FieldVerdict> verdicts() {
        List<FieldVerdict> all = new ArrayList<>(refused);
        all.addAll(verdicts.values());
        policy.forEach((name, wanted) -> {
            if (!verdicts.containsKey(name)) {
                all.add(new FieldVerdict.Differs(technology + " " + name, wanted, "a field that is not known"));
            }
        });
        return List.copyOf(all);
    }
}
