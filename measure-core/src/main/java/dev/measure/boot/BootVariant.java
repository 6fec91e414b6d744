package dev.measure.boot;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.stream.Collectors;

/**
 * One of the lists of events that a boot may leave.
 *
 * @param choices which way the boot took, at each fork; empty if there is only one
 * @param events all events, in the order of the log
 */
public record BootVariant(List<Choice> choices, List<BootEvent> events) {
    /** The name of a list that has no alternative. */
    public static final String ONLY = "only";

    /** Copies the lists. */
    public BootVariant {
        choices = List.copyOf(choices);
        events = List.copyOf(events);
    }

    /**
     * The way at one fork.
     *
     * @param fork what is decided there, such as {@code exit-boot}
     * @param name of the way, such as {@code exit-boot-retry}; part of ids, so it never changes
     * @param why when a boot takes it
     */
    public record Choice(String fork, String name, String why) {
        /** Checks for null. */
        public Choice {
            Objects.requireNonNull(fork, "fork");
            Objects.requireNonNull(name, "name");
            Objects.requireNonNull(why, "why");
        }
    }

    /** {@return {@code only}, or the names of the ways} */
    public String name() {
        return choices.isEmpty() ? ONLY : choices.stream().map(Choice::name).collect(Collectors.joining("+"));
    }

    /** {@return when a boot takes this course; empty if there is no other} */
    public String why() {
        return choices.stream().map(Choice::why).collect(Collectors.joining("; "));
    }

    /**
     * {@return the events of one PCR, in order}
     *
     * @param pcr the PCR
     */
    public List<BootEvent> events(int pcr) {
        return events.stream().filter(event -> event.pcr() == pcr).toList();
    }

    /** {@return this course with a choice before its others} */
    BootVariant after(Choice choice) {
        List<Choice> all = new ArrayList<>(List.of(choice));
        all.addAll(choices);
        return new BootVariant(all, events);
    }

    /** {@return this course with events at its end} */
    BootVariant with(List<BootEvent> later) {
        List<BootEvent> all = new ArrayList<>(events);
        all.addAll(later);
        return new BootVariant(choices, all);
    }
}
