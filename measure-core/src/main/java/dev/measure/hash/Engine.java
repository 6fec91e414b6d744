package dev.measure.hash;

import java.io.IOException;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * What this machine has proven to hash fastest with: the Java runtime's message digests alone, or vector kernels of 4 or 8 lanes
 * beside them.
 *
 * <p>Every process begins with the message digests. If the vector module is there, the first question starts a thread that warms the
 * kernels up, compares all they give with the message digests, and measures both; from then on new work is done with what won. That
 * thread never keeps the process alive, and it gives up after a bounded time.
 *
 * <p>{@code -Dmeasure.digest=jdk|vector|auto|plain} overrules it. The reason for the decision is logged as {@code dev.measure.hash}.
 */
public final class Engine {
    /** Message digests only. */
    static final Engine JDK = new Engine(null, null, new double[] {1, 1, 1});

    private static final AtomicBoolean ASKED = new AtomicBoolean();
    private static final CountDownLatch DECIDED = new CountDownLatch(1);
    private static volatile Engine current = JDK;

    private final LaneKernel four; // null if 4 lanes are never used
    private final LaneKernel eight; // null if 8 lanes are never used
    private final double[] costs; // of a block: of one message alone, of 4 lanes, of 8 lanes
    private final int[] best = new int[9]; // for 0 to 8 messages: how many lanes to begin with

    private Engine(LaneKernel four, LaneKernel eight, double[] costs) {
        this.four = four;
        this.eight = eight;
        this.costs = costs.clone();
        double[] total = new double[best.length];
        for (int messages = 1; messages < best.length; messages++) {
            total[messages] = total[messages - 1] + costs[0];
            best[messages] = 1;
            if (four != null && total[Math.max(0, messages - 4)] + costs[1] < total[messages]) {
                total[messages] = total[Math.max(0, messages - 4)] + costs[1];
                best[messages] = 4;
            }
            if (eight != null && costs[2] < total[messages]) {
                total[messages] = costs[2];
                best[messages] = 8;
            }
        }
    }

    /**
     * An engine with vector kernels.
     *
     * @param four a kernel of 4 lanes; null if there is none
     * @param eight a kernel of 8 lanes; null if there is none
     * @param costs what a block costs: of one message alone, of 4 lanes, of 8 lanes
     */
    static Engine of(LaneKernel four, LaneKernel eight, double... costs) {
        return new Engine(four, eight, costs);
    }

    /** {@return what to work with now; a later answer may be a faster one, never one with other results} */
    public static Engine current() {
        if (!ASKED.get() && ASKED.compareAndSet(false, true)) {
            decide();
        }
        return current;
    }

    /**
     * Waits until this process has decided what to work with: for measurements, which have time.
     *
     * @param seconds at most so long
     * @return whether it has decided
     * @throws InterruptedException if the thread is interrupted
     */
    public static boolean await(long seconds) throws InterruptedException {
        current();
        return DECIDED.await(seconds, TimeUnit.SECONDS);
    }

    private static void decide() {
        switch (Choice.ofProperty()) {
            case PLAIN -> DECIDED.countDown(); // a process so short has no time for a logger either
            case JDK ->
                inBackground(() -> settle(JDK, "message digests of the Java runtime: -D" + Choice.PROPERTY + "=jdk"));
            case VECTOR -> atOnce();
            case AUTO -> inBackground(Engine::decideByDuel);
        }
    }

    private static void inBackground(Runnable decision) {
        Thread thread = new Thread(decision, "measure-digest-duel");
        thread.setDaemon(true);
        thread.setPriority(Thread.MIN_PRIORITY);
        thread.start();
    }

    private static void decideByDuel() {
        Optional<String> absence = VectorModule.absence();
        if (absence.isPresent()) {
            settle(JDK, "message digests of the Java runtime: " + absence.get());
            return;
        }
        Duel.Outcome outcome = Duel.fight();
        settle(outcome.engine(), outcome.reason());
    }

    private static void atOnce() {
        try {
            Optional<String> absence = VectorModule.absence();
            if (absence.isPresent()) {
                settle(
                        JDK,
                        "message digests of the Java runtime, although -D" + Choice.PROPERTY + "=vector: "
                                + absence.get());
                return;
            }
            // With these costs all messages take the widest kernel.
            Engine vectors = VectorModule.bits() >= 512
                    ? of(VectorModule.kernel(4), VectorModule.kernel(8), 1, 0.5, 0.5)
                    : of(VectorModule.kernel(4), null, 1, 0.5, 1);
            Duel.check(vectors);
            settle(vectors, "vector kernels: -D" + Choice.PROPERTY + "=vector");
        } catch (ReflectiveOperationException | IOException | RuntimeException | LinkageError e) {
            settle(JDK, "message digests of the Java runtime, although -D" + Choice.PROPERTY + "=vector: " + e);
        }
    }

    private static void settle(Engine engine, String reason) {
        current = engine;
        DECIDED.countDown();
        System.getLogger("dev.measure.hash").log(System.Logger.Level.DEBUG, reason);
    }

    /** {@return whether messages can be hashed side by side at all} */
    public boolean sideBySide() {
        return four != null || eight != null;
    }

    /** {@return how many messages side by side are as cheap as can be} */
    int width() {
        return eight != null ? 8 : four != null ? 4 : 1;
    }

    /** {@return how many lanes to take if so many messages are there; 1 is a message digest} */
    int lanes(int messages) {
        return best[Math.min(messages, best.length - 1)];
    }

    /**
     * {@return what it costs to advance streams by a block each, in units of a block of one stream alone}
     *
     * @param streams how many
     */
    public double cost(int streams) {
        double cost = 0;
        for (int left = streams; left > 0; left -= lanesOfKernel(left)) {
            int lanes = lanesOfKernel(left);
            cost += lanes == 8 ? costs[2] : lanes == 4 ? costs[1] : costs[0];
        }
        return cost / costs[0];
    }

    /** {@return how many lanes to take for streams, of which a lone one cannot change to a message digest; 1 without kernels} */
    int lanesOfKernel(int streams) {
        int smallest = four != null ? 4 : eight != null ? 8 : 1;
        return Math.max(lanes(streams), smallest);
    }

    /** {@return a new kernel of 4 or 8 lanes} */
    LaneKernel kernel(int lanes) {
        return (lanes == 8 ? eight : four).another();
    }

    /** {@return the kernels and what a block costs} */
    @Override
    public String toString() {
        return "alone " + costs[0] + (four == null ? "" : ", 4 lanes " + costs[1])
                + (eight == null ? "" : ", 8 lanes " + costs[2]);
    }
}
