package dev.measure;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * One step of a measurement.
 *
 * @param name what was measured, for people, for example {@code NORMAL x1024}
 * @param digest the digest that was folded in; for a run of equal or adjacent pages the digest of the last one
 * @param after the register if the launch or boot stopped here
 * @param provenance where the measured bytes come from
 * @param evidence how the rule behind this step is known
 * @param details further facts of the technology, in a fixed order, such as {@code gpa} and {@code pages}
 */
public record MeasuredEvent(
        String name,
        Digest digest,
        Digest after,
        Provenance provenance,
        Evidence evidence,
        Map<String, String> details) {
    /** Copies the details, keeping their order. */
    public MeasuredEvent {
        details = Collections.unmodifiableMap(new LinkedHashMap<>(details));
    }
}
