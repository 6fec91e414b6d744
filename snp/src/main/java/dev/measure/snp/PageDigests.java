package dev.measure.snp;

import dev.measure.DigestAlgorithm;
import dev.measure.Source;
import java.security.DigestException;
import java.security.MessageDigest;
import java.util.Arrays;

/**
 * The SHA-384 of every 4 KiB page of an image, packed. A page equal to the one before, or all 0xff as most of a flash image is,
 * is not hashed again.
 */
final class PageDigests {
    private static final int PAGE = PageInfo.PAGE;
    private static final int DIGEST = PageInfo.DIGEST;
    private static final byte[] ERASED = erased();

    private final byte[] packed;
    private final int pages;

    private PageDigests(byte[] packed, int pages) {
        this.packed = packed;
        this.pages = pages;
    }

    /** The digests of an image, whose length is a multiple of a page; read once, in pieces. */
    static PageDigests of(Source image) {
        int pages = Math.toIntExact(image.length() / PAGE);
        Fold fold = new Fold(new byte[pages * DIGEST]);
        image.stream(fold);
        return new PageDigests(fold.packed, pages);
    }

    int pages() {
        return pages;
    }

    /** All digests, 48 bytes each; not to be changed. */
    byte[] packed() {
        return packed;
    }

    private static byte[] erased() {
        byte[] page = new byte[PAGE];
        Arrays.fill(page, (byte) 0xff);
        return page;
    }

    private static final class Fold implements Source.Sink {
        private final MessageDigest sha384 = DigestAlgorithm.SHA384.newMessageDigest();
        private final byte[] packed;
        private final byte[] last = new byte[PAGE];
        private int lastPage = -1;
        private int erasedPage = -1;
        private int page;

        Fold(byte[] packed) {
            this.packed = packed;
        }

        /** Pieces hold whole pages: the length of the image and of a piece are multiples of a page. */
        @Override
        public void accept(byte[] array, int offset, int count) {
            for (int at = offset; at < offset + count; at += PAGE) {
                accept(array, at);
            }
        }

        private void accept(byte[] array, int at) {
            boolean erased = array[at] == -1 && Arrays.equals(array, at, at + PAGE, ERASED, 0, PAGE);
            int known = erased ? erasedPage : -1;
            if (known < 0 && lastPage >= 0 && Arrays.equals(array, at, at + PAGE, last, 0, PAGE)) {
                known = lastPage;
            }
            if (known >= 0) {
                System.arraycopy(packed, known * DIGEST, packed, page * DIGEST, DIGEST);
            } else {
                sha384.update(array, at, PAGE);
                try {
                    sha384.digest(packed, page * DIGEST, DIGEST);
                } catch (DigestException e) {
                    throw new IllegalStateException("SHA-384 gives 48 bytes", e);
                }
                System.arraycopy(array, at, last, 0, PAGE);
                lastPage = page;
            }
            if (erased) {
                erasedPage = page;
            }
            page++;
        }
    }
}
