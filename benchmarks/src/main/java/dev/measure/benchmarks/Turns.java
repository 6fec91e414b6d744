package dev.measure.benchmarks;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.util.Arrays;

/**
 * Two ways to do the same, in turns: one round is one of each, and the ratio of a round is what counts. Whatever else the machine does
 * slows both, so that the median of the ratios holds where times do not.
 */
final class Turns {
    private static final int LEAST_ROUNDS = 11;
    private static final int MOST_ROUNDS = 2001;

    private Turns() {}

    /** One of the two, which says itself what it took. */
    @FunctionalInterface
    interface Way {
        /** {@return nanoseconds of one run} */
        double nanos() throws IOException;
    }

    /**
     * Runs both in turns and notes the medians.
     *
     * @param into takes ours and theirs in milliseconds, ratio, the 10th and 90th percentile of it, rounds
     * @param ours the one
     * @param theirs the other; the ratio is theirs to ours, so that more is better
     * @param seconds for how long
     */
    static void run(ObjectNode into, Way ours, Way theirs, double seconds) throws IOException {
        long start = System.nanoTime();
        for (int warm = 0; warm < 3 || System.nanoTime() - start < seconds / 3 * 1e9; warm++) {
            ours.nanos();
            theirs.nanos();
        }
        double[] a = new double[MOST_ROUNDS];
        double[] b = new double[MOST_ROUNDS];
        double[] ratios = new double[MOST_ROUNDS];
        int rounds = 0;
        start = System.nanoTime();
        while (rounds < MOST_ROUNDS && (rounds < LEAST_ROUNDS || System.nanoTime() - start < seconds * 1e9)) {
            a[rounds] = ours.nanos();
            b[rounds] = theirs.nanos();
            ratios[rounds] = b[rounds] / a[rounds];
            rounds++;
        }
        into.put("oursMs", rounded(percentile(a, rounds, 50) / 1e6));
        into.put("theirsMs", rounded(percentile(b, rounds, 50) / 1e6));
        into.put("ratio", rounded(percentile(ratios, rounds, 50)));
        into.put("ratioP10", rounded(percentile(ratios, rounds, 10)));
        into.put("ratioP90", rounded(percentile(ratios, rounds, 90)));
        into.put("rounds", rounds);
    }

    private static double percentile(double[] samples, int count, int percent) {
        double[] sorted = Arrays.copyOf(samples, count);
        Arrays.sort(sorted);
        return sorted[Math.min(count - 1, count * percent / 100)];
    }

    private static double rounded(double value) {
        return Math.round(value * 1000) / 1000.0;
    }
}
