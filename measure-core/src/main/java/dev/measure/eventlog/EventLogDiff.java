package dev.measure.eventlog;

import dev.measure.Digest;
import dev.measure.DigestAlgorithm;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;

/** Compares two logs event by event, for a reader who wants to know what changed first. */
public final class EventLogDiff {

    /**
     * The first difference of two logs.
     *
     * @param first the event of the first log, empty where it ends
     * @param second the event of the second log, empty where it ends
     * @param text the difference in words
     */
    public record Difference(Optional<TcgEvent> first, Optional<TcgEvent> second, String text) {}

    private EventLogDiff() {}

    /**
     * {@return the first difference; empty if the same events extend the same registers with the same digests, in the banks that both
     * logs have}
     *
     * @param first one log
     * @param second the other
     */
    public static Optional<Difference> first(EventLog first, EventLog second) {
        List<DigestAlgorithm> banks = new ArrayList<>(first.banks());
        banks.retainAll(second.banks());
        if (first.confidential() != second.confidential()) {
            return Optional.of(new Difference(
                    Optional.empty(),
                    Optional.empty(),
                    "one log extends PCRs, the other the registers of a confidential VM"));
        }
        if (banks.isEmpty()) {
            return Optional.of(new Difference(Optional.empty(), Optional.empty(), "the logs have no bank in common"));
        }
        if (first.startupLocality() != second.startupLocality()) {
            return Optional.of(new Difference(
                    Optional.empty(),
                    Optional.empty(),
                    "the TPM was started from locality " + first.startupLocality() + " and from locality "
                            + second.startupLocality()));
        }
        Iterator<TcgEvent> one = first.events().iterator();
        Iterator<TcgEvent> other = second.events().iterator();
        while (true) {
            Optional<TcgEvent> left = nextExtend(one);
            Optional<TcgEvent> right = nextExtend(other);
            if (left.isEmpty() && right.isEmpty()) {
                return Optional.empty();
            }
            Optional<String> text = difference(left, right, banks);
            if (text.isPresent()) {
                return Optional.of(new Difference(left, right, text.get()));
            }
        }
    }

    private static Optional<TcgEvent> nextExtend(Iterator<TcgEvent> events) {
        while (events.hasNext()) {
            TcgEvent event = events.next();
            if (event.type().extendsRegister()) {
                return Optional.of(event);
            }
        }
        return Optional.empty();
    }

    private static Optional<String> difference(
            Optional<TcgEvent> left, Optional<TcgEvent> right, List<DigestAlgorithm> banks) {
        if (left.isEmpty()) {
            return Optional.of("the first log ends; the second goes on with " + name(right.orElseThrow()));
        } else if (right.isEmpty()) {
            return Optional.of("the second log ends; the first goes on with " + name(left.get()));
        }
        TcgEvent one = left.get();
        TcgEvent other = right.get();
        if (one.registerIndex() != other.registerIndex() || !one.type().equals(other.type())) {
            return Optional.of("the first log has " + name(one) + ", the second has " + name(other));
        }
        for (DigestAlgorithm bank : banks) {
            Optional<Digest> expected = one.digest(bank);
            Optional<Digest> found = other.digest(bank);
            if (!expected.equals(found)) {
                return Optional.of(digests(one, other, bank, expected, found));
            }
        }
        return Optional.empty();
    }

    private static String digests(
            TcgEvent one, TcgEvent other, DigestAlgorithm bank, Optional<Digest> expected, Optional<Digest> found) {
        String left = one.decoded().text();
        String right = other.decoded().text();
        String data = left.equals(right) ? "; the event data says the same: " + left : "; " + left + " became " + right;
        return name(one) + " has another " + bank.id() + " digest: "
                + expected.map(Digest::hex).orElse("none") + " and "
                + found.map(Digest::hex).orElse("none") + data;
    }

    private static String name(TcgEvent event) {
        return "event " + event.number() + " (" + event.type().text() + ", register " + event.registerIndex() + ")";
    }
}
