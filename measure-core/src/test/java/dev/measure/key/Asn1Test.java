package dev.measure.key;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.measure.MalformedInputException;
import dev.measure.Source;
import java.util.HexFormat;
import org.bouncycastle.asn1.ASN1Sequence;
import org.junit.jupiter.api.Test;

class Asn1Test {
    /** SEQUENCEs in each other, each with a length of two bytes; the innermost is empty. */
    private static byte[] nested(int depth) {
        byte[] der = new byte[4 * depth];
        for (int i = 0; i < depth; i++) {
            int length = der.length - 4 * i - 4;
            der[4 * i] = 0x30;
            der[4 * i + 1] = (byte) 0x82;
            der[4 * i + 2] = (byte) (length >>> 8);
            der[4 * i + 3] = (byte) length;
        }
        return der;
    }

    private static ASN1Sequence read(byte[] der) {
        return Asn1.read(Source.of("der", der), "a sequence", ASN1Sequence::getInstance);
    }

    /** Microsoft's signature of Debian's shim 16.1 has time stamps inside time stamps, 26 deep. */
    @Test
    void readsWhatSignaturesWithTimeStampsNest() {
        assertEquals(1, read(nested(40)).size());
    }

    @Test
    void refusesWhatNestsDeeperThanAnySignature() {
        MalformedInputException refused = assertThrows(MalformedInputException.class, () -> read(nested(66)));
        assertEquals(
                "der: offset 0x0: expected a sequence, found no DER, or DER nested deeper than 64",
                refused.getMessage());
        assertThrows(MalformedInputException.class, () -> read(nested(16000)));
    }

    @Test
    void findsElementsAndLengthsOfBothForms() {
        byte[] shortForm = HexFormat.of().parseHex("3005020101020102");
        assertEquals(7, Asn1.totalLength(HexFormat.of().parseHex("30050201010500" + "ffff")));
        assertArrayEquals(HexFormat.of().parseHex("020101"), Asn1.firstElement(shortForm));
        byte[] longForm = HexFormat.of().parseHex("3082040002820001070500");
        assertEquals(longForm.length, Asn1.totalLength(longForm), "a length behind the end");
        assertEquals(1, Asn1.totalLength(new byte[] {0x30}));
        assertEquals(2, Asn1.totalLength(new byte[] {0x30, (byte) 0xff}));
    }
}
