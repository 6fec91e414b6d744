package dev.measure.firmware;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.measure.MalformedInputException;
import dev.measure.Source;
import dev.measure.Strictness;
import dev.measure.WarningCode;
import dev.measure.vectors.OvmfWriter;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.junit.jupiter.api.Test;

/** What a loader would refuse in the tables of a firmware, and what it would not. Offsets follow from the writer's own layout. */
class FirmwareTest {
    private static final int SIZE = 0x10000;

    private static OvmfWriter sound() {
        return OvmfWriter.ovmf(SIZE)
                .fill(7)
                .resetBlock(0x80b004)
                .hashTable(0x810c00, 0x400)
                .secretArea(0x810800, 0x200)
                .sevMetadata()
                .section(0x800000, 0x9000, 1)
                .section(0x80d000, 0x1000, 0x77)
                .tdxMetadata();
    }

    private static Firmware read(OvmfWriter writer, Strictness strictness) {
        return Firmware.read(Source.of("made.fd", writer.build()), strictness);
    }

    private static MalformedInputException refused(OvmfWriter writer) {
        return assertThrows(MalformedInputException.class, () -> read(writer, Strictness.STRICT));
    }

    private static MalformedInputException metadataRefused(OvmfWriter writer) {
        return assertThrows(MalformedInputException.class, () -> SevMetadata.find(read(writer, Strictness.LENIENT)));
    }

    @Test
    void readsEveryEntryOfASoundTable() {
        Firmware firmware = read(sound(), Strictness.STRICT);
        assertEquals(Firmware.Kind.OVMF_CODE, firmware.kind());
        assertEquals(0xffff0000L, firmware.base());
        assertEquals(Optional.of(0x80b004L), firmware.resetAddress());
        assertEquals(Optional.of(new Firmware.Area(0x810c00, 0x400)), firmware.hashTableArea());
        assertEquals(Optional.of(new Firmware.Area(0x810800, 0x200)), firmware.secretArea());
        List<SevMetadata.Section> sections =
                SevMetadata.find(firmware).orElseThrow().sections();
        assertEquals(2, sections.size());
        assertEquals("SNP_SEC_MEM", sections.get(0).typeName());
        assertEquals(0x809000, sections.get(0).end());
        assertEquals("type 0x77", sections.get(1).typeName());
        assertEquals(
                sound().sevMetadataStart() + 16 + 12, sections.get(1).source().start());
    }

    @Test
    void refusesATableThatDoesNotFitIntoTheImage() {
        long at = SIZE - 32 - 18;
        MalformedInputException refused = refused(sound().footerLength(17));
        assertEquals(
                "made.fd: offset 0x" + Long.toHexString(at)
                        + ": expected a GUIDed table length of 18..65504, found 0x11",
                refused.getMessage());
        assertEquals("the table must lie inside the image; is the file cut?", refused.hint());
        assertEquals(at, refused(sound().footerLength(0xffff)).offset());
    }

    @Test
    void refusesAnEntryThatDoesNotFitIntoTheTable() {
        OvmfWriter writer = sound().entryLength(OvmfWriter.RESET_BLOCK, 17);
        MalformedInputException refused = refused(writer);
        assertEquals("0x11", refused.found());
        assertTrue(refused.expected().startsWith("a table entry length of 18.."), refused.expected());
        assertTrue(refused.hint().contains(OvmfWriter.RESET_BLOCK.toString()), refused.hint());
    }

    @Test
    void takesTheFirstOfTwoEntriesFromTheFooterOnlyWhenLenient() {
        OvmfWriter twice = sound().entry(OvmfWriter.RESET_BLOCK, new byte[] {1, 2, 3, 4});
        MalformedInputException refused = refused(twice);
        assertEquals("a second one", refused.found());
        Firmware lenient = read(twice, Strictness.LENIENT);
        assertEquals(
                WarningCode.DUPLICATE_TABLE_ENTRY, lenient.warnings().get(0).code());
        assertEquals(Optional.of(0x80b004L), lenient.resetAddress());
    }

    @Test
    void refusesAnEntryWhoseDataHaveAnotherLength() {
        OvmfWriter writer = OvmfWriter.ovmf(SIZE).entry(OvmfWriter.RESET_BLOCK, new byte[5]);
        Firmware firmware = read(writer, Strictness.STRICT);
        MalformedInputException refused = assertThrows(MalformedInputException.class, firmware::resetAddress);
        assertEquals("a SEV-ES reset block of 4 bytes", refused.expected());
        assertEquals("5 bytes", refused.found());
    }

    @Test
    void findsALoneResetBlockWhereThereIsNoTable() {
        Firmware firmware = read(OvmfWriter.ovmf(SIZE).noTable().loneResetBlock(0x1234), Strictness.STRICT);
        assertTrue(firmware.table().isEmpty());
        assertEquals(Optional.of(0x1234L), firmware.resetAddress());
        assertEquals(Optional.empty(), SevMetadata.find(firmware));
    }

    @Test
    void refusesMetadataThatContradictItself() {
        long at = sound().sevMetadataStart();
        assertEquals(
                "made.fd: offset 0x" + Long.toHexString(at + 4)
                        + ": expected a SEV metadata length of 16 + 12 * 3 = 52, found 40",
                metadataRefused(sound().sevCount(3)).getMessage());
        assertEquals(at + 12, metadataRefused(sound().sevLength(16).sevCount(0)).offset());
        assertEquals(
                "SEV metadata version 1", metadataRefused(sound().sevVersion(2)).expected());
        assertEquals(
                "the SEV metadata signature \"ASEV\" (0x56455341)",
                metadataRefused(sound().sevSignature("ASEW")).expected());
        assertEquals(
                "0xffffffff", metadataRefused(sound().sevLength(0xffffffffL)).found());
        assertEquals("0xf", metadataRefused(sound().sevOffset(15)).found());
        assertEquals("0x10001", metadataRefused(sound().sevOffset(SIZE + 1)).found());
    }

    /** 12 * 0x15555557 wraps to 4 in 32 bits. */
    @Test
    void doesNotWrapWhenItCountsSections() {
        MalformedInputException refused = metadataRefused(sound().sevLength(20).sevCount(0x15555557L));
        assertEquals("20", refused.found());
    }

    @Test
    void saysWhatIsNoOvmf() {
        assertEquals(Firmware.Kind.UNKNOWN, kind(new byte[0]));
        assertEquals(Firmware.Kind.UNKNOWN, kind(new byte[31]));
        assertEquals(Firmware.Kind.IGVM, kind("IGVM and more".getBytes(StandardCharsets.US_ASCII)));
        byte[] seaBios = new byte[131072];
        byte[] text = "SeaBIOS (version 1.16.3)".getBytes(StandardCharsets.US_ASCII);
        System.arraycopy(text, 0, seaBios, 131072 - 200, text.length);
        assertEquals(Firmware.Kind.SEABIOS, kind(seaBios));
        byte[] tdShim = new byte[4096];
        System.arraycopy("TDVF".getBytes(StandardCharsets.US_ASCII), 0, tdShim, 0x100, 4);
        tdShim[4096 - 32 + 1] = 1; // offset 0x100, little-endian
        assertEquals(Firmware.Kind.TD_SHIM, kind(tdShim));
    }

    @Test
    void takesAnErasedFlashForNothing() {
        byte[] erased = new byte[8192];
        Arrays.fill(erased, (byte) 0xff);
        assertEquals(Firmware.Kind.UNKNOWN, kind(erased));
        assertEquals(
                Optional.empty(),
                Firmware.read(Source.of("erased", erased), Strictness.STRICT).resetAddress());
    }

    @Test
    void knowsNoVersionWithoutCompressedVolumes() {
        assertEquals(Optional.empty(), FirmwareVersion.find(read(sound(), Strictness.STRICT)));
        UUID lzma = UUID.fromString("ee4e5898-3914-4259-9d6e-dc7bd79403cf");
        byte[] guid = new byte[16];
        for (int i = 0; i < 16; i++) { // mixed-endian, as it lies in a file
            int from = i < 4 ? 3 - i : i < 6 ? 9 - i : i < 8 ? 13 - i : i;
            long half = from < 8 ? lzma.getMostSignificantBits() : lzma.getLeastSignificantBits();
            guid[i] = (byte) (half >>> 56 - 8 * (from % 8));
        }
        byte[] header = {0x40, 0, 0, 2};
        OvmfWriter notLzma = sound().patch(0x1000, header).patch(0x1004, guid).patch(0x1014, new byte[] {24, 0, 1, 0});
        assertEquals(Optional.empty(), FirmwareVersion.find(read(notLzma, Strictness.STRICT)));
    }

    private static Firmware.Kind kind(byte[] bytes) {
        return Firmware.read(Source.of("file", bytes), Strictness.STRICT).kind();
    }
}
