package dev.measure.golden;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

class KeyIndexTest {
    private static Map<String, String> keys(SplittableRandom random) {
        Map<String, String> keys = new TreeMap<>();
        for (String key : List.of("fw", "profile", "vcpus")) {
            if (random.nextInt(3) > 0) {
                keys.put(key, "" + random.nextInt(3));
            }
        }
        return keys;
    }

    /** What it means to fit, said plainly. */
    private static boolean fits(Map<String, String> one, Map<String, String> other) {
        for (Map.Entry<String, String> entry : other.entrySet()) {
            if (one.containsKey(entry.getKey()) && !one.get(entry.getKey()).equals(entry.getValue())) {
                return false;
            }
        }
        return true;
    }

    @Test
    void findsWhatGoingThroughAllFinds() {
        SplittableRandom random = new SplittableRandom(0x6b657973L);
        for (int round = 0; round < 200; round++) {
            KeyIndex<Integer> index = new KeyIndex<>();
            List<Map<String, String>> all = new ArrayList<>();
            for (int i = 0; i < random.nextInt(20); i++) {
                all.add(keys(random));
                index.add(all.get(i), i);
            }
            for (int asked = 0; asked < 20; asked++) {
                Map<String, String> wanted = keys(random);
                List<Integer> fitting = new ArrayList<>();
                for (int i = 0; i < all.size(); i++) {
                    if (fits(wanted, all.get(i))) {
                        fitting.add(i);
                    }
                }
                String where = "round " + round + ", " + wanted + " in " + all;
                assertEquals(fitting, List.copyOf(new TreeSet<>(index.fitting(wanted))), where);
                assertEquals(fitting.stream().findFirst(), index.first(wanted), where);
            }
        }
    }

    @Test
    void saysWhenKeysAreThoseOfNoIds() {
        KeyIndex<Integer> index = new KeyIndex<>();
        for (int i = 0; i < KeyIndex.MOST_SHAPES; i++) {
            index.add(Map.of("key" + i, "1"), i);
        }
        assertFalse(index.isOdd());
        index.add(Map.of("another", "1"), 0);
        assertTrue(index.isOdd());
    }
}
