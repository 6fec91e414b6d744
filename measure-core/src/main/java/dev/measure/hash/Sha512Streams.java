package dev.measure.hash;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;

/**
 * Streams of SHA-384 and SHA-512 that grow piece by piece and are hashed side by side. Pieces are remembered, not copied, until
 * {@link #flush}; what a stream holds may differ in length and place from what the others hold.
 *
 * <p>For one thread.
 */
public final class Sha512Streams {
    private static final Comparator<Stream> LONGEST_FIRST =
            Comparator.comparingLong((Stream stream) -> stream.blocks).reversed();

    private final Engine engine;
    private final List<Stream> waiting = new ArrayList<>();
    private LaneKernel kernel;
    private long[] state = {};
    private byte[][] arrays = {};
    private int[] offsets = {};

    private Sha512Streams(Engine engine) {
        this.engine = engine;
    }

    /**
     * {@return no streams yet}
     *
     * @param engine hashes them
     * @throws IllegalArgumentException if it cannot hash side by side
     */
    public static Sha512Streams of(Engine engine) {
        if (!engine.sideBySide()) {
            throw new IllegalArgumentException("an engine without vector kernels: use message digests");
        }
        return new Sha512Streams(engine);
    }

    /** Whole blocks that lie one behind the other. */
    private record Run(byte[] array, int offset, int blocks) {}

    /** How far a stream had come: for another one, on any thread, to go on from. */
    public static final class State {
        private final Sha512.Variant variant;
        private final long[] hash;
        private final byte[] rest; // less than a block
        private final long length;

        private State(Sha512.Variant variant, long[] hash, byte[] rest, long length) {
            this.variant = variant;
            this.hash = hash;
            this.rest = rest;
            this.length = length;
        }
    }

    /** One stream. */
    public final class Stream {
        private final Sha512.Variant variant;
        private final long[] hash = new long[Sha512.STATE_WORDS];
        private final List<Run> runs = new ArrayList<>();
        private int run; // the one that is being worked on
        private int doneOfRun; // blocks
        private long blocks; // of all runs, not yet hashed
        private byte[] rest = new byte[Sha512.BLOCK];
        private int held; // bytes of rest
        private long length;
        private boolean ended;

        private Stream(Sha512.Variant variant) {
            this.variant = variant;
            for (int word = 0; word < Sha512.STATE_WORDS; word++) {
                hash[word] = variant.first(word);
            }
        }

        private Stream(State state) {
            this.variant = state.variant;
            System.arraycopy(state.hash, 0, hash, 0, hash.length);
            this.held = state.rest.length;
            System.arraycopy(state.rest, 0, rest, 0, held);
            this.length = state.length;
        }

        /**
         * {@return how far the stream has come}
         *
         * @throws IllegalStateException if it has ended, or was not hashed since it grew
         */
        public State state() {
            if (ended || blocks > 0) {
                throw new IllegalStateException("the stream has ended, or was not hashed since it grew");
            }
            return new State(variant, hash.clone(), Arrays.copyOf(rest, held), length);
        }

        /**
         * Continues the stream.
         *
         * @param array holds the next bytes, which must not change before {@link #flush}
         * @param offset where they begin
         * @param count how many
         * @throws IllegalStateException if the stream has ended
         */
        public void update(byte[] array, int offset, int count) {
            if (ended) {
                throw new IllegalStateException("the stream has ended");
            }
            length += count;
            int at = offset;
            int end = offset + count;
            if (held > 0) {
                int taken = Math.min(Sha512.BLOCK - held, count);
                System.arraycopy(array, at, rest, held, taken);
                held += taken;
                at += taken;
                if (held < Sha512.BLOCK) {
                    return;
                }
                add(rest, 0, 1);
                rest = new byte[Sha512.BLOCK]; // the old one is waiting
                held = 0;
            }
            int whole = (end - at) / Sha512.BLOCK;
            if (whole > 0) {
                add(array, at, whole);
                at += whole * Sha512.BLOCK;
            }
            System.arraycopy(array, at, rest, 0, end - at);
            held = end - at;
        }

        /** Ends the stream; its digest is there after the next {@link #flush}. */
        public void end() {
            byte[] last = Sha512.padded(rest, 0, held, length);
            ended = true;
            add(last, 0, last.length / Sha512.BLOCK);
        }

        /**
         * {@return the digest}
         *
         * @throws IllegalStateException if the stream has not ended, or was not hashed to its end
         */
        public byte[] digest() {
            if (!ended || blocks > 0) {
                throw new IllegalStateException("the stream has not been hashed to its end");
            }
            byte[] digest = new byte[variant.length()];
            for (int word = 0; word < digest.length / 8; word++) {
                Sha512.put(digest, 8 * word, hash[word]);
            }
            return digest;
        }

        private void add(byte[] array, int offset, int count) {
            if (blocks == 0) {
                waiting.add(this);
            }
            runs.add(new Run(array, offset, count));
            blocks += count;
        }

        private int blocksOfRun() {
            return runs.get(run).blocks - doneOfRun;
        }

        private void done(int count) {
            blocks -= count;
            doneOfRun += count;
            if (doneOfRun == runs.get(run).blocks) {
                run++;
                doneOfRun = 0;
            }
            if (blocks == 0) {
                runs.clear();
                run = 0;
            }
        }
    }

    /** {@return a new SHA-384} */
    public Stream sha384() {
        return new Stream(Sha512.Variant.SHA384);
    }

    /** {@return a new SHA-512} */
    public Stream sha512() {
        return new Stream(Sha512.Variant.SHA512);
    }

    /**
     * {@return a stream that goes on}
     *
     * @param state where
     */
    public Stream resume(State state) {
        return new Stream(state);
    }

    /** Hashes all that has been handed over; the arrays may be used for other things then. */
    public void flush() {
        if (waiting.size() > engine.width()) {
            waiting.sort(LONGEST_FIRST); // so that few lanes run empty at the end
        }
        List<Stream> active = new ArrayList<>();
        int next = 0;
        while (next < waiting.size() || !active.isEmpty()) {
            while (active.size() < engine.width() && next < waiting.size()) {
                active.add(waiting.get(next++));
            }
            int lanes = engine.lanesOfKernel(active.size());
            run(lanes, active.subList(0, Math.min(lanes, active.size())));
            active.removeIf(stream -> stream.blocks == 0);
        }
        waiting.clear();
    }

    /** As many blocks of each of some streams as all of them have in one piece. */
    private void run(int lanes, List<Stream> some) {
        use(lanes);
        int blocks = Integer.MAX_VALUE;
        for (Stream stream : some) {
            blocks = Math.min(blocks, stream.blocksOfRun());
        }
        for (int lane = 0; lane < lanes; lane++) {
            Stream stream = some.get(lane < some.size() ? lane : 0); // a lane too many repeats the first stream
            Run run = stream.runs.get(stream.run);
            arrays[lane] = run.array;
            offsets[lane] = run.offset + stream.doneOfRun * Sha512.BLOCK;
            for (int word = 0; word < Sha512.STATE_WORDS; word++) {
                state[word * lanes + lane] = stream.hash[word];
            }
        }
        kernel.blocks(state, arrays, offsets, 0, blocks);
        for (int lane = 0; lane < some.size(); lane++) {
            Stream stream = some.get(lane);
            for (int word = 0; word < Sha512.STATE_WORDS; word++) {
                stream.hash[word] = state[word * lanes + lane];
            }
            stream.done(blocks);
        }
    }

    private void use(int lanes) {
        if (kernel == null || kernel.lanes() != lanes) {
            kernel = engine.kernel(lanes);
            state = new long[Sha512.STATE_WORDS * lanes];
            arrays = new byte[lanes][];
            offsets = new int[lanes];
        }
    }
}
