package dev.measure.snp;

import dev.measure.Digest;
import dev.measure.DigestAlgorithm;
import dev.measure.Source;

/**
 * The pages of a file that is the first thing measured, and the chain over them, at once: the caller's thread extends the chain by the
 * pages that are ready, and hashes pages itself where it would have to wait.
 */
final class ChainBehindPages {
    private ChainBehindPages() {}

    /** The digests of all pages, packed, and the launch digest behind them. */
    record Result(byte[] packed, Digest after) {}

    /** The pages of a file, as NORMAL pages from an address on. */
    static Result of(Source file, long gpa) {
        PageDigests digests = PageDigests.start(file);
        PageInfo chain = new PageInfo(Digest.zero(DigestAlgorithm.SHA384));
        for (int page = 0; page < digests.pages(); ) {
            int ready = digests.moreThan(page);
            for (; page < ready; page++) {
                chain.extend(
                        PageType.NORMAL, gpa + (long) page * PageInfo.PAGE, digests.packed(), page * PageInfo.DIGEST);
            }
        }
        return new Result(digests.packed(), chain.launchDigest());
    }
}
