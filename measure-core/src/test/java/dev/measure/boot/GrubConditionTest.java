package dev.measure.boot;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import java.util.List;
import org.junit.jupiter.api.Test;

/** Truth of tests; expectations are what the words mean in grub-core/commands/test.c. */
class GrubConditionTest {
    private static GrubCondition of(String words) {
        return new GrubCondition(List.of(words.split(" ", -1)), new GrubCondition.Disk() {
            @Override
            public boolean exists(String name) {
                return name.equals("file") || name.equals("folder");
            }

            @Override
            public boolean folder(String name) {
                return name.equals("folder");
            }

            @Override
            public boolean filled(String name) {
                return name.equals("file");
            }
        });
    }

    private static final List<String> TRUE = List.of(
            "a = a",
            "a == a",
            "a != b",
            "a < b",
            "3 -gt 2",
            "-n x",
            "-f file",
            "-d folder",
            "-s file",
            "a = b -o c = c",
            "a = a -o b = b -a c = d",
            "! a = b",
            "x",
            "-z = -z",
            "! ! x",
            "( a = a )");

    private static final List<String> FALSE = List.of(
            "a = b",
            "b <= a",
            "10 -lt 9",
            "-z x",
            "-f folder",
            "-e none",
            "a = a -a b = c",
            "! ( a = a -o b = c )",
            "-z = x");

    @Test
    void tellsTrueFromFalse() {
        for (List<String> all : List.of(TRUE, FALSE)) {
            for (String words : all) {
                GrubCondition condition = of(words);
                assertEquals(all == TRUE, condition.holds(), words);
                assertEquals(true, condition.understood(), words);
            }
        }
    }

    @Test
    void emptyWordIsFalseAndNoWordIsTrue() {
        assertFalse(of("").holds());
        assertEquals(true, new GrubCondition(List.of(), null).holds());
    }

    @Test
    void saysWhatItDoesNotKnow() {
        for (String words : List.of("a -pgt b", "file -nt folder", "x -gt 1", "( ".repeat(200) + "x")) {
            GrubCondition condition = of(words);
            condition.holds();
            assertFalse(condition.understood(), words);
        }
    }
}
