package dev.measure.uki;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.measure.Source;
import dev.measure.boot.BootEvent;
import dev.measure.boot.BootInputs;
import dev.measure.boot.BootPrediction;
import dev.measure.boot.BootSequence;
import dev.measure.boot.Measured;
import dev.measure.smbios.SmbiosTable;
import dev.measure.vectors.HwidsWriter;
import dev.measure.vectors.PeWriter;
import dev.measure.vectors.SmbiosWriter;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.junit.jupiter.api.Test;

/** Device trees by hardware id: the walk of {@code chid_match} and what {@code devicetree_match_by_compatible} takes. */
class DeviceTreeChoiceTest {
    private static final StubVersion STUB = StubVersion.parse("262.1");

    /** HardwareID-9 of QEMU's q35 machine, as systemd-analyze and a booted stub computed it. */
    private static final UUID Q35 = UUID.fromString("817fca52-ae83-52f5-8642-9497f79d49d0");

    private static final UUID OTHER = UUID.fromString("00000000-1111-2222-3333-444444444444");

    /** A blob with properties in the root, each a name and a value. */
    private static byte[] tree(String... properties) {
        ByteArrayOutputStream structure = new ByteArrayOutputStream();
        ByteArrayOutputStream names = new ByteArrayOutputStream();
        words(structure, 1, 0);
        for (int i = 0; i < properties.length; i += 2) {
            byte[] value = properties[i + 1].getBytes(StandardCharsets.ISO_8859_1);
            words(structure, 3, value.length, names.size());
            structure.writeBytes(Arrays.copyOf(value, (value.length + 3) / 4 * 4));
            names.writeBytes((properties[i] + '\0').getBytes(StandardCharsets.US_ASCII));
        }
        words(structure, 2, 9);
        ByteBuffer blob = ByteBuffer.allocate(56 + structure.size() + names.size());
        int strings = 56 + structure.size();
        blob.putInt(0xd00dfeed)
                .putInt(blob.capacity())
                .putInt(56)
                .putInt(strings)
                .putInt(40);
        blob.putInt(17).putInt(16).putInt(0).putInt(names.size()).putInt(structure.size());
        blob.position(56);
        return blob.put(structure.toByteArray()).put(names.toByteArray()).array();
    }

    private static void words(ByteArrayOutputStream out, int... words) {
        for (int word : words) {
            out.writeBytes(ByteBuffer.allocate(4).putInt(word).array());
        }
    }

    private static Uki uki(byte[] hwids, byte[]... trees) {
        PeWriter image = PeWriter.stub("262.1").section(".linux", "kernel").section(".hwids", hwids);
        for (byte[] tree : trees) {
            image.section(".dtbauto", tree);
        }
        return Uki.read(Source.of("dt.efi", image.build()));
    }

    private static Optional<Integer> chosen(Uki uki, Map<String, UUID> chids, StubVersion stub) {
        List<byte[]> all = uki.base().all(".dtbauto").stream()
                .map(section -> section.content().toByteArray())
                .toList();
        return DeviceTreeChoice.of(uki, 0, chids, stub).map(section -> {
            int index = 0;
            while (!Arrays.equals(all.get(index), section.content().toByteArray())) {
                index++;
            }
            return index;
        });
    }

    private static final byte[] A = tree("model", "A\0", "compatible", "acme,a\0acme,soc\0");
    private static final byte[] B = tree("compatible", "acme,b\0acme,a\0");

    @Test
    void takesTheTreeWhoseFirstCompatibleTheEntryNames() {
        byte[] hwids = HwidsWriter.hwids()
                .devicetree(OTHER, "o", "acme,a")
                .devicetree(Q35, "q", "acme,b")
                .build();
        Uki uki = uki(hwids, A, B);
        assertEquals(Optional.of(1), chosen(uki, Map.of("9", Q35), STUB));
        assertEquals(Optional.of(0), chosen(uki, Map.of("9", OTHER), STUB));
        assertEquals(Optional.of(0), chosen(uki, Map.of("9", Q35, "3", OTHER), STUB), "3 is more specific than 9");
        assertEquals(Optional.empty(), chosen(uki, Map.of("1", Q35), STUB), "1 is never looked up");
        assertEquals(Optional.empty(), chosen(uki, Map.of(), STUB));
        assertEquals(Optional.empty(), chosen(uki, Map.of("9", Q35), StubVersion.parse("256")));
    }

    @Test
    void aSecondCompatibleAndAFirmwareEntryDoNotMatch() {
        byte[] second = HwidsWriter.hwids().devicetree(Q35, "q", "acme,soc").build();
        assertEquals(Optional.empty(), chosen(uki(second, A), Map.of("9", Q35), STUB));
        byte[] firmware = HwidsWriter.hwids()
                .firmware(Q35, "q", "acme,b")
                .devicetree(Q35, "q", "acme,a")
                .build();
        assertEquals(Optional.of(0), chosen(uki(firmware, A, B), Map.of("9", Q35), STUB));
    }

    @Test
    void theFirstEntryOfTheCharacteristicIdDecidesAlsoIfItNamesNoTree() {
        byte[] hwids = HwidsWriter.hwids()
                .devicetree(Q35, "q", "acme,none")
                .devicetree(Q35, "q", "acme,a")
                .build();
        assertEquals(Optional.empty(), chosen(uki(hwids, A, B), Map.of("9", Q35), STUB));
    }

    @Test
    void panelsCountFrom258On() {
        byte[] hwids = HwidsWriter.hwids().devicetree(Q35, "q", "acme,a").build();
        assertEquals(Optional.empty(), chosen(uki(hwids, A), Map.of("ext2", Q35), StubVersion.parse("257.13")));
        assertEquals(Optional.of(0), chosen(uki(hwids, A), Map.of("ext2", Q35), StubVersion.parse("258")));
    }

    @Test
    void brokenTreesMatchNoMachine() {
        byte[] hwids = HwidsWriter.hwids().devicetree(Q35, "q", "acme,a").build();
        Map<String, UUID> chids = Map.of("9", Q35);
        assertEquals(Optional.of(0), chosen(uki(hwids, A), chids, STUB));
        for (int at = 0; at < 40; at++) {
            byte[] broken = A.clone();
            broken[at] ^= (byte) 0x80;
            boolean reads = at >= 16 && at < 32; // the map of reservations, versions and the boot CPU are not looked at
            assertEquals(
                    reads ? Optional.of(0) : Optional.empty(), chosen(uki(hwids, broken), chids, STUB), "byte " + at);
        }
        for (int length = 0; length < A.length; length++) {
            assertEquals(
                    Optional.empty(), chosen(uki(hwids, Arrays.copyOf(A, length)), chids, STUB), length + " bytes");
        }
        assertEquals(Optional.empty(), chosen(uki(hwids, tree("compatible", "acme,a")), chids, STUB), "no NUL");
        assertEquals(Optional.empty(), chosen(uki(hwids, tree("compatible", "")), chids, STUB));
        assertEquals(Optional.of(1), chosen(uki(hwids, tree("model", "acme,a\0"), A), chids, STUB));
    }

    @Test
    void theChosenTreeIsMeasuredIntoPcr11WhenTheMachineIsKnown() {
        byte[] hwids = HwidsWriter.hwids().devicetree(Q35, "q", "acme,b").build();
        BootInputs.Builder inputs = BootInputs.builder().uki(uki(hwids, A, B));
        BootPrediction unknown = BootSequence.of(inputs.build());
        assertTrue(unknown.assumptions().stream()
                .anyMatch(assumption -> assumption.key().equals("dtbauto")));
        assertFalse(names(unknown).contains(".dtbauto"));
        byte[] identity = new byte[23];
        identity[0] = 1;
        identity[1] = 2;
        byte[] table = SmbiosWriter.smbios()
                .structure(1, identity, "QEMU", "Standard PC (Q35 + ICH9, 2009)")
                .structure(127, new byte[0])
                .table();
        BootPrediction known = BootSequence.of(
                inputs.smbios(SmbiosTable.read(Source.of("smbios", table))).build());
        assertEquals(
                List.of(".linux (name)", ".linux", ".dtbauto (name)", ".dtbauto", ".hwids (name)", ".hwids"),
                names(known));
        Measured measured = known.variants().get(0).events(11).get(3).measured();
        assertEquals(
                Arrays.toString(B),
                Arrays.toString(((Measured.Bytes) measured).parts().get(0).toByteArray()));
    }

    private static List<String> names(BootPrediction boot) {
        return boot.variants().get(0).events(11).stream().map(BootEvent::name).toList();
    }
}
