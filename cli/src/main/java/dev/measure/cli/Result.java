package dev.measure.cli;

import dev.measure.Assumption;
import dev.measure.Digest;
import dev.measure.Evidence;
import dev.measure.Measurement;
import dev.measure.Register;
import dev.measure.Source;
import dev.measure.Warning;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;

/** What a verb found, before it is written as text or JSON. Gathered in order; nothing stands twice. */
final class Result {
    private final Map<String, Input> inputs = new LinkedHashMap<>();
    private final Set<Assumption> assumptions = new LinkedHashSet<>();
    private final List<Value> values = new ArrayList<>();
    private final List<Refusal> refusals = new ArrayList<>();
    private final Set<Warning> warnings = new LinkedHashSet<>();
    private final Map<String, List<String>> alternatives = new LinkedHashMap<>();
    private Optional<Map<String, Object>> found = Optional.empty();

    /**
     * A file that went into the result.
     *
     * @param role what it is to the result, such as {@code firmware}
     * @param source its bytes, named as the user gave them
     */
    record Input(String role, Source source) {}

    /** How a value came about. */
    enum Status {
        /** Computed ahead of time. */
        PREDICTED("predicted"),
        /** Taken from a log; never called predicted. */
        FROM_EVIDENCE("from-evidence");

        private final String id;

        Status(String id) {
            this.id = id;
        }

        String id() {
            return id;
        }
    }

    /**
     * One value.
     *
     * @param id its id
     * @param register the register that holds it
     * @param digest the value
     * @param status how it came about
     * @param evidence how well the rules behind it are known
     * @param parameters what it was computed for, in the order of the id
     * @param command the command line that gives this value alone
     * @param measurement the value's explanation
     */
    record Value(
            String id,
            Register register,
            Digest digest,
            Status status,
            Evidence evidence,
            Map<String, Object> parameters,
            Supplier<String> command,
            Measurement measurement) {
        /** Keeps the order of the parameters. */
        Value {
            parameters = Collections.unmodifiableMap(new LinkedHashMap<>(parameters));
        }
    }

    /**
     * A value that was asked for and is not given.
     *
     * @param id its id
     * @param register the register
     * @param exit why: {@link ExitCode#NOT_LAUNCHABLE} or {@link ExitCode#NOT_PREDICTABLE}
     * @param why the reason
     * @param hint what to do
     */
    record Refusal(String id, Register register, ExitCode exit, String why, String hint) {}

    void input(String role, Source source) {
        inputs.putIfAbsent(role + "\n" + source.name(), new Input(role, source));
    }

    void assumption(Assumption assumption) {
        assumptions.add(assumption);
    }

    void warning(Warning warning) {
        warnings.add(warning);
    }

    void value(Value value) {
        values.add(value);
    }

    void refusal(Refusal refusal) {
        refusals.add(refusal);
    }

    /** Says that several values of a register are right. */
    void alternatives(String register, List<String> ids) {
        alternatives.put(register, List.copyOf(ids));
    }

    /** {@return the ids of the right values of each register that has several} */
    Map<String, List<String>> alternatives() {
        return Collections.unmodifiableMap(alternatives);
    }

    void found(Map<String, Object> what) {
        found = Optional.of(what);
    }

    List<Input> inputs() {
        return List.copyOf(inputs.values());
    }

    List<Assumption> assumptions() {
        return List.copyOf(assumptions);
    }

    List<Value> values() {
        return Collections.unmodifiableList(values);
    }

    List<Refusal> refusals() {
        return Collections.unmodifiableList(refusals);
    }

    /** {@return the exit code of the values that are not given: broken input first, then what cannot be launched; done without any} */
    ExitCode worstRefusal() {
        ExitCode worst = ExitCode.DONE;
        for (Refusal refusal : refusals) {
            boolean first = worst == ExitCode.DONE;
            worst = first || refusal.exit().compareTo(worst) < 0 ? refusal.exit() : worst;
        }
        return worst;
    }

    List<Warning> warnings() {
        return List.copyOf(warnings);
    }

    /** {@return the inventory: text, numbers, truth values, lists and maps of them} */
    Optional<Map<String, Object>> found() {
        return found;
    }
}
