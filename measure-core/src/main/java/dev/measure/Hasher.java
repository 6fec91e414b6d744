package dev.measure;

import dev.measure.hash.Sha512Streams;
import java.security.MessageDigest;
import java.util.List;

/**
 * One digest on its way through a pass, for one thread: a message digest, or a stream that is hashed side by side with others. There
 * is none of both before the first byte and behind the last, so that a thousand contents do not hold a thousand digests at once.
 */
final class Hasher {
    private static final byte[] ZEROS = new byte[1 << 16];

    private final DigestAlgorithm algorithm;
    private final int worker;
    private Object state; // what it goes on from, and what it has come to while it rests; null for the beginning
    private MessageDigest digest; // null for a stream
    private Sha512Streams.Stream stream; // null for a message digest
    private Digest result; // null before the end

    private Hasher(DigestAlgorithm algorithm, int worker, Object state) {
        this.algorithm = algorithm;
        this.worker = worker;
        this.state = state;
    }

    /**
     * A digest that begins, or that goes on.
     *
     * @param algorithm which
     * @param worker whose it is
     * @param state where it goes on, one of those that {@link #isUsable} takes; null for the beginning
     */
    static Hasher of(DigestAlgorithm algorithm, int worker, Object state) {
        return new Hasher(algorithm, worker, state);
    }

    /** {@return whether a pass can go on from a state: what was hashed side by side goes on side by side} */
    static boolean isUsable(DigestAlgorithm algorithm, Object state, boolean lanes) {
        return (lanes && isOfFamily512(algorithm)) == state instanceof Sha512Streams.State;
    }

    static boolean isOfFamily512(DigestAlgorithm algorithm) {
        return algorithm == DigestAlgorithm.SHA384 || algorithm == DigestAlgorithm.SHA512;
    }

    DigestAlgorithm algorithm() {
        return algorithm;
    }

    int worker() {
        return worker;
    }

    /** {@return the digest, which is there behind the end, when all has been hashed} */
    Digest result() {
        return result;
    }

    private void begin(Sha512Streams streams) {
        if (digest != null || stream != null) {
            return;
        }
        if (streams != null && isOfFamily512(algorithm)) {
            if (state != null) {
                stream = streams.resume((Sha512Streams.State) state);
            } else {
                stream = algorithm == DigestAlgorithm.SHA384 ? streams.sha384() : streams.sha512();
            }
        } else {
            digest = state != null ? copy((MessageDigest) state) : algorithm.newMessageDigest();
        }
        state = null;
    }

    private static MessageDigest copy(MessageDigest digest) {
        try {
            return (MessageDigest) digest.clone();
        } catch (CloneNotSupportedException e) {
            throw new IllegalStateException(digest.getAlgorithm() + " of this Java runtime cannot be copied", e);
        }
    }

    private Object stateNow(Sha512Streams streams) {
        begin(streams);
        if (digest != null) {
            return copy(digest);
        }
        streams.flush();
        return stream.state();
    }

    /** What a thread has to do for a digest, in order. */
    interface Step {
        /**
         * Does it.
         *
         * @param streams of the thread; null if it hashes nothing side by side
         */
        void run(Sha512Streams streams);
    }

    /** Takes bytes; null is for zeros. The array must not change before all streams are flushed. */
    record Update(Hasher hasher, byte[] array, int offset, long count) implements Step {
        @Override
        public void run(Sha512Streams streams) {
            hasher.begin(streams);
            if (array != null) {
                hasher.update(array, offset, (int) count);
                return;
            }
            for (long done = 0; done < count; done += ZEROS.length) {
                hasher.update(ZEROS, 0, (int) Math.min(ZEROS.length, count - done));
            }
        }
    }

    private void update(byte[] array, int offset, int count) {
        if (digest != null) {
            digest.update(array, offset, count);
        } else {
            stream.update(array, offset, count);
        }
    }

    /** Lets another digest go on from here. */
    record Fork(Hasher hasher, Hasher other) implements Step {
        @Override
        public void run(Sha512Streams streams) {
            other.state = hasher.stateNow(streams);
        }
    }

    /** Remembers how far it has come behind some bytes of a file. */
    record Keep(Hasher hasher, OpenFile file, List<OpenFile.Range> ranges) implements Step {
        @Override
        public void run(Sha512Streams streams) {
            file.keep(ranges, hasher.algorithm, hasher.stateNow(streams));
        }
    }

    /** Ends a digest. */
    record End(Hasher hasher) implements Step {
        @Override
        public void run(Sha512Streams streams) {
            hasher.begin(streams);
            if (hasher.stream != null) {
                hasher.stream.end(); // the result is there behind the flush
                return;
            }
            hasher.result = Digest.of(hasher.algorithm, hasher.digest);
            hasher.digest = null;
        }
    }

    /** Takes the digest of a stream that was ended and flushed. */
    void take() {
        if (stream != null) {
            result = Digest.of(algorithm, stream.digest());
            stream = null;
        }
    }
}
