package dev.measure.boot;

import dev.measure.Assumption;
import dev.measure.Warning;
import dev.measure.WarningCode;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Collectors;
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
        return at(later, SystemIdentity.UNKNOWN);
    }

    /**
     * {@return the same boot at a later point in time}
     *
     * @param later the point in time, counted from the start of the kernel
     * @param identity what the system measures into PCR 15
     * @throws IllegalStateException if this prediction is already one of a later time
     */
    public BootPrediction at(BootPhase later, SystemIdentity identity) {
        if (!phase.equals(BootPhase.KERNEL_START)) {
            throw new IllegalStateException("the prediction is already one for " + phase);
        }
        EventRecorder recorder = new EventRecorder();
        SystemdPhases.record(recorder, later, identity);
        List<BootVariant> longer = variants.stream()
                .map(variant -> variant.with(recorder.events()))
                .toList();
        List<Assumption> more = Stream.concat(assumptions.stream(), recorder.assumptions().stream())
                .toList();
        SortedMap<Integer, NotKnown> not = new TreeMap<>(recorder.notKnown());
        not.putAll(notKnown);
        return new BootPrediction(later, longer, not, more, warnings, fwid, profile, secureBoot, refusal);
    }

    /**
     * {@return one of several boots, of which it is not known which: an image or its successor during an update}
     *
     * @param boots the boots, of one profile, one firmware and one time, each with the choice that leads to it, of one fork
     * @throws IllegalArgumentException if there is none, or they differ in profile, firmware or time
     */
    public static BootPrediction anyOf(Map<BootVariant.Choice, BootPrediction> boots) {
        List<BootVariant> variants = new ArrayList<>();
        SortedMap<Integer, NotKnown> notKnown = new TreeMap<>();
        Set<Assumption> assumptions = new LinkedHashSet<>();
        Set<Warning> warnings = new LinkedHashSet<>();
        Set<Optional<Boolean>> secureBoot = new LinkedHashSet<>();
        Optional<String> refusal = Optional.empty();
        BootPrediction first = boots.values().stream()
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("a prediction needs a boot"));
        for (Map.Entry<BootVariant.Choice, BootPrediction> entry : boots.entrySet()) {
            BootPrediction boot = entry.getValue();
            if (boot.profile != first.profile || !boot.fwid.equals(first.fwid) || !boot.phase.equals(first.phase)) {
                throw new IllegalArgumentException(
                        "boots of different profiles, firmwares or times are no alternatives");
            }
            boot.variants.forEach(variant -> variants.add(variant.after(entry.getKey())));
            String name = entry.getKey().name();
            boot.notKnown.forEach(
                    (pcr, not) -> notKnown.putIfAbsent(pcr, new NotKnown(pcr, name + ": " + not.why(), not.input())));
            assumptions.addAll(boot.assumptions);
            warnings.addAll(boot.warnings);
            secureBoot.add(boot.secureBoot);
            refusal = refusal.or(() -> boot.refusal.map(why -> name + ": " + why));
        }
        return new BootPrediction(
                first.phase,
                variants,
                notKnown,
                List.copyOf(assumptions),
                List.copyOf(warnings),
                first.fwid,
                first.profile,
                secureBoot.size() == 1 ? first.secureBoot : Optional.empty(),
                refusal);
    }

    /**
     * {@return the same boot, with only some of its courses}
     *
     * @param names of choices; at a fork of which one is named, only the named ways are taken
     * @throws IllegalArgumentException if no course has a choice of such a name
     */
    public BootPrediction choose(List<String> names) {
        List<BootVariant.Choice> all = variants.stream()
                .flatMap(variant -> variant.choices().stream())
                .distinct()
                .toList();
        for (String name : names) {
            if (all.stream().noneMatch(choice -> choice.name().equals(name))) {
                throw new IllegalArgumentException("there is no variant '" + name + "' to choose, but "
                        + (all.isEmpty()
                                ? "only one"
                                : String.join(
                                        ", ",
                                        all.stream()
                                                .map(BootVariant.Choice::name)
                                                .toList())));
            }
        }
        Set<String> forks = all.stream()
                .filter(choice -> names.contains(choice.name()))
                .map(BootVariant.Choice::fork)
                .collect(Collectors.toSet());
        List<BootVariant> chosen = variants.stream()
                .filter(variant -> variant.choices().stream()
                        .allMatch(choice -> !forks.contains(choice.fork()) || names.contains(choice.name())))
                .toList();
        return new BootPrediction(phase, chosen, notKnown, assumptions, warnings, fwid, profile, secureBoot, refusal);
    }

    /**
     * {@return the same boot without warnings that something else has answered}
     *
     * @param code of those warnings
     */
    public BootPrediction withoutWarnings(WarningCode code) {
        return new BootPrediction(
                phase,
                variants,
                notKnown,
                assumptions,
                warnings.stream().filter(warning -> warning.code() != code).toList(),
                fwid,
                profile,
                secureBoot,
                refusal);
    }
}
