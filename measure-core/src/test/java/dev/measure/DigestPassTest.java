package dev.measure;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Many contents in one pass against each content by itself, part by part, with the Java runtime's message digests. The build runs it
 * without vector kernels and with them.
 */
class DigestPassTest {
    private static final long SEED = 0x0dd0fa7ca75L;

    @TempDir
    Path folder;

    private final SplittableRandom random = new SplittableRandom(SEED);

    private byte[] bytes(int count) {
        byte[] bytes = new byte[count];
        random.nextBytes(bytes);
        return bytes;
    }

    private static void check(List<List<Source>> contents, Set<DigestAlgorithm> algorithms, String message) {
        List<Map<DigestAlgorithm, Digest>> digests = DigestPass.of(contents, algorithms);
        assertEquals(contents.size(), digests.size());
        for (int i = 0; i < contents.size(); i++) {
            assertEquals(algorithms, digests.get(i).keySet());
            for (DigestAlgorithm algorithm : algorithms) {
                var one = algorithm.newMessageDigest();
                contents.get(i).forEach(part -> one.update(part.toByteArray()));
                Digest expected = Digest.of(algorithm, one);
                assertEquals(
                        expected, digests.get(i).get(algorithm), message + ", content " + i + ", " + algorithm.id());
            }
        }
    }

    /** Parts of two files and of memory, over each other, in any order, with zeros behind them. */
    @Test
    void partsOfFilesAndMemoryInAnyOrder() throws IOException {
        Path first = Files.write(folder.resolve("first"), bytes(700_000));
        Path second = Files.write(folder.resolve("second"), bytes(90_000));
        try (Source one = Source.open(first);
                Source two = Source.open(second)) {
            Source memory = Source.of("memory", bytes(300_000));
            List<Source> all = List.of(one, two, memory, Source.concat(two, memory));
            for (int iteration = 0; iteration < 60; iteration++) {
                List<List<Source>> contents = new ArrayList<>();
                int count = random.nextInt(1, 12);
                for (int content = 0; content < count; content++) {
                    List<Source> parts = new ArrayList<>();
                    for (int part = random.nextInt(5); part > 0; part--) {
                        Source whole = all.get(random.nextInt(all.size()));
                        long offset = random.nextLong(whole.length());
                        long limit =
                                random.nextBoolean() ? whole.length() - offset : Math.min(200, whole.length() - offset);
                        Source slice = whole.slice(offset, random.nextLong(limit + 1));
                        boolean whole1 = whole == two || whole == one || whole == memory;
                        parts.add(
                                whole1 && random.nextInt(4) == 0 ? slice.withZeroTail(random.nextInt(100_000)) : slice);
                    }
                    contents.add(parts);
                }
                EnumSet<DigestAlgorithm> algorithms = EnumSet.noneOf(DigestAlgorithm.class);
                for (DigestAlgorithm algorithm : DigestAlgorithm.values()) {
                    if (random.nextBoolean()) {
                        algorithms.add(algorithm);
                    }
                }
                check(contents, algorithms, "seed " + SEED + ": iteration " + iteration);
            }
        }
    }

    @Test
    void sectionsInFileOrderAndTheWholeFileInAllBanks() throws IOException {
        Path path = Files.write(folder.resolve("uki"), bytes(3_000_001));
        try (Source file = Source.open(path)) {
            List<List<Source>> contents = new ArrayList<>();
            contents.add(List.of(file));
            contents.add(List.of(file.slice(0, 300), file.slice(304, 2_900_000)));
            long at = 1000;
            for (int length : new int[] {5, 1_000_000, 0, 127, 900_000, 128}) {
                contents.add(List.of(file.slice(at, length)));
                at += length;
            }
            check(contents, EnumSet.allOf(DigestAlgorithm.class), "sections");
            check(contents, EnumSet.of(DigestAlgorithm.SHA384), "sections in one bank");
        }
    }

    @Test
    void nothingHasTheDigestOfNothing() {
        check(
                List.of(List.of(), List.of(Source.of("empty", new byte[0]))),
                EnumSet.allOf(DigestAlgorithm.class),
                "empty");
        assertEquals(List.of(), DigestPass.of(List.of(), EnumSet.of(DigestAlgorithm.SHA256)));
        assertEquals(List.of(Map.of()), DigestPass.of(List.of(List.of()), List.of()));
    }

    @Test
    void aFileThatShrinksIsMalformedOnEitherThread() throws IOException {
        Path path = Files.write(folder.resolve("shrinks"), bytes(4_000_000));
        try (Source file = Source.open(path)) {
            try (RandomAccessFile cut = new RandomAccessFile(path.toFile(), "rw")) {
                cut.setLength(2_500_000);
            }
            for (DigestAlgorithm algorithm : DigestAlgorithm.values()) {
                MalformedInputException e = assertThrows(
                        MalformedInputException.class,
                        () -> DigestPass.of(
                                List.of(List.of(file), List.of(file.slice(5, 3_999_000))),
                                EnumSet.of(algorithm, DigestAlgorithm.SHA1)));
                assertEquals(2_500_000, e.offset());
            }
        }
    }

    /** Contents that begin alike, part ways inside a piece, end inside another, and go on in memory, a file or zeros. */
    @Test
    void contentsThatBeginAlike() throws IOException {
        Path path = Files.write(folder.resolve("shared"), bytes(900_000));
        for (int iteration = 0; iteration < 40; iteration++) {
            // Opened anew every other time: digests go on from what earlier passes have left, or begin.
            try (Source file = Source.open(path)) {
                Source memory = Source.of("memory", bytes(70_000));
                for (int pass = 0; pass < 3; pass++) {
                    List<List<Source>> contents = new ArrayList<>();
                    for (int content = random.nextInt(1, 8); content > 0; content--) {
                        int start = 100_000 * random.nextInt(3);
                        Source first = file.slice(start, 100_000 * random.nextInt(1, 7));
                        contents.add(
                                switch (random.nextInt(6)) {
                                    case 0 -> List.of(first, memory.slice(0, random.nextInt(70_000)));
                                    case 1 -> List.of(first.withZeroTail(3), memory);
                                    case 2 -> List.of(first, file.slice(random.nextInt(800_000), 100_000), memory);
                                    case 3 -> List.of(memory, first, memory);
                                    case 4 -> List.of(first.slice(0, 70_001), first.slice(70_001, 29_999));
                                    default -> List.of(first);
                                });
                    }
                    EnumSet<DigestAlgorithm> algorithms = EnumSet.of(DigestAlgorithm.values()[random.nextInt(5)]);
                    algorithms.add(DigestAlgorithm.SHA384);
                    check(contents, algorithms, "seed " + SEED + ": iteration " + iteration + ", pass " + pass);
                }
            }
        }
    }

    /** An image has its digest of an earlier pass, and the initrd that begins with a section goes on behind it. */
    @Test
    void whatAnEarlierPassHasHashedIsNotReadAgain() throws IOException {
        byte[] content = bytes(600_000);
        Path path = Files.write(folder.resolve("read once"), content);
        EnumSet<DigestAlgorithm> all = EnumSet.allOf(DigestAlgorithm.class);
        try (Source file = Source.open(path)) {
            Source section = file.slice(1000, 500_000);
            Source rest = Source.of("rest", bytes(3));
            List<Source> image = List.of(file.slice(0, 216), file.slice(220, 599_780));
            DigestPass.of(List.of(image, List.of(section)), all);
            try (RandomAccessFile cut = new RandomAccessFile(path.toFile(), "rw")) {
                cut.setLength(0);
            }
            List<Map<DigestAlgorithm, Digest>> again = DigestPass.of(List.of(List.of(section, rest), image), all);
            for (DigestAlgorithm algorithm : all) {
                var one = algorithm.newMessageDigest();
                one.update(content, 1000, 500_000);
                one.update(rest.toByteArray());
                assertEquals(Digest.of(algorithm, one), again.get(0).get(algorithm));
                one.update(content, 0, 216);
                one.update(content, 220, 599_780);
                assertEquals(Digest.of(algorithm, one), again.get(1).get(algorithm));
            }
            assertThrows(
                    MalformedInputException.class,
                    () -> file.slice(1000, 499_999).digest(DigestAlgorithm.SHA1));
        }
    }

    @Test
    void aBranchIsSharedUpToWhereContentsPartWays() throws IOException {
        Path path = Files.write(folder.resolve("tree"), bytes(1000));
        try (Source file = Source.open(path)) {
            PrefixTree tree = PrefixTree.of(List.of(
                    List.of(file.slice(100, 400)),
                    List.of(file.slice(100, 250), file.slice(350, 150).withZeroTail(2), Source.of("m", bytes(4))),
                    List.of(file.slice(100, 200), Source.of("m", bytes(4))),
                    List.of(file.slice(101, 399))));
            assertEquals(
                    List.of(200L, 399L, 200L, 4L, 2L, 4L),
                    tree.branches().stream()
                            .map(branch -> branch.piece().length())
                            .toList());
        }
    }
}
