package dev.measure.boot;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.measure.MalformedInputException;
import dev.measure.Source;
import dev.measure.vectors.PeWriter;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/** What EfiCompress of edk2's BaseTools (BaseTools/Source/C/Common/EfiCompress.c), the compressor of EfiRom, made of some inputs. */
class EfiDecompressTest {
    private static final String LETTERS = "0e000000e8030000000528044bfc26eb76024010c000";
    private static final String ONE_LETTER = "08000000010000000001000007800000";
    private static final String NOTHING = "08000000000000000000000000000000";
    private static final String SQUARES =
            "600100002c010000012c63a302a31f750d51296cccb54c10d7829aab60195a5b5954c7f7782d8ec6b19358b32afec326d124"
                    + "da51996ad54dac346b67737776dddabb0b5588d645f1580a6c6665b9dbb8003060c1c44e4f091740347d1d292a72854b9ab1"
                    + "b63e86ed2df6129056b068d9e3efc6fc50bc3d83d090ac347125e6182bf55e6f70c7f1f8184eb8e81800b171bb07a7d45133"
                    + "283e78fa0efefc9327491b478396d7e9c7304d4daa554cf7224c175a7d3663a7f2a72a8f265cf20f90e3002b6bf9ec165ae9"
                    + "5b6812c7d7deae7b1bff5b72b1d43f7a842a9cc4fe55dd656d47126efd97ebce991e4bdeaa238a5dc61564a1c728ab3c4d7e"
                    + "71c781dcee260307ff0653bb0a9122f81feb0c6db97597ede410f9338b448d8c31970c210c45a3c43eef4f988deb9ed2aa1f"
                    + "4db45bc0340d6945717783a065d05147d4421d4945967ec7de6c4db7d2eb2f91088a7fb4fa5d9fea26fe875a77d8b1926f38"
                    + "230ba418cd08d67c9000";
    private static final String BOTTLES =
            "ea0000008e12000000d15b8ca0452aff5067662680011a126470ff2380f53f1e2b7f70001806d8bebcfcfef7df9fbfff7e53"
                    + "994732af32b732bf32c732cf32d732d9175717d0c2863432a19d0d286b436a1bc1bc77d9cde0de0de0de0de0de0de0dea6f5"
                    + "37af7ec06f537a9bd4dea6f537a9bd8dec6f637b77fb26f637b1bd8dec6f637b9bdcdee6f737bf78a46f737b9bdcdee6f837"
                    + "c1be0df06f837c779966f837c1be0df26f937c9be4df26f937cf7a886f937c9be8df46fa37d1be8df46fa37d77b7a6fa37d9"
                    + "becdf66fb37d9becdf66f31033103310331033103310331033103310331033103310331033103d881000";

    private static byte[] of(byte[] compressed) {
        return EfiDecompress.of(Source.of("card.rom", compressed));
    }

    private static byte[] of(String hex) {
        return of(HexFormat.of().parseHex(hex));
    }

    private static byte[] squares() {
        byte[] squares = new byte[300];
        for (int i = 0; i < squares.length; i++) {
            squares[i] = (byte) (i * i / 7 % 251);
        }
        return squares;
    }

    @Test
    void givesBackWhatWasCompressed() {
        assertEquals("a".repeat(1000), new String(of(LETTERS), StandardCharsets.US_ASCII));
        assertEquals("x", new String(of(ONE_LETTER), StandardCharsets.US_ASCII));
        assertEquals(0, of(NOTHING).length);
        assertArrayEquals(squares(), of(SQUARES));
        StringBuilder bottles = new StringBuilder();
        for (int i = 0; i < 400; i++) {
            bottles.append(i % 97).append(" bottles; ");
        }
        assertEquals(bottles.toString(), new String(of(BOTTLES), StandardCharsets.US_ASCII));
    }

    @Test
    void severalBlocksHaveCodesOfTheirOwn() throws IOException {
        byte[] letters = new byte[60_000];
        int x = 1;
        for (int i = 0; i < letters.length; i++) {
            x = x * 1103515245 + 12345 & 0x7fffffff;
            letters[i] = (byte) ('a' + (x >> 16) % 3);
        }
        try (InputStream file = getClass().getResourceAsStream("efi_compress_two_blocks.bin")) {
            assertArrayEquals(letters, of(file.readAllBytes()));
        }
    }

    @Test
    void damagedDataAreRefusedOrGiveOtherBytes() {
        byte[] good = HexFormat.of().parseHex(BOTTLES);
        for (int length = 0; length < good.length; length++) {
            byte[] cut = Arrays.copyOf(good, length);
            if (length >= 4) {
                ByteBuffer.wrap(cut).order(ByteOrder.LITTLE_ENDIAN).putInt(0, Math.max(0, length - 8));
            }
            if (length < good.length - 3) { // the compressor ends with bytes that say nothing
                assertThrows(MalformedInputException.class, () -> of(cut), length + " bytes");
            }
        }
        SplittableRandom random = new SplittableRandom(0xef1c0L);
        for (int i = 0; i < 2000; i++) {
            byte[] damaged = good.clone();
            damaged[8 + random.nextInt(damaged.length - 8)] ^= (byte) (1 << random.nextInt(8));
            try {
                assertEquals(4750, of(damaged).length);
            } catch (MalformedInputException expected) {
                // the one answer to broken input
            }
        }
        byte[] huge = good.clone();
        huge[7] = 0x7f;
        assertEquals(
                "card.rom: offset 0x4: expected an original size of at most 67108864, found 2130711182",
                assertThrows(MalformedInputException.class, () -> of(huge)).getMessage());
    }

    /** A ROM as EfiRom lays it out: header, PCIR, the image at 0x38. */
    private static byte[] rom(int subsystem, int compression, byte[] image) {
        int units = (0x38 + image.length + 511) / 512;
        ByteBuffer rom = ByteBuffer.allocate(512 * units).order(ByteOrder.LITTLE_ENDIAN);
        rom.putShort(0, (short) 0xaa55).putShort(2, (short) units).putInt(4, 0x0ef1);
        rom.putShort(8, (short) subsystem).putShort(0xa, (short) 0x8664).putShort(0xc, (short) compression);
        rom.putShort(0x16, (short) 0x38).putShort(0x18, (short) 0x1c);
        rom.putInt(0x1c, 0x52494350).putShort(0x2c, (short) units);
        rom.put(0x30, (byte) 3).put(0x31, (byte) 0x80);
        rom.position(0x38);
        return rom.put(image).array();
    }

    private static OptionRom read(byte[] rom) {
        return OptionRom.read(Source.of("card.rom", rom));
    }

    @Test
    void onlyDriversAreLoadedFromAnOptionRom() {
        byte[] image = PeWriter.stub("262.1").section(".text", "driver").build();
        assertEquals(1, read(rom(11, 0, image)).images().size());
        assertEquals(1, read(rom(12, 0, image)).images().size());
        assertEquals(0, read(rom(10, 0, image)).images().size());
        assertEquals(0, read(rom(11, 2, image)).images().size());
    }

    @Test
    void aBrokenCompressedImageNamesItsPlace() {
        assertEquals(
                "card.rom: offset 0x38: expected a compressed size of at most 448, found 4294967295",
                assertThrows(
                                MalformedInputException.class,
                                () -> read(rom(11, 1, new byte[] {-1, -1, -1, -1, 0, 0, 0, 0})))
                        .getMessage());
        assertEquals(
                "card.rom, decompressed from offset 0x38: offset 0x0: expected e_magic = 0x5a4d, found 0x6161",
                assertThrows(
                                MalformedInputException.class,
                                () -> read(rom(11, 1, HexFormat.of().parseHex(LETTERS))))
                        .getMessage());
    }
}
