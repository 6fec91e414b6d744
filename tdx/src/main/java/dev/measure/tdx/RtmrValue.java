package dev.measure.tdx;

import dev.measure.Prediction;
import java.util.List;
import java.util.Objects;

/**
 * What one RTMR will hold in one course of a boot.
 *
 * @param register 0 to 3
 * @param variant {@code only}, or what tells it from the other courses
 * @param why when a boot takes this course
 * @param prediction the value, or why there is none
 * @param events its extensions in order; empty without a value
 */
public record RtmrValue(int register, String variant, String why, Prediction prediction, List<RtmrEvent> events) {
    /** Copies the list. */
    public RtmrValue {
        Objects.requireNonNull(variant, "variant");
        Objects.requireNonNull(why, "why");
        Objects.requireNonNull(prediction, "prediction");
        events = List.copyOf(events);
    }

    /** {@return whether a digest of it was taken from a log, so that the value is none that was predicted} */
    public boolean fromEvidence() {
        return events.stream().anyMatch(event -> event.origin() == RtmrEvent.Origin.LOG);
    }
}
