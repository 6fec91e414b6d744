package dev.measure;

import java.nio.channels.FileChannel;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * A file that sources are cut from, and how far digests had come behind some runs of its bytes: a later pass goes on from there, so
 * that a section, the initrd that begins with it, and an image are hashed once however often they are asked for.
 *
 * <p>Safe for use by several threads.
 */
final class OpenFile {
    /** Runs shorter than this are hashed again. */
    private static final long WORTH_KEEPING = 1 << 16;

    /** The most runs that are kept, those that come first: some hundred bytes each and for each algorithm. */
    private static final int MOST_RUNS = 256;

    private final FileChannel channel;
    private final Map<List<Range>, Map<DigestAlgorithm, Object>> known = new HashMap<>();

    OpenFile(FileChannel channel) {
        this.channel = channel;
    }

    /** Bytes of the file from an offset on. */
    record Range(long start, long length) {}

    FileChannel channel() {
        return channel;
    }

    static boolean isWorthKeeping(List<Range> ranges) {
        long length = 0;
        for (Range range : ranges) {
            length += range.length();
        }
        return length >= WORTH_KEEPING;
    }

    /** {@return the states of digests behind some runs of bytes, one behind the other, as {@link Hasher} keeps them} */
    synchronized Map<DigestAlgorithm, Object> statesBehind(List<Range> ranges) {
        Map<DigestAlgorithm, Object> states = known.get(ranges);
        return states == null ? Map.of() : new EnumMap<>(states);
    }

    synchronized boolean isEmpty() {
        return known.isEmpty();
    }

    synchronized void keep(List<Range> ranges, DigestAlgorithm algorithm, Object state) {
        if (known.size() < MOST_RUNS || known.containsKey(ranges)) {
            known.computeIfAbsent(ranges, unused -> new EnumMap<>(DigestAlgorithm.class))
                    .put(algorithm, state);
        }
    }
}
