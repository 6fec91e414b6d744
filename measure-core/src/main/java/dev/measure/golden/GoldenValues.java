package dev.measure.golden;

import dev.measure.Assumption;
import dev.measure.Digest;
import dev.measure.MalformedInputException;
import dev.measure.Register;
import dev.measure.RegisterEvidence;
import dev.measure.Source;
import java.io.IOException;
import java.io.OutputStream;
import java.util.Collection;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Predicate;

/**
 * The values that the registers of a machine may rightly hold, with what they were made from: the content of a
 * {@code measure.lock.json}, schema {@value #SCHEMA}.
 *
 * @param madeBy name and version of the program that computed them, such as {@code measure 0.1.0}
 * @param inputs the files that went in, sorted by role and name
 * @param behaviours the profiles that were in force, sorted by name
 * @param assumptions what was taken for granted, sorted
 * @param policies what else a verifier demands of evidence, by technology ({@code snp}, {@code tdx}) and field, sorted
 * @param values the values, sorted by id; no id stands twice
 * @param confirmed values that were seen in a machine, sorted by id and evidence
 */
public record GoldenValues(
        String madeBy,
        List<GoldenInput> inputs,
        List<GoldenBehaviour> behaviours,
        List<Assumption> assumptions,
        Map<String, Map<String, String>> policies,
        List<GoldenValue> values,
        List<GoldenConfirmation> confirmed) {
    /** The schema of lock files. */
    public static final String SCHEMA = "measure/lock/v1";

    /** The largest lock file in bytes: some 100000 values, of which two fit into memory to be compared. */
    public static final int MAX_FILE = 32 << 20;

    /**
     * Sorts and copies.
     *
     * @throws IllegalArgumentException if two values have the same id, if a value names a part that no input has, if a policy is of
     *     another technology than SNP and TDX, or if what is confirmed is not one of the values
     */
    public GoldenValues {
        Objects.requireNonNull(madeBy, "madeBy");
        inputs = inputs.stream()
                .sorted(Comparator.comparing(GoldenInput::role).thenComparing(GoldenInput::name))
                .distinct()
                .toList();
        behaviours = behaviours.stream()
                .sorted(Comparator.comparing(GoldenBehaviour::name))
                .distinct()
                .toList();
        assumptions = assumptions.stream()
                .sorted(Comparator.comparing(Assumption::key)
                        .thenComparing(Assumption::value)
                        .thenComparing(Assumption::why))
                .distinct()
                .toList();
        for (String technology : policies.keySet()) {
            if (!PolicyFields.technologies().contains(technology)) {
                // a policy of another technology would be checked by nobody
                throw new IllegalArgumentException("policies are of " + String.join(" or ", PolicyFields.technologies())
                        + ", got one of " + technology);
            }
        }
        Map<String, Map<String, String>> sorted = new TreeMap<>();
        policies.forEach(
                (technology, fields) -> sorted.put(technology, Collections.unmodifiableMap(new TreeMap<>(fields))));
        policies = Collections.unmodifiableMap(sorted);
        values = values.stream().sorted(Comparator.comparing(GoldenValue::id)).toList();
        confirmed = confirmed.stream()
                .sorted(Comparator.comparing(GoldenConfirmation::id).thenComparing(GoldenConfirmation::evidence))
                .distinct()
                .toList();
        Set<String> parts = new HashSet<>();
        inputs.forEach(input -> parts.addAll(input.parts().keySet()));
        String last = "";
        for (GoldenValue value : values) {
            if (value.id().equals(last)) {
                throw new IllegalArgumentException("two values have the id " + last);
            }
            last = value.id();
            for (String origin : value.origins()) {
                if (!parts.contains(origin)) {
                    throw new IllegalArgumentException(last + " comes from " + origin + ", which is no input");
                }
            }
        }
        for (GoldenConfirmation seen : confirmed) {
            if (!holds(values, seen)) {
                throw new IllegalArgumentException(
                        seen.evidence() + " confirms a value of " + seen.id() + " that is not among the golden values");
            }
        }
    }

    /** {@return golden values of which no more is known than the values themselves} */
    public static GoldenValues of(Collection<GoldenValue> values) {
        return new GoldenValues("", List.of(), List.of(), List.of(), Map.of(), List.copyOf(values), List.of());
    }

    /**
     * {@return the golden values in a lock file}
     *
     * @param source the file
     * @throws MalformedInputException if it is no lock file of schema {@value #SCHEMA}
     */
    public static GoldenValues read(Source source) {
        return LockReader.read(source);
    }

    /**
     * Writes a lock file: one value on each line, sorted by id. The same golden values give the same bytes.
     *
     * @param out takes the bytes; not closed
     * @throws IOException if it cannot be written to
     */
    public void write(OutputStream out) throws IOException {
        LockWriter.write(this, out);
    }

    private static boolean holds(List<GoldenValue> values, GoldenConfirmation seen) {
        return find(values, seen.id())
                .filter(value -> value.digest().equals(seen.value()))
                .isPresent();
    }

    /** {@return the value of an id} */
    public Optional<GoldenValue> value(String id) {
        return find(values, id);
    }

    private static Optional<GoldenValue> find(List<GoldenValue> values, String id) {
        int low = 0;
        int high = values.size() - 1;
        while (low <= high) {
            int middle = (low + high) >>> 1;
            int order = values.get(middle).id().compareTo(id);
            if (order == 0) {
                return Optional.of(values.get(middle));
            }
            low = order < 0 ? middle + 1 : low;
            high = order < 0 ? high : middle - 1;
        }
        return Optional.empty();
    }

    /** {@return the right values of a register, sorted by id; several may be right at once} */
    public List<GoldenValue> of(Register register) {
        return values.stream()
                .filter(value -> value.register().equals(register))
                .toList();
    }

    /**
     * {@return these golden values with only some of the values, for a service that wants less to be right than the file holds}
     *
     * @param wanted whether a value is kept
     */
    public GoldenValues only(Predicate<GoldenValue> wanted) {
        List<GoldenValue> kept = values.stream().filter(wanted).toList();
        return new GoldenValues(
                madeBy,
                inputs,
                behaviours,
                assumptions,
                policies,
                kept,
                confirmed.stream().filter(seen -> holds(kept, seen)).toList());
    }

    /**
     * {@return the comparison of evidence with these values}
     *
     * @param evidence one or several pieces: an SNP report, a TD quote, PCR values
     */
    public GoldenCheck check(RegisterEvidence... evidence) {
        return GoldenCheck.of(this, List.of(evidence));
    }

    /**
     * {@return the comparison of register values with these}
     *
     * @param registers what the registers hold
     */
    public GoldenCheck check(Map<Register, Digest> registers) {
        return GoldenCheck.of(this, List.of(() -> registers));
    }
}
