package dev.measure.snp;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.measure.Digest;
import dev.measure.DigestAlgorithm;
import dev.measure.MalformedInputException;
import dev.measure.Source;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Pages that are hashed once, side by side and out of order, against each page by itself. The build runs it without vector kernels and
 * with them.
 */
class PageDigestsTest {
    private static final long SEED = 0xfeedface12345678L;
    private static final int PAGE = 4096;

    @TempDir
    Path folder;

    private final SplittableRandom random = new SplittableRandom(SEED);

    /** Pages of which many are erased, or like the one before, or like one long ago. */
    private byte[] image(int pages) {
        List<byte[]> made = new ArrayList<>();
        byte[] image = new byte[pages * PAGE];
        for (int page = 0; page < pages; page++) {
            byte[] bytes = new byte[PAGE];
            switch (random.nextInt(5)) {
                case 0 -> Arrays.fill(bytes, (byte) 0xff);
                case 1 -> bytes = page == 0 ? bytes : made.get(page - 1).clone();
                case 2 ->
                    bytes = page == 0 ? bytes : made.get(random.nextInt(page)).clone();
                case 3 -> {
                    Arrays.fill(bytes, (byte) 0xff); // all but erased
                    bytes[random.nextInt(PAGE)] = 1;
                }
                default -> random.nextBytes(bytes);
            }
            made.add(bytes);
            System.arraycopy(bytes, 0, image, page * PAGE, PAGE);
        }
        return image;
    }

    private static byte[] oneByOne(byte[] image) throws Exception {
        MessageDigest sha384 = MessageDigest.getInstance("SHA-384");
        byte[] packed = new byte[image.length / PAGE * 48];
        for (int page = 0; page < image.length / PAGE; page++) {
            sha384.update(image, page * PAGE, PAGE);
            sha384.digest(packed, page * 48, 48);
        }
        return packed;
    }

    @Test
    void eachPageHasItsOwnDigestFromMemoryAndFromAFile() throws Exception {
        for (int iteration = 0; iteration < 40; iteration++) {
            int pages = 1 + random.nextInt(iteration < 30 ? 40 : 300);
            byte[] image = image(pages);
            byte[] expected = oneByOne(image);
            String message = "seed " + SEED + ": iteration " + iteration + ", pages " + pages;
            assertArrayEquals(expected, PageDigests.of(Source.of("memory", image)), message);
            Path file = Files.write(folder.resolve("image" + iteration), image);
            try (Source source = Source.open(file)) {
                PageDigests digests = PageDigests.start(source);
                assertEquals(pages, digests.pages(), message);
                for (int ready = 0; ready < pages; ) {
                    int more = digests.moreThan(ready);
                    assertTrue(more > ready && more <= pages, message);
                    assertArrayEquals(
                            Arrays.copyOf(expected, 48 * more), Arrays.copyOf(digests.packed(), 48 * more), message);
                    ready = more;
                }
            }
        }
    }

    @Test
    void theChainBehindThePagesIsTheChainOverThem() throws Exception {
        for (int pages : new int[] {1, 64, 255, 256, 700}) {
            byte[] image = image(pages);
            byte[] packed = oneByOne(image);
            MessageDigest sha384 = MessageDigest.getInstance("SHA-384");
            byte[] pageInfo = new byte[0x70];
            for (int page = 0; page < pages; page++) {
                System.arraycopy(packed, 48 * page, pageInfo, 48, 48);
                pageInfo[0x60] = 0x70;
                pageInfo[0x62] = 1;
                long gpa = 0xffc00000L + 4096L * page;
                for (int i = 0; i < 8; i++) {
                    pageInfo[0x68 + i] = (byte) (gpa >>> 8 * i);
                }
                System.arraycopy(sha384.digest(pageInfo), 0, pageInfo, 0, 48);
            }
            ChainBehindPages.Result result = ChainBehindPages.of(Source.of("image", image), 0xffc00000L);
            assertEquals(
                    Digest.of(DigestAlgorithm.SHA384, Arrays.copyOf(pageInfo, 48)), result.after(), pages + " pages");
            assertArrayEquals(packed, result.packed());
        }
    }

    @Test
    void aFileThatShrinksEndsBothThreads() throws IOException {
        Path file = Files.write(folder.resolve("shrinks"), image(512));
        try (Source source = Source.open(file)) {
            try (RandomAccessFile cut = new RandomAccessFile(file.toFile(), "rw")) {
                cut.setLength(300 * PAGE);
            }
            MalformedInputException e =
                    assertThrows(MalformedInputException.class, () -> ChainBehindPages.of(source, 0xffe00000L));
            assertEquals(300 * PAGE, e.offset());
        }
    }

    @Test
    void equalVmsaPagesAreHashedOnce() throws Exception {
        VmsaPages pages = new VmsaPages();
        byte[] page = new byte[PAGE];
        random.nextBytes(page);
        byte[] other = page.clone();
        other[PAGE - 1]++;
        assertEquals(0, pages.add(page));
        assertEquals(1, pages.add(other));
        assertEquals(0, pages.add(page.clone()));
        MessageDigest sha384 = MessageDigest.getInstance("SHA-384");
        assertEquals(2, pages.digests().size());
        assertArrayEquals(sha384.digest(page), pages.digests().get(0));
        assertArrayEquals(sha384.digest(other), pages.digests().get(1));
    }
}
