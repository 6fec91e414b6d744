package dev.measure.tdx;

import dev.measure.Source;

/** The pages of one section after another, where they lie if the image is in memory, else read a few at a time. */
final class MrtdPages {
    private static final int PAGE = MrtdRecords.PAGE;

    /** Pages that are read from the image at a time. */
    private static final int WINDOW = 16;

    private static final byte[] NOTHING = {};

    private byte[] window = NOTHING;
    private int windowOffset;
    private long windowFrom; // the page that the window begins with
    private long windowTo; // and the one behind it

    /** Another section begins, with its page 0. */
    void begin() {
        windowTo = 0;
    }

    /** The array that holds the page that was asked for last. */
    byte[] array() {
        return window;
    }

    /** Brings a page into the array; says where it is. Behind the contents are zeros. Pages are asked for in their order. */
    int at(Source contents, long page) {
        if (page >= windowTo) {
            long left = Math.max(0, contents.length() - page * PAGE);
            int count = (int) Math.min(WINDOW * PAGE, left / PAGE * PAGE);
            if (count > 0) {
                window = NOTHING;
                contents.slice(page * PAGE, count).stream((array, offset, piece) -> take(array, offset, piece, count));
            }
            if (count == 0 || window == NOTHING) {
                // The last bytes, with zeros behind them; or pages that lie in two places.
                window = new byte[Math.max(count, PAGE)];
                windowOffset = 0;
                contents.read(left == 0 ? 0 : page * PAGE, window, 0, (int) Math.min(left, window.length));
            }
            windowFrom = page;
            windowTo = page + Math.max(1, count / PAGE);
        }
        return windowOffset + (int) (page - windowFrom) * PAGE;
    }

    private void take(byte[] array, int offset, int count, int wanted) {
        if (count == wanted) {
            window = array;
            windowOffset = offset;
        }
    }
}
