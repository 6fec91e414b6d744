package dev.measure.uki;

import static dev.measure.vectors.EfifwWriter.efifw;
import static dev.measure.vectors.EfifwWriter.legacy;
import static dev.measure.vectors.HwidsWriter.hwids;
import static dev.measure.vectors.PeWriter.pe32Plus;
import static dev.measure.vectors.PeWriter.stub;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.measure.Source;
import dev.measure.Warning;
import dev.measure.vectors.PeWriter;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.Test;

class FukiLintTest {
    private static final UUID A = UUID.fromString("817fca52-ae83-52f5-8642-9497f79d49d0");

    private static final UUID B = UUID.fromString("d6eb81a1-827a-5c99-bcaf-2e34844bfc14");

    private static final UUID ZERO = new UUID(0, 0);

    // stub() has two sections of one file block each behind headers of 0x400 bytes at least: the third section is at
    // 0x800
    private static PeWriter uki() {
        return stub("262.1").section(".linux", "k");
    }

    private static void warns(PeWriter writer, String... expected) {
        assertEquals(
                List.of(expected),
                text(Uki.read(Source.of("x.efi", writer.build())).warnings()));
    }

    private static void warnsOnMachine(PeWriter writer, Map<String, UUID> chids, String... expected) {
        assertEquals(List.of(expected), text(FukiLint.of(Uki.read(Source.of("x.efi", writer.build())), chids)));
    }

    private static List<String> text(List<Warning> warnings) {
        return warnings.stream()
                .map(warning -> warning.code() + ": " + warning.text())
                .toList();
    }

    @Test
    void findsNothingWrongWithAGoodFuki() {
        warns(uki().section(".hwids", hwids().firmware(A, "n", "fw").build()).section(".efifw", efifw().build()));
        warns(uki());
        warns(pe32Plus().section(".text", "x"));
    }

    @Test
    void warnsOfFirmwareBesideAnUnknownStub() {
        byte[] table = hwids().firmware(A, "n", "fw").build();
        warns(
                pe32Plus().section(".linux", "k").section(".hwids", table).section(".efifw", efifw().build()),
                "STUB_CANNOT_SELECT: the image does not say in .sdmagic that its code is a systemd-stub, so nothing is"
                        + " known to select its .efifw sections");
        warns(pe32Plus().section(".linux", "k"));
    }

    @Test
    void warnsOfEachFormThatIsNoLaunchFirmware() {
        warns(
                uki().section(
                                ".hwids",
                                hwids().firmware(A, "n", "fw")
                                        .firmware(B, "n", "cap")
                                        .build())
                        .section(".efifw", legacy().build())
                        .section(".efifw", efifw().fwid("cap").targetChid(B).build())
                        .section(".efifw", "raw"),
                "EFIFW_LEGACY_HEADER: .efifw fw (section at offset 0xc00) has the 13-byte header of ukify 258 to 262; build"
                        + " it with ukify 262.1 or newer",
                "EFIFW_CAPSULE: .efifw cap (section at offset 0xe00) is a capsule for CHID " + B,
                "EFIFW_NEVER_SELECTED: .efifw without an id (section at offset 0x1000) has no header and so no id");
    }

    @Test
    void warnsOfFirmwareThatTheLinkerDidNotAlign() {
        warns(
                uki().section(".hwids", hwids().firmware(A, "n", "fw").build())
                        .section(".efifw", efifw().build())
                        .virtualAddress(0x5004),
                "EFIFW_NEVER_SELECTED: .efifw fw (section at offset 0xc00): the section is mapped at 0x00005004, which is"
                        + " not 8-aligned");
    }

    @Test
    void warnsOfASecondFirmwareOfAnId() {
        warns(
                uki().section(".hwids", hwids().firmware(A, "n", "fw").build())
                        .section(".efifw", efifw().build())
                        .section(".efifw", efifw().build()),
                "EFIFW_DUPLICATE_ID: .efifw fw (section at offset 0xe00): an earlier section has this id");
    }

    @Test
    void warnsOfFirmwareThatNoEntryLeadsTo() {
        warns(
                uki().section(".efifw", efifw().build()),
                "EFIFW_NEVER_SELECTED: .efifw fw (section at offset 0xa00): there is no .hwids section");
        warns(
                uki().section(
                                ".hwids",
                                hwids().firmware(A, "n", "other")
                                        .devicetree(A, "n", "fw")
                                        .build())
                        .section(".efifw", efifw().build())
                        .section(".efifw", efifw().fwid("other").build()),
                "EFIFW_NEVER_SELECTED: .efifw fw (section at offset 0xc00): no .hwids entry names it");
    }

    @Test
    void warnsOfEntriesThatLeadNowhere() {
        warns(
                uki().section(
                                ".hwids",
                                hwids().firmware(A, "n", "fw")
                                        .firmware(B, "n", "gone")
                                        .build())
                        .section(".efifw", efifw().build()),
                "HWIDS_UNKNOWN_FWID: the .hwids entry at offset 0xa1c names gone, which no .efifw section of the base has");
    }

    @Test
    void warnsOfTheZeroGuidAndOfUnknownTypes() {
        warns(
                uki().section(".hwids", hwids().firmware(ZERO, "n", "fw").build())
                        .section(".efifw", efifw().build()),
                "HWIDS_ZERO_GUID: the .hwids entry at offset 0xa00 for fw has it");
        warns(
                uki().section(
                                ".hwids",
                                hwids().firmware(A, "n", "fw")
                                        .firmware(ZERO, "n", "fw")
                                        .descriptor(0x3000001cL)
                                        .build())
                        .section(".efifw", efifw().build()),
                "HWIDS_UNKNOWN_TYPE: the .hwids entry at offset 0xa1c has descriptor 0x3000001c");
    }

    @Test
    void warnsOfProfileFirmwareWithoutIds() {
        warns(
                uki().section(".hwids", hwids().firmware(A, "n", "fw").build())
                        .section(".efifw", efifw().build())
                        .section(".profile", "ID=p")
                        .section(".efifw", efifw().fwid("p").build()),
                "PROFILE_EFIFW_WITHOUT_HWIDS: profile 0 has .efifw but no .hwids of its own, so the firmware of the base"
                        + " stays");
    }

    @Test
    void warnsOfFirmwareInAnAddon() {
        warns(
                pe32Plus()
                        .section(".hwids", hwids().firmware(A, "n", "fw").build())
                        .section(".efifw", efifw().build()),
                "ADDON_EFIFW_IGNORED: .efifw fw (section at offset 0x400) is in an add-on");
    }

    @Test
    void warnsOfAStubThatCannotSelect() {
        warns(
                stub("257.13")
                        .section(".linux", "k")
                        .section(".hwids", hwids().firmware(A, "n", "fw").build())
                        .section(".efifw", efifw().build()),
                "STUB_CANNOT_SELECT: the image has the code of systemd-stub 257.13, which selects none of its .efifw"
                        + " sections");
    }

    @Test
    void warnsOfAMissingKernel() {
        warns(stub("262.1"), "NO_KERNEL: the image has no .linux section");
        warns(
                stub("262.1").section(".profile", "ID=a").section(".linux", "k").section(".profile", "ID=b"),
                "NO_KERNEL: profile @1 (b) has no .linux section");
        warns(stub("262.1").section(".linux", ""), "NO_KERNEL: the image has no .linux section");
    }

    @Test
    void warnsOfSectionsOutsideTheImageAndSkipsThem() {
        warns(
                stub("262.1").section(".linux", "k").section(".linux", "second").sizeOfImage(0x3001),
                "SECTION_OUTSIDE_IMAGE: section .linux (header at offset 0x200) ends at address 0x00004006, behind"
                        + " SizeOfImage = 0x00003001");
        warns(
                stub("262.1").section(".linux", "kernel").sizeOfImage(0x3005),
                "SECTION_OUTSIDE_IMAGE: section .linux (header at offset 0x1d8) ends at address 0x00003006, behind"
                        + " SizeOfImage = 0x00003005",
                "NO_KERNEL: the image has no .linux section");
    }

    @Test
    void warnsOfASecondSectionExceptOfThoseTheMachineChooses() {
        warns(
                uki().section(".cmdline", "a")
                        .section(".cmdline", "b")
                        .section(".dtbauto", "a")
                        .section(".dtbauto", "b")
                        .section(".own", "a")
                        .section(".own", "b")
                        .section(".profile", "ID=p")
                        .section(".cmdline", "c"),
                "DUPLICATE_SECTION: the second .cmdline section of the base (header at offset 0x228) does not count");
    }

    @Test
    void warnsOfAnEntryThatMatchesAMachineByADeadTypeOnly() {
        PeWriter fuki =
                uki().section(".hwids", hwids().firmware(A, "n", "fw").build()).section(".efifw", efifw().build());
        warnsOnMachine(
                fuki,
                Map.of("14", A, "9", B),
                "HWIDS_DEAD_CHID_TYPE: the .hwids entry at offset 0xa00 for fw has the machine's CHID of type 14, which is"
                        + " never looked up");
        warnsOnMachine(fuki, Map.of("14", A, "9", A));
        warnsOnMachine(fuki, Map.of("9", A));
    }

    @Test
    void warnsOfAnEntryThatMatchesByTwoTypes() {
        PeWriter fuki =
                uki().section(".hwids", hwids().firmware(A, "n", "fw").build()).section(".efifw", efifw().build());
        warnsOnMachine(
                fuki,
                Map.of("7", A, "11", A, "9", B),
                "HWIDS_COLLIDING_CHIDS: the .hwids entry at offset 0xa00 for fw has the machine's CHID of types 7, 11, and"
                        + " is found as type 7");
    }

    @Test
    void doesNotCallThePanelsOfAHeadlessMachineACollision() {
        PeWriter fuki = uki().section(
                        ".hwids", hwids().firmware(ZERO, "n", "fw").build())
                .section(".efifw", efifw().build());
        warnsOnMachine(fuki, Map.of("ext0", ZERO, "ext1", ZERO, "ext2", ZERO, "0", ZERO));
    }
}
