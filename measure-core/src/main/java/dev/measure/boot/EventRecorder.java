package dev.measure.boot;

import dev.measure.Assumption;
import dev.measure.Evidence;
import dev.measure.Provenance;
import dev.measure.Source;
import dev.measure.Warning;
import dev.measure.eventlog.EventType;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;

/** Takes what the producers say, in the order in which they run. */
final class EventRecorder {
    private static final byte[] SEPARATOR = new byte[4];

    /** systemd's programs measure through EFI_CC_MEASUREMENT_PROTOCOL since 256, tagged events since 261 (src/boot/measure.c). */
    private static final int FIRST_CC = 256;

    private static final int FIRST_TAGGED_CC = 261;

    private final List<BootEvent> events = new ArrayList<>();
    private final SortedMap<Integer, Map<BootVariant.Choice, BootEvent>> forks = new TreeMap<>();
    private boolean throughCc = false;
    private final Map<Producer, Integer> ccVersions = new EnumMap<>(Producer.class);
    private final SortedMap<Integer, NotKnown> notKnown = new TreeMap<>();
    private final Set<Assumption> assumptions = new LinkedHashSet<>();
    private final Set<Warning> warnings = new LinkedHashSet<>();

    /** From now on RTMRs count, not PCRs: of a firmware that offers EFI_CC_MEASUREMENT_PROTOCOL, and no TPM. */
    void measureThroughCc() {
        throughCc = true;
    }

    /** {@return whether what no program can measure through EFI_CC_MEASUREMENT_PROTOCOL is not measured} */
    boolean isThroughCc() {
        return throughCc;
    }

    /** Passes over what a program measures. */
    void passOver(Producer producer) {
        ccVersions.put(producer, 0);
    }

    /** From now on keeps of a systemd program what it measures where there is no TPM, as it logs it there. */
    void measureThroughCc(Producer producer, int majorVersion) {
        ccVersions.put(producer, majorVersion);
    }

    void add(BootEvent event) {
        Integer version = ccVersions.get(event.producer());
        if (version == null) {
            events.add(event);
            return;
        }
        boolean tagged = event.type().equals(EventType.EV_EVENT_TAG);
        if (version >= (tagged ? FIRST_TAGGED_CC : FIRST_CC)) {
            EventType type = tagged ? EventType.EV_IPL : event.type();
            events.add(new BootEvent(
                    event.name(),
                    event.producer(),
                    event.pcr(),
                    type,
                    event.data(),
                    event.measured(),
                    event.provenance(),
                    event.evidence()));
        }
    }

    /** An event that hashes its own data. */
    void add(
            String name,
            Producer producer,
            int pcr,
            EventType type,
            byte[] data,
            Provenance provenance,
            Evidence evidence) {
        Source bytes = Source.of(name, data);
        add(new BootEvent(name, producer, pcr, type, bytes, Measured.of(bytes), provenance, evidence));
    }

    /** An event that hashes something else than its data. */
    void add(
            String name,
            Producer producer,
            int pcr,
            EventType type,
            byte[] data,
            Measured measured,
            Provenance provenance,
            Evidence evidence) {
        // Of an image no file range has this digest: check sum and signatures are left out.
        Provenance from = measured instanceof Measured.Image
                ? new Provenance.Derived("Authenticode digest", List.of(provenance))
                : provenance;
        add(new BootEvent(name, producer, pcr, type, Source.of(name, data), measured, from, evidence));
    }

    /**
     * A fork: one of several events.
     *
     * @param ways each way with its event; the first is the one that the list of events has
     */
    void fork(Map<BootVariant.Choice, BootEvent> ways) {
        forks.put(events.size(), new LinkedHashMap<>(ways));
        events.add(ways.values().iterator().next());
    }

    /** {@return the lists of events: one for each combination of ways at the forks} */
    List<BootVariant> courses() {
        List<BootVariant> courses = List.of(new BootVariant(List.of(), events));
        for (Map.Entry<Integer, Map<BootVariant.Choice, BootEvent>> fork : forks.entrySet()) {
            List<BootVariant> more = new ArrayList<>();
            for (BootVariant course : courses) {
                for (Map.Entry<BootVariant.Choice, BootEvent> way :
                        fork.getValue().entrySet()) {
                    List<BootEvent> other = new ArrayList<>(course.events());
                    other.set(fork.getKey(), way.getValue());
                    List<BootVariant.Choice> choices = new ArrayList<>(course.choices());
                    choices.add(way.getKey());
                    more.add(new BootVariant(choices, other));
                }
            }
            courses = more;
        }
        return courses;
    }

    void separator(int pcr) {
        add(
                "separator",
                Producer.FIRMWARE,
                pcr,
                EventType.EV_SEPARATOR,
                SEPARATOR,
                new Provenance.Constant("TCG PC Client Platform Firmware Profile 1.06", "EV_SEPARATOR"),
                Evidence.BOOT);
    }

    /** Notes that a PCR cannot be predicted; the first reason counts. */
    void unknown(int pcr, String why, String input) {
        notKnown.putIfAbsent(pcr, new NotKnown(pcr, why, input));
    }

    void assume(String key, String value, String why) {
        assumptions.add(new Assumption(key, value, why));
    }

    void warn(Warning warning) {
        warnings.add(warning);
    }

    List<BootEvent> events() {
        return events;
    }

    SortedMap<Integer, NotKnown> notKnown() {
        return notKnown;
    }

    List<Assumption> assumptions() {
        return List.copyOf(assumptions);
    }

    List<Warning> warnings() {
        return List.copyOf(warnings);
    }
}
