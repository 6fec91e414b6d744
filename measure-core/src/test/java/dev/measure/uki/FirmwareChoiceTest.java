package dev.measure.uki;

import static dev.measure.vectors.EfifwWriter.efifw;
import static dev.measure.vectors.EfifwWriter.legacy;
import static dev.measure.vectors.HwidsWriter.hwids;
import static dev.measure.vectors.PeWriter.pe32Plus;
import static dev.measure.vectors.PeWriter.stub;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.measure.Source;
import dev.measure.vectors.HwidsWriter;
import dev.measure.vectors.PeWriter;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.Test;

class FirmwareChoiceTest {
    private static final UUID ZERO = new UUID(0, 0);

    private static UUID chid(int n) {
        return new UUID(0x1111222233335444L, 0x8000000000000000L + n);
    }

    private static PeWriter fuki(HwidsWriter table, String... fwids) {
        PeWriter writer = stub("262.1-1").section(".linux", "k").section(".hwids", table.build());
        for (String fwid : fwids) {
            writer.section(".efifw", efifw().fwid(fwid).build());
        }
        return writer;
    }

    private static String choice(PeWriter writer, Map<String, UUID> chids) {
        return choice(writer, 0, chids);
    }

    private static String choice(PeWriter writer, int profile, Map<String, UUID> chids) {
        FirmwareChoice choice = FirmwareChoice.of(Uki.read(Source.of("x.efi", writer.build())), profile, chids);
        if (choice instanceof FirmwareChoice.Selected selected) {
            return selected.firmware().firmware().fwid().orElseThrow() + " by " + selected.chidType();
        }
        FirmwareChoice.None none = (FirmwareChoice.None) choice;
        return none.reason() + ": " + none.text();
    }

    @Test
    void walksTypesFromTheMostToTheLeastSpecific() {
        List<String> order = List.of("ext2", "ext1", "ext0", "3", "6", "8", "10", "4", "5", "7", "9", "11");
        HwidsWriter table = hwids();
        Map<String, UUID> chids = new HashMap<>();
        String[] fwids = new String[order.size()];
        for (int i = order.size() - 1; i >= 0; i--) { // the least specific first in the table
            table.firmware(chid(i), "n", "fw" + i);
            chids.put(order.get(i), chid(i));
            fwids[i] = "fw" + i;
        }
        PeWriter writer = fuki(table, fwids);
        for (int i = 0; i < order.size(); i++) {
            assertEquals("fw" + i + " by " + order.get(i), choice(writer, chids));
            chids.remove(order.get(i));
        }
        assertEquals(
                "NO_MATCH: no firmware entry in the .hwids table of the base has a CHID that the machine looks up",
                choice(writer, chids));
    }

    @Test
    void takesTheFirstEntryOfTheTableForAType() {
        PeWriter writer = fuki(hwids().firmware(chid(9), "n", "b").firmware(chid(9), "n", "a"), "a", "b");
        assertEquals("b by 9", choice(writer, Map.of("9", chid(9))));
    }

    @Test
    void neverLooksUpDeadTypes() {
        PeWriter writer = fuki(hwids().firmware(chid(1), "n", "a"), "a");
        for (String type : List.of("0", "1", "2", "12", "13", "14")) {
            assertEquals("NO_MATCH", choice(writer, Map.of(type, chid(1))).split(":")[0]);
        }
    }

    @Test
    void matchesTheZeroGuidOfAMachineWithoutAPanel() {
        PeWriter writer = fuki(hwids().firmware(chid(3), "n", "a").firmware(ZERO, "n", "b"), "a", "b");
        assertEquals("b by ext2", choice(writer, Map.of("ext2", ZERO, "ext1", ZERO, "ext0", ZERO, "3", chid(3))));
        assertEquals("a by 3", choice(writer, Map.of("3", chid(3))));
    }

    @Test
    void takesTheFirstSectionOfAnIdThatTheStubCanRead() {
        PeWriter writer = stub("262.1")
                .section(".linux", "k")
                .section(".hwids", hwids().firmware(chid(9), "n", "a").build())
                .section(".efifw", legacy().fwid("a").build())
                .section(".efifw", "IGVM raw")
                .section(".efifw", efifw().fwid("a").payload(new byte[] {1}).build())
                .section(".efifw", efifw().fwid("a").payload(new byte[] {2}).build());
        Uki uki = Uki.read(Source.of("x.efi", writer.build()));
        FirmwareChoice.Selected selected = (FirmwareChoice.Selected) FirmwareChoice.of(uki, 0, Map.of("9", chid(9)));
        assertEquals(1, selected.firmware().firmware().payload().toByteArray()[0]);
    }

    @Test
    void stopsAtTheFirstMatchEvenIfItsFirmwareIsMissing() {
        PeWriter writer = fuki(hwids().firmware(chid(3), "n", "gone").firmware(chid(9), "n", "a"), "a");
        assertEquals(
                "NO_SUCH_FIRMWARE: the entry of CHID type 3 names gone, and no .efifw section in the base that the stub can"
                        + " take has this id",
                choice(writer, Map.of("3", chid(3), "9", chid(9))));
        PeWriter nothing = fuki(hwids().firmware(chid(3), "n", "a").valueOffset(0), "a");
        assertEquals(
                "NO_SUCH_FIRMWARE: the entry of CHID type 3 names nothing, and no .efifw section in the base that the stub"
                        + " can take has this id",
                choice(nothing, Map.of("3", chid(3))));
    }

    @Test
    void ignoresDevicetreeEntries() {
        PeWriter writer = fuki(hwids().devicetree(chid(3), "n", "a").firmware(chid(9), "n", "a"), "a");
        assertEquals("a by 9", choice(writer, Map.of("3", chid(3), "9", chid(9))));
    }

    @Test
    void selectsNothingWhenTheStubRefusesTheTable() {
        PeWriter writer = fuki(
                hwids().firmware(chid(9), "n", "a").firmware(chid(9), "n", "a").descriptor(0x5000001cL), "a");
        assertEquals(
                "HWIDS_REFUSED: the stub refuses the .hwids table of the base: entry 1 at offset 0xa1c has the unknown type"
                        + " 5",
                choice(writer, Map.of("9", chid(9))));
    }

    @Test
    void looksInTheProfileForItsOwnIdsAndFirmware() {
        PeWriter writer = fuki(hwids().firmware(chid(9), "n", "a"), "a")
                .section(".profile", "ID=plain")
                .section(".profile", "ID=own")
                .section(".hwids", hwids().firmware(chid(9), "n", "p").build())
                .section(".efifw", efifw().fwid("p").build())
                .section(".profile", "ID=without-ids")
                .section(".efifw", efifw().fwid("q").build())
                .section(".profile", "ID=names-base")
                .section(".hwids", hwids().firmware(chid(9), "n", "a").build());
        Map<String, UUID> chids = Map.of("9", chid(9));
        assertEquals("a by 9", choice(writer, 0, chids));
        assertEquals("p by 9", choice(writer, 1, chids));
        assertEquals("a by 9", choice(writer, 2, chids));
        assertEquals("a by 9", choice(writer, 3, chids));
        IllegalArgumentException e = assertThrows(IllegalArgumentException.class, () -> choice(writer, 4, chids));
        assertEquals("there is no profile 4, only 0 to 3", e.getMessage());
    }

    @Test
    void saysWhyAProfileGetsNone() {
        PeWriter writer = stub("262.1")
                .section(".linux", "k")
                .section(".profile", "ID=p")
                .section(".efifw", efifw().fwid("q").build());
        assertEquals(
                "NO_HWIDS: there is no .hwids section in the profile 0 beside its .efifw", choice(writer, 0, Map.of()));
        assertEquals(
                "NO_FIRMWARE: there is no .efifw section in the base",
                choice(stub("262.1").section(".linux", "k"), Map.of()));
    }

    @Test
    void asksForAStubThatCanSelect() {
        Map<String, UUID> chids = Map.of("9", chid(9));
        PeWriter old = stub("261.4-1")
                .section(".linux", "k")
                .section(".hwids", hwids().firmware(chid(9), "n", "a").build())
                .section(".efifw", efifw().fwid("a").build());
        assertEquals(
                "STUB_TOO_OLD: systemd-stub 261.4-1 never selects firmware, the first that does is 262",
                choice(old, chids));
        PeWriter unknown = pe32Plus()
                .section(".linux", "k")
                .section(".hwids", hwids().firmware(chid(9), "n", "a").build())
                .section(".efifw", efifw().fwid("a").build());
        assertEquals("STUB_UNKNOWN: the image does not say that its code is a systemd-stub", choice(unknown, chids));
        Uki uki = Uki.read(Source.of("x.efi", unknown.build()));
        assertEquals(
                FirmwareChoice.Selected.class,
                FirmwareChoice.of(uki, 0, chids, StubVersion.parse("262")).getClass());
    }

    @Test
    void takesNoFirmwareFromAnAddon() {
        PeWriter addon = pe32Plus()
                .section(".hwids", hwids().firmware(chid(9), "n", "a").build())
                .section(".efifw", efifw().fwid("a").build());
        assertEquals("NOT_A_UKI: the stub takes firmware from UKIs only", choice(addon, Map.of("9", chid(9))));
    }

    @Test
    void refusesChidTypesThatDoNotExist() {
        IllegalArgumentException e = assertThrows(
                IllegalArgumentException.class,
                () -> choice(fuki(hwids().firmware(chid(9), "n", "a"), "a"), Map.of("15", chid(9))));
        assertEquals("unknown CHID type '15', known: 0 to 14, ext0, ext1, ext2", e.getMessage());
    }

    @Test
    void saysWhyAFirmwareIsTakenOnNoMachine() {
        PeWriter writer = stub("262.1")
                .section(".linux", "k")
                .section(
                        ".hwids",
                        hwids().firmware(chid(9), "n", "a")
                                .firmware(chid(4), "n", "c")
                                .build())
                .section(".efifw", efifw().fwid("a").payload(new byte[] {1}).build())
                .section(".efifw", efifw().fwid("a").payload(new byte[] {2}).build())
                .section(".efifw", efifw().fwid("b").build())
                .section(".efifw", legacy().fwid("c").build());
        List<String> never = never(writer);
        assertEquals("taken", never.get(0));
        assertEquals("an earlier section has this id", never.get(1));
        assertEquals("no entry in the .hwids table of the base names it", never.get(2));
        assertEquals(false, never.get(3).equals("taken"));
    }

    @Test
    void takesNothingFromAddOnsOrForOldStubs() {
        byte[] table = hwids().firmware(chid(9), "n", "a").build();
        byte[] firmware = efifw().fwid("a").build();
        assertEquals(
                List.of("the stub takes firmware from UKIs only"),
                never(pe32Plus()
                        .section(".cmdline", "x")
                        .section(".hwids", table)
                        .section(".efifw", firmware)));
        assertEquals(
                List.of("systemd-stub 257.13 never selects firmware, the first that does is 262"),
                never(stub("257.13")
                        .section(".linux", "k")
                        .section(".hwids", table)
                        .section(".efifw", firmware)));
        assertEquals(
                List.of("there is no .hwids section in the base beside its .efifw"),
                never(stub("262.1").section(".linux", "k").section(".efifw", firmware)));
    }

    private static List<String> never(PeWriter writer) {
        Uki uki = Uki.read(Source.of("x.efi", writer.build()));
        return uki.firmwares().stream()
                .map(firmware -> FirmwareChoice.never(uki, firmware).orElse("taken"))
                .toList();
    }
}
