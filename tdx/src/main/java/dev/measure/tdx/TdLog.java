package dev.measure.tdx;

import dev.measure.Digest;
import dev.measure.DigestAlgorithm;
import dev.measure.FieldVerdict;
import dev.measure.eventlog.EventLog;
import dev.measure.eventlog.EventType;
import dev.measure.eventlog.TcgEvent;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;

/**
 * What a log says that RTMR0 to RTMR3 were extended with. The log itself is signed by nobody: it counts as far as it leads to the
 * registers of a quote.
 *
 * @param name the log, for people
 * @param entries the extensions, in order
 */
public record TdLog(String name, List<Entry> entries) {
    /** Copies the list. */
    public TdLog {
        Objects.requireNonNull(name, "name");
        entries = List.copyOf(entries);
    }

    /**
     * One extension.
     *
     * @param register 0 to 3
     * @param type the event type
     * @param digest what the register is extended with
     * @param text what the log says of it
     */
    public record Entry(int register, EventType type, Digest digest, String text) {
        /** Checks the range. */
        public Entry {
            Objects.requireNonNull(type, "type");
            Objects.requireNonNull(text, "text");
            if (register < 0 || register > 3) {
                throw new IllegalArgumentException("RTMRs are 0..3, got " + register);
            }
            if (digest.algorithm() != DigestAlgorithm.SHA384) {
                throw new IllegalArgumentException(
                        "an RTMR is extended with SHA-384 digests, got " + digest.algorithm());
            }
        }

        /** {@return type, digest and what the log says, in one line} */
        String line() {
            return type.text() + " " + digest.hex() + (text.isEmpty() ? "" : " (" + text + ")");
        }
    }

    /**
     * {@return the extensions in a CCEL log; events of MRTD, which no event extends, are left out}
     *
     * @param name the log, for people
     * @param log the log, whose register numbers are those of the RTMRs plus one
     * @throws IllegalArgumentException if the log is one of PCRs, or lacks SHA-384 digests
     */
    public static TdLog of(String name, EventLog log) {
        if (!log.confidential()) {
            throw new IllegalArgumentException(name + " is a log of PCRs, not of a confidential VM");
        }
        List<Entry> entries = new ArrayList<>();
        for (TcgEvent event : log.events()) {
            long register = event.registerIndex() - 1;
            if (!event.type().extendsRegister() || register < 0 || register > 3) {
                continue;
            }
            Digest digest = event.digest(DigestAlgorithm.SHA384)
                    .orElseThrow(() -> new IllegalArgumentException(
                            name + ": event " + event.number() + " has no SHA-384 digest, which RTMRs take"));
            entries.add(new Entry(
                    (int) register, event.type(), digest, event.decoded().text()));
        }
        return new TdLog(name, entries);
    }

    /** {@return the extensions of one register, in order} */
    public List<Entry> of(int register) {
        return entries.stream().filter(entry -> entry.register() == register).toList();
    }

    /** {@return what the log leads to in one register} */
    public Digest replay(int register) {
        Digest value = Digest.zero(DigestAlgorithm.SHA384);
        for (Entry entry : of(register)) {
            MessageDigest extend = DigestAlgorithm.SHA384.newMessageDigest();
            extend.update(value.toByteArray());
            extend.update(entry.digest().toByteArray());
            value = Digest.of(DigestAlgorithm.SHA384, extend);
        }
        return value;
    }

    /**
     * {@return for each RTMR whether the log leads to the value in a report or quote}
     *
     * @param evidence the report or quote
     */
    public List<FieldVerdict> check(TdEvidence evidence) {
        List<FieldVerdict> verdicts = new ArrayList<>();
        for (int register = 0; register < evidence.rtmrs().size(); register++) {
            String field = "RTMR" + register + " in the log";
            String replayed = replay(register).hex();
            String found = evidence.rtmrs().get(register).hex();
            verdicts.add(
                    replayed.equals(found)
                            ? new FieldVerdict.Matches(
                                    field, of(register).size() + " events lead to the value in the evidence")
                            : new FieldVerdict.Differs(field, found, replayed));
        }
        return verdicts;
    }

    /**
     * {@return the first event in which a log and the predictions of a register part; empty if one of the predictions has the same
     * events}
     *
     * @param predictions the right values of one register; of several that differ, the one that agrees longest counts
     */
    public Optional<FieldVerdict.Differs> firstDifference(List<RtmrValue> predictions) {
        Optional<FieldVerdict.Differs> last = Optional.empty();
        int longest = -1;
        for (RtmrValue prediction : predictions) {
            List<Entry> logged = of(prediction.register());
            List<RtmrEvent> predicted = prediction.events();
            int same = 0;
            while (same < logged.size()
                    && same < predicted.size()
                    && logged.get(same).digest().equals(predicted.get(same).digest())) {
                same++;
            }
            if (same == logged.size() && same == predicted.size()) {
                return Optional.empty();
            }
            if (same > longest) {
                longest = same;
                last = Optional.of(new FieldVerdict.Differs(
                        "RTMR" + prediction.register() + " event " + (same + 1),
                        same < predicted.size() ? line(predicted.get(same)) : "no more events",
                        same < logged.size() ? logged.get(same).line() : "the end of the log"));
            }
        }
        return last;
    }

    private static String line(RtmrEvent event) {
        return event.type().text() + " " + event.digest().hex() + " (" + event.name() + ", "
                + event.origin().id() + ", from " + event.provenance().text() + ")";
    }
}
