package dev.measure.hash;

import java.io.IOException;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;

/**
 * Vector kernels against the message digests of the Java runtime, on this machine, in this process: warmed up together, compared in
 * every result, measured in turns. A kernel takes part in real work only if it is right and cheaper.
 */
final class Duel {
    /** So long, and no longer, the kernels may take until they are compiled. */
    private static final long PATIENCE = TimeUnit.SECONDS.toNanos(30);

    /**
     * So often in a row, nearly, a kernel must be faster than the message digests. Until the second compiler is through with it, it is
     * slower by a factor of hundreds.
     */
    private static final int CALM = 32;

    /**
     * Java 17 makes a rotation of two shifts and an OR inside the vector classes, where the compiler then meets vectors of both widths:
     * with two kernels in a process the narrow one is too slow to be of use, and the wide one becomes slower.
     */
    private static final boolean TAKES_TWO_WIDTHS = Runtime.version().feature() > 17;

    private static final int ROUNDS = 41;
    private static final int MESSAGES = 8;
    private static final int LENGTH = 4096;
    private static final int STEPS = 4;
    private static final int CHAIN_MESSAGE = 112;

    /** Clearly cheaper: below this share of the cost of message digests. */
    private static final double CLEARLY = 0.9;

    private final SplittableRandom random = new SplittableRandom(0x9e3779b97f4a7c15L);
    private final byte[] array = new byte[MESSAGES * LENGTH];
    private final int[] at = new int[MESSAGES];
    private final int[] outAt = new int[MESSAGES];
    private final byte[] mine = new byte[MESSAGES * Sha384Messages.DIGEST];
    private final byte[] theirs = new byte[MESSAGES * Sha384Messages.DIGEST];
    private final Sha384Messages alone = Sha384Messages.of(Engine.JDK, LENGTH);
    private final long end = System.nanoTime() + PATIENCE;

    private Duel() {
        for (int message = 0; message < MESSAGES; message++) {
            at[message] = message * LENGTH;
            outAt[message] = message * Sha384Messages.DIGEST;
        }
    }

    /** A kernel with an engine of its own. */
    private static final class Side {
        private final Engine engine;
        private final int lanes;
        private final Sha384Messages vectors;
        private int calm;

        Side(Engine engine, int lanes) {
            this.engine = engine;
            this.lanes = lanes;
            this.vectors = Sha384Messages.of(engine, LENGTH);
        }
    }

    /**
     * Who won.
     *
     * @param engine to be used from now on
     * @param reason why, for the log
     */
    record Outcome(Engine engine, String reason) {}

    static Outcome fight() {
        try {
            return new Duel().outcome();
        } catch (ReflectiveOperationException | IOException | RuntimeException | LinkageError e) {
            return new Outcome(
                    Engine.JDK, "message digests of the Java runtime: the vector kernels cannot be used: " + e);
        }
    }

    /**
     * Compares all that an engine can do with the message digests.
     *
     * @throws IllegalStateException if any result differs
     */
    static void check(Engine engine) {
        new Duel().checkAll(engine);
    }

    private Outcome outcome() throws ReflectiveOperationException, IOException {
        int bits = VectorModule.bits();
        if (bits < 256) {
            return new Outcome(
                    Engine.JDK,
                    "message digests of the Java runtime: vectors have " + bits + " bits here, 256 are needed");
        }
        LaneKernel four = bits < 512 || TAKES_TWO_WIDTHS ? VectorModule.kernel(4) : null;
        LaneKernel eight = bits >= 512 ? VectorModule.kernel(8) : null;
        List<Side> sides = new ArrayList<>();
        if (four != null) {
            sides.add(new Side(Engine.of(four, null, 1, 0.5, 1), 4));
        }
        if (eight != null) {
            sides.add(new Side(Engine.of(null, eight, 1, 1, 0.5), 8));
        }
        // The widest first, and each by itself: inside the vector classes the compiler goes by which widths it has met.
        for (int i = sides.size() - 1; i >= 0; i--) {
            warmUp(sides.get(i));
        }
        sides.removeIf(side -> side.calm < CALM);
        if (sides.isEmpty()) {
            return new Outcome(
                    Engine.JDK,
                    "message digests of the Java runtime: the vector kernels were not compiled within "
                            + TimeUnit.NANOSECONDS.toSeconds(PATIENCE) + " s");
        }
        double[] costs = costs(sides);
        StringBuilder measured = new StringBuilder("ns for a block: " + Math.round(costs[0]) + " alone");
        for (Side side : sides) {
            measured.append(", ").append(Math.round(costs[side.lanes / 4]));
            measured.append(" in ").append(side.lanes).append(" lanes");
        }
        sides.removeIf(side -> costs[side.lanes / 4] > CLEARLY * side.lanes * costs[0]);
        if (sides.isEmpty()) {
            return new Outcome(Engine.JDK, "message digests of the Java runtime, which won: " + measured);
        }
        boolean fourWins = sides.get(0).lanes == 4;
        boolean eightWins = sides.get(sides.size() - 1).lanes == 8;
        Engine engine = Engine.of(fourWins ? four : null, eightWins ? eight : null, costs);
        checkAll(engine);
        return new Outcome(engine, "vector kernels, which won: " + measured);
    }

    /** Works with an engine until it is as fast as compiled code is, and stays so, or until the time is over. */
    private void warmUp(Side side) {
        while (System.nanoTime() < end && side.calm < CALM) {
            random.nextBytes(array);
            long start = System.nanoTime();
            side.vectors.digest(array, at, MESSAGES, mine, outAt);
            long between = System.nanoTime();
            alone.digest(array, at, MESSAGES, theirs, outAt);
            long stop = System.nanoTime();
            demand(Arrays.equals(mine, theirs), "messages of " + LENGTH + " bytes");
            check(side.engine, MESSAGES, 1 + random.nextInt(LENGTH));
            boolean faster = between - start < stop - between & fasterInLockstep(side);
            side.calm = faster ? side.calm + 1 : Math.max(0, side.calm - 1);
        }
    }

    /**
     * Streams in lockstep with blocks that are the same in all of them: their code must be compiled too, before the other width is
     * met, and for them pages alone have not work enough.
     */
    private boolean fasterInLockstep(Side side) {
        Sha384Lockstep lockstep = Sha384Lockstep.of(side.engine, side.lanes);
        Sha384Lockstep.SameBlocks same = lockstep.sameBlocks();
        int blocks = 0;
        long start = System.nanoTime();
        for (int i = 0; i < MESSAGES; i++) {
            same.expand(array, at[i], side.lanes);
            for (int block = 0; block < side.lanes; block++) {
                lockstep.same(same, block);
                blocks += side.lanes;
            }
        }
        double mine = (double) (System.nanoTime() - start) / blocks;
        return mine < nanos(alone) / MESSAGES;
    }

    private void checkAll(Engine engine) {
        for (int count = 1; count <= MESSAGES; count++) {
            for (int length : new int[] {0, 1, 111, 112, 127, 128, 240, LENGTH}) {
                check(engine, count, length);
            }
        }
    }

    private void check(Engine engine, int count, int length) {
        int size = count * Sha384Messages.DIGEST;
        Sha384Messages.of(engine, length).digest(array, at, count, mine, outAt);
        Sha384Messages.of(Engine.JDK, length).digest(array, at, count, theirs, outAt);
        demand(Arrays.equals(mine, 0, size, theirs, 0, size), count + " messages of " + length + " bytes");
        chains(engine, count);
        streams(engine);
        lockstep(engine, Math.min(count, Sha384Lockstep.most(engine)));
    }

    private void lockstep(Engine engine, int count) {
        Sha384Lockstep ours = Sha384Lockstep.of(engine, count);
        Sha384Lockstep.SameBlocks same = ours.sameBlocks();
        for (int i = 0; i < count; i++) {
            ours.at(i, array, at[i]);
        }
        same.expand(array, 0, same.room());
        ours.same(same, 0);
        ours.each(Sha512.BLOCK, 2);
        ours.same(same, same.room() - 1);
        byte[][] digests = ours.digests();
        for (int i = 0; i < count; i++) {
            MessageDigest sha384 = Digests.sha384();
            sha384.update(array, 0, Sha512.BLOCK);
            sha384.update(array, at[i] + Sha512.BLOCK, 2 * Sha512.BLOCK);
            sha384.update(array, (same.room() - 1) * Sha512.BLOCK, Sha512.BLOCK);
            demand(Arrays.equals(digests[i], sha384.digest()), count + " streams in lockstep");
        }
    }

    private void chains(Engine engine, int chains) {
        byte[] first = Arrays.copyOf(array, chains * CHAIN_MESSAGE);
        int[] steps = new int[chains];
        Arrays.fill(steps, STEPS);
        byte[][] ours = Sha384Chains.advance(engine, first, CHAIN_MESSAGE, steps);
        demand(
                Arrays.deepEquals(ours, Sha384Chains.advance(Engine.JDK, first, CHAIN_MESSAGE, steps)),
                chains + " chains");
    }

    /** Streams of both variants, in pieces of odd lengths. */
    private void streams(Engine engine) {
        Sha512Streams streams = Sha512Streams.of(engine);
        Sha512Streams.Stream[] ours = new Sha512Streams.Stream[MESSAGES];
        MessageDigest[] others = new MessageDigest[MESSAGES];
        for (int i = 0; i < ours.length; i++) {
            ours[i] = i % 2 == 0 ? streams.sha384() : streams.sha512();
            others[i] = Digests.of(i % 2 == 0 ? "SHA-384" : "SHA-512");
        }
        for (int piece = 0; piece < 3; piece++) {
            for (int i = 0; i < ours.length; i++) {
                int offset = random.nextInt(LENGTH);
                int count = random.nextInt(LENGTH);
                ours[i].update(array, offset, count);
                others[i].update(array, offset, count);
            }
            streams.flush();
        }
        for (Sha512Streams.Stream stream : ours) {
            stream.end();
        }
        streams.flush();
        for (int i = 0; i < ours.length; i++) {
            demand(Arrays.equals(ours[i].digest(), others[i].digest()), "streams");
        }
    }

    private static void demand(boolean equal, String what) {
        if (!equal) {
            throw new IllegalStateException("vector kernels and message digests differ: " + what);
        }
    }

    /** Nanoseconds for a block: of one message alone, of 4 lanes, of 8 lanes; medians of measurements in turns. */
    private double[] costs(List<Side> sides) {
        double[] costs = {0, 1, 1};
        double[][] samples = new double[1 + sides.size()][ROUNDS];
        for (int round = 0; round < ROUNDS; round++) {
            samples[0][round] = nanos(alone) / MESSAGES;
            for (int i = 0; i < sides.size(); i++) {
                samples[1 + i][round] = nanos(sides.get(i).vectors) / (MESSAGES / sides.get(i).lanes);
            }
        }
        for (int i = 0; i < samples.length; i++) {
            Arrays.sort(samples[i]);
            costs[i == 0 ? 0 : sides.get(i - 1).lanes / 4] = samples[i][ROUNDS / 2];
        }
        return costs;
    }

    /** For a block of each of the messages. */
    private double nanos(Sha384Messages messages) {
        long start = System.nanoTime();
        messages.digest(array, at, MESSAGES, mine, outAt);
        return (System.nanoTime() - start) / (LENGTH / Sha512.BLOCK + 1.0);
    }
}
