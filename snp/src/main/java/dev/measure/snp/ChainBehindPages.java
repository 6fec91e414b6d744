package dev.measure.snp;

import dev.measure.Digest;
import dev.measure.DigestAlgorithm;
import dev.measure.Source;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;

/**
 * The pages of a file and the chain over them, at once: the caller's thread hashes the pages, a second one extends the chain by those
 * that are ready. If no thread has come to it by the time the pages are done, the caller's extends the chain too.
 */
final class ChainBehindPages {
    /** With fewer pages the second thread costs more than it saves. */
    private static final int WORTH_A_THREAD = 256;

    private static final int SPINS = 1000;
    private static final long NAP_NANOS = 20_000;

    private final long gpa;
    private final byte[] packed;
    private final int pages;
    private final PageInfo chain = new PageInfo(Digest.zero(DigestAlgorithm.SHA384));
    private final AtomicBoolean taken = new AtomicBoolean();
    private final CountDownLatch done = new CountDownLatch(1);
    private volatile int ready;
    private volatile boolean abandoned;

    private ChainBehindPages(long gpa, byte[] packed) {
        this.gpa = gpa;
        this.packed = packed;
        this.pages = packed.length / PageInfo.DIGEST;
    }

    /** The digests of all pages, packed, and the launch digest behind them. */
    record Result(byte[] packed, Digest after) {}

    /** The pages of a file that is the first thing measured, as NORMAL pages from an address on. */
    static Result of(Source file, long gpa) {
        ChainBehindPages both = new ChainBehindPages(gpa, PageDigests.packedFor(file));
        boolean pays = both.pages >= WORTH_A_THREAD && Runtime.getRuntime().availableProcessors() > 1;
        if (pays) {
            Thread thread = new Thread(both::extendIfFree, "measure-chain");
            thread.setDaemon(true);
            thread.start();
        }
        try {
            PageDigests.of(file, both.packed, pages -> both.ready = pages);
        } finally {
            both.abandoned = both.ready < both.pages; // the file could not be read to its end
        }
        both.extendIfFree();
        both.join();
        return new Result(both.packed, both.chain.launchDigest());
    }

    private void extendIfFree() {
        if (!taken.compareAndSet(false, true)) {
            return;
        }
        try {
            int page = 0;
            for (int spins = 0; page < pages && !abandoned; ) {
                int end = ready;
                if (page == end) {
                    rest(spins++);
                    continue;
                }
                spins = 0;
                for (; page < end; page++) {
                    chain.extend(PageType.NORMAL, gpa + (long) page * PageInfo.PAGE, packed, page * PageInfo.DIGEST);
                }
            }
        } finally {
            done.countDown();
        }
    }

    private static void rest(int spins) {
        if (spins < SPINS) {
            Thread.onSpinWait();
        } else {
            LockSupport.parkNanos(NAP_NANOS);
        }
    }

    /** The chain is never far behind, so an interrupt can wait until it is there. */
    private void join() {
        boolean interrupted = false;
        while (done.getCount() > 0) {
            try {
                done.await();
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
