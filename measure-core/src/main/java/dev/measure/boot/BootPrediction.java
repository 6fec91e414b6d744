package dev.measure.boot;

import dev.measure.Assumption;
import dev.measure.Warning;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * What a boot leaves in the log, as far as it can be said.
 *
 * @param phase the point in time up to which the lists go
 * @param variants the lists that are possible, at least one; they share their common events
 * @param notKnown the PCRs of which the events are not or not all known, each with the first reason
 * @param assumptions what was taken for granted
 * @param warnings what the user should know
 * @param fwid the id of the firmware that the stub selects; empty if it selects none
 * @param profile the number of the profile that boots
 * @param secureBoot whether Secure Boot is on; empty if that is not known
 * @param refusal why the boot would not get as far as the kernel; empty if nothing refuses it
 */
public record BootPrediction(
        BootPhase phase,
        List<BootVariant> variants,
        SortedMap<Integer, NotKnown> notKnown,
        List<Assumption> assumptions,
        List<Warning> warnings,
        Optional<String> fwid,
        int profile,
        Optional<Boolean> secureBoot,
        Optional<String> refusal) {
    /** Copies the collections. */
    public BootPrediction {
        variants = List.copyOf(variants);
        notKnown = Collections.unmodifiableSortedMap(new TreeMap<>(notKnown));
        assumptions = List.copyOf(assumptions);
        warnings = List.copyOf(warnings);
        if (variants.isEmpty()) {
            throw new IllegalArgumentException("a prediction needs a list of events");
        }
    }

    /**
     * {@return the same boot at a later point in time}
     *
     * @param later the point in time, counted from the start of the kernel
     * @throws IllegalStateException if this prediction is already one of a later time
     */
    public BootPrediction at(BootPhase later) {
        if (!phase.equals(BootPhase.KERNEL_START)) {
            throw new IllegalStateException("the prediction is already one for " + phase);
        }
        EventRecorder recorder = new EventRecorder();
        SystemdPhases.record(recorder, later);
        List<BootVariant> longer = variants.stream()
                .map(variant -> new BootVariant(
                        variant.name(),
                        variant.why(),
                        Stream.concat(variant.events().stream(), recorder.events().stream())
                                .toList()))
                .toList();
        List<Assumption> more = Stream.concat(assumptions.stream(), recorder.assumptions().stream())
                .toList();
        return new BootPrediction(later, longer, notKnown, more, warnings, fwid, profile, secureBoot, refusal);
    }
}
