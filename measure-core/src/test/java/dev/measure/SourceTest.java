package dev.measure;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SourceTest {
    @TempDir
    Path folder;

    private static byte[] random(int length) {
        byte[] bytes = new byte[length];
        new SplittableRandom(0x50726365L).nextBytes(bytes);
        return bytes;
    }

    @Test
    void readsTheSameFromMemoryAndFromAFile() throws IOException {
        byte[] bytes = random(700_001); // several pieces, the last one short
        Path path = Files.write(folder.resolve("bytes"), bytes);
        Source memory = Source.of("memory", bytes);
        try (Source file = Source.open(path)) {
            assertEquals(path.toString(), file.name());
            assertArrayEquals(bytes, file.toByteArray());
            assertEquals(memory.digest(DigestAlgorithm.SHA256), file.digest(DigestAlgorithm.SHA256));
            Source slice = file.slice(300_000, 300_001);
            assertEquals(
                    memory.slice(300_000, 300_001).digest(DigestAlgorithm.SHA1), slice.digest(DigestAlgorithm.SHA1));
        }
    }

    @Test
    void keepsAbsoluteOffsetsInSlicesOfSlices() {
        Source slice = Source.of("file", random(100)).slice(10, 80).slice(5, 20);
        assertEquals(15, slice.start());
        assertEquals(20, slice.length());
        assertEquals("file@0xf+20", slice.toString());
    }

    @Test
    void refusesAPartThatIsNotInside() {
        Source source = Source.of("file", new byte[8]);
        IllegalArgumentException refused = assertThrows(IllegalArgumentException.class, () -> source.slice(4, 5));
        assertEquals("slice 4+5 is not inside 8 bytes of file", refused.getMessage());
        assertThrows(IllegalArgumentException.class, () -> source.slice(-1, 1));
        assertThrows(IllegalArgumentException.class, () -> source.slice(9, 0));
        assertThrows(IllegalArgumentException.class, () -> source.slice(1, Long.MAX_VALUE));
        assertThrows(IllegalArgumentException.class, () -> source.read(7, new byte[9], 0, 2));
    }

    @Test
    void saysSoWhenAFileShrinksWhileItIsRead() throws IOException {
        Path path = Files.write(folder.resolve("shrinking"), random(10_000));
        try (Source file = Source.open("shrinking", path);
                FileChannel writer = FileChannel.open(path, StandardOpenOption.WRITE)) {
            writer.truncate(6_000);
            MalformedInputException shrunk =
                    assertThrows(MalformedInputException.class, () -> file.digest(DigestAlgorithm.SHA256));
            assertEquals(
                    "shrinking: offset 0x1770: expected 4000 more bytes, found the end of the file",
                    shrunk.getMessage());
            assertEquals(
                    "the file has become shorter while it was read; try again when nothing writes to it",
                    shrunk.hint());
        }
    }

    @Test
    void readsBeyondFourGigabytesOfASparseFile() throws IOException {
        Path path = folder.resolve("sparse");
        long far = 5L << 30;
        try (FileChannel channel = FileChannel.open(path, StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
            channel.write(ByteBuffer.wrap(new byte[] {1, 2, 3, 4}), far);
        }
        try (Source file = Source.open(path)) {
            assertEquals(far + 4, file.length());
            assertArrayEquals(new byte[] {0, 1, 2, 3, 4}, file.slice(far - 1, 5).toByteArray());
            MalformedInputException tooLarge = assertThrows(MalformedInputException.class, file::toByteArray);
            assertEquals(
                    path + ": offset 0x0: expected at most 67108864 bytes, found 5368709124 bytes",
                    tooLarge.getMessage());
        }
    }

    @Test
    void readsAStreamToItsEndAndBoundsIt() throws IOException {
        byte[] bytes = random(5_000);
        Source source = Source.read("-", new ByteArrayInputStream(bytes));
        assertArrayEquals(bytes, source.toByteArray());
        InputStream endless = new InputStream() {
            @Override
            public int read() {
                return 0;
            }

            @Override
            public int read(byte[] into, int offset, int length) {
                return length;
            }
        };
        MalformedInputException refused = assertThrows(MalformedInputException.class, () -> Source.read("-", endless));
        assertEquals("give the name of a file instead: files are not held in memory", refused.hint());
    }

    @Test
    void doesNotChangeWhenTheCallersArrayDoes() {
        byte[] bytes = {1, 2, 3};
        Source source = Source.of("bytes", bytes);
        bytes[0] = 9;
        source.toByteArray()[1] = 9;
        assertArrayEquals(new byte[] {1, 2, 3}, source.toByteArray());
    }

    @Test
    void readsZerosBehindTheStoredBytes() throws IOException {
        byte[] stored = {1, 2, 3, 4, 5};
        Path path = Files.write(folder.resolve("stored"), stored);
        try (Source file = Source.open("s", path)) {
            for (Source source : List.of(Source.of("s", stored), file)) {
                Source tailed = source.slice(1, 3).withZeroTail(4);
                assertArrayEquals(new byte[] {2, 3, 4, 0, 0, 0, 0}, tailed.toByteArray());
                assertEquals(3, tailed.stored());
                assertEquals(1, tailed.start());
                assertArrayEquals(new byte[] {4, 0, 0}, tailed.slice(2, 3).toByteArray());
                assertEquals(1, tailed.slice(2, 3).stored());
                assertArrayEquals(new byte[2], tailed.slice(5, 2).toByteArray());
                assertEquals(0, tailed.slice(5, 2).stored());
                assertEquals(
                        Source.of("s", new byte[] {2, 3, 4, 0, 0, 0, 0}).digest(DigestAlgorithm.SHA256),
                        tailed.digest(DigestAlgorithm.SHA256));
                byte[] dirty = {9, 9, 9, 9};
                tailed.read(2, dirty, 1, 2);
                assertArrayEquals(new byte[] {9, 4, 0, 9}, dirty);
            }
        }
    }

    @Test
    void streamsAZeroTailThatIsLargerThanAnyArray() {
        Source tailed = Source.of("s", new byte[] {1}).withZeroTail(1L << 29);
        long[] seen = new long[2];
        tailed.stream((array, offset, count) -> {
            seen[0] += count;
            seen[1] += array[offset];
        });
        assertEquals((1L << 29) + 1, seen[0]);
        assertEquals(1, seen[1]);
        IllegalArgumentException e = assertThrows(IllegalArgumentException.class, () -> tailed.withZeroTail(1));
        assertEquals("a zero tail of 1 bytes behind s@0x0+536870913", e.getMessage());
    }

    @Test
    void twoSourcesReadAsOneAndKeepTheirPlaces() {
        Source first = Source.of("a", new byte[] {9, 1, 2, 3}).slice(1, 3);
        Source second = Source.of("b", new byte[] {4, 5, 6});
        Source both = Source.concat(first, second);
        assertEquals("a+b@0x0+6", both.toString());
        assertArrayEquals(new byte[] {1, 2, 3, 4, 5, 6}, both.toByteArray());
        assertEquals("a@0x2+2", both.slice(1, 2).toString());
        assertEquals("b@0x1+2", both.slice(4, 2).toString());
        Source seam = both.slice(2, 3);
        assertEquals("a+b@0x0+3", seam.toString());
        assertArrayEquals(new byte[] {3, 4, 5}, seam.toByteArray());
        assertArrayEquals(new byte[] {4, 5}, seam.slice(1, 2).toByteArray());
        assertEquals(0, both.slice(6, 0).length());
        assertEquals(
                Source.of("c", new byte[] {1, 2, 3, 4, 5, 6}).digest(DigestAlgorithm.SHA256),
                both.digest(DigestAlgorithm.SHA256));
    }

    private static byte[] piece(Source source, long offset, int count) {
        byte[][] handed = new byte[1][];
        source.piece(
                offset,
                count,
                new byte[count],
                (array, at, length) -> handed[0] = Arrays.copyOfRange(array, at, at + length));
        return handed[0];
    }

    @Test
    void handsOverAPieceWhereverItLies() throws IOException {
        byte[] bytes = {9, 1, 2, 3};
        Path path = Files.write(folder.resolve("piece"), bytes);
        try (Source file = Source.open(path)) {
            Source both = Source.concat(Source.of("a", new byte[] {1}), Source.of("b", new byte[] {2, 3}));
            for (Source source : List.of(Source.of("memory", bytes).slice(1, 3), file.slice(1, 3), both)) {
                assertArrayEquals(new byte[] {2, 3}, piece(source, 1, 2), source.toString());
                assertArrayEquals(new byte[] {1}, piece(source, 0, 1), source.toString());
                assertArrayEquals(new byte[] {}, piece(source, 3, 0), source.toString());
                assertThrows(IllegalArgumentException.class, () -> piece(source, 2, 2));
                assertThrows(IllegalArgumentException.class, () -> piece(source, -1, 2));
            }
        }
        Source tailed = Source.of("memory", bytes).slice(1, 3).withZeroTail(2);
        assertArrayEquals(new byte[] {2, 3}, piece(tailed, 1, 2));
        assertArrayEquals(new byte[] {3, 0, 0}, piece(tailed, 2, 3));
        assertArrayEquals(new byte[] {0}, piece(tailed, 4, 1));
    }
}
