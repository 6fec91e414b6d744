package dev.measure;

import dev.measure.hash.Engine;
import dev.measure.hash.Sha512Streams;
import java.nio.channels.FileChannel;
import java.security.MessageDigest;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;

/**
 * The digests of many contents in several algorithms: sections, images, files, of which many lie in the same file and over each
 * other. A file is read from start to end in bounded pieces, and each piece feeds all that it is part of.
 *
 * <p>Large work is shared by two threads, each with its own pass. Where the machine gains by it, SHA-384 and SHA-512 of all contents
 * are hashed side by side.
 */
public final class DigestPass {
    /** How many bytes are read at a time: large enough that hashing, not reading, sets the pace, and still in the cache for all. */
    private static final int CHUNK = 256 * 1024;

    /** Below this many bytes a second thread costs more than it saves. */
    private static final long WORTH_A_THREAD = 1 << 20;

    /** Side by side must be clearly cheaper: it keeps all of it on one thread. */
    private static final double CLEARLY = 0.9;

    private static final byte[] ZEROS = new byte[1 << 16];

    private static final Set<DigestAlgorithm> FAMILY_OF_512 =
            Collections.unmodifiableSet(EnumSet.of(DigestAlgorithm.SHA384, DigestAlgorithm.SHA512));

    private final Sha512Streams streams; // null without lanes
    private final byte[] chunk;
    private final List<Content> ending = new ArrayList<>();

    private DigestPass(boolean lanes, int chunk) {
        this.streams = lanes ? Sha512Streams.of(Engine.current()) : null;
        this.chunk = new byte[chunk];
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
        List<Map<DigestAlgorithm, Digest>> digests = new ArrayList<>();
        List<List<Piece>> pieces = new ArrayList<>();
        long bytes = 0;
        for (List<Source> content : contents) {
            digests.add(new EnumMap<>(DigestAlgorithm.class));
            List<Piece> flat = new ArrayList<>();
            content.forEach(part -> part.pieces(flat));
            pieces.add(flat);
            bytes += length(flat);
        }
        Set<DigestAlgorithm> banks = EnumSet.noneOf(DigestAlgorithm.class);
        banks.addAll(algorithms);
        boolean lanes = bytes >= CHUNK && lanesPay(pieces, banks);
        List<Load> loads = loads(pieces, banks, lanes);
        int chunk = (int) Math.min(CHUNK, bytes);
        if (bytes * banks.size() < WORTH_A_THREAD
                || loads.size() < 2
                || Runtime.getRuntime().availableProcessors() < 2) {
            new DigestPass(lanes, chunk).run(contentsOf(loads, pieces), digests);
        } else {
            inTwo(loads, pieces, lanes, chunk, digests);
        }
        return digests;
    }

    private static long length(List<Piece> pieces) {
        long length = 0;
        for (Piece piece : pieces) {
            length += piece.length();
        }
        return length;
    }

    /** A run of bytes: in memory, in a file, or zeros that are nowhere. */
    record Piece(Source source, byte[] bytes, FileChannel file, long start, long length) {
        private long end() {
            return start + length;
        }
    }

    /** What cannot be shared by two threads: a content in an algorithm, or, side by side, all contents in two. */
    private record Load(int content, Set<DigestAlgorithm> algorithms, double cost) {}

    private static final int ALL = -1;

    private static List<Load> loads(List<List<Piece>> pieces, Set<DigestAlgorithm> banks, boolean lanes) {
        List<Load> loads = new ArrayList<>();
        if (lanes) {
            Set<DigestAlgorithm> family = EnumSet.copyOf(banks);
            family.retainAll(FAMILY_OF_512);
            double cost = pieces.stream().mapToLong(DigestPass::length).sum() * costSideBySide(pieces.size(), family);
            loads.add(new Load(ALL, family, cost));
        }
        for (int content = 0; content < pieces.size(); content++) {
            for (DigestAlgorithm bank : banks) {
                if (!lanes || !FAMILY_OF_512.contains(bank)) {
                    loads.add(new Load(content, EnumSet.of(bank), cost(bank) * length(pieces.get(content))));
                }
            }
        }
        return loads;
    }

    /** What a byte costs, roughly: cycles on a processor with instructions for SHA-1 and SHA-256. */
    private static double cost(DigestAlgorithm bank) {
        return switch (bank) {
            case SHA1, SHA256 -> 2;
            case SHA384, SHA512 -> 4.5;
            case SM3_256 -> 10;
        };
    }

    private static double costSideBySide(int contents, Set<DigestAlgorithm> family) {
        int streams = Math.max(1, Math.min(contents, 4)) * family.size();
        return cost(DigestAlgorithm.SHA384) * family.size() * Engine.current().cost(streams) / streams;
    }

    /** Whether hashing side by side is cheaper than one stream after another, given what lies over what in the files. */
    private static boolean lanesPay(List<List<Piece>> pieces, Set<DigestAlgorithm> banks) {
        Engine engine = Engine.current();
        int family =
                (banks.contains(DigestAlgorithm.SHA384) ? 1 : 0) + (banks.contains(DigestAlgorithm.SHA512) ? 1 : 0);
        if (!engine.sideBySide() || family == 0) {
            return false;
        }
        double alone = 0;
        double together = 0;
        Map<Object, List<long[]>> edges = new LinkedHashMap<>();
        for (List<Piece> content : pieces) {
            for (Piece piece : content) {
                if (piece.file != null || piece.bytes != null) {
                    Object where = piece.file != null ? piece.file : piece.bytes;
                    List<long[]> ofFile = edges.computeIfAbsent(where, unused -> new ArrayList<>());
                    ofFile.add(new long[] {piece.start, 1});
                    ofFile.add(new long[] {piece.end(), -1});
                }
            }
        }
        for (List<long[]> ofFile : edges.values()) {
            ofFile.sort(Comparator.comparingLong(edge -> edge[0]));
            long at = 0;
            int over = 0;
            for (long[] edge : ofFile) {
                alone += (double) (edge[0] - at) * over * family;
                together += (edge[0] - at) * engine.cost(over * family);
                at = edge[0];
                over += (int) edge[1];
            }
        }
        return together < CLEARLY * alone;
    }

    private static void inTwo(
            List<Load> loads,
            List<List<Piece>> pieces,
            boolean lanes,
            int chunk,
            List<Map<DigestAlgorithm, Digest>> digests) {
        List<Load> mine = new ArrayList<>();
        List<Load> theirs = new ArrayList<>();
        double cost = 0; // of mine, minus that of theirs
        List<Load> heaviest = new ArrayList<>(loads);
        heaviest.sort(Comparator.comparingDouble(Load::cost).reversed());
        for (Load load : heaviest) {
            (cost <= 0 ? mine : theirs).add(load);
            cost += cost <= 0 ? load.cost() : -load.cost();
        }
        List<Map<DigestAlgorithm, Digest>> ofTheirs = new ArrayList<>();
        digests.forEach(unused -> ofTheirs.add(new EnumMap<>(DigestAlgorithm.class)));
        CompletableFuture<Void> other = new CompletableFuture<>();
        Thread thread = new Thread(
                () -> {
                    try {
                        new DigestPass(lanes, chunk).run(contentsOf(theirs, pieces), ofTheirs);
                        other.complete(null);
                    } catch (RuntimeException | Error e) {
                        other.completeExceptionally(e);
                    }
                },
                "measure-digest");
        thread.setDaemon(true);
        thread.start();
        new DigestPass(lanes, chunk).run(contentsOf(mine, pieces), digests);
        try {
            other.join();
        } catch (CompletionException e) {
            if (e.getCause() instanceof RuntimeException cause) {
                throw cause; // a file that shrinks while it is read
            }
            throw e;
        }
        for (int i = 0; i < digests.size(); i++) {
            digests.get(i).putAll(ofTheirs.get(i));
        }
    }

    /** The contents that some loads are about, each with all of its algorithms. */
    private static List<Content> contentsOf(List<Load> loads, List<List<Piece>> pieces) {
        Map<Integer, Set<DigestAlgorithm>> algorithms = new HashMap<>();
        for (Load load : loads) {
            int first = load.content() == ALL ? 0 : load.content();
            int last = load.content() == ALL ? pieces.size() - 1 : load.content();
            for (int content = first; content <= last; content++) {
                algorithms
                        .computeIfAbsent(content, unused -> EnumSet.noneOf(DigestAlgorithm.class))
                        .addAll(load.algorithms());
            }
        }
        List<Content> contents = new ArrayList<>();
        for (int content = 0; content < pieces.size(); content++) {
            if (algorithms.containsKey(content)) {
                contents.add(new Content(content, pieces.get(content), algorithms.get(content)));
            }
        }
        return contents;
    }

    /** A content on its way through the pass. */
    private static final class Content {
        private final int number;
        private final ArrayDeque<Piece> pieces;
        private final Set<DigestAlgorithm> algorithms;
        private long position; // in the file of the first piece

        // There are none before the first byte, so that a thousand contents do not hold a thousand digests at once.
        private boolean begun;
        private Map<DigestAlgorithm, MessageDigest> digests = Map.of();
        private Map<DigestAlgorithm, Sha512Streams.Stream> lanes = Map.of();

        private Content(int number, List<Piece> pieces, Set<DigestAlgorithm> algorithms) {
            this.number = number;
            this.pieces = new ArrayDeque<>(pieces);
            this.algorithms = algorithms;
        }

        private long position() {
            return position;
        }

        private void begin(Sha512Streams streams) {
            if (begun) {
                return;
            }
            begun = true;
            digests = new EnumMap<>(DigestAlgorithm.class);
            lanes = new EnumMap<>(DigestAlgorithm.class);
            for (DigestAlgorithm algorithm : algorithms) {
                if (streams != null && algorithm == DigestAlgorithm.SHA384) {
                    lanes.put(algorithm, streams.sha384());
                } else if (streams != null && algorithm == DigestAlgorithm.SHA512) {
                    lanes.put(algorithm, streams.sha512());
                } else {
                    digests.put(algorithm, algorithm.newMessageDigest());
                }
            }
        }

        private void update(Sha512Streams streams, byte[] array, int offset, int count) {
            begin(streams);
            for (MessageDigest digest : digests.values()) {
                digest.update(array, offset, count);
            }
            for (Sha512Streams.Stream stream : lanes.values()) {
                stream.update(array, offset, count);
            }
        }
    }

    private void run(List<Content> contents, List<Map<DigestAlgorithm, Digest>> into) {
        List<Content> waiting = new ArrayList<>();
        for (Content content : contents) {
            if (toNextFile(content)) {
                waiting.add(content);
            }
        }
        collect(into);
        while (!waiting.isEmpty()) {
            waiting = sweep(waiting, into);
        }
    }

    /** Feeds a content with what lies in memory, up to its next piece of a file; says whether there is one. */
    private boolean toNextFile(Content content) {
        for (Piece piece = content.pieces.peek(); piece != null; piece = content.pieces.peek()) {
            if (piece.file != null) {
                content.position = piece.start;
                return true;
            }
            byte[] array = piece.bytes == null ? ZEROS : piece.bytes;
            long step = piece.bytes == null ? ZEROS.length : CHUNK;
            for (long done = 0; done < piece.length; done += step) {
                int at = piece.bytes == null ? 0 : (int) (piece.start + done);
                content.update(streams, array, at, (int) Math.min(step, piece.length - done));
            }
            content.pieces.remove();
        }
        content.begin(streams); // if it was empty
        content.lanes.values().forEach(Sha512Streams.Stream::end);
        ending.add(content);
        return false;
    }

    /** Goes through one file from start to end; what is left needs another file, or bytes further to the front. */
    private List<Content> sweep(List<Content> waiting, List<Map<DigestAlgorithm, Digest>> into) {
        FileChannel file = waiting.get(0).pieces.element().file;
        PriorityQueue<Content> queue = new PriorityQueue<>(Comparator.comparingLong(Content::position));
        List<Content> later = new ArrayList<>();
        for (Content content : waiting) {
            (content.pieces.element().file == file ? queue : later).add(content);
        }
        List<Content> active = new ArrayList<>();
        while (!queue.isEmpty()) {
            Content first = queue.element();
            long from = first.position;
            int count = (int) Math.min(chunk.length, first.pieces.element().end() - from);
            first.pieces.element().source.readFile(from, chunk, 0, count);
            while (!queue.isEmpty() && queue.element().position < from + count) {
                active.add(queue.remove());
            }
            for (Content content : active) {
                if (!feed(content, file, from, count)) {
                    continue;
                }
                boolean ahead = content.pieces.element().file == file && content.position >= from + count;
                (ahead ? queue : later).add(content);
            }
            active.clear();
            collect(into);
        }
        return later;
    }

    /** Feeds a content with all that a chunk of its file has for it; says whether it needs more. */
    private boolean feed(Content content, FileChannel file, long from, int count) {
        while (true) {
            Piece piece = content.pieces.element();
            long end = Math.min(piece.end(), from + count);
            content.update(streams, chunk, (int) (content.position - from), (int) (end - content.position));
            content.position = end;
            if (end < piece.end()) {
                return true;
            }
            content.pieces.remove();
            if (!toNextFile(content)) {
                return false;
            }
            boolean inside = content.pieces.element().file == file
                    && content.position >= from
                    && content.position < from + count;
            if (!inside) {
                return true;
            }
        }
    }

    /** Hashes what is waiting, after which the chunk may be used again, and takes the digests of contents that have ended. */
    private void collect(List<Map<DigestAlgorithm, Digest>> into) {
        if (streams != null) {
            streams.flush();
        }
        for (Content content : ending) {
            Map<DigestAlgorithm, Digest> digests = into.get(content.number);
            content.digests.forEach((algorithm, digest) -> digests.put(algorithm, Digest.of(algorithm, digest)));
            content.lanes.forEach((algorithm, stream) -> digests.put(algorithm, Digest.of(algorithm, stream.digest())));
        }
        ending.clear();
    }
}
