package dev.measure.snp;

import dev.measure.Source;
import dev.measure.hash.Sha384Messages;
import java.util.Arrays;

/**
 * The SHA-384 of every 4 KiB page of an image, packed. A page equal to the one before, or all 0xff as most of a flash image is,
 * is not hashed again; the others are hashed side by side.
 */
final class PageDigests {
    private static final int PAGE = PageInfo.PAGE;
    private static final int DIGEST = PageInfo.DIGEST;

    /** Bytes after which the chain hears of new digests. */
    private static final int PART = 64 * PAGE;

    private static final byte[] ERASED = erased();

    private PageDigests() {}

    /** Hears how far the digests are, on the thread that makes them. */
    @FunctionalInterface
    interface Progress {
        /**
         * Takes note.
         *
         * @param pages so many pages, from the first on, have their digest
         */
        void ready(int pages);
    }

    /**
     * The digests of an image, whose length is a multiple of a page; read once, in pieces.
     *
     * @param packed takes them, 48 bytes each
     * @param progress hears of them
     */
    static void of(Source image, byte[] packed, Progress progress) {
        Fold fold = new Fold(packed, progress);
        image.stream(fold);
        fold.end();
    }

    /** All digests of an image, 48 bytes each. */
    static byte[] of(Source image) {
        byte[] packed = packedFor(image);
        of(image, packed, pages -> {});
        return packed;
    }

    /** Room for the digests of an image. */
    static byte[] packedFor(Source image) {
        return new byte[Math.toIntExact(image.length() / PAGE * DIGEST)];
    }

    private static byte[] erased() {
        byte[] page = new byte[PAGE];
        Arrays.fill(page, (byte) 0xff);
        return page;
    }

    private static final class Fold implements Source.Sink {
        private final Sha384Messages sha384 = Sha384Messages.ofLength(PAGE);
        private final int group = sha384.group();
        private final Progress progress;
        private final byte[] packed;
        private final int[] sameAs; // for each page the one that has its digest: itself, or one before
        private int page;
        private int ready;

        // The last page that was new, and the first that was erased.
        private byte[] last = ERASED;
        private int lastAt;
        private int lastPage = -1;
        private int erasedPage = -1;

        // New pages of this piece; there are never more than a piece has pages, or a group.
        private int[] at = new int[64];
        private int[] outAt = new int[64];
        private int waiting;

        // New pages of pieces before, too few for a group.
        private final byte[] held = new byte[group * PAGE];
        private final int[] heldAt = new int[group];
        private final int[] heldOutAt = new int[group];
        private int holding;

        Fold(byte[] packed, Progress progress) {
            this.packed = packed;
            this.progress = progress;
            this.sameAs = new int[packed.length / DIGEST];
        }

        /**
         * Pieces hold whole pages: the length of the image and of a piece are multiples of a page. An image in memory comes as one
         * piece; it is taken in parts, so that the chain can follow.
         */
        @Override
        public void accept(byte[] array, int offset, int count) {
            for (int done = 0; done < count; done += PART) {
                part(array, offset + done, Math.min(PART, count - done));
            }
        }

        private void part(byte[] array, int offset, int count) {
            for (int from = offset; from < offset + count; from += PAGE) {
                sameAs[page] = known(array, from);
                if (sameAs[page] == page) {
                    add(array, from);
                }
                page++;
            }
            int whole = waiting - waiting % group;
            sha384.digest(array, at, whole, packed, outAt);
            for (int i = whole; i < waiting; i++) {
                hold(array, at[i], outAt[i]);
            }
            waiting = 0;
            if (lastPage >= 0 && last == array) {
                last = Arrays.copyOfRange(array, lastAt, lastAt + PAGE); // the array may be used again
                lastAt = 0;
            }
            tell();
        }

        /** The page that has the digest of a page. */
        private int known(byte[] array, int from) {
            if (array[from] == -1 && Arrays.equals(array, from, from + PAGE, ERASED, 0, PAGE)) {
                erasedPage = erasedPage < 0 ? page : erasedPage;
                return erasedPage;
            }
            if (lastPage >= 0 && Arrays.equals(array, from, from + PAGE, last, lastAt, lastAt + PAGE)) {
                return lastPage;
            }
            last = array;
            lastAt = from;
            lastPage = page;
            return page;
        }

        private void add(byte[] array, int from) {
            if (holding > 0) {
                hold(array, from, page * DIGEST);
                return;
            }
            if (waiting == at.length) {
                at = Arrays.copyOf(at, 2 * waiting);
                outAt = Arrays.copyOf(outAt, 2 * waiting);
            }
            at[waiting] = from;
            outAt[waiting++] = page * DIGEST;
        }

        private void hold(byte[] array, int from, int out) {
            System.arraycopy(array, from, held, holding * PAGE, PAGE);
            heldAt[holding] = holding * PAGE;
            heldOutAt[holding++] = out;
            if (holding == group) {
                digestHeld();
            }
        }

        private void digestHeld() {
            sha384.digest(held, heldAt, holding, packed, heldOutAt);
            holding = 0;
        }

        void end() {
            digestHeld();
            tell();
        }

        /** Gives equal pages their digest, up to the first page that still waits for its own. */
        private void tell() {
            int end = holding > 0 ? heldOutAt[0] / DIGEST : page;
            for (; ready < end; ready++) {
                if (sameAs[ready] != ready) {
                    System.arraycopy(packed, sameAs[ready] * DIGEST, packed, ready * DIGEST, DIGEST);
                }
            }
            progress.ready(ready);
        }
    }
}
