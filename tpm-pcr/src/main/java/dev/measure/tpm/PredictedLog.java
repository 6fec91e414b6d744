package dev.measure.tpm;

import dev.measure.Digest;
import dev.measure.DigestAlgorithm;
import dev.measure.boot.BootEvent;
import dev.measure.boot.BootVariant;
import dev.measure.boot.EventDigests;
import dev.measure.eventlog.EventLog;
import dev.measure.eventlog.EventLogBuilder;
import java.util.Collection;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The event log that a boot will leave. Addresses in memory and device paths that files do not tell are zero or empty in it: they
 * are not part of any digest.
 */
public final class PredictedLog {
    private PredictedLog() {}

    /**
     * {@return the log of a course of a boot}
     *
     * @param course the events
     * @param banks the banks of the TPM
     * @param leaveOut PCRs whose events are not all known, which the log then leaves out
     */
    public static EventLog of(BootVariant course, Collection<DigestAlgorithm> banks, Set<Integer> leaveOut) {
        List<BootEvent> events = course.events().stream()
                .filter(event -> !leaveOut.contains(event.pcr()))
                .toList();
        Set<DigestAlgorithm> all = EnumSet.copyOf(banks);
        EventDigests digests = EventDigests.of(events, all);
        EventLogBuilder log = new EventLogBuilder(all);
        for (BootEvent event : events) {
            Map<DigestAlgorithm, Digest> values = new EnumMap<>(DigestAlgorithm.class);
            all.forEach(bank -> values.put(bank, digests.digest(event, bank)));
            log.add(event.pcr(), event.type(), values, event.data());
        }
        return log.build("predicted log");
    }
}
