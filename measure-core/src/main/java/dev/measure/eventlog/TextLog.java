package dev.measure.eventlog;

import dev.measure.Source;
import dev.measure.Warning;
import java.util.List;
import java.util.Map;

/**
 * A log in a text form, turned into binary records.
 *
 * @param records the records
 * @param headerMissing whether the text has no Spec ID event, so that the one of the records was made from the digests
 * @param unknownLengths the length of the event data of those records whose bytes the text does not tell, by number
 * @param warnings what was left out
 */
record TextLog(Source records, boolean headerMissing, Map<Long, Long> unknownLengths, List<Warning> warnings) {
    static final TextLog NONE = new TextLog(Source.of("", new byte[0]), false, Map.of(), List.of());
}
