package dev.measure.hash;

import java.util.ArrayList;
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
            Comparator.comparingInt((Stream stream) -> stream.blocks).reversed();

    private final Engine engine;
    private final List<Stream> streams = new ArrayList<>();
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

    private static final class Stream {
        private final Sha512.Variant variant;
        private final long[] state = new long[Sha512.STATE_WORDS];
        private final List<Run> runs = new ArrayList<>(); // the first is being worked on
        private int run; // which of the runs that is
        private int doneOfRun; // blocks
        private int blocks; // of all runs, not yet hashed
        private byte[] rest = new byte[Sha512.BLOCK];
        private int held; // bytes of rest
        private long length;

        private Stream(Sha512.Variant variant) {
            this.variant = variant;
            for (int word = 0; word < Sha512.STATE_WORDS; word++) {
                state[word] = variant.first(word);
            }
        }

        private void add(byte[] array, int offset, int count) {
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

    /** {@return the number of a new SHA-384} */
    public int addSha384() {
        return add(Sha512.Variant.SHA384);
    }

    /** {@return the number of a new SHA-512} */
    public int addSha512() {
        return add(Sha512.Variant.SHA512);
    }

    private int add(Sha512.Variant variant) {
        streams.add(new Stream(variant));
        return streams.size() - 1;
    }

    /**
     * Continues a stream.
     *
     * @param number its number
     * @param array holds the next bytes, which must not change before {@link #flush}
     * @param offset where they begin
     * @param count how many
     */
    public void update(int number, byte[] array, int offset, int count) {
        Stream stream = streams.get(number);
        stream.length += count;
        boolean idle = stream.blocks == 0;
        int at = offset;
        int end = offset + count;
        if (stream.held > 0) {
            int taken = Math.min(Sha512.BLOCK - stream.held, count);
            System.arraycopy(array, at, stream.rest, stream.held, taken);
            stream.held += taken;
            at += taken;
            if (stream.held < Sha512.BLOCK) {
                return;
            }
            stream.add(stream.rest, 0, 1);
            stream.rest = new byte[Sha512.BLOCK]; // the old one is waiting
            stream.held = 0;
        }
        int blocks = (end - at) / Sha512.BLOCK;
        if (blocks > 0) {
            stream.add(array, at, blocks);
            at += blocks * Sha512.BLOCK;
        }
        System.arraycopy(array, at, stream.rest, 0, end - at);
        stream.held = end - at;
        if (idle && stream.blocks > 0) {
            waiting.add(stream);
        }
    }

    /** Hashes all that has been handed over; the arrays may be used for other things then. */
    public void flush() {
        while (!waiting.isEmpty()) {
            if (waiting.size() > engine.width()) {
                waiting.sort(LONGEST_FIRST);
            }
            int lanes = Math.max(engine.lanes(waiting.size()), engine.fewest());
            run(lanes, waiting.subList(0, Math.min(lanes, waiting.size())));
            waiting.removeIf(stream -> stream.blocks == 0);
        }
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
                state[word * lanes + lane] = stream.state[word];
            }
        }
        kernel.blocks(state, arrays, offsets, blocks);
        for (int lane = 0; lane < some.size(); lane++) {
            Stream stream = some.get(lane);
            for (int word = 0; word < Sha512.STATE_WORDS; word++) {
                stream.state[word] = state[word * lanes + lane];
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

    /**
     * {@return the digests of all streams, which end here, in the order of their numbers}
     */
    public List<byte[]> digests() {
        for (Stream stream : streams) {
            byte[] end = Sha512.padded(stream.rest, 0, stream.held, stream.length);
            if (stream.blocks == 0) {
                waiting.add(stream);
            }
            stream.add(end, 0, end.length / Sha512.BLOCK);
        }
        flush();
        List<byte[]> digests = new ArrayList<>();
        for (Stream stream : streams) {
            byte[] digest = new byte[stream.variant.length()];
            for (int word = 0; word < digest.length / 8; word++) {
                Sha512.put(digest, 8 * word, stream.state[word]);
            }
            digests.add(digest);
        }
        streams.clear();
        return digests;
    }
}
