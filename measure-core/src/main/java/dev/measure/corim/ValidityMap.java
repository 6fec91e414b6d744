package dev.measure.corim;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * When a manifest or a signature holds ({@code validity-map}), to the second.
 *
 * @param notBefore the first moment
 * @param notAfter the last moment
 */
public record ValidityMap(Optional<Instant> notBefore, Instant notAfter) {
    private static final long EPOCH = 1;

    /** Checks that it ends after it begins. */
    public ValidityMap {
        if (notBefore.isPresent() && notBefore.get().isAfter(notAfter)) {
            throw new IllegalArgumentException("a validity ends before it begins");
        }
    }

    static ValidityMap read(CborItem map) {
        Optional<Instant> from = map.map("validity").get(0).map(time -> moment(time, "not-before"));
        Instant to = moment(map.need(1, "not-after"), "not-after");
        if (from.isPresent() && from.get().isAfter(to)) {
            throw map.malformed("a validity that ends after it begins", from.get() + " to " + to);
        }
        return new ValidityMap(from, to);
    }

    private static Instant moment(CborItem time, String field) {
        CborItem seconds = time.tagged(EPOCH, field);
        long value = seconds.integer(field);
        if (value > Instant.MAX.getEpochSecond() || value < Instant.MIN.getEpochSecond()) {
            throw seconds.malformed(field + " within the years that a calendar has");
        }
        return Instant.ofEpochSecond(value);
    }

    CborItem item() {
        List<CborItem> map = new ArrayList<>();
        notBefore.ifPresent(time -> map.addAll(List.of(CborItem.of(0), item(time))));
        map.addAll(List.of(CborItem.of(1), item(notAfter)));
        return CborItem.map(map);
    }

    private static CborItem item(Instant time) {
        return CborItem.tag(EPOCH, CborItem.of(time.getEpochSecond()));
    }

    /** {@return it in words} */
    public String text() {
        return notBefore.map(from -> from + " ").orElse("") + "to " + notAfter;
    }
}
