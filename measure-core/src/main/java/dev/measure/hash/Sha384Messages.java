package dev.measure.hash;

import java.security.DigestException;
import java.security.MessageDigest;

/**
 * SHA-384 of many messages of one length: the pages of a firmware. Packed in and out; side by side where this machine gains by it.
 *
 * <p>For one thread.
 */
public final class Sha384Messages {
    /** Bytes of a digest. */
    public static final int DIGEST = 48;

    private static final Sha512.Variant SHA384 = Sha512.Variant.SHA384;

    private final Engine engine;
    private final int length;
    private final int wholeBlocks;
    private final MessageDigest alone;

    private LaneKernel kernel;
    private long[] state;
    private byte[][] arrays;
    private int[] offsets;
    private long[][] ends; // schedules of the padding, if no message leaves a rest behind its last whole block

    private Sha384Messages(Engine engine, int length) {
        if (length < 0) {
            throw new IllegalArgumentException("a message of " + length + " bytes");
        }
        this.engine = engine;
        this.length = length;
        this.wholeBlocks = length / Sha512.BLOCK;
        this.alone = Digests.sha384();
    }

    /**
     * {@return a way to digest messages}
     *
     * @param length bytes of every message
     */
    public static Sha384Messages ofLength(int length) {
        return new Sha384Messages(Engine.current(), length);
    }

    /** The same by the means of an engine. */
    static Sha384Messages of(Engine engine, int length) {
        return new Sha384Messages(engine, length);
    }

    /** {@return how many messages are worth gathering before they are digested} */
    public int group() {
        return engine.width();
    }

    /**
     * Digests messages that lie in one array.
     *
     * @param array holds them; not changed
     * @param at where each of them begins
     * @param count how many
     * @param out takes the digests, 48 bytes each
     * @param outAt where each digest goes
     */
    public void digest(byte[] array, int[] at, int count, byte[] out, int[] outAt) {
        int done = 0;
        while (done < count) {
            int lanes = engine.lanes(count - done);
            if (lanes == 1) {
                digest(array, at[done], out, outAt[done]);
                done++;
            } else {
                int taken = Math.min(lanes, count - done);
                digest(lanes, array, at, done, taken, out, outAt);
                done += taken;
            }
        }
    }

    private void digest(byte[] array, int at, byte[] out, int outAt) {
        alone.update(array, at, length);
        try {
            alone.digest(out, outAt, DIGEST);
        } catch (DigestException e) {
            throw new IllegalStateException("SHA-384 gives 48 bytes", e);
        }
    }

    private void digest(int lanes, byte[] array, int[] at, int first, int count, byte[] out, int[] outAt) {
        use(lanes);
        for (int lane = 0; lane < lanes; lane++) {
            arrays[lane] = array;
            // A lane without a message of its own repeats the first one.
            offsets[lane] = at[first + (lane < count ? lane : 0)];
        }
        kernel.first(SHA384, state);
        kernel.blocks(state, arrays, offsets, 0, wholeBlocks);
        if (length % Sha512.BLOCK == 0) {
            for (long[] end : ends) {
                kernel.constant(state, end, 0, 1);
            }
        } else {
            int blocks = 0;
            for (int lane = 0; lane < lanes; lane++) {
                int rest = wholeBlocks * Sha512.BLOCK;
                arrays[lane] = Sha512.padded(array, offsets[lane] + rest, length - rest, length);
                offsets[lane] = 0;
                blocks = arrays[lane].length / Sha512.BLOCK;
            }
            kernel.blocks(state, arrays, offsets, 0, blocks);
        }
        for (int lane = 0; lane < count; lane++) {
            kernel.digest(SHA384, state, lane, out, outAt[first + lane]);
        }
    }

    private void use(int lanes) {
        if (kernel != null && kernel.lanes() == lanes) {
            return;
        }
        kernel = engine.kernel(lanes);
        state = new long[Sha512.STATE_WORDS * lanes];
        arrays = new byte[lanes][];
        offsets = new int[lanes];
        if (ends == null) {
            byte[] end = Sha512.padded(new byte[0], 0, 0, length);
            ends = new long[][] {Sha512.schedule(end, 0)};
        }
    }
}
