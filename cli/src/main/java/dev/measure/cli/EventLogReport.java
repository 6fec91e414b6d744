package dev.measure.cli;

import dev.measure.Source;
import dev.measure.eventlog.Bank;
import dev.measure.eventlog.EventLog;
import dev.measure.eventlog.Replay;
import dev.measure.eventlog.TcgEvent;
import java.util.AbstractList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** What is in an event log: its form, its banks, its events and the registers they lead to. */
final class EventLogReport {
    private EventLogReport() {}

    static void print(EventLog log, Source file, Page page) {
        page.heading(file.name() + ": " + log.format().text() + ", " + log.eventCount() + " events, " + file.length()
                + " bytes");
        page.fact("banks", String.join(", ", banks(log)));
        if (!log.confidential()) {
            page.fact("locality", String.valueOf(log.startupLocality()));
        }
        page.fact("end", end(log));
        Table registers = new Table("register", "bank", "value");
        Replay.of(log)
                .measurements()
                .forEach(measurement -> registers.row(
                        measurement.register().id(),
                        measurement.register().algorithm().id(),
                        measurement.value().hex()));
        page.table("Registers", registers);
    }

    private static List<String> banks(EventLog log) {
        return log.specId()
                .map(header -> header.banks().stream().map(Bank::text).toList())
                .orElseGet(() -> log.banks().stream().map(bank -> bank.id()).toList());
    }

    private static String end(EventLog log) {
        return log.end().name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    /**
     * {@return the inventory}
     *
     * @param log the log
     * @param file what it was read from
     * @param events whether to list the events
     */
    static Map<String, Object> found(EventLog log, Source file, boolean events) {
        Map<String, Object> found = FirmwareReport.row(
                "file", file.name(),
                "kind", "event-log",
                "size", file.length(),
                "format", log.format().name().toLowerCase(Locale.ROOT).replace('_', '-'),
                "banks", banks(log),
                "eventCount", log.eventCount(),
                "end", end(log));
        if (!log.confidential()) {
            found.put("startupLocality", log.startupLocality());
        }
        if (events) {
            found.put("events", new Events(log.events()));
        }
        return found;
    }

    /** The events as they are written: made one by one, since a log may have a million. */
    private static final class Events extends AbstractList<Map<String, Object>> {
        private final List<TcgEvent> events;

        Events(List<TcgEvent> events) {
            this.events = events;
        }

        @Override
        public Map<String, Object> get(int index) {
            return event(events.get(index));
        }

        @Override
        public int size() {
            return events.size();
        }

        @Override
        public Iterator<Map<String, Object>> iterator() {
            Iterator<TcgEvent> each = events.iterator(); // forwards, which an index is not
            return new Iterator<>() {
                @Override
                public boolean hasNext() {
                    return each.hasNext();
                }

                @Override
                public Map<String, Object> next() {
                    return event(each.next());
                }
            };
        }
    }

    private static Map<String, Object> event(TcgEvent event) {
        Map<String, Object> digests = new LinkedHashMap<>();
        event.digests().forEach(digest -> digests.putIfAbsent(digest.algorithmName(), digest.hex()));
        return FirmwareReport.row(
                "number", event.number(),
                "register", event.registerIndex(),
                "type", event.type().text(),
                "digests", digests,
                "size", event.dataLength(),
                "offset", event.data().start(),
                "data", event.decoded().text());
    }
}
