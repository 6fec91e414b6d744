package dev.measure.hash;

import java.util.Arrays;

/**
 * SHA-384 of a few streams that have the same length and always continue together: each with blocks of its own, or all with the
 * same block, whose message schedule is then expanded once.
 *
 * <p>For one thread.
 */
public final class Sha384Lockstep {
    private static final Sha512.Variant SHA384 = Sha512.Variant.SHA384;

    private final int streams;
    private final LaneKernel kernel;
    private final long[] state;
    private final byte[][] arrays;
    private final int[] offsets;
    private long length; // of each stream, bytes

    private Sha384Lockstep(LaneKernel kernel, int streams) {
        this.streams = streams;
        this.kernel = kernel;
        this.state = kernel.first(SHA384);
        this.arrays = new byte[kernel.lanes()][];
        this.offsets = new int[kernel.lanes()];
    }

    /**
     * {@return streams, still empty}
     *
     * @param engine hashes them
     * @param streams how many, at least 1 and at most {@link #most}
     * @throws IllegalArgumentException if the engine cannot hash so many side by side
     */
    public static Sha384Lockstep of(Engine engine, int streams) {
        if (!engine.sideBySide() || streams < 1 || streams > most(engine)) {
            throw new IllegalArgumentException(
                    streams + " streams in lockstep, where " + (engine.sideBySide() ? most(engine) : 0) + " can be");
        }
        return new Sha384Lockstep(engine.kernel(engine.lanesOfKernel(streams)), streams);
    }

    /** {@return how many streams an engine hashes side by side} */
    public static int most(Engine engine) {
        return engine.width();
    }

    /** Blocks that are the same in all streams, expanded. Made anew with every {@link #expand}. */
    public final class SameBlocks {
        private final long[] schedules = new long[Sha512.ROUNDS * kernel.lanes()];
        private final byte[][] same = new byte[kernel.lanes()][];
        private final int[] at = new int[kernel.lanes()];
        private int count;

        private SameBlocks() {}

        /** {@return how many blocks fit} */
        public int room() {
            return kernel.lanes();
        }

        /**
         * Takes blocks that lie one behind the other; they need not stay.
         *
         * @param array holds them
         * @param offset where the first begins
         * @param blocks how many, 128 bytes each, at least 1 and at most {@link #room}
         * @throws IllegalArgumentException if there is no room for so many
         */
        public void expand(byte[] array, int offset, int blocks) {
            if (blocks < 1 || blocks > room()) {
                throw new IllegalArgumentException(blocks + " blocks, where there is room for " + room());
            }
            Arrays.fill(same, array);
            for (int lane = 0; lane < at.length; lane++) {
                at[lane] = offset + Math.min(lane, blocks - 1) * Sha512.BLOCK;
            }
            count = blocks;
            kernel.schedules(same, at, schedules);
        }
    }

    /** {@return room for blocks that are the same in all streams} */
    public SameBlocks sameBlocks() {
        return new SameBlocks();
    }

    /**
     * Continues all streams with the same block.
     *
     * @param blocks made by this object
     * @param which of them, from 0
     * @throws IllegalArgumentException if there is no such block
     */
    public void same(SameBlocks blocks, int which) {
        if (which < 0 || which >= blocks.count) {
            throw new IllegalArgumentException("block " + which + " of " + blocks.count);
        }
        kernel.constant(state, blocks.schedules, which, kernel.lanes());
        length += Sha512.BLOCK;
    }

    /**
     * Says where the own blocks of a stream lie from now on.
     *
     * @param stream which, from 0
     * @param array holds them
     * @param offset a place in it
     */
    public void at(int stream, byte[] array, int offset) {
        arrays[stream] = array;
        offsets[stream] = offset;
        for (int lane = streams; stream == 0 && lane < offsets.length; lane++) {
            arrays[lane] = array; // a lane too many repeats the first stream
            offsets[lane] = offset;
        }
    }

    /**
     * Continues each stream with blocks of its own.
     *
     * @param plus how far behind the place of each stream they begin
     * @param blocks how many, 128 bytes each
     */
    public void each(int plus, int blocks) {
        kernel.blocks(state, arrays, offsets, plus, blocks);
        length += (long) blocks * Sha512.BLOCK;
    }

    /** {@return the digest of each stream; they must not be continued any more} */
    public byte[][] digests() {
        byte[] end = Sha512.padded(new byte[0], 0, 0, length);
        kernel.constant(state, Sha512.schedule(end, 0), 0, 1);
        byte[][] digests = new byte[streams][SHA384.length()];
        for (int lane = 0; lane < streams; lane++) {
            kernel.digest(SHA384, state, lane, digests[lane], 0);
        }
        return digests;
    }
}
