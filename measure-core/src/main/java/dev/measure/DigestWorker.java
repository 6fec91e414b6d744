package dev.measure;

import dev.measure.hash.Sha512Streams;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;

/**
 * A thread that hashes what another one reads. The reader hands over the steps that a chunk of a file asks for, and gets the chunk
 * back when they are done.
 */
final class DigestWorker {
    /** So many chunks are on their way at most: neither thread waits for every chunk of the other. */
    private static final int CHUNKS = 6;

    private static final Batch LAST = new Batch(List.of(), new byte[0]);

    private final BlockingQueue<Batch> work = new ArrayBlockingQueue<>(CHUNKS + 1);
    private final BlockingQueue<byte[]> free = new ArrayBlockingQueue<>(CHUNKS);
    private final Thread thread;
    private volatile Throwable failure;
    private boolean interrupted;

    /** What a chunk asks for. */
    private record Batch(List<Hasher.Step> steps, byte[] chunk) {}

    private DigestWorker(int chunk, Sha512Streams streams) {
        for (int i = 0; i < CHUNKS; i++) {
            free.add(new byte[chunk]);
        }
        thread = new Thread(() -> hash(streams), "measure-digest");
        thread.setDaemon(true);
    }

    /**
     * {@return a worker that has begun}
     *
     * @param chunk how many bytes a chunk has
     * @param streams for it alone; null if nothing is hashed side by side
     */
    static DigestWorker start(int chunk, Sha512Streams streams) {
        DigestWorker worker = new DigestWorker(chunk, streams);
        worker.thread.start();
        return worker;
    }

    private void hash(Sha512Streams streams) {
        try {
            for (Batch batch = work.take(); batch != LAST; batch = work.take()) {
                if (failure == null) {
                    try {
                        run(batch.steps, streams);
                    } catch (RuntimeException | Error e) {
                        failure = e; // the reader goes on until it asks for the end
                    }
                }
                free.put(batch.chunk);
            }
        } catch (InterruptedException e) {
            throw new IllegalStateException("nobody knows this thread", e);
        }
    }

    /** Does steps in order, and ends what they end. */
    static void run(List<Hasher.Step> steps, Sha512Streams streams) {
        for (Hasher.Step step : steps) {
            step.run(streams);
        }
        if (streams != null) {
            streams.flush();
            for (Hasher.Step step : steps) {
                if (step instanceof Hasher.End end) {
                    end.hasher().take();
                }
            }
        }
    }

    /** {@return a chunk to read into} */
    byte[] chunk() {
        while (true) {
            try {
                return free.take();
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
    }

    /** Hands over what a chunk asks for. */
    void hand(List<Hasher.Step> steps, byte[] chunk) {
        put(new Batch(new ArrayList<>(steps), chunk));
    }

    private void put(Batch batch) {
        while (true) {
            try {
                work.put(batch);
                return;
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
    }

    /** Lets the thread end without waiting for it. */
    void stop() {
        put(LAST);
    }

    /** Waits until all is hashed, after {@link #stop}. */
    void join() {
        while (true) {
            try {
                thread.join();
                break;
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
        if (failure instanceof RuntimeException e) {
            throw e;
        }
        if (failure instanceof Error e) {
            throw e;
        }
    }
}
