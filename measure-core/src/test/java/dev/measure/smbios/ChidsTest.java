package dev.measure.smbios;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.measure.Source;
import dev.measure.vectors.Shared;
import dev.measure.vectors.SmbiosWriter;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** CHIDs against the values that fwupd and systemd publish in their own tests, and against a recorded calculator. */
final class ChidsTest {
    private static final MachineIdentity QEMU =
            MachineIdentity.parse("manufacturer=QEMU,product=Standard PC (Q35 + ICH9\\, 2009)");

    @TestFactory
    List<DynamicTest> chidVectors() throws IOException {
        List<DynamicTest> tests = new ArrayList<>();
        Optional<Path> file = Shared.file("vectors/fuki/chid.json");
        if (file.isEmpty()) {
            return tests;
        }
        for (JsonNode vector : new ObjectMapper().readTree(file.get().toFile())) {
            MachineIdentity identity = identity(vector.get("smbios"));
            for (String kind : List.of("expected", "computed")) {
                vector.get(kind)
                        .properties()
                        .forEach(mode -> mode.getValue().properties().forEach(value -> {
                            String name = vector.get("name").asText() + " " + kind + " " + mode.getKey() + " "
                                    + value.getKey();
                            tests.add(dynamicTest(
                                    name, () -> check(identity, mode.getKey(), value.getKey(), value.getValue())));
                        }));
            }
        }
        assertTrue(tests.size() > 100, "too few values in the file");
        return tests;
    }

    private static void check(MachineIdentity identity, String mode, String type, JsonNode expected) {
        Chids chids = Chids.of(identity, ChidMode.ofId(mode).orElseThrow());
        ChidType chidType = ChidType.ofId(type).orElseThrow();
        Optional<UUID> wanted = expected.isNull() ? Optional.empty() : Optional.of(UUID.fromString(expected.asText()));
        assertEquals(wanted, chids.value(chidType));
        assertEquals(wanted.isEmpty(), chids.absent().contains(chidType));
        if (mode.equals("stub") && chidType.lookedUpByStub()) {
            assertEquals(wanted.orElse(new UUID(0, 0)), chids.lookups().get(chidType));
        } else if (chidType.lookedUpByStub()) {
            assertEquals(wanted, Optional.ofNullable(chids.lookups().get(chidType)));
        }
    }

    /** The vector's keys are those of fwupd in camel case; parse knows them all. */
    private static MachineIdentity identity(JsonNode smbios) {
        List<String> fields = new ArrayList<>();
        smbios.properties()
                .forEach(field -> fields.add(field.getKey() + "="
                        + field.getValue().asText().replace("\\", "\\\\").replace(",", "\\,")));
        return MachineIdentity.parse(String.join(",", fields));
    }

    @Test
    void theStubLooksUpTwelveTypesPanelsFirst() {
        // The order is a fact of systemd 262 src/boot/chid.c.
        assertEquals(
                List.of("ext2", "ext1", "ext0", "3", "6", "8", "10", "4", "5", "7", "9", "11"),
                ChidType.stubOrder().stream().map(ChidType::id).toList());
        assertEquals(
                List.of("0", "1", "2", "12", "13", "14"),
                Arrays.stream(ChidType.values())
                        .filter(type -> !type.lookedUpByStub())
                        .map(ChidType::id)
                        .toList());
        assertEquals(
                ChidType.stubOrder(),
                List.copyOf(Chids.of(QEMU, ChidMode.STUB).lookups().keySet()));
    }

    @Test
    void onQemuTypesCollideBecauseSkuFamilyAndBoardAreMissing() {
        // On QEMU type 7 and type 11 are both the hash of "QEMU&": a boot with an entry of one matched as the other.
        assertEquals(
                List.of(List.of(ChidType.TYPE_6, ChidType.TYPE_10), List.of(ChidType.TYPE_7, ChidType.TYPE_11)),
                Chids.of(QEMU, ChidMode.STUB).collisions());
        assertEquals(List.of(), Chids.of(QEMU, ChidMode.ANALYZE).collisions());
    }

    @Test
    void theTypeThatARealQ35BootMatchedHasTheRecordedValue() {
        // The .hwids entry of the f-UKI that selected its firmware in a boot: type 9 of QEMU's q35.
        UUID entry = UUID.fromString("817fca52-ae83-52f5-8642-9497f79d49d0");
        assertEquals(Optional.of(entry), Chids.of(QEMU, ChidMode.STUB).value(ChidType.TYPE_9));
        assertEquals(entry, Chids.of(QEMU, ChidMode.STUB).lookups().get(ChidType.TYPE_9));
    }

    @Test
    void outsideTheStubAMissingFieldLeavesTheTypeOut() {
        for (ChidMode mode : List.of(ChidMode.ANALYZE, ChidMode.FWUPD)) {
            Chids chids = Chids.of(QEMU, mode);
            assertEquals(
                    List.of(ChidType.TYPE_9, ChidType.TYPE_14),
                    List.copyOf(chids.values().keySet()));
            assertEquals(List.of(ChidType.TYPE_9), List.copyOf(chids.lookups().keySet()));
        }
    }

    @Test
    void aPanelMakesTheThreeExtraTypes() {
        MachineIdentity laptop = QEMU.with(IdentityField.PANEL, "LEN40A0");
        assertEquals(
                List.of(ChidType.TYPE_0, ChidType.TYPE_1, ChidType.TYPE_2, ChidType.TYPE_12),
                Chids.of(laptop, ChidMode.STUB).absent());
        assertFalse(Chids.of(laptop, ChidMode.FWUPD).values().containsKey(ChidType.EXT_2));
        assertEquals(
                Chids.of(QEMU, ChidMode.STUB).value(ChidType.TYPE_9),
                Chids.of(laptop, ChidMode.STUB).value(ChidType.TYPE_9));
    }

    @Test
    void theKernelHidesTheLockOfTheEnclosureAndFwupdDoesNot() {
        MachineIdentity open = MachineIdentity.parse("manufacturer=Dell Inc.,enclosure=23");
        MachineIdentity locked = MachineIdentity.parse("manufacturer=Dell Inc.,enclosure=151");
        assertEquals(
                Chids.of(open, ChidMode.ANALYZE).value(ChidType.TYPE_12),
                Chids.of(locked, ChidMode.ANALYZE).value(ChidType.TYPE_12));
        assertFalse(Chids.of(open, ChidMode.FWUPD)
                .value(ChidType.TYPE_12)
                .equals(Chids.of(locked, ChidMode.FWUPD).value(ChidType.TYPE_12)));
    }

    /**
     * What {@code systemd-analyze chid --json=short} of systemd 262.1 (Debian 262.1-1) printed for these files in
     * {@code /sys/class/dmi/id}: sys_vendor QEMU, product_name, empty product_sku and product_family, bios_vendor of characters
     * with two and four bytes, bios_version of two blanks, bios_release 0.0, chassis_type 1.
     */
    @Test
    void analyzeModeIsSystemdAnalyze() {
        MachineIdentity machine =
                MachineIdentity.parse("manufacturer=QEMU,product=Standard PC (Q35 + ICH9, 2009),sku=,family=,"
                        + "bios-vendor=\u00e9\ud835\udcb3x,bios-version=  ,bios-release=0.0,enclosure-type=1");
        assertEquals(
                Map.of(
                        ChidType.TYPE_2, UUID.fromString("52d29f4a-4d25-58e7-bea1-a3a8a51c923c"),
                        ChidType.TYPE_9, UUID.fromString("817fca52-ae83-52f5-8642-9497f79d49d0"),
                        ChidType.TYPE_12, UUID.fromString("3673e5af-4b17-57f3-b9a4-7de906abf68b"),
                        ChidType.TYPE_14, UUID.fromString("3486fece-d7a3-58e0-a818-dd3796662b51")),
                Chids.of(machine, ChidMode.ANALYZE).values());
    }

    /**
     * What {@code fwupdtool hwids} of fwupd 2.1.8 (Debian 2.1.8-1) printed for this table, with {@code FWUPD_SYSFSFWDIR} set to a folder
     * that has it in dmi/tables: blanks around strings, a SKU of blanks only, a locked enclosure, major release 0xff.
     */
    @Test
    void fwupdModeIsFwupd() {
        byte[] table = SmbiosWriter.smbios()
                .bios(" v ", "b", 255, 5)
                .system("  ACME  ", "p", "   ", "X ", new byte[16])
                .enclosure(0x97)
                .end()
                .table();
        Map<ChidType, UUID> printed = new EnumMap<>(ChidType.class);
        printed.put(ChidType.TYPE_0, UUID.fromString("bd11368b-9f38-52f0-808d-e17a64fe43bb"));
        printed.put(ChidType.TYPE_1, UUID.fromString("9c56332f-2c2a-5a10-a2a0-056de1fd4a52"));
        printed.put(ChidType.TYPE_2, UUID.fromString("e7528861-7aa4-53d2-8cf5-8aad620280f0"));
        printed.put(ChidType.TYPE_4, UUID.fromString("006447f8-51f0-5ded-b1ad-0d6dcbb09b94"));
        printed.put(ChidType.TYPE_5, UUID.fromString("d1ae2aec-8d99-5d90-8da3-f7ef051b1a85"));
        printed.put(ChidType.TYPE_7, UUID.fromString("dfb9de84-ca62-5997-a1ff-25cb530014ed"));
        printed.put(ChidType.TYPE_9, UUID.fromString("9c2e1995-41f7-5380-ac18-f3491a1ef5e5"));
        printed.put(ChidType.TYPE_11, UUID.fromString("2aa6f595-9c03-550a-92e7-c16106ada270"));
        printed.put(ChidType.TYPE_12, UUID.fromString("8880deb2-c6a8-5afa-854d-667606160b3a"));
        printed.put(ChidType.TYPE_14, UUID.fromString("6ff95c9c-ae41-5f59-9d90-3ec1ea66091e"));
        assertEquals(
                printed,
                Chids.of(MachineIdentity.of(SmbiosTable.read(Source.of("DMI", table))), ChidMode.FWUPD)
                        .values());
    }

    @Test
    void theModesAreProfilesWithEvidence() {
        for (ChidMode mode : ChidMode.values()) {
            assertEquals("chid", mode.kind());
            assertEquals(Optional.of(mode), ChidMode.ofId(mode.id()));
            assertFalse(mode.changes().isEmpty() || mode.source().isEmpty());
        }
        assertEquals(
                List.of("stub", "analyze", "fwupd"),
                Arrays.stream(ChidMode.values()).map(ChidMode::id).toList());
    }

    @Test
    void valuesAreInTheOrderOfTypes() {
        Map<ChidType, UUID> values = Chids.of(QEMU, ChidMode.STUB).values();
        List<ChidType> sorted = new ArrayList<>(values.keySet());
        Collections.sort(sorted);
        assertEquals(sorted, List.copyOf(values.keySet()));
    }
}
