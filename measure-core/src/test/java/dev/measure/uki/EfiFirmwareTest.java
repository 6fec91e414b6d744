package dev.measure.uki;

import static dev.measure.vectors.EfifwWriter.efifw;
import static dev.measure.vectors.EfifwWriter.legacy;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.measure.MalformedInputException;
import dev.measure.Source;
import dev.measure.vectors.EfifwWriter;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Optional;
import java.util.UUID;
import org.junit.jupiter.api.Test;

class EfiFirmwareTest {
    private static final UUID CHID = UUID.fromString("6de5d951-d755-576b-bd09-c5cf66b27234");

    private static EfiFirmware read(byte[] section) {
        // 32 bytes before the section: offsets in errors are absolute
        byte[] file = new byte[32 + section.length];
        System.arraycopy(section, 0, file, 32, section.length);
        return EfiFirmware.read(Source.of("x.efi", file).slice(32, section.length));
    }

    private static void refuses(String message, EfifwWriter writer) {
        MalformedInputException e = assertThrows(MalformedInputException.class, () -> read(writer.build()));
        assertEquals("x.efi: " + message, e.getMessage());
    }

    @Test
    void readsTheHeaderOfTheSpecification() {
        EfiFirmware firmware = read(efifw().fwid("fw-b")
                .payload(new byte[] {5, 6, 7})
                .trailing(new byte[2])
                .build());
        assertEquals(EfiFirmware.Form.HEADER, firmware.form());
        assertEquals(Optional.of("fw-b"), firmware.fwid());
        assertArrayEquals(new byte[] {5, 6, 7}, firmware.payload().toByteArray());
        assertEquals(32 + 16 + 5, firmware.payload().start());
        assertEquals(16, firmware.headerLength());
        assertEquals(2, firmware.trailing());
        assertEquals(Optional.empty(), firmware.targetChid());
        assertTrue(firmware.selectable());
    }

    @Test
    void readsTheHeaderOfUkify258To262AsNeverSelectable() {
        EfiFirmware firmware =
                read(legacy().fwid("fw-b").payload(new byte[] {5, 6, 7}).build());
        assertEquals(EfiFirmware.Form.LEGACY, firmware.form());
        assertEquals(Optional.of("fw-b"), firmware.fwid());
        assertArrayEquals(new byte[] {5, 6, 7}, firmware.payload().toByteArray());
        assertEquals(32 + 13 + 5, firmware.payload().start());
        assertEquals(13, firmware.headerLength());
        assertEquals(
                Optional.of("the header is the 13-byte one of ukify 258 to 262, which has no magic"),
                firmware.notSelectable());
    }

    @Test
    void takesATargetChidForACapsuleUnlessItIsZero() {
        EfiFirmware capsule =
                read(efifw().targetChid(CHID).payload(new byte[] {9}).build());
        assertEquals(EfiFirmware.Form.CAPSULE, capsule.form());
        assertEquals(Optional.of(CHID), capsule.targetChid());
        assertEquals(32, capsule.headerLength());
        assertArrayEquals(new byte[] {9}, capsule.payload().toByteArray());
        assertTrue(capsule.selectable());
        EfiFirmware plain = read(efifw().targetChid(new UUID(0, 0)).build());
        assertEquals(EfiFirmware.Form.HEADER, plain.form());
        assertEquals(Optional.empty(), plain.targetChid());
        EfiFirmware longer = read(efifw().headerTail(new byte[15]).build());
        assertEquals(EfiFirmware.Form.HEADER, longer.form());
        assertEquals(31, longer.headerLength());
        assertEquals(Optional.of("fw"), longer.fwid());
    }

    @Test
    void takesASectionWithoutAHeaderAsItIs() {
        byte[] igvm = "IGVM then anything".getBytes(StandardCharsets.US_ASCII);
        EfiFirmware firmware = read(igvm);
        assertEquals(EfiFirmware.Form.RAW, firmware.form());
        assertEquals(Optional.empty(), firmware.fwid());
        assertArrayEquals(igvm, firmware.payload().toByteArray());
        assertEquals(Optional.of("the section has no .efifw header"), firmware.notSelectable());
        assertEquals(EfiFirmware.Form.RAW, read(new byte[] {1}).form());
        assertEquals(EfiFirmware.Form.RAW, read(new byte[4096]).form());
        assertEquals(
                EfiFirmware.Form.RAW, read(efifw().magic(0xdeadfeedL).build()).form());
    }

    @Test
    void takesAnEmptyPayloadAsTheStubDoes() {
        assertEquals(0, read(efifw().payload(new byte[0]).build()).payload().length());
    }

    @Test
    void isNotSelectableWhenTheLinkerDidNotAlignIt() {
        Source section = Source.of("x.efi", efifw().build());
        assertTrue(EfiFirmware.read(section, 0x1008).selectable());
        EfiFirmware firmware = EfiFirmware.read(section, 0x1004);
        assertFalse(firmware.selectable());
        assertEquals(
                Optional.of("the section is mapped at 0x00001004, which is not 8-aligned"), firmware.notSelectable());
    }

    @Test
    void refusesHeadersThatDoNotFitTheSection() {
        MalformedInputException empty = assertThrows(MalformedInputException.class, () -> read(new byte[0]));
        assertEquals(
                "x.efi: offset 0x20: expected firmware in the .efifw section, found an empty section",
                empty.getMessage());
        refuses("offset 0x24: expected header_len of at least 16, found 15", efifw().headerLength(15));
        refuses(
                "offset 0x28: expected fwid_len inside the section of 23 bytes, found 3 behind a header of 4294967295",
                efifw().headerLength(-1));
        refuses(
                "offset 0x28: expected fwid_len inside the section of 23 bytes, found 8 behind a header of 16",
                efifw().fwidLength(8));
        refuses(
                "offset 0x28: expected fwid_len inside the section of 23 bytes, found 4294967295 behind a header of 16",
                efifw().fwidLength(-1));
        refuses("offset 0x28: expected fwid_len of at least 1, for the NUL, found 0", efifw().fwidLength(0));
        refuses(
                "offset 0x2c: expected payload_len of at most 4, which the section has left, found 5",
                efifw().payloadLength(5));
        refuses(
                "offset 0x2c: expected payload_len of at most 4, which the section has left, found 4294967295",
                efifw().payloadLength(-1));
        refuses("offset 0x25: expected fwid_len of at least 1, for the NUL, found 0", legacy().fwidLength(0));
        refuses(
                "offset 0x29: expected payload_len of at most 4, which the section has left, found 5",
                legacy().payloadLength(5));
    }

    @Test
    void refusesAnIdWhoseFirstNulIsNotItsLastByte() {
        refuses(
                "offset 0x31: expected the NUL of fwid at its last byte, 3, found a NUL at byte 1",
                efifw().fwid("a\0b"));
        refuses("offset 0x32: expected a NUL at the end of fwid, found 0x01", efifw().withoutNul());
        refuses("offset 0x31: expected a NUL at the end of fwid, found 0x77", efifw().fwidLength(2));
        refuses("offset 0x28: expected fwid_len of at most 4097, found 4098", efifw().fwid(new byte[4097]));
    }

    @Test
    void refusesAHeaderThatIsCutOff() {
        byte[] whole = efifw().build();
        String[] messages = {
            "4: offset 0x24: expected header_len (4 bytes), found the end of the data",
            "8: offset 0x28: expected fwid_len (4 bytes), found the end of the data",
            "15: offset 0x2c: expected payload_len (4 bytes), found 3 bytes left",
            "16: offset 0x28: expected fwid_len inside the section of 16 bytes, found 3 behind a header of 16",
            "22: offset 0x2c: expected payload_len of at most 3, which the section has left, found 4"
        };
        for (String message : messages) {
            int length = Integer.parseInt(message.substring(0, message.indexOf(':')));
            MalformedInputException e =
                    assertThrows(MalformedInputException.class, () -> read(Arrays.copyOf(whole, length)));
            assertEquals("x.efi" + message.substring(message.indexOf(':')), e.getMessage());
        }
    }

    @Test
    void tellsIdsApartThatAreNotUtf8() {
        String one =
                read(efifw().fwid(new byte[] {'a', (byte) 0xff}).build()).fwid().orElseThrow();
        String other =
                read(efifw().fwid(new byte[] {'a', (byte) 0xfe}).build()).fwid().orElseThrow();
        assertFalse(one.equals(other));
        assertEquals("Größe", read(efifw().fwid("Größe").build()).fwid().orElseThrow());
    }
}
