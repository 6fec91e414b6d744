package dev.measure.cli;

import java.io.PrintStream;

/** A line on the terminal that says what takes so long; it appears after one second and is wiped away at the end. */
final class Progress {
    private static final long PATIENCE_MILLIS = 1000;
    private static final long TICK_MILLIS = 250;

    private Progress() {}

    /**
     * Does something that may take a while.
     *
     * @param what what is being done, for people
     * @param call whose options say whether a line may be shown
     * @param work the work
     */
    static void during(String what, Call call, Runnable work) {
        during(
                what,
                call.talk().stream(),
                call.common().progress() && !call.common().quiet(),
                work);
    }

    static void during(String what, PrintStream err, boolean shown, Runnable work) {
        if (!shown) {
            work.run();
            return;
        }
        long started = System.nanoTime();
        Thread ticker = new Thread(() -> tick(what, err, started), "progress");
        ticker.setDaemon(true);
        ticker.start();
        try {
            work.run();
        } finally {
            stop(ticker);
        }
    }

    private static void stop(Thread ticker) {
        ticker.interrupt();
        try {
            ticker.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static void tick(String what, PrintStream err, long started) {
        boolean shown = false;
        try {
            Thread.sleep(PATIENCE_MILLIS);
            while (true) {
                long seconds = (System.nanoTime() - started) / 1_000_000_000L;
                err.print("\rmeasure: " + what + " ... " + seconds + " s");
                err.flush();
                shown = true;
                Thread.sleep(TICK_MILLIS);
            }
        } catch (InterruptedException done) {
            if (shown) {
                err.print("\r\u001b[K");
                err.flush();
            }
        }
    }
}
