package dev.measure.boot;

import dev.measure.Digest;
import dev.measure.DigestAlgorithm;
import dev.measure.Source;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/**
 * The digests of events in all banks that were asked for. Equal content is hashed once, however many events, lists or registers
 * refer to it, and all banks are fed from one pass over the bytes; large contents share two threads.
 */
public final class EventDigests {
    /** Below this a second thread costs more than it saves. */
    private static final long WORTH_A_THREAD = 1 << 20;

    private static final int THREADS = 2;

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
        List<Measured> large = new ArrayList<>();
        for (Measured measured : distinct) {
            digests.put(measured, new EnumMap<>(DigestAlgorithm.class));
            if (length(measured) >= WORTH_A_THREAD) {
                large.add(measured);
            } else {
                digests.get(measured).putAll(hash(measured, banks));
            }
        }
        large.sort(Comparator.comparingLong(EventDigests::length).reversed());
        hashInParallel(large, banks, digests);
        return new EventDigests(digests, EnumSet.copyOf(banks));
    }

    private static void hashInParallel(
            List<Measured> large, Set<DigestAlgorithm> banks, Map<Measured, Map<DigestAlgorithm, Digest>> digests) {
        if (large.isEmpty()) {
            return;
        }
        ExecutorService pool = Executors.newFixedThreadPool(THREADS, task -> {
            Thread thread = new Thread(task, "measure-digest");
            thread.setDaemon(true);
            return thread;
        });
        try {
            List<Measured> owners = new ArrayList<>();
            List<Future<Map<DigestAlgorithm, Digest>>> running = new ArrayList<>();
            for (Measured measured : large) {
                for (Set<DigestAlgorithm> half : halves(banks)) {
                    Callable<Map<DigestAlgorithm, Digest>> task = () -> hash(measured, half);
                    owners.add(measured);
                    running.add(pool.submit(task));
                }
            }
            for (int i = 0; i < running.size(); i++) {
                digests.get(owners.get(i)).putAll(running.get(i).get());
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while hashing", e);
        } catch (ExecutionException e) {
            if (e.getCause() instanceof RuntimeException reason) {
                throw reason;
            }
            throw new IllegalStateException(e.getCause());
        } finally {
            pool.shutdownNow();
        }
    }

    /** Two sets that take about the same time: SHA-384 and SHA-512 are the same work, SHA-1 and SHA-256 nearly. */
    private static List<Set<DigestAlgorithm>> halves(Set<DigestAlgorithm> banks) {
        Set<DigestAlgorithm> first = EnumSet.noneOf(DigestAlgorithm.class);
        Set<DigestAlgorithm> second = EnumSet.noneOf(DigestAlgorithm.class);
        for (DigestAlgorithm bank : banks) {
            boolean inFirst = bank == DigestAlgorithm.SHA1 || bank == DigestAlgorithm.SHA384;
            (inFirst ? first : second).add(bank);
        }
        return first.isEmpty() ? List.of(second) : second.isEmpty() ? List.of(first) : List.of(first, second);
    }

    private static long length(Measured measured) {
        if (measured instanceof Measured.Bytes bytes) {
            return bytes.length();
        }
        return measured instanceof Measured.Image image ? image.image().source().length() : 0;
    }

    private static Map<DigestAlgorithm, Digest> hash(Measured measured, Set<DigestAlgorithm> banks) {
        if (measured instanceof Measured.Image image) {
            return image.image().authenticode(banks);
        }
        if (measured instanceof Measured.Given given) {
            return given.digests();
        }
        Map<DigestAlgorithm, MessageDigest> running = new EnumMap<>(DigestAlgorithm.class);
        banks.forEach(bank -> running.put(bank, bank.newMessageDigest()));
        for (Source part : ((Measured.Bytes) measured).parts()) {
            part.stream((array, offset, count) -> running.values().forEach(d -> d.update(array, offset, count)));
        }
        Map<DigestAlgorithm, Digest> done = new EnumMap<>(DigestAlgorithm.class);
        running.forEach((bank, digest) -> done.put(bank, Digest.of(bank, digest)));
        return done;
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
