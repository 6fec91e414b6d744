package dev.measure;

import dev.measure.hash.Engine;
import dev.measure.hash.Sha512Streams;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.Set;

/**
 * The digests of many contents in several algorithms: sections, images, files, of which many lie in the same file and over each
 * other. A file is read from start to end in bounded pieces, and each piece feeds all that it is part of. What contents have in
 * common from their first byte on is hashed once, and what an earlier pass has hashed of the open file not again.
 *
 * <p>Large work is shared by two threads, of which one reads for both. Where the machine gains by it, SHA-384 and SHA-512 of all
 * contents are hashed side by side.
 */
public final class DigestPass {
    /** How many bytes are read at a time: large enough that hashing, not reading, sets the pace, and still in the cache for all. */
    private static final int CHUNK = 256 * 1024;

    /** Below this many bytes a second thread costs more than it saves. */
    private static final long WORTH_A_THREAD = 1 << 20;

    private final DigestLoads loads;
    private final Sha512Streams streams; // of the reader; null without lanes
    private final DigestWorker other; // null if the reader works alone
    private byte[] chunk;
    private final List<Hasher.Step> mine = new ArrayList<>();
    private final List<Hasher.Step> theirs = new ArrayList<>();
    private final List<Ended> ended = new ArrayList<>();

    private DigestPass(DigestLoads loads, Sha512Streams streams, DigestWorker other, int chunk) {
        this.loads = loads;
        this.streams = streams;
        this.other = other;
        this.chunk = other == null ? new byte[chunk] : other.chunk();
    }

    /** A digest of the contents that end at a branch. */
    private record Ended(PrefixTree.Branch branch, Hasher hasher) {}

    /** A branch that is being fed: how far in it, and with which digests. */
    private static final class Growing {
        private final PrefixTree.Branch branch;
        private final Map<DigestAlgorithm, Hasher> hashers;
        private long position; // in its file

        private Growing(PrefixTree.Branch branch, Map<DigestAlgorithm, Hasher> hashers) {
            this.branch = branch;
            this.hashers = hashers;
            this.position = branch.piece().start();
        }

        private long position() {
            return position;
        }
    }

    /**
     * {@return for each content its digests}
     *
     * @param contents each a list of parts that are hashed one behind the other
     * @param algorithms which
     * @throws MalformedInputException if a file has become shorter
     */
    public static List<Map<DigestAlgorithm, Digest>> of(
            List<List<Source>> contents, Collection<DigestAlgorithm> algorithms) {
        Set<DigestAlgorithm> banks = EnumSet.noneOf(DigestAlgorithm.class);
        banks.addAll(algorithms);
        PrefixTree tree = PrefixTree.of(contents);
        List<PrefixTree.Branch> branches = tree.branches();
        boolean lanes = length(branches, false) >= CHUNK && DigestLoads.lanesPay(branches, banks);
        tree.need(branches, banks, lanes);
        long bytes = length(branches, true);
        DigestLoads loads = DigestLoads.of(branches, banks, lanes);
        int chunk = (int) Math.min(CHUNK, bytes);
        List<Map<DigestAlgorithm, Digest>> digests = new ArrayList<>();
        contents.forEach(unused -> digests.add(new EnumMap<>(DigestAlgorithm.class)));
        if (bytes * banks.size() < WORTH_A_THREAD
                || loads.size() < 2
                || Runtime.getRuntime().availableProcessors() < 2) {
            new DigestPass(loads, streams(lanes), null, chunk).run(tree, banks, digests);
        } else {
            DigestWorker other = DigestWorker.start(chunk, streams(lanes));
            try {
                new DigestPass(loads, streams(lanes), other, chunk).run(tree, banks, digests);
            } finally {
                other.stop(); // also if a file cannot be read
            }
        }
        return digests;
    }

    private static long length(List<PrefixTree.Branch> branches, boolean ofFed) {
        long length = 0;
        for (PrefixTree.Branch branch : branches) {
            length += ofFed && branch.fed().isEmpty() ? 0 : branch.piece().length();
        }
        return length;
    }

    private static Sha512Streams streams(boolean lanes) {
        return lanes ? Sha512Streams.of(Engine.current()) : null;
    }

    private void run(PrefixTree tree, Set<DigestAlgorithm> banks, List<Map<DigestAlgorithm, Digest>> into) {
        if (!tree.root().contents().isEmpty()) {
            for (DigestAlgorithm bank : banks) {
                end(tree.root(), Hasher.of(bank, DigestLoads.READER, null));
            }
        }
        List<Growing> waiting = new ArrayList<>();
        ArrayDeque<Growing> ready = new ArrayDeque<>();
        for (PrefixTree.Branch branch : tree.root().next()) {
            ready.add(grow(branch, Map.of()));
            grow(ready, waiting);
        }
        hash();
        while (!waiting.isEmpty()) {
            waiting = sweep(waiting);
        }
        if (other != null) {
            other.stop();
            other.join();
        }
        for (Ended one : ended) {
            for (int content : one.branch.contents()) {
                into.get(content).put(one.hasher.algorithm(), one.hasher.result());
            }
        }
    }

    /** Feeds branches that lie in memory, or are remembered, and those behind them; what lies in a file is left waiting. */
    private void grow(ArrayDeque<Growing> ready, List<Growing> waiting) {
        while (!ready.isEmpty()) {
            Growing growing = ready.remove();
            PrefixTree.Piece piece = growing.branch.piece();
            if (growing.branch.fed().isEmpty()) {
                leave(growing, ready);
            } else if (piece.file() != null) {
                waiting.add(growing);
            } else if (piece.bytes() == null) {
                feed(growing, null, 0, piece.length());
                leave(growing, ready);
            } else {
                for (long done = 0; done < piece.length(); done += CHUNK) {
                    long count = Math.min(CHUNK, piece.length() - done);
                    feed(growing, piece.bytes(), (int) (piece.start() + done), count);
                }
                leave(growing, ready);
            }
        }
    }

    /** Goes through one file from start to end; what is left needs another file, or bytes further to the front. */
    private List<Growing> sweep(List<Growing> waiting) {
        OpenFile file = waiting.get(0).branch.piece().file();
        PriorityQueue<Growing> queue = new PriorityQueue<>(Comparator.comparingLong(Growing::position));
        List<Growing> later = new ArrayList<>();
        for (Growing growing : waiting) {
            (growing.branch.piece().file() == file ? queue : later).add(growing);
        }
        List<Growing> next = new ArrayList<>();
        ArrayDeque<Growing> ready = new ArrayDeque<>();
        while (!queue.isEmpty()) {
            PrefixTree.Piece first = queue.element().branch.piece();
            long from = queue.element().position;
            int count = (int) Math.min(chunk.length, first.end() - from);
            first.source().readFile(from, chunk, 0, count);
            while (!queue.isEmpty() && queue.element().position < from + count) {
                next.add(queue.remove());
            }
            for (int i = 0; i < next.size(); i++) { // grows while it is gone through
                Growing growing = next.get(i);
                boolean sameFile = growing.branch.piece().file() == file;
                if (!sameFile || growing.position < from) {
                    later.add(growing);
                } else if (growing.position >= from + count) {
                    queue.add(growing);
                } else {
                    long end = Math.min(growing.branch.piece().end(), from + count);
                    feed(growing, chunk, (int) (growing.position - from), end - growing.position);
                    growing.position = end;
                    if (end < growing.branch.piece().end()) {
                        queue.add(growing);
                    } else {
                        leave(growing, ready);
                        grow(ready, next);
                    }
                }
            }
            next.clear();
            hash();
        }
        return later;
    }

    private Growing grow(PrefixTree.Branch branch, Map<DigestAlgorithm, Hasher> before) {
        Map<DigestAlgorithm, Hasher> hashers = new EnumMap<>(DigestAlgorithm.class);
        for (DigestAlgorithm algorithm : branch.needed()) {
            Hasher hasher = before.get(algorithm);
            if (hasher == null) {
                int worker = other == null ? DigestLoads.READER : loads.worker(branch.first(), algorithm);
                hasher = Hasher.of(algorithm, worker, branch.remembered().get(algorithm));
            }
            hashers.put(algorithm, hasher);
        }
        return new Growing(branch, hashers);
    }

    private void feed(Growing growing, byte[] array, int offset, long count) {
        for (DigestAlgorithm algorithm : growing.branch.fed()) {
            Hasher hasher = growing.hashers.get(algorithm);
            add(hasher, new Hasher.Update(hasher, array, offset, count));
        }
    }

    /** Behind the bytes of a branch: ends the contents that end there, and lets those go on that go on. */
    private void leave(Growing growing, ArrayDeque<Growing> ready) {
        PrefixTree.Branch branch = growing.branch;
        List<OpenFile.Range> ranges = branch.toRemember();
        if (!ranges.isEmpty()) {
            for (DigestAlgorithm algorithm : branch.fed()) {
                Hasher hasher = growing.hashers.get(algorithm);
                add(hasher, new Hasher.Keep(hasher, branch.piece().file(), ranges));
            }
        }
        List<PrefixTree.Branch> next = new ArrayList<>();
        branch.next().forEach(next::add);
        List<Map<DigestAlgorithm, Hasher>> handed = new ArrayList<>();
        next.forEach(unused -> handed.add(new EnumMap<>(DigestAlgorithm.class)));
        growing.hashers.forEach((algorithm, hasher) -> {
            boolean taken = !branch.contents().isEmpty();
            for (int i = 0; i < next.size(); i++) {
                if (!next.get(i).fed().contains(algorithm)) {
                    continue;
                }
                if (taken || anotherAfter(next, i, algorithm)) {
                    Hasher fork = Hasher.of(algorithm, hasher.worker(), null);
                    add(hasher, new Hasher.Fork(hasher, fork));
                    handed.get(i).put(algorithm, fork);
                } else {
                    handed.get(i).put(algorithm, hasher);
                }
            }
        });
        if (!branch.contents().isEmpty()) {
            growing.hashers.values().forEach(hasher -> end(branch, hasher));
        }
        for (int i = 0; i < next.size(); i++) {
            ready.add(grow(next.get(i), handed.get(i)));
        }
    }

    private static boolean anotherAfter(List<PrefixTree.Branch> next, int i, DigestAlgorithm algorithm) {
        for (PrefixTree.Branch branch : next.subList(i + 1, next.size())) {
            if (branch.fed().contains(algorithm)) {
                return true;
            }
        }
        return false;
    }

    private void end(PrefixTree.Branch branch, Hasher hasher) {
        add(hasher, new Hasher.End(hasher));
        ended.add(new Ended(branch, hasher));
    }

    private void add(Hasher hasher, Hasher.Step step) {
        (hasher.worker() == DigestLoads.READER ? mine : theirs).add(step);
    }

    /** Hashes what has been collected; the other thread has its share and its chunk, and there is another one to read into. */
    private void hash() {
        if (other != null) {
            byte[] shared = chunk;
            // What the reader hashes of the chunk is done before the chunk can come back.
            other.hand(theirs, shared);
            theirs.clear();
        }
        DigestWorker.run(mine, streams);
        mine.clear();
        if (other != null) {
            chunk = other.chunk();
        }
    }
}
