package dev.measure.boot;

import dev.measure.Evidence;
import dev.measure.Provenance;
import dev.measure.Source;
import dev.measure.eventlog.EventType;
import java.util.Objects;

/**
 * One event of a boot, before it is folded into a register.
 *
 * @param name what is measured, for people, such as {@code .linux}
 * @param producer who measures it
 * @param pcr the PCR, 0 to 23; a TDX guest maps it to a register of its own
 * @param type the type in the log
 * @param data the event data in the log; where they hold an address of a running machine, it is 0 here
 * @param measured what is hashed
 * @param provenance where the hashed bytes come from
 * @param evidence how the rule behind the event is known
 */
public record BootEvent(
        String name,
        Producer producer,
        int pcr,
        EventType type,
        Source data,
        Measured measured,
        Provenance provenance,
        Evidence evidence) {
    /** Checks for null, and the PCR. */
    public BootEvent {
        Objects.requireNonNull(name, "name");
        Objects.requireNonNull(producer, "producer");
        Objects.requireNonNull(type, "type");
        Objects.requireNonNull(data, "data");
        Objects.requireNonNull(measured, "measured");
        Objects.requireNonNull(provenance, "provenance");
        Objects.requireNonNull(evidence, "evidence");
        if (pcr < 0 || pcr > 23) {
            throw new IllegalArgumentException("PCR index must be 0..23, got " + pcr);
        }
    }
}
