package dev.measure;

import java.util.Collections;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;

/** The outcome of comparing evidence with what was expected. A mismatch is a result, never an exception. */
public sealed interface Verdict {

    /** {@return the register that was compared} */
    Register register();

    /**
     * The value is one of the right ones.
     *
     * @param register the register
     * @param id the id of the right value that matched
     */
    record Match(Register register, String id) implements Verdict {}

    /**
     * The value is none of the right ones.
     *
     * @param register the register
     * @param expected the right values by id
     * @param actual the value found
     */
    record Mismatch(Register register, Map<String, Digest> expected, Digest actual) implements Verdict {
        /** Copies the map, sorted by id. */
        public Mismatch {
            expected = Collections.unmodifiableMap(new TreeMap<>(expected));
        }
    }

    /**
     * Nothing is expected of this register.
     *
     * @param register the register
     */
    record Unknown(Register register) implements Verdict {}

    /**
     * A value is expected of this register, and the evidence has none.
     *
     * @param register the register
     * @param expected the right values by id
     */
    record Absent(Register register, Map<String, Digest> expected) implements Verdict {
        /** Copies the map, sorted by id. */
        public Absent {
            expected = Collections.unmodifiableMap(new TreeMap<>(expected));
        }
    }

    /**
     * {@return the verdict on a value, given the set of right ones}
     *
     * <p>Several values of one register can be right at once. All of them are compared, each in constant time.
     *
     * @param register the register
     * @param right the right values by id; an empty map gives {@link Unknown}
     * @param actual the value found
     */
    static Verdict of(Register register, Map<String, Digest> right, Digest actual) {
        Objects.requireNonNull(actual, "actual");
        if (right.isEmpty()) {
            return new Unknown(register);
        }
        String matched = null;
        for (Map.Entry<String, Digest> entry : new TreeMap<>(right).entrySet()) {
            if (entry.getValue().equals(actual) && matched == null) {
                matched = entry.getKey();
            }
        }
        return matched != null ? new Match(register, matched) : new Mismatch(register, right, actual);
    }
}
