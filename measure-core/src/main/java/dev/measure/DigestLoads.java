package dev.measure;

import dev.measure.hash.Engine;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * How the work of a pass is shared by two threads. What begins with the same bytes stays together in an algorithm, and all that is
 * hashed side by side too.
 */
final class DigestLoads {
    /** The thread that reads. */
    static final int READER = 0;

    /** The one that only hashes. */
    static final int OTHER = 1;

    /** Side by side must be clearly cheaper: it keeps all of it on one thread. */
    private static final double CLEARLY = 0.9;

    private static final Set<DigestAlgorithm> FAMILY_OF_512 =
            Collections.unmodifiableSet(EnumSet.of(DigestAlgorithm.SHA384, DigestAlgorithm.SHA512));

    private final Map<PrefixTree.Branch, Map<DigestAlgorithm, Integer>> workers = new HashMap<>();
    private final boolean lanes;
    private int family = READER; // who has what is hashed side by side
    private int loads;

    private DigestLoads(boolean lanes) {
        this.lanes = lanes;
    }

    /** What cannot be shared: all that begins with a branch in an algorithm, or, without one, all side by side. */
    private record Load(PrefixTree.Branch first, DigestAlgorithm algorithm, double cost) {}

    /**
     * {@return the heaviest first, each to whom has less}
     *
     * @param branches of a tree that knows what it needs
     * @param banks the algorithms
     * @param lanes whether what can be is hashed side by side
     */
    static DigestLoads of(List<PrefixTree.Branch> branches, Set<DigestAlgorithm> banks, boolean lanes) {
        Map<PrefixTree.Branch, Map<DigestAlgorithm, Double>> bytes = new LinkedHashMap<>();
        double sideBySide = 0;
        for (PrefixTree.Branch branch : branches) {
            for (DigestAlgorithm bank : branch.fed()) {
                double length = branch.piece().length();
                if (lanes && FAMILY_OF_512.contains(bank)) {
                    sideBySide += length;
                } else {
                    bytes.computeIfAbsent(branch.first(), unused -> new EnumMap<>(DigestAlgorithm.class))
                            .merge(bank, length, Double::sum);
                }
            }
        }
        List<Load> heaviest = new ArrayList<>();
        bytes.forEach((first, ofFirst) ->
                ofFirst.forEach((bank, length) -> heaviest.add(new Load(first, bank, length * cost(bank)))));
        if (lanes) {
            heaviest.add(new Load(null, null, sideBySide * costSideBySide(bytes.size(), banks)));
        }
        heaviest.sort(Comparator.comparingDouble(Load::cost).reversed());
        DigestLoads loads = new DigestLoads(lanes);
        double cost = 0; // of the reader, minus that of the other
        for (Load load : heaviest) {
            int worker = cost <= 0 ? READER : OTHER;
            cost += worker == READER ? load.cost() : -load.cost();
            loads.give(load, worker);
        }
        return loads;
    }

    private void give(Load load, int worker) {
        loads++;
        if (load.first() == null) {
            family = worker;
        } else {
            workers.computeIfAbsent(load.first(), unused -> new EnumMap<>(DigestAlgorithm.class))
                    .put(load.algorithm(), worker);
        }
    }

    /** {@return how many parts there are to share} */
    int size() {
        return loads;
    }

    /** {@return who hashes what begins with a branch} */
    int worker(PrefixTree.Branch first, DigestAlgorithm algorithm) {
        if (lanes && FAMILY_OF_512.contains(algorithm)) {
            return family;
        }
        return workers.getOrDefault(first, Map.of()).getOrDefault(algorithm, READER);
    }

    /** What a byte costs, roughly: cycles on a processor with instructions for SHA-1 and SHA-256. */
    private static double cost(DigestAlgorithm bank) {
        return switch (bank) {
            case SHA1, SHA256 -> 2;
            case SHA384, SHA512 -> 4.5;
            case SM3_256 -> 10;
        };
    }

    private static int ofFamily(Set<DigestAlgorithm> banks) {
        int count = 0;
        for (DigestAlgorithm bank : FAMILY_OF_512) {
            count += banks.contains(bank) ? 1 : 0;
        }
        return count;
    }

    private static double costSideBySide(int contents, Set<DigestAlgorithm> banks) {
        int streams = Math.max(1, Math.min(contents, 4)) * ofFamily(banks);
        return cost(DigestAlgorithm.SHA384) * Engine.current().cost(streams) / streams;
    }

    /**
     * {@return whether hashing side by side is cheaper than one stream after another, given what lies over what in the files}
     *
     * @param branches of the tree
     * @param banks the algorithms
     */
    static boolean lanesPay(List<PrefixTree.Branch> branches, Set<DigestAlgorithm> banks) {
        Engine engine = Engine.current();
        int ofFamily = ofFamily(banks);
        if (!engine.sideBySide() || ofFamily == 0) {
            return false;
        }
        double alone = 0;
        double together = 0;
        Map<Object, List<long[]>> edges = new LinkedHashMap<>();
        for (PrefixTree.Branch branch : branches) {
            PrefixTree.Piece piece = branch.piece();
            if (piece.file() != null || piece.bytes() != null) {
                Object where = piece.file() != null ? piece.file() : piece.bytes();
                List<long[]> ofFile = edges.computeIfAbsent(where, unused -> new ArrayList<>());
                ofFile.add(new long[] {piece.start(), 1});
                ofFile.add(new long[] {piece.end(), -1});
            }
        }
        for (List<long[]> ofFile : edges.values()) {
            ofFile.sort(Comparator.comparingLong(edge -> edge[0]));
            long at = 0;
            int over = 0;
            for (long[] edge : ofFile) {
                alone += (double) (edge[0] - at) * over * ofFamily;
                together += (edge[0] - at) * engine.cost(over * ofFamily);
                at = edge[0];
                over += (int) edge[1];
            }
        }
        return together < CLEARLY * alone;
    }
}
