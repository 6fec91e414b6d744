package dev.measure;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Contents that begin with the same bytes of the same file, array, or with zeros, as branches of one tree: what they share is hashed
 * once. The initrd that a stub assembles begins with the section {@code .initrd}, which is measured by itself too.
 */
final class PrefixTree {
    /** Behind more runs of a file than this nothing is remembered: an image has four. */
    private static final int MOST_RANGES = 16;

    private final Branch root = new Branch(null);

    private PrefixTree() {}

    /** A run of bytes: in memory, in a file, or zeros that are nowhere. */
    record Piece(Source source, byte[] bytes, OpenFile file, long start, long length) {
        long end() {
            return start + length;
        }

        private Place place() {
            return new Place(file != null ? file : bytes, bytes == null && file == null ? 0 : start);
        }

        private Piece part(long from, long count) {
            return new Piece(source, bytes, file, bytes == null && file == null ? 0 : start + from, count);
        }

        private boolean goesOnWith(Piece next) {
            return file == next.file && bytes == next.bytes && (bytes == null && file == null || end() == next.start);
        }
    }

    /** Where a piece begins; a file and an array are equal to themselves alone. */
    private record Place(Object of, long start) {}

    /** A piece behind others, and what comes behind it. */
    static final class Branch {
        private Piece piece;
        private final List<Integer> contents = new ArrayList<>(1);
        private Map<Place, Branch> next = new LinkedHashMap<>(2);

        private Branch first = this; // of those behind the root
        private List<OpenFile.Range> ranges = List.of(); // from the root, if all of it is of one file
        private Map<DigestAlgorithm, Object> remembered = Map.of();
        private final Set<DigestAlgorithm> needed = EnumSet.noneOf(DigestAlgorithm.class);
        private final Set<DigestAlgorithm> fed = EnumSet.noneOf(DigestAlgorithm.class);

        private Branch(Piece piece) {
            this.piece = piece;
        }

        Piece piece() {
            return piece;
        }

        /** {@return the numbers of the contents that end here} */
        List<Integer> contents() {
            return contents;
        }

        Iterable<Branch> next() {
            return next.values();
        }

        /** {@return the branch from the root that this one grows on, or itself} */
        Branch first() {
            return first;
        }

        /** {@return in which algorithms the digest behind the piece is needed} */
        Set<DigestAlgorithm> needed() {
            return needed;
        }

        /** {@return those of the needed that are not remembered, so that the piece has to be hashed} */
        Set<DigestAlgorithm> fed() {
            return fed;
        }

        Map<DigestAlgorithm, Object> remembered() {
            return remembered;
        }

        /** {@return the bytes of the file before here, if what comes next is not of it; empty if nothing is to be remembered} */
        List<OpenFile.Range> toRemember() {
            boolean ends = !contents.isEmpty() || next.isEmpty();
            for (Branch branch : next.values()) {
                ends = ends || branch.piece.file() != piece.file();
            }
            return ends && OpenFile.isWorthKeeping(ranges) ? ranges : List.of();
        }
    }

    /**
     * {@return the tree of some contents}
     *
     * @param contents each a list of parts
     */
    static PrefixTree of(List<List<Source>> contents) {
        PrefixTree tree = new PrefixTree();
        for (int number = 0; number < contents.size(); number++) {
            List<Piece> pieces = new ArrayList<>();
            for (Source part : contents.get(number)) {
                part.pieces(pieces);
            }
            tree.add(number, joined(pieces));
        }
        return tree;
    }

    private static List<Piece> joined(List<Piece> pieces) {
        List<Piece> joined = new ArrayList<>();
        for (Piece piece : pieces) {
            int last = joined.size() - 1;
            if (piece.length() == 0) {
                continue;
            }
            if (last >= 0 && joined.get(last).goesOnWith(piece)) {
                Piece before = joined.remove(last);
                joined.add(before.part(0, before.length() + piece.length()));
            } else {
                joined.add(piece);
            }
        }
        return joined;
    }

    private void add(int number, List<Piece> pieces) {
        Branch at = root;
        for (Piece whole : pieces) {
            Piece piece = whole;
            while (piece != null) {
                Branch branch = at.next.get(piece.place());
                if (branch == null) {
                    branch = new Branch(piece);
                    at.next.put(piece.place(), branch);
                } else if (branch.piece.length() > piece.length()) {
                    split(branch, piece.length());
                }
                long shared = branch.piece.length();
                piece = shared == piece.length() ? null : piece.part(shared, piece.length() - shared);
                at = branch;
            }
        }
        at.contents.add(number);
    }

    private static void split(Branch branch, long at) {
        Branch rest = new Branch(branch.piece.part(at, branch.piece.length() - at));
        rest.next = branch.next;
        rest.contents.addAll(branch.contents);
        branch.contents.clear();
        branch.piece = branch.piece.part(0, at);
        branch.next = new LinkedHashMap<>(2);
        branch.next.put(rest.piece.place(), rest);
    }

    Branch root() {
        return root;
    }

    /** {@return all branches but the root, each before those behind it} */
    List<Branch> branches() {
        List<Branch> order = new ArrayList<>();
        ArrayDeque<Branch> open = new ArrayDeque<>(root.next.values());
        while (!open.isEmpty()) {
            Branch branch = open.remove();
            order.add(branch);
            open.addAll(branch.next.values());
        }
        return order;
    }

    /**
     * Finds out what has to be hashed, given what is remembered.
     *
     * @param branches as {@link #branches} has them
     * @param algorithms which
     * @param lanes whether what can be is hashed side by side
     */
    void need(List<Branch> branches, Set<DigestAlgorithm> algorithms, boolean lanes) {
        root.next.values().forEach(branch -> locate(root, branch));
        for (Branch branch : branches) {
            branch.next.values().forEach(next -> locate(branch, next));
        }
        for (int i = branches.size() - 1; i >= 0; i--) {
            Branch branch = branches.get(i);
            branch.remembered = remembered(branch, lanes);
            if (!branch.contents.isEmpty()) {
                branch.needed.addAll(algorithms);
            }
            branch.next.values().forEach(next -> branch.needed.addAll(next.fed));
            branch.fed.addAll(branch.needed);
            branch.fed.removeAll(branch.remembered.keySet());
        }
    }

    private void locate(Branch before, Branch branch) {
        branch.first = before == root ? branch : before.first;
        boolean follows = before == root || !before.ranges.isEmpty() && before.piece.file() == branch.piece.file();
        if (branch.piece.file() != null && follows && before.ranges.size() < MOST_RANGES) {
            branch.ranges = new ArrayList<>(before.ranges);
            int last = branch.ranges.size() - 1;
            if (last >= 0 && before.piece.end() == branch.piece.start()) {
                OpenFile.Range range = branch.ranges.remove(last); // cut for another content only
                branch.ranges.add(new OpenFile.Range(range.start(), range.length() + branch.piece.length()));
            } else {
                branch.ranges.add(new OpenFile.Range(branch.piece.start(), branch.piece.length()));
            }
        }
    }

    private static Map<DigestAlgorithm, Object> remembered(Branch branch, boolean lanes) {
        if (branch.ranges.isEmpty() || branch.piece.file().isEmpty()) {
            return Map.of();
        }
        Map<DigestAlgorithm, Object> usable = new EnumMap<>(DigestAlgorithm.class);
        branch.piece.file().statesBehind(branch.ranges).forEach((algorithm, state) -> {
            if (Hasher.isUsable(algorithm, state, lanes)) {
                usable.put(algorithm, state);
            }
        });
        return usable;
    }
}
