package dev.measure.eventlog;

import dev.measure.Source;
import java.io.InputStream;

/** The bytes of a source as a stream, read in pieces. */
final class SourceStream extends InputStream {
    private static final int PIECE = 64 * 1024;
    /** Record separator of JSON text sequences (RFC 7464), which no JSON parser takes. */
    private static final byte RECORD_SEPARATOR = 0x1e;

    private final Source source;
    private final byte[] piece = new byte[PIECE];
    private long next;
    private int position;
    private int count;

    SourceStream(Source source) {
        this.source = source;
    }

    /** {@return the offset of the next byte from the start of the source} */
    long offset() {
        return next - (count - position);
    }

    @Override
    public int read() {
        return fill() ? piece[position++] & 0xff : -1;
    }

    @Override
    public int read(byte[] into, int at, int length) {
        if (length == 0) {
            return 0;
        }
        if (!fill()) {
            return -1;
        }
        int got = Math.min(length, count - position);
        System.arraycopy(piece, position, into, at, got);
        position += got;
        return got;
    }

    private boolean fill() {
        if (position < count) {
            return true;
        }
        count = (int) Math.min(PIECE, source.length() - next);
        position = 0;
        if (count == 0) {
            return false;
        }
        source.read(next, piece, 0, count);
        next += count;
        for (int i = 0; i < count; i++) {
            if (piece[i] == RECORD_SEPARATOR) {
                piece[i] = ' ';
            }
        }
        return true;
    }
}
