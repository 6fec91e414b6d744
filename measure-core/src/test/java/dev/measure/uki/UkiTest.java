package dev.measure.uki;

import static dev.measure.vectors.EfifwWriter.efifw;
import static dev.measure.vectors.HwidsWriter.hwids;
import static dev.measure.vectors.PeWriter.pe32Plus;
import static dev.measure.vectors.PeWriter.stub;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.measure.MalformedInputException;
import dev.measure.Source;
import dev.measure.Strictness;
import dev.measure.Warning;
import dev.measure.WarningCode;
import dev.measure.pe.PeSection;
import dev.measure.vectors.PeWriter;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.UUID;
import org.junit.jupiter.api.Test;

class UkiTest {
    private static final UUID A = UUID.fromString("817fca52-ae83-52f5-8642-9497f79d49d0");

    private static Uki read(PeWriter writer) {
        return Uki.read(Source.of("x.efi", writer.build()));
    }

    private static void refuses(String message, PeWriter writer) {
        MalformedInputException e = assertThrows(MalformedInputException.class, () -> read(writer));
        assertEquals("x.efi: " + message, e.getMessage());
    }

    private static PeWriter profiles() {
        return stub("262.1-1")
                .section(".osrel", "ID=base")
                .section(".cmdline", "base\0ignored")
                .section(".uname", "6.1")
                .section(".linux", "kernel")
                .section(".profile", "ID=main\nTITLE=Main thing")
                .section(".profile", "TITLE='Other'\nID=old\n ID = x\n#ID=no\nID=two")
                .section(".cmdline", "two")
                .section(".profile", "")
                .section(".cmdline", "")
                .section(".uname", "6.2");
    }

    @Test
    void readsWhatTheBaseSays() {
        Uki uki = read(profiles());
        assertEquals(Uki.Kind.UKI, uki.kind());
        assertEquals(Optional.of(new StubVersion("262.1-1", 262, 1)), uki.stubVersion());
        assertTrue(uki.hasProfiles());
        assertEquals(3, uki.profiles().size());
        assertEquals(
                List.of(".text", ".sdmagic", ".osrel", ".cmdline", ".uname", ".linux"),
                uki.base().sections().stream().map(PeSection::name).toList());
    }

    @Test
    void overridesTheBaseSectionBySectionInAProfile() {
        Uki uki = read(profiles());
        Profile main = uki.profile(0);
        assertEquals(Optional.of("main"), main.id());
        assertEquals(Optional.of("Main thing"), main.title());
        assertEquals(Optional.of("base"), main.cmdline());
        Profile two = uki.profile(1);
        assertEquals(Optional.of("two"), two.id());
        assertEquals(Optional.of("Other"), two.title());
        assertEquals(Optional.of("two"), two.cmdline());
        assertEquals(Optional.of("6.1"), two.uname());
        assertEquals(Optional.of("base"), two.osRelease().flatMap(text -> text.value("ID")));
        assertEquals(
                List.of(".linux", ".osrel", ".cmdline", ".uname", ".profile"),
                two.sections().stream().map(PeSection::name).toList());
    }

    @Test
    void hidesABaseSectionBehindAnEmptyOneOfTheProfile() {
        Profile three = read(profiles()).profile(2);
        assertEquals(Optional.empty(), three.id());
        assertEquals(Optional.empty(), three.cmdline());
        assertEquals(Optional.of("6.2"), three.uname());
    }

    @Test
    void isProfile0WithoutProfiles() {
        Uki uki = read(stub("257.13").section(".linux", "k"));
        assertFalse(uki.hasProfiles());
        assertEquals(1, uki.profiles().size());
        assertEquals(Optional.empty(), uki.profile(0).own());
        IllegalArgumentException e = assertThrows(IllegalArgumentException.class, () -> uki.profile(1));
        assertEquals("there is no profile 1, only 0 to 0", e.getMessage());
    }

    @Test
    void doesNotSayWhichFirmwareCountsWithoutAMachine() {
        Profile profile = read(stub("262.1").section(".linux", "k").section(".efifw", efifw().build()))
                .profile(0);
        IllegalArgumentException e = assertThrows(IllegalArgumentException.class, () -> profile.section(".efifw"));
        assertEquals("which .efifw counts depends on the machine: see FirmwareChoice", e.getMessage());
        assertEquals(1, profile.sections().size());
    }

    @Test
    void listsFirmwareOfBaseAndProfiles() {
        Uki uki = read(stub("262.1")
                .section(".linux", "k")
                .section(".efifw", efifw().fwid("a").build())
                .section(".profile", "ID=p")
                .section(".efifw", efifw().fwid("b").build())
                .section(".efifw", efifw().fwid("c").build()));
        assertEquals(
                List.of("OptionalInt.empty a", "OptionalInt[0] b", "OptionalInt[0] c"),
                uki.firmwares().stream()
                        .map(f -> f.profile() + " " + f.firmware().fwid().orElseThrow())
                        .toList());
        assertEquals(OptionalInt.of(0), uki.ranges().get(1).profile());
    }

    @Test
    void tellsUkisAddonsKernelsAndOtherProgramsApart() {
        assertEquals(Uki.Kind.UKI, read(pe32Plus().section(".linux", "k")).kind());
        assertEquals(Uki.Kind.UKI, read(stub("262.1")).kind());
        assertEquals(
                Uki.Kind.UKI,
                read(pe32Plus().section(".osrel", "ID=x").section(".cmdline", "x"))
                        .kind());
        assertEquals(Uki.Kind.ADDON, read(pe32Plus().section(".cmdline", "x")).kind());
        assertEquals(
                Uki.Kind.ADDON,
                read(pe32Plus().section(".sdmagic", "#### LoaderInfo: systemd-addon 262.1 ####"))
                        .kind());
        Uki boot = read(
                pe32Plus().section(".osrel", "ID=x").section(".sdmagic", "#### LoaderInfo: systemd-boot 257.13 ####"));
        assertEquals(Uki.Kind.EFI_PROGRAM, boot.kind());
        assertEquals(Optional.empty(), boot.stubVersion());
        assertEquals("systemd-boot", boot.loaderInfo().orElseThrow().program());
        byte[] kernel = pe32Plus().section(".text", "x").build();
        assertEquals(Uki.Kind.EFI_PROGRAM, Uki.read(Source.of("x.efi", kernel)).kind());
        for (String magic : List.of("514 HdrS", "56 ARMd", "56 RSC\u0005", "4 zimg")) {
            byte[] marked = kernel.clone();
            int at = Integer.parseInt(magic.substring(0, magic.indexOf(' ')));
            byte[] ascii = magic.substring(magic.indexOf(' ') + 1).getBytes();
            System.arraycopy(ascii, 0, marked, at, 4);
            assertEquals(
                    Uki.Kind.LINUX_KERNEL, Uki.read(Source.of("x.efi", marked)).kind(), magic);
        }
    }

    @Test
    void comparesNamesOverEightBytes() {
        Uki uki = read(
                pe32Plus().section(".pcrpkey", "key").section(".linux", "k").section(".linuxx", "l"));
        assertTrue(uki.profile(0).section(".pcrpkey").isPresent());
        assertEquals(
                6,
                uki.profile(0)
                        .section(".linux")
                        .map(PeSection::name)
                        .orElseThrow()
                        .length());
    }

    @Test
    void readsSbatOfTheBase() {
        assertEquals(
                "uki",
                read(pe32Plus().section(".linux", "k").section(".sbat", "uki,1,x"))
                        .sbat()
                        .orElseThrow()
                        .components()
                        .get(0)
                        .name());
        assertEquals(Optional.empty(), read(pe32Plus().section(".linux", "k")).sbat());
    }

    @Test
    void refusesMoreThan256Profiles() {
        PeWriter writer = stub("262.1").section(".linux", "k");
        for (int i = 0; i < 256; i++) {
            writer.section(".profile", "ID=p" + i);
        }
        assertEquals(Optional.of("p255"), read(writer).profile(255).id());
        refuses(
                "offset 0x2a00: expected at most 256 .profile sections, found one more",
                writer.section(".profile", "x"));
    }

    @Test
    void refusesAnImageWithoutSections() {
        // SizeOfHeaders must still be inside the file and below SizeOfImage
        refuses(
                "offset 0x86: expected NumberOfSections of at least 1, found 0",
                pe32Plus().trailing(new byte[16]));
    }

    @Test
    void refusesBrokenFirmwareUnlessReadLeniently() {
        PeWriter writer = stub("262.1")
                .section(".linux", "k")
                .section(".efifw", efifw().fwidLength(0).build());
        refuses("offset 0xa08: expected fwid_len of at least 1, for the NUL, found 0", writer);
        Uki uki = Uki.read(Source.of("x.efi", writer.build()), Strictness.LENIENT);
        assertEquals(List.of(), uki.firmwares());
        assertEquals(
                List.of(new Warning(
                        WarningCode.EFIFW_MALFORMED,
                        "x.efi: offset 0xa08: expected fwid_len of at least 1, for the NUL, found 0")),
                uki.warnings());
    }

    @Test
    void refusesABrokenHardwareIdTableUnlessReadLeniently() {
        PeWriter writer = stub("262.1")
                .section(".linux", "k")
                .section(".hwids", hwids().firmware(A, "n", "fw").nameOffset(-1).build())
                .section(".efifw", efifw().build());
        String message = "x.efi: offset 0xa14: expected name offset inside the section of 61 bytes, found 0xffffffff";
        refuses(message.substring("x.efi: ".length()), writer);
        Uki uki = Uki.read(Source.of("x.efi", writer.build()), Strictness.LENIENT);
        assertEquals(List.of(new Warning(WarningCode.HWIDS_MALFORMED, message)), uki.warnings());
        assertEquals(
                new FirmwareChoice.None(
                        FirmwareChoice.Reason.HWIDS_REFUSED,
                        "the stub refuses the .hwids table of the base: " + message),
                FirmwareChoice.of(uki, 0, Map.of("9", A)));
    }
}
