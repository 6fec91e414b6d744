package dev.measure.tdx;

import dev.measure.Assumption;
import dev.measure.Digest;
import dev.measure.DigestAlgorithm;
import dev.measure.Evidence;
import dev.measure.MeasuredEvent;
import dev.measure.Measurement;
import dev.measure.Prediction;
import dev.measure.Provenance;
import dev.measure.Register;
import dev.measure.Source;
import dev.measure.Warning;
import dev.measure.eventlog.EventType;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Takes the extensions of one RTMR in order, and the first reason for which they are not all known. */
final class RtmrRecorder {
    private final Register.Rtmr register;
    private final List<RtmrEvent> events = new ArrayList<>();
    private final Set<Assumption> assumptions = new LinkedHashSet<>();
    private final List<Warning> warnings = new ArrayList<>();
    private Optional<Prediction> refusal = Optional.empty();

    RtmrRecorder(int index) {
        this.register = new Register.Rtmr(index);
    }

    void add(RtmrEvent event) {
        events.add(event);
    }

    /** An event whose digest is that of its data. */
    void add(String name, EventType type, byte[] data, Provenance provenance, Evidence evidence) {
        add(name, type, Source.of(name, data), provenance, evidence);
    }

    void add(String name, EventType type, Source measured, Provenance provenance, Evidence evidence) {
        events.add(new RtmrEvent(
                name, type, measured.digest(DigestAlgorithm.SHA384), RtmrEvent.Origin.PREDICTED, provenance, evidence));
    }

    void add(String name, EventType type, RtmrContent content, Evidence evidence) {
        if (content instanceof RtmrContent.Known known) {
            events.add(new RtmrEvent(name, type, known.digest(), known.origin(), known.provenance(), evidence));
        } else {
            Source source = content.bytes().orElseThrow();
            add(name, type, source, Provenance.FileRange.of(source), evidence);
        }
    }

    void separator(Evidence evidence) {
        add(
                "separator",
                EventType.EV_SEPARATOR,
                new byte[4],
                new Provenance.Constant("TCG PC Client Platform Firmware Profile 1.06", "EV_SEPARATOR"),
                evidence);
    }

    /** Notes that the register cannot be predicted; the first reason counts. */
    void unknown(String why, String input) {
        if (refusal.isEmpty()) {
            refusal = Optional.of(new Prediction.NotPredictable(register, why, input));
        }
    }

    /** Notes that the boot would stop; this counts more than what is not known. */
    void refuse(String why, String hint) {
        if (refusal.filter(Prediction.NotLaunchable.class::isInstance).isEmpty()) {
            refusal = Optional.of(new Prediction.NotLaunchable(register, why, hint, false));
        }
    }

    /** {@return why the register is not known, if it is not} */
    Optional<Prediction.NotPredictable> notKnown() {
        return refusal.filter(Prediction.NotPredictable.class::isInstance).map(Prediction.NotPredictable.class::cast);
    }

    void assume(String key, String value, String why) {
        assumptions.add(new Assumption(key, value, why));
    }

    void assume(List<Assumption> more) {
        assumptions.addAll(more);
    }

    void warn(List<Warning> more) {
        warnings.addAll(more);
    }

    RtmrValue value(String variant, String why) {
        if (refusal.isPresent()) {
            return new RtmrValue(register.index(), variant, why, refusal.get(), List.of());
        }
        List<MeasuredEvent> steps = new ArrayList<>();
        Digest after = Digest.zero(DigestAlgorithm.SHA384);
        Evidence weakest = Evidence.HARDWARE;
        for (RtmrEvent event : events) {
            MessageDigest extend = DigestAlgorithm.SHA384.newMessageDigest();
            extend.update(after.toByteArray());
            extend.update(event.digest().toByteArray());
            after = Digest.of(DigestAlgorithm.SHA384, extend);
            weakest = weakest.weaker(event.evidence());
            steps.add(new MeasuredEvent(
                    event.name(), event.digest(), after, event.provenance(), event.evidence(), details(event)));
        }
        Digest last = after;
        Measurement measurement = Measurement.of(register, last, weakest, (detail, sink) -> steps.forEach(sink));
        return new RtmrValue(
                register.index(),
                variant,
                why,
                new Prediction.Predicted(measurement, List.copyOf(assumptions), warnings),
                events);
    }

    private static Map<String, String> details(RtmrEvent event) {
        Map<String, String> details = new LinkedHashMap<>();
        details.put("type", event.type().text());
        details.put("origin", event.origin().id());
        return details;
    }
}
