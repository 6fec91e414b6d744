package dev.measure.golden;

import dev.measure.Digest;
import dev.measure.Evidence;
import dev.measure.Register;
import dev.measure.ValueId;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * One value that a register may rightly hold.
 *
 * @param id its id: the register and what it was computed for; never changes because a matrix grows
 * @param digest the value
 * @param status how it came about
 * @param evidence how well the rules behind it are known
 * @param origins the parts of inputs that are measured into it, by the names of {@link GoldenInput#parts}, sorted
 */
public record GoldenValue(String id, Digest digest, Status status, Evidence evidence, List<String> origins) {

    /** How a value came about. */
    public enum Status {
        /** Computed ahead of time. */
        PREDICTED("predicted"),
        /** Taken from a log; never called predicted. */
        FROM_EVIDENCE("from-evidence");

        private final String id;

        Status(String id) {
            this.id = id;
        }

        /** {@return the name in JSON} */
        public String id() {
            return id;
        }
    }

    /**
     * Checks the id and sorts the list.
     *
     * @throws IllegalArgumentException if the id is none, or if its register or bank does not hold such a digest
     */
    public GoldenValue {
        String bank =
                ValueId.parameters(id).getOrDefault("bank", digest.algorithm().id());
        if (!bank.equals(digest.algorithm().id())) {
            throw new IllegalArgumentException(id + " is of bank " + bank + ", got a digest of "
                    + digest.algorithm().id());
        }
        Register.of(ValueId.register(id), digest.algorithm());
        Objects.requireNonNull(status, "status");
        Objects.requireNonNull(evidence, "evidence");
        origins = origins.stream().sorted().distinct().toList();
    }

    /** {@return a predicted value of which no more is known} */
    public static GoldenValue of(String id, Digest digest) {
        return new GoldenValue(id, digest, Status.PREDICTED, Evidence.SOURCE, List.of());
    }

    /** {@return the register that holds it} */
    public Register register() {
        return Register.of(ValueId.register(id), digest.algorithm());
    }

    /** {@return what it was computed for, in the order of the id} */
    public Map<String, String> parameters() {
        return ValueId.parameters(id);
    }
}
