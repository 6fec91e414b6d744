package dev.measure.boot;

import java.util.List;

/**
 * One of the lists of events that a boot may leave.
 *
 * @param name {@code only}, or what tells it from the others, such as {@code exit-boot-retry}
 * @param why when a boot takes this course
 * @param events all events, in the order of the log
 */
public record BootVariant(String name, String why, List<BootEvent> events) {
    /** The name of a list that has no alternative. */
    public static final String ONLY = "only";

    /** Copies the list. */
    public BootVariant {
        events = List.copyOf(events);
    }

    /**
     * {@return the events of one PCR, in order}
     *
     * @param pcr the PCR
     */
    public List<BootEvent> events(int pcr) {
        return events.stream().filter(event -> event.pcr() == pcr).toList();
    }
}
