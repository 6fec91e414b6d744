package dev.measure.snp;

import dev.measure.DigestAlgorithm;
import dev.measure.Source;
import dev.measure.hash.Sha384Messages;
import java.util.Arrays;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReferenceArray;

/**
 * The SHA-384 of every 4 KiB page of an image, packed. A page equal to the one before, or all 0xff as most of a flash image is,
 * is not hashed again; the others are hashed side by side.
 *
 * <p>The image is read and hashed in parts. Whoever is free takes the next one: a second thread all the time, and the caller whenever
 * no page is ready that it has not seen yet. The caller depends on nobody: a part that the second thread does not finish in time, it
 * hashes itself.
 */
final class PageDigests {
    private static final int PAGE = PageInfo.PAGE;
    private static final int DIGEST = PageInfo.DIGEST;

    /** Pages of a part: enough for groups of lanes, few enough to stay in a core's cache and to be ready soon. */
    private static final int PART = 32;

    /** With fewer pages a second thread costs more than it saves. */
    private static final int WORTH_A_THREAD = 256;

    /** So long the second thread may take for a last part before the caller hashes it, too: it may wait for the caller's processor. */
    private static final long PATIENCE_NANOS = 30_000;

    private static final byte[] ERASED = erased();

    private final Source image;
    private final int pages;
    private final AtomicInteger next = new AtomicInteger(); // the first part that nobody has taken
    private final AtomicReferenceArray<Part> parts; // null until they are done

    // The caller's.
    private final Worker caller;
    private final byte[] packed;
    private int readyParts; // from the first on

    /** What became of a part: its digests, or the exception that ended it: the file became shorter, or cannot be read. */
    private record Part(byte[] digests, Optional<Throwable> failure) {}

    private PageDigests(Source image) {
        this.image = image;
        this.pages = Math.toIntExact(image.length() / PAGE);
        this.packed = new byte[Math.multiplyExact(pages, DIGEST)];
        this.parts = new AtomicReferenceArray<>((pages + PART - 1) / PART);
        this.caller = new Worker();
    }

    /** All digests of an image whose length is a multiple of a page, 48 bytes each. */
    static byte[] of(Source image) {
        PageDigests digests = start(image);
        for (int ready = 0; ready < digests.pages; ) {
            ready = digests.moreThan(ready);
        }
        return digests.packed;
    }

    /** Begins to digest an image whose length is a multiple of a page. The caller must ask until all pages are ready, or it fails. */
    static PageDigests start(Source image) {
        PageDigests digests = new PageDigests(image);
        if (digests.pages >= WORTH_A_THREAD && Runtime.getRuntime().availableProcessors() > 1) {
            // One of its own: the system looks for a free processor when a thread starts, not always when one wakes up.
            Thread thread = new Thread(digests::help, "measure-pages");
            thread.setDaemon(true);
            thread.start();
        }
        return digests;
    }

    /** How many pages there are. */
    int pages() {
        return pages;
    }

    /** The digests, 48 bytes each, of which only those that are ready count. */
    byte[] packed() {
        return packed;
    }

    /**
     * Works until more pages are ready.
     *
     * @param known so many are known to be ready, fewer than there are
     * @return so many pages, from the first on, have their digest
     */
    int moreThan(int known) {
        while (true) {
            for (; readyParts < parts.length() && parts.get(readyParts) != null; readyParts++) {
                take(readyParts, parts.get(readyParts));
            }
            int ready = Math.min(pages, readyParts * PART);
            if (ready > known) {
                return ready;
            }
            if (!caller.hashNext() && !inTime(readyParts)) {
                caller.hash(readyParts);
            }
        }
    }

    private void take(int index, Part part) {
        if (part.failure().isPresent()) {
            next.set(parts.length()); // the second thread has nothing to do either
            if (part.failure().get() instanceof Error error) {
                throw error;
            }
            throw (RuntimeException) part.failure().get();
        }
        System.arraycopy(part.digests(), 0, packed, index * PART * DIGEST, part.digests().length);
    }

    /** Whether the second thread is through with a part after a short while. */
    private boolean inTime(int index) {
        long start = System.nanoTime();
        while (parts.get(index) == null) {
            if (System.nanoTime() - start > PATIENCE_NANOS) {
                return false;
            }
            Thread.onSpinWait();
        }
        return true;
    }

    private void help() {
        if (next.get() < parts.length()) {
            Worker second = new Worker();
            while (second.hashNext()) {
                // the next one
            }
        }
    }

    private static byte[] erased() {
        byte[] page = new byte[PAGE];
        Arrays.fill(page, (byte) 0xff);
        return page;
    }

    /** Made when the first erased page is met. */
    private static final class Erased {
        private static final byte[] DIGEST_OF_PAGE =
                DigestAlgorithm.SHA384.newMessageDigest().digest(ERASED);
    }

    /** What one thread needs. */
    private final class Worker implements Source.Sink {
        private final Sha384Messages sha384 = Sha384Messages.ofLength(PAGE);
        private final byte[] buffer = new byte[Math.min(pages, PART) * PAGE];
        private byte[] digests;

        // Pages of the part that are new.
        private final int[] at = new int[PART];
        private final int[] outAt = new int[PART];
        private int fresh;

        // For each page of the part the one that has its digest: itself, one before, or -1 for the last one of earlier
        // parts.
        private final int[] sameAs = new int[PART];

        // The last page that was new.
        private byte[] last = {};
        private int lastAt;
        private int lastPage; // of the part; -1 if it was in an earlier one
        private final byte[] lastDigest = new byte[DIGEST];

        /** Hashes the next part; false if there is none left. */
        boolean hashNext() {
            // Not counted up any more once there is none, however often it is asked.
            int part = next.get() < parts.length() ? next.getAndIncrement() : parts.length();
            if (part >= parts.length()) {
                return false;
            }
            hash(part);
            return true;
        }

        void hash(int part) {
            Part done;
            try {
                int page = part * PART;
                image.piece((long) page * PAGE, Math.min(PART, pages - page) * PAGE, buffer, this);
                done = new Part(digests, Optional.empty());
            } catch (RuntimeException | Error e) {
                done = new Part(new byte[0], Optional.of(e));
            }
            parts.compareAndSet(part, null, done); // what was there first counts, even if the file changes
        }

        @Override
        public void accept(byte[] array, int offset, int count) {
            int length = count / PAGE;
            digests = new byte[length * DIGEST];
            fresh = 0;
            lastPage = -1;
            for (int page = 0; page < length; page++) {
                sort(array, offset + page * PAGE, page);
            }
            sha384.digest(array, at, fresh, digests, outAt);
            for (int page = 0; page < length; page++) {
                if (sameAs[page] < 0) {
                    System.arraycopy(lastDigest, 0, digests, page * DIGEST, DIGEST);
                } else if (sameAs[page] != page) {
                    System.arraycopy(digests, sameAs[page] * DIGEST, digests, page * DIGEST, DIGEST);
                }
            }
            if (lastPage >= 0) {
                System.arraycopy(digests, lastPage * DIGEST, lastDigest, 0, DIGEST);
                if (last == buffer) {
                    last = Arrays.copyOfRange(buffer, lastAt, lastAt + PAGE); // the buffer will be used again
                    lastAt = 0;
                }
            }
        }

        private void sort(byte[] array, int from, int page) {
            sameAs[page] = page;
            if (array[from] == -1 && Arrays.equals(array, from, from + PAGE, ERASED, 0, PAGE)) {
                System.arraycopy(Erased.DIGEST_OF_PAGE, 0, digests, page * DIGEST, DIGEST);
            } else if (last.length > 0 && Arrays.equals(array, from, from + PAGE, last, lastAt, lastAt + PAGE)) {
                sameAs[page] = lastPage;
            } else {
                last = array;
                lastAt = from;
                lastPage = page;
                at[fresh] = from;
                outAt[fresh++] = page * DIGEST;
            }
        }
    }
}
