package dev.measure.corim;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.measure.MalformedInputException;
import dev.measure.Source;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CborReaderTest {
    private static byte[] hex(String text) {
        return HexFormat.of().parseHex(text);
    }

    private static CborItem read(String hex) {
        return CborReader.read(Source.of("x.cbor", hex(hex)), "item");
    }

    /** Examples of RFC 8949, appendix A, that are in shortest form. */
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "00|0",
                "17|23",
                "1818|24",
                "1864|100",
                "1903e8|1000",
                "1a000f4240|1000000",
                "1b000000e8d4a51000|1000000000000",
                "1bffffffffffffffff|18446744073709551615",
                "3bffffffffffffffff|-18446744073709551616",
                "20|-1",
                "3863|-100",
                "3903e7|-1000",
                "f4|false",
                "f5|true",
                "f6|null",
                "f7|undefined",
                "f0|simple(16)",
                "f8ff|simple(255)",
                "fa47c35000|100000.0",
                "fb3ff199999999999a|1.1",
                "4401020304|h'01020304'",
                "6449455446|\"IETF\"",
                "62225c|\"\\\"\\\\\"",
                "80|[]",
                "8301820203820405|[1, [2, 3], [4, 5]]",
                "a201020304|{1: 2, 3: 4}",
                "a26161016162820203|{\"a\": 1, \"b\": [2, 3]}",
                "c11a514b67b0|1(1363896240)",
                "d74401020304|23(h'01020304')"
            })
    void readsAndWritesTheExamplesOfTheSpecification(String hex, String text) {
        CborItem item = read(hex);
        assertEquals(text, item.toString());
        assertArrayEquals(hex(hex), item.encode());
    }

    @ParameterizedTest
    @CsvSource({
        "1800,00", // not the shortest form
        "5f42010243030405ff,450102030405", // a string in chunks
        "7f657374726561646d696e67ff,6973747265616d696e67",
        "9f018202039f0405ffff,8301820203820405",
        "bf61610161629f0203ffff,a26161016162820203",
        "a203040102,a201020304" // keys out of order
    })
    void writesTheDeterministicForm(String given, String deterministic) {
        assertArrayEquals(hex(deterministic), read(given).encode());
        assertEquals(read(deterministic), read(given));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "''|0|item|the end of the data",
                "1c|0|item|the reserved initial byte 0x1c",
                "ff|0|item|the initial byte 0xff",
                "1f|0|item|the initial byte 0x1f",
                "df|0|item|the initial byte 0xdf",
                "0000|1|the end of item|1 more bytes",
                "19ff|1|item (2 bytes of its length or value)|the end of the data",
                "430102|1|item (a string of 3 bytes)|2 bytes left",
                "5bffffffffffffffff|9|item (a string of 18446744073709551615 bytes)|0 bytes left",
                "9b7fffffffffffffff00|0|item of 9223372036854775807 elements|1 bytes left",
                "ba80000000|0|item of 2147483648 entries|0 bytes left",
                "a10000ff|3|the end of item|1 more bytes",
                "a200000001|3|each key of a map once|the key 0 again",
                "61ff|0|item (text in UTF-8)|bytes that are not UTF-8",
                "5f4101|3|the end of item (0xff)|the end of the data",
                "5f6161ff|1|a chunk of item|0x61",
                "5f5f4101ffff|1|a chunk of item|0x5f",
                "f818|0|a simple value of 32..255 in two bytes|24",
                "8200|0|item of 2 elements|1 bytes left"
            })
    void refusesWhatIsNotWellFormedOrValid(String hex, int offset, String expected, String found) {
        String even = hex.length() % 2 == 0 ? hex : hex + "0";
        MalformedInputException e = assertThrows(MalformedInputException.class, () -> read(even));
        assertEquals(
                "x.cbor: offset 0x" + Integer.toHexString(offset) + ": expected " + expected + ", found " + found,
                e.getMessage());
    }

    @Test
    void refusesDeepNesting() {
        MalformedInputException e = assertThrows(MalformedInputException.class, () -> read("81".repeat(60) + "00"));
        assertEquals("x.cbor: offset 0x31: expected CBOR nested at most 48 deep, found deeper nesting", e.getMessage());
    }

    @Test
    void refusesMoreItemsThanMemoryIsMeantFor() {
        byte[] many = new byte[600_005];
        many[0] = (byte) 0x9a;
        many[1] = 0;
        many[2] = 0x09;
        many[3] = 0x27;
        many[4] = (byte) 0xc0; // 600,000
        MalformedInputException e =
                assertThrows(MalformedInputException.class, () -> CborReader.read(Source.of("x.cbor", many), "item"));
        assertEquals("x.cbor: offset 0x80004: expected at most 524288 CBOR items, found more", e.getMessage());
    }

    @Test
    void namesOffsetsOfTheFileInsideByteStrings() {
        // [1, <<{0: 1c}>>]: the reserved byte is the sixth of the file
        CborItem inner = read("82014300a11c").entries().get(1);
        MalformedInputException e = assertThrows(MalformedInputException.class, () -> inner.embedded("inner"));
        assertEquals("x.cbor: offset 0x4: expected the end of inner, found 2 more bytes", e.getMessage());
    }

    @Test
    void sortsKeysByTheirBytes() {
        // RFC 8949, section 4.2.1: 10, 100, -1, "z", "aa", [100], [-1], false
        List<CborItem> keys = List.of(
                CborItem.of("aa"),
                CborItem.of(-1),
                CborItem.array(List.of(CborItem.of(-1))),
                CborItem.of("z"),
                read("f4"),
                CborItem.of(100),
                CborItem.array(List.of(CborItem.of(100))),
                CborItem.of(10));
        List<CborItem> entries =
                keys.stream().flatMap(key -> Stream.of(key, CborItem.of(0))).toList();
        assertEquals(
                "a80a00186400200061" + "7a00626161" + "00" + "81186400" + "812000" + "f400",
                HexFormat.of().formatHex(CborItem.map(entries).encode()));
    }
}
