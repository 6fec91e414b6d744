package dev.measure.pe;

import static dev.measure.vectors.PeWriter.pe32;
import static dev.measure.vectors.PeWriter.pe32Plus;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.measure.Digest;
import dev.measure.DigestAlgorithm;
import dev.measure.MalformedInputException;
import dev.measure.Source;
import dev.measure.vectors.PeWriter;
import java.io.IOException;
import java.io.OutputStream;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PeImageTest {
    private static final List<DigestAlgorithm> SHA256 = List.of(DigestAlgorithm.SHA256);

    // e_lfanew of PeWriter is 0x80: COFF header at 0x84, optional header at 0x98, data directories at 0x108, section
    // table at 0x188.
    private static final int SECTION_TABLE = 0x188;

    private static PeImage read(PeWriter writer) {
        return PeImage.read(Source.of("x.efi", writer.build()));
    }

    private static void refuses(String message, PeWriter writer) {
        refuses(message, writer.build());
    }

    private static void refuses(String message, byte[] bytes) {
        MalformedInputException e = assertThrows(
                MalformedInputException.class,
                () -> PeImage.read(Source.of("x.efi", bytes)).authenticode(SHA256));
        assertEquals("x.efi: " + message, e.getMessage());
    }

    private static byte[] filled(int length, int value) {
        byte[] bytes = new byte[length];
        Arrays.fill(bytes, (byte) value);
        return bytes;
    }

    private static String sha256(byte[] file, int... ranges) throws NoSuchAlgorithmException {
        MessageDigest digest = MessageDigest.getInstance("SHA-256");
        for (int i = 0; i < ranges.length; i += 2) {
            digest.update(file, ranges[i], ranges[i + 1] - ranges[i]);
        }
        return HexFormat.of().formatHex(digest.digest());
    }

    private static String authenticode(byte[] file) {
        return PeImage.read(Source.of("x.efi", file))
                .authenticode(SHA256)
                .get(DigestAlgorithm.SHA256)
                .hex();
    }

    @Test
    void readsTheHeadersOfPe32AndPe32Plus() {
        PeImage plus = read(pe32Plus().timeDateStamp(0xfffffffeL).checkSum(7).section(".text", "code"));
        assertEquals(0x8664, plus.coffHeader().machine());
        assertEquals(0xfffffffeL, plus.coffHeader().timeDateStamp());
        assertEquals(OptionalHeader.PE32_PLUS, plus.optionalHeader().magic());
        assertEquals(7, plus.optionalHeader().checkSum());
        assertEquals(0x14000000L, plus.optionalHeader().imageBase());
        assertEquals(16, plus.optionalHeader().dataDirectories().size());
        PeImage small = read(pe32().section(".text", "code").directories(6));
        assertEquals(0x14c, small.coffHeader().machine());
        assertEquals(OptionalHeader.PE32, small.optionalHeader().magic());
        assertEquals(0x400000, small.optionalHeader().imageBase());
        assertEquals(6, small.optionalHeader().dataDirectories().size());
        assertEquals(10, small.optionalHeader().subsystem());
    }

    @Test
    void cutsASectionAtVirtualSize() {
        PeSection section = read(pe32Plus().section(".a", "abcdef").virtualSize(4))
                .section(".a")
                .orElseThrow();
        assertArrayEquals("abcd".getBytes(), section.content().toByteArray());
        assertEquals(0x200, section.content().start());
        assertEquals(512, section.sizeOfRawData());
    }

    @Test
    void putsZerosBehindASectionThatIsLongerInMemory() {
        PeSection section = read(pe32Plus().section(".a", filled(512, 1)).virtualSize(515))
                .section(".a")
                .orElseThrow();
        byte[] content = section.content().toByteArray();
        assertEquals(515, content.length);
        assertEquals(1, content[511]);
        assertArrayEquals(new byte[3], Arrays.copyOfRange(content, 512, 515));
        assertEquals(512, section.content().stored());
    }

    @Test
    void takesNoMemoryForAVirtualSizeOf4GiB() {
        PeImage image =
                read(pe32Plus().section(".a", "x").virtualSize(0xffffffffL).sizeOfImage(0xffffffffL));
        assertEquals(0xffffffffL, image.sections().get(0).content().length());
        MalformedInputException e = assertThrows(MalformedInputException.class, () -> image.sectionDigests(SHA256));
        assertEquals(
                "x.efi: offset 0x190: expected VirtualSize with at most 0x4000000 zeros behind the data of all sections,"
                        + " found 0xffffffff for 0x200 bytes of data",
                e.getMessage());
    }

    @Test
    void showsBytesOfANameThatAreNotPrintable() {
        PeImage image = read(pe32Plus().section(".a\u007f b", "x").section(".exactly", "y"));
        assertEquals(".a\\x7f\\x20b", image.sections().get(0).name());
        assertEquals(".exactly", image.sections().get(1).name());
    }

    @Test
    void readsAnImageBeyond2GiBByItsHeadersOnly(@TempDir Path folder) throws IOException {
        Path file = folder.resolve("large.efi");
        long raw = 0x9000_0000L;
        pe32Plus()
                .section(".linux", new byte[0])
                .virtualSize(raw)
                .sizeOfRawData(raw)
                .pointerToRawData(0x200)
                .writeTo(file);
        try (RandomAccessFile sparse = new RandomAccessFile(file.toFile(), "rw")) {
            sparse.setLength(0x200 + raw);
            sparse.seek(0x200 + raw - 1);
            sparse.write(0x5a);
        }
        try (Source source = Source.open("large.efi", file)) {
            Source content = PeImage.read(source).sections().get(0).content();
            assertEquals(raw, content.length());
            assertEquals(0x5a, content.slice(raw - 1, 1).toByteArray()[0]);
        }
    }

    @Test
    void hashesSectionsOfALargeFileWithoutHoldingIt(@TempDir Path folder) throws Exception {
        Path file = pe32Plus()
                .section(".a", 20_000_001, 0x5eedL)
                .section(".b", 3_000_000, 0xb0b0L)
                .writeTo(folder.resolve("large.efi"));
        try (Source source = Source.open(file)) {
            List<Map<DigestAlgorithm, Digest>> digests =
                    PeImage.read(source).sectionDigests(List.of(DigestAlgorithm.SHA256, DigestAlgorithm.SHA1));
            MessageDigest expected = MessageDigest.getInstance("SHA-256");
            PeWriter.random(20_000_001, 0x5eedL, new OutputStream() {
                @Override
                public void write(int b) {
                    expected.update((byte) b);
                }

                @Override
                public void write(byte[] bytes, int offset, int count) {
                    expected.update(bytes, offset, count);
                }
            });
            assertEquals(
                    HexFormat.of().formatHex(expected.digest()),
                    digests.get(0).get(DigestAlgorithm.SHA256).hex());
            MessageDigest whole = MessageDigest.getInstance("SHA-256");
            List<Map<DigestAlgorithm, Digest>> andFile =
                    PeImage.read(source).sectionDigestsAndFile(List.of(DigestAlgorithm.SHA256));
            assertEquals(3, andFile.size());
            assertEquals(
                    HexFormat.of().formatHex(whole.digest(Files.readAllBytes(file))),
                    andFile.get(2).get(DigestAlgorithm.SHA256).hex());
            assertEquals(
                    digests.get(1).get(DigestAlgorithm.SHA256), andFile.get(1).get(DigestAlgorithm.SHA256));
        }
    }

    @Test
    void hashesEachSectionOfOverlappingAndUnsortedOnes() throws Exception {
        byte[] file = pe32Plus()
                .section(".a", filled(1024, 1))
                .pointerToRawData(0x600)
                .section(".b", filled(1024, 2))
                .pointerToRawData(0x400)
                .virtualSize(0x300)
                .section(".c", new byte[0])
                .section(".d", filled(512, 3))
                .pointerToRawData(0x600)
                .virtualSize(0x201)
                .build();
        List<Map<DigestAlgorithm, Digest>> digests =
                PeImage.read(Source.of("x.efi", file)).sectionDigests(SHA256);
        byte[] withZero = Arrays.copyOf(Arrays.copyOfRange(file, 0x600, 0x800), 0x201);
        assertEquals(
                sha256(file, 0x600, 0xa00),
                digests.get(0).get(DigestAlgorithm.SHA256).hex());
        assertEquals(
                sha256(file, 0x400, 0x700),
                digests.get(1).get(DigestAlgorithm.SHA256).hex());
        assertEquals(sha256(file), digests.get(2).get(DigestAlgorithm.SHA256).hex());
        assertEquals(
                sha256(withZero, 0, 0x201),
                digests.get(3).get(DigestAlgorithm.SHA256).hex());
    }

    // The ranges of the next tests are those of the rule "EDK2's PE_COFF_IMAGE measurement", written out by hand.

    @Test
    void leavesCheckSumAndCertificateEntryOutOfAuthenticode() throws Exception {
        byte[] file = pe32Plus().section(".a", filled(600, 1)).build();
        assertEquals(sha256(file, 0, 0xd8, 0xdc, 0x128, 0x130, file.length), authenticode(file));
        byte[] small = pe32().section(".a", filled(600, 1)).build();
        assertEquals(sha256(small, 0, 0xd8, 0xdc, 0x118, 0x120, small.length), authenticode(small));
    }

    @Test
    void hashesAllHeadersWhenThereIsNoCertificateEntry() throws Exception {
        byte[] file = pe32Plus().directories(4).section(".a", filled(600, 1)).build();
        assertEquals(sha256(file, 0, 0xd8, 0xdc, file.length), authenticode(file));
    }

    @Test
    void hashesTrailingBytesWithoutPaddingButNotTheCertificates() throws Exception {
        byte[] file = pe32Plus()
                .section(".a", filled(512, 1))
                .trailing(new byte[] {9, 8, 7})
                .build();
        assertEquals(sha256(file, 0, 0xd8, 0xdc, 0x128, 0x130, 0x403), authenticode(file));
        byte[] signed = pe32Plus()
                .section(".a", filled(512, 1))
                .trailing(new byte[] {9, 8, 7})
                .certificates(filled(16, 0xcc))
                .build();
        assertEquals(sha256(signed, 0, 0xd8, 0xdc, 0x128, 0x130, 0x408), authenticode(signed));
        assertArrayEquals(
                filled(16, 0xcc),
                PeImage.read(Source.of("x.efi", signed))
                        .certificates()
                        .orElseThrow()
                        .toByteArray());
    }

    @Test
    void hashesSectionsInTheOrderOfTheFile() throws Exception {
        byte[] file = pe32Plus()
                .section(".a", filled(512, 1))
                .pointerToRawData(0x400)
                .section(".b", filled(512, 2))
                .pointerToRawData(0x200)
                .build();
        assertEquals(sha256(file, 0, 0xd8, 0xdc, 0x128, 0x130, 0x600), authenticode(file));
    }

    @Test
    void hashesBytesTwiceOrNotAtAllWhenSectionsOverlapOrLeaveGaps() throws Exception {
        byte[] gap = pe32Plus()
                .section(".a", filled(1024, 1))
                .sizeOfRawData(512)
                .section(".b", filled(512, 2))
                .build();
        // headers 0x200 + 0x200 + 0x200 = 0x600: the rest starts there, inside .b, not behind it
        assertEquals(sha256(gap, 0, 0xd8, 0xdc, 0x128, 0x130, 0x400, 0x600, 0x800, 0x600, 0x800), authenticode(gap));
        byte[] overlap = pe32Plus()
                .section(".a", filled(1024, 1))
                .section(".b", filled(512, 2))
                .pointerToRawData(0x400)
                .build();
        // 0x200 + 0x400 + 0x200 = 0x800 = the file: nothing is left, though 0x600 to 0x800 were never hashed
        assertEquals(sha256(overlap, 0, 0xd8, 0xdc, 0x128, 0x130, 0x600, 0x400, 0x600), authenticode(overlap));
    }

    @Test
    void refusesToHashAnImageWhoseCertificatesLieInASection() {
        refuses(
                "offset 0x400: expected at least 0x10 bytes for the certificate table, found 0x8 bytes behind headers and"
                        + " sections",
                pe32Plus().section(".a", filled(512, 1)).trailing(new byte[8]).directory(4, 0x3f0, 16));
    }

    @Test
    void refusesWhatIsNotAnEfiProgram() {
        refuses("offset 0x0: expected e_magic (2 bytes), found the end of the data", new byte[0]);
        refuses(
                "offset 0x0: expected e_magic = 0x5a4d, found 0x4550",
                pe32Plus().dosMagic(0x4550));
        refuses(
                "offset 0x3c: expected e_lfanew of at least 0x00000040, found 0x00000000",
                pe32Plus().lfanew(0));
        refuses(
                "offset 0x3c: expected e_lfanew with 264 bytes of headers behind it, found 0xffffffff in a file of 0x400"
                        + " bytes",
                pe32Plus().lfanew(-1).section(".a", "x"));
        refuses(
                "offset 0x80: expected Signature = 0x00004550, found 0x0000454c",
                pe32Plus().signature(0x454c).section(".a", "x"));
        refuses(
                "offset 0x98: expected Magic = 0x010b (PE32) or 0x020b (PE32+), found 0x0107",
                pe32Plus().magic(0x107).section(".a", "x"));
    }

    @Test
    void refusesHeadersThatEdk2Refuses() {
        refuses(
                "offset 0x104: expected NumberOfRvaAndSizes of at most 16, found 0x00000011",
                pe32Plus().numberOfRvaAndSizes(17).section(".a", "x"));
        refuses(
                "offset 0x94: expected SizeOfOptionalHeader = 0x00f0 for 16 data directories, found 0x00e8",
                pe32Plus().sizeOfOptionalHeader(0xe8).section(".a", "x"));
        refuses(
                "offset 0xd0: expected SizeOfImage larger than the headers of 0x000001b0 bytes, found 0x000001b0",
                pe32Plus().sizeOfImage(0x1b0).section(".a", "x"));
        refuses(
                "offset 0xd4: expected SizeOfHeaders that takes in the section table, which ends at 0x000001b0, found"
                        + " 0x000001af",
                pe32Plus().sizeOfHeaders(0x1af).section(".a", "x"));
        refuses(
                "offset 0xd4: expected SizeOfHeaders below SizeOfImage = 0x00002000, found 0x00002000",
                pe32Plus().sizeOfHeaders(0x2000).section(".a", "x"));
        refuses(
                "offset 0xd4: expected SizeOfHeaders inside the file of 0x400 bytes, found 0x00000401",
                pe32Plus().sizeOfHeaders(0x401).section(".a", "x"));
        refuses(
                "offset 0x128: expected the certificate table inside the file of 0x400 bytes, found 0x00000001 at 0x00000400",
                pe32Plus().directory(4, 0x400, 1).section(".a", "x"));
        refuses(
                "offset 0x128: expected the certificate table inside the file of 0x400 bytes, found 0xffffffff at 0xffffffff",
                pe32Plus().directory(4, -1, -1).section(".a", "x"));
    }

    @Test
    void refusesSectionsThatEdk2Refuses() {
        assertEquals(
                SECTION_TABLE,
                read(pe32Plus().section(".a", "x")).sections().get(0).headerOffset());
        refuses(
                "offset 0x194: expected section .a with VirtualAddress behind SizeOfHeaders = 0x00000200, found 0x000001ff",
                pe32Plus().section(".a", "x").virtualAddress(0x1ff));
        refuses(
                "offset 0x19c: expected section .a with PointerToRawData behind SizeOfHeaders = 0x00000200, found"
                        + " 0x000001ff",
                pe32Plus().section(".a", "x").pointerToRawData(0x1ff));
        refuses(
                "offset 0x198: expected SizeOfRawData of section .a below 4 GiB from the start of the file, found"
                        + " 0xffffffff at 0x00000200",
                pe32Plus().section(".a", "x").sizeOfRawData(-1));
        refuses(
                "offset 0x198: expected SizeOfRawData of section .a inside the file of 0x400 bytes, found 0x00000201 at"
                        + " 0x00000200",
                pe32Plus().section(".a", "x").sizeOfRawData(0x201));
    }

    @Test
    void takesASectionWithoutDataWhereverItPoints() {
        PeSection bss = read(pe32Plus()
                        .section(".bss", new byte[0])
                        .virtualSize(64)
                        .pointerToRawData(-1)
                        .virtualAddress(0))
                .sections()
                .get(0);
        assertArrayEquals(new byte[64], bss.content().toByteArray());
    }

    @Test
    void refusesADebugDirectoryThatLeavesTheFile() {
        refuses(
                "offset 0x3f0: expected a debug directory entry of 28 bytes, found the end of the file",
                pe32Plus().directory(6, 0x11f0, 28).section(".a", filled(512, 0)));
        read(pe32Plus().directory(6, 0x11e4, 28).section(".a", filled(512, 0)));
        byte[] codeView = filled(512, 0);
        codeView[0x1e4 + 12] = 2;
        read(pe32Plus().directory(6, 0x11e4, -1).section(".a", codeView));
        read(pe32Plus().directory(6, 0x9000, 28).section(".a", filled(512, 0)));
    }

    @Test
    void refusesManySectionsOverTheSameBytes() {
        PeWriter writer = pe32Plus().section(".a", filled(4096, 1));
        for (int i = 0; i < 20; i++) {
            writer.section(".a", new byte[0])
                    .sizeOfRawData(4096)
                    .virtualSize(4096)
                    .pointerToRawData(0x600);
        }
        refuses(
                "offset 0x0: expected sections that do not lie over each other, found 0x15600 bytes of raw data in a file of"
                        + " 0x1600 bytes",
                writer);
    }

    @Test
    void namesOffsetsOfTheOuterFile() {
        byte[] inner = pe32Plus().signature(0).section(".text", "x").build();
        Source linux = PeImage.read(Source.of(
                        "outer.efi", pe32Plus().section(".linux", inner).build()))
                .section(".linux")
                .orElseThrow()
                .content();
        MalformedInputException e = assertThrows(MalformedInputException.class, () -> PeImage.read(linux));
        assertEquals("outer.efi: offset 0x280: expected Signature = 0x00004550, found 0x00000000", e.getMessage());
        assertTrue(e.hint().contains("PE32+"), e.hint());
    }
}
