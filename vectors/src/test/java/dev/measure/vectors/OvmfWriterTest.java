package dev.measure.vectors;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.Test;

class OvmfWriterTest {
    /** Written out by hand from the layout in edk2 OvmfPkg/ResetVector/Ia16/ResetVectorVtf0.asm and OvmfSevMetadata.asm. */
    @Test
    void layoutIsTheOneOfOvmf() {
        byte[] image = OvmfWriter.ovmf(0x1000)
                .resetBlock(0x80b004)
                .sevMetadata()
                .section(0x800000, 0x9000, 1)
                .build();
        String tail = HexFormat.of().formatHex(Arrays.copyOfRange(image, 0x1000 - 32 - 62 - 40, 0x1000 - 32));
        // The table starts at 0xfa2; 28 bytes below that is 0xf86, rounded down to 0xf80: 0x80 from the end.
        assertEquals(
                "000000000000" + "41534556" + "1c000000" + "01000000" + "01000000" + "00008000" + "00900000"
                        + "01000000" + "000000000000",
                tail.substring(0, 2 * 40));
        assertEquals(
                "80000000" + "1600" + "666588dc4a989847a75e5585a7bf67cc" //
                        + "04b08000" + "1600" + "de71f7007e1acb4f890e68c77e2fb44e" //
                        + "3e00" + "de82b596b21ff745baeaa366c55a082d",
                tail.substring(2 * 40));
    }

    @Test
    void stepsOfAVectorAreTheMethods() {
        byte[] bySteps = OvmfWriter.of(
                        0x1000,
                        List.of(
                                "fill 7",
                                "erase 0 0x100",
                                "blank 256 256",
                                "hashTable 0x810c00 0x400",
                                "resetBlock 0x80b004",
                                "sevMetadata",
                                "section 0x800000 0x1000 1",
                                "tdxMetadata",
                                "tdxSection 0 0x1000 0xfffff000 0x1000 0 1",
                                "patch 16 abcd"))
                .build();
        byte[] byMethods = OvmfWriter.ovmf(0x1000)
                .fill(7)
                .erase(0, 0x100)
                .blank(256, 256)
                .hashTable(0x810c00, 0x400)
                .resetBlock(0x80b004)
                .sevMetadata()
                .section(0x800000, 0x1000, 1)
                .tdxMetadata()
                .tdxSection(0, 0x1000, 0xfffff000L, 0x1000, 0, 1)
                .patch(16, new byte[] {(byte) 0xab, (byte) 0xcd})
                .build();
        assertArrayEquals(byMethods, bySteps);
        assertThrows(IllegalArgumentException.class, () -> OvmfWriter.of(0x1000, List.of("filll 7")));
    }

    @Test
    void placesAreWhereTheFieldsLie() {
        OvmfWriter writer = OvmfWriter.ovmf(0x2000)
                .resetBlock(1)
                .sevMetadata()
                .section(0, 0x1000, 1)
                .tdxMetadata()
                .tdxSection(0, 0, 0, 0, 2, 0);
        byte[] image = writer.build();
        assertEquals(
                "41534556", HexFormat.of().formatHex(image, writer.sevMetadataStart(), writer.sevMetadataStart() + 4));
        assertEquals(
                "54445646", HexFormat.of().formatHex(image, writer.tdxMetadataStart(), writer.tdxMetadataStart() + 4));
        int entry = writer.entryStart(OvmfWriter.RESET_BLOCK);
        assertEquals("010000001600", HexFormat.of().formatHex(image, entry, entry + 6));
        assertEquals("5400", HexFormat.of().formatHex(image, writer.footerStart(), writer.footerStart() + 2));
    }

    @Test
    void aLoneResetBlockEndsBelowTheResetVector() {
        byte[] image = OvmfWriter.ovmf(0x1000).loneResetBlock(0x80b004).build();
        assertEquals(
                "04b08000" + "1600" + "de71f7007e1acb4f890e68c77e2fb44e",
                HexFormat.of().formatHex(image, 0x1000 - 54, 0x1000 - 32));
    }
}
