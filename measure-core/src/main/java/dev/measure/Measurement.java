package dev.measure;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.OptionalInt;
import java.util.function.Consumer;

/**
 * The value of one register and the ordered events that it is folded from.
 *
 * <p>The events are a view: nothing is listed before it is asked for, so ten thousand values that share a prefix do not
 * cost ten thousand lists. The view runs the same fold that gave the value; if the two ever disagreed, {@link #events()}
 * would throw rather than explain a wrong value.
 */
public final class Measurement {
    private final Register register;
    private final Digest value;
    private final Evidence evidence;
    private final Trace trace;

    /** Replays a fold event by event. */
    @FunctionalInterface
    public interface Trace {
        /**
         * Hands every event to the consumer, in order.
         *
         * @param detail how fine the events are
         * @param sink takes the events
         */
        void replay(Detail detail, Consumer<MeasuredEvent> sink);
    }

    /** How fine a trace is. */
    public enum Detail {
        /** One event for each region of pages measured alike. */
        REGIONS,
        /** One event for every single extension of the register. */
        STEPS
    }

    private Measurement(Register register, Digest value, Evidence evidence, Trace trace) {
        this.register = Objects.requireNonNull(register, "register");
        this.value = Objects.requireNonNull(value, "value");
        this.evidence = Objects.requireNonNull(evidence, "evidence");
        this.trace = Objects.requireNonNull(trace, "trace");
    }

    /**
     * {@return a measurement whose events are replayed on request}
     *
     * @param register what was measured
     * @param value the value of the register
     * @param evidence the weakest evidence behind the value
     * @param trace the fold; the last event's {@code after} is the value
     */
    public static Measurement of(Register register, Digest value, Evidence evidence, Trace trace) {
        return new Measurement(register, value, evidence, trace);
    }

    /**
     * {@return a measurement of events that are already at hand; its value is what the last of them left}
     *
     * @param register what was measured
     * @param events the events, at least one
     */
    public static Measurement of(Register register, List<MeasuredEvent> events) {
        List<MeasuredEvent> copy = List.copyOf(events);
        if (copy.isEmpty()) {
            throw new IllegalArgumentException("a measurement needs an event");
        }
        Evidence weakest = Evidence.HARDWARE;
        for (MeasuredEvent event : copy) {
            weakest = weakest.weaker(event.evidence());
        }
        Digest value = copy.get(copy.size() - 1).after();
        return new Measurement(register, value, weakest, (detail, sink) -> copy.forEach(sink));
    }

    /** {@return the register} */
    public Register register() {
        return register;
    }

    /** {@return the value of the register} */
    public Digest value() {
        return value;
    }

    /** {@return the weakest evidence behind the value} */
    public Evidence evidence() {
        return evidence;
    }

    /** {@return the events, one for each region} */
    public List<MeasuredEvent> events() {
        return events(Detail.REGIONS);
    }

    /**
     * {@return the events}
     *
     * @param detail how fine they are
     * @throws IllegalStateException if the replayed fold does not give the value: a bug
     */
    public List<MeasuredEvent> events(Detail detail) {
        List<MeasuredEvent> events = new ArrayList<>();
        replay(detail, events::add);
        return List.copyOf(events);
    }

    /**
     * Hands the events to a consumer without keeping them.
     *
     * @param detail how fine they are
     * @param sink takes them, in order
     * @throws IllegalStateException if the replayed fold does not give the value: a bug
     */
    public void replay(Detail detail, Consumer<MeasuredEvent> sink) {
        Digest[] last = {null};
        trace.replay(detail, event -> {
            last[0] = event.after();
            sink.accept(event);
        });
        if (last[0] == null && isReset()) {
            return; // a register that nothing was measured into
        }
        if (!value.equals(last[0])) {
            throw new IllegalStateException(
                    "the trace of " + register.id() + " ends at " + last[0] + ", its value is " + value);
        }
    }

    /** A register starts with all bits zero, or all bits one where only a late launch may extend it. */
    private boolean isReset() {
        byte[] bytes = value.toByteArray();
        for (byte b : bytes) {
            if (b != bytes[0]) {
                return false;
            }
        }
        return bytes[0] == 0 || bytes[0] == -1;
    }

    /**
     * {@return the index of the first event that leaves another value than the other measurement's event there; empty if all
     * are equal; the shorter length if one is a prefix of the other}
     *
     * @param other the measurement to compare with
     */
    public OptionalInt firstDifference(Measurement other) {
        List<MeasuredEvent> mine = events();
        List<MeasuredEvent> theirs = other.events();
        int common = Math.min(mine.size(), theirs.size());
        for (int i = 0; i < common; i++) {
            if (!mine.get(i).after().equals(theirs.get(i).after())) {
                return OptionalInt.of(i);
            }
        }
        return mine.size() == theirs.size() ? OptionalInt.empty() : OptionalInt.of(common);
    }

    /** {@return register and value} */
    @Override
    public String toString() {
        return register.id() + "=" + value;
    }
}
