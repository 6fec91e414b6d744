package dev.measure.boot;

import dev.measure.Digest;
import dev.measure.DigestAlgorithm;
import dev.measure.DigestPass;
import dev.measure.Source;
import java.util.ArrayList;
import java.util.Collection;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The digests of events in all banks that were asked for. Equal content is hashed once, however many events, lists or registers
 * refer to it, and everything is fed from one pass over the files.
 */
public final class EventDigests {
    private final Map<Measured, Map<DigestAlgorithm, Digest>> digests;
    private final Set<DigestAlgorithm> banks;

    private EventDigests(Map<Measured, Map<DigestAlgorithm, Digest>> digests, Set<DigestAlgorithm> banks) {
        this.digests = digests;
        this.banks = banks;
    }

    /**
     * {@return the digests of all events}
     *
     * @param events the events, of one list or of several
     * @param banks the banks, at least one
     */
    public static EventDigests of(Collection<BootEvent> events, Set<DigestAlgorithm> banks) {
        if (banks.isEmpty()) {
            throw new IllegalArgumentException("no bank is asked for");
        }
        Set<Measured> distinct = new LinkedHashSet<>();
        events.forEach(event -> distinct.add(event.measured()));
        Map<Measured, Map<DigestAlgorithm, Digest>> digests = new LinkedHashMap<>();
        List<Measured> hashed = new ArrayList<>();
        List<List<Source>> contents = new ArrayList<>();
        for (Measured measured : distinct) {
            if (measured instanceof Measured.Given given) {
                digests.put(measured, given.digests());
            } else {
                hashed.add(measured);
                contents.add(
                        measured instanceof Measured.Image image
                                ? image.image().authenticodeRanges()
                                : ((Measured.Bytes) measured).parts());
            }
        }
        List<Map<DigestAlgorithm, Digest>> results = DigestPass.of(contents, banks);
        for (int i = 0; i < hashed.size(); i++) {
            digests.put(hashed.get(i), results.get(i));
        }
        return new EventDigests(digests, EnumSet.copyOf(banks));
    }

    /** {@return the banks} */
    public Set<DigestAlgorithm> banks() {
        return EnumSet.copyOf(banks);
    }

    /**
     * {@return the digest of an event}
     *
     * @param event one of the events that these digests were made of
     * @param bank one of the banks
     * @throws IllegalArgumentException if it is another event or bank, or if the digest was given for other banks only
     */
    public Digest digest(BootEvent event, DigestAlgorithm bank) {
        Map<DigestAlgorithm, Digest> known = digests.get(event.measured());
        if (known == null || !known.containsKey(bank)) {
            throw new IllegalArgumentException("no " + bank.id() + " digest of event " + event.name());
        }
        return known.get(bank);
    }
}
