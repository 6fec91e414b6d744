package dev.measure.parse;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.measure.MalformedInputException;
import dev.measure.Source;
import java.util.UUID;
import org.junit.jupiter.api.Test;

class CursorTest {
    private static Cursor over(int... bytes) {
        byte[] array = new byte[bytes.length];
        for (int i = 0; i < bytes.length; i++) {
            array[i] = (byte) bytes[i];
        }
        return Cursor.of(Source.of("file", array));
    }

    @Test
    void readsLittleEndianNumbersAsUnsigned() {
        Cursor c = over(0xff, 0xfe, 0xff, 1, 2, 3, 0xf4, 8, 7, 6, 5, 4, 3, 2, 0x81);
        assertEquals(0xff, c.u8("a"));
        assertEquals(0xfffe, c.u16("b"));
        assertEquals(0xf4030201L, c.u32("c"));
        assertEquals(0x8102030405060708L, c.u64("d"));
        assertEquals(0, c.remaining());
    }

    /** The footer GUID of OVMF as it lies in a firmware file. */
    @Test
    void readsAMixedEndianGuid() {
        Cursor c = over(0xde, 0x82, 0xb5, 0x96, 0xb2, 0x1f, 0xf7, 0x45, 0xba, 0xea, 0xa3, 0x66, 0xc5, 0x5a, 0x08, 0x2d);
        assertEquals(UUID.fromString("96b582de-1fb2-45f7-baea-a366c55a082d"), c.guid("footer"));
    }

    @Test
    void namesTheFirstByteOfAFieldThatDoesNotFit() {
        Cursor c = Cursor.of(Source.of("file", new byte[10]).slice(4, 5));
        c.skip(2, "head");
        MalformedInputException refused = assertThrows(MalformedInputException.class, () -> c.u32("length"));
        assertEquals("file: offset 0x6: expected length (4 bytes), found 3 bytes left", refused.getMessage());
        assertEquals(6, refused.offset());
        assertEquals(2, c.position());
    }

    @Test
    void refusesToSkipOrSeekOutOfTheData() {
        Cursor c = over(1, 2);
        assertThrows(MalformedInputException.class, () -> c.skip(Long.MAX_VALUE, "gap"));
        assertThrows(MalformedInputException.class, () -> c.skip(-1, "gap"));
        MalformedInputException refused = assertThrows(MalformedInputException.class, () -> c.seek(3, "table"));
        assertEquals("file: offset 0x2: expected table at offset 0x3, found the end of the data", refused.getMessage());
        assertEquals(2, c.seek(2, "end").position());
    }

    @Test
    void readsTextUpToItsNul() {
        assertEquals("ab", over('a', 'b', 0, 'c').utf8z(2, "name"));
        MalformedInputException open =
                assertThrows(MalformedInputException.class, () -> over('a', 'b').utf8z(8, "name"));
        assertEquals(
                "file: offset 0x0: expected a NUL at the end of name, found the end of the data", open.getMessage());
        MalformedInputException tooLong = assertThrows(
                MalformedInputException.class, () -> over('a', 'b', 0).utf8z(1, "name"));
        assertEquals("file: offset 0x0: expected name of at most 1 bytes, found 2 bytes", tooLong.getMessage());
    }
}
