package dev.measure.golden;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/**
 * Things by their keys, to find those that fit others: what both have a key for, they have alike. Found by a look-up for each set of
 * keys that things have, and not by going through all, of which a file can have as many as it likes.
 *
 * @param <T> the things
 */
final class KeyIndex<T> {
    /** Sets of keys of the ids of one register: a handful, as only {@code unknown} leaves a key out. */
    static final int MOST_SHAPES = 64;

    /** A thing with its place in the order in which things were given. */
    private record Entry<T>(int place, Map<String, String> keys, T thing) {}

    private final Map<Set<String>, List<Entry<T>>> shapes = new LinkedHashMap<>();
    private final Map<List<Set<String>>, Map<Map<String, String>, List<Entry<T>>>> indexes = new HashMap<>();
    private int size;

    /** Adds a thing behind the others. */
    void add(Map<String, String> keys, T thing) {
        shapes.computeIfAbsent(new TreeSet<>(keys.keySet()), any -> new ArrayList<>())
                .add(new Entry<>(size++, keys, thing));
    }

    /** {@return whether there are more sets of keys than ids have, so that looking things up would not be fast} */
    boolean isOdd() {
        return shapes.size() > MOST_SHAPES;
    }

    /** {@return all that fit} */
    List<T> fitting(Map<String, String> keys) {
        List<T> fitting = new ArrayList<>();
        shapes.keySet().forEach(shape -> at(shape, keys).forEach(entry -> fitting.add(entry.thing)));
        return fitting;
    }

    /** {@return the one that was added first of all that fit} */
    Optional<T> first(Map<String, String> keys) {
        Entry<T> first = null;
        for (Set<String> shape : shapes.keySet()) {
            List<Entry<T>> fitting = at(shape, keys);
            if (!fitting.isEmpty() && (first == null || fitting.get(0).place < first.place)) {
                first = fitting.get(0);
            }
        }
        return Optional.ofNullable(first).map(Entry::thing);
    }

    private List<Entry<T>> at(Set<String> shape, Map<String, String> keys) {
        Set<String> common = new TreeSet<>(shape);
        common.retainAll(keys.keySet());
        return indexes.computeIfAbsent(List.of(shape, common), any -> index(shape, common))
                .getOrDefault(only(keys, common), List.of());
    }

    private Map<Map<String, String>, List<Entry<T>>> index(Set<String> shape, Set<String> common) {
        Map<Map<String, String>, List<Entry<T>>> index = new HashMap<>();
        for (Entry<T> entry : shapes.get(shape)) {
            index.computeIfAbsent(only(entry.keys, common), any -> new ArrayList<>())
                    .add(entry);
        }
        return index;
    }

    private static Map<String, String> only(Map<String, String> keys, Set<String> wanted) {
        Map<String, String> only = new HashMap<>();
        wanted.forEach(key -> only.put(key, keys.get(key)));
        return only;
    }
}
