package dev.measure.boot;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.measure.MalformedInputException;
import dev.measure.Source;
import dev.measure.uki.StubVersion;
import dev.measure.uki.Uki;
import dev.measure.vectors.PeWriter;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** Rules that no boot of the vectors shows alone: what is refused, what is a set, and where a rule ends. */
class BootRulesTest {
    private static BootInputs.Builder plain() {
        Source image = Source.of(
                "plain.efi",
                PeWriter.stub("262.1")
                        .section(".cmdline", "a=1")
                        .section(".linux", "kernel")
                        .section(".initrd", "initrd")
                        .build());
        return BootInputs.builder().uki(Uki.read(image));
    }

    private static Optional<String> needed(BootInputs inputs, int pcr) {
        return Optional.ofNullable(BootSequence.of(inputs).notKnown().get(pcr)).map(NotKnown::input);
    }

    @Test
    void namesTheInputThatWouldSettleARegister() {
        BootInputs alone = plain().build();
        assertEquals(Optional.of("--firmware"), needed(alone, 0));
        assertEquals(Optional.of("--firmware"), needed(alone, 1));
        assertEquals(Optional.of("--disk"), needed(alone, 5));
        assertEquals(Optional.of("--vars"), needed(alone, 7));
        for (int pcr : new int[] {2, 3, 4, 6, 8, 9, 11, 12, 13, 14, 15}) {
            assertEquals(Optional.empty(), needed(alone, pcr), "PCR " + pcr);
        }
    }

    @Test
    void refusesVersionsThatNobodyLookedAt() {
        for (String version : List.of("249", "263")) {
            BootInputs inputs = plain().stub(StubVersion.parse(version)).build();
            assertEquals(Optional.of("--stub"), needed(inputs, 11), version);
            assertEquals(Optional.of("--stub"), needed(inputs, 9), version);
        }
        assertEquals(
                Optional.of("--stub"),
                needed(plain().stub(StubVersion.parse("255")).build(), 9));
        assertEquals(
                Optional.empty(), needed(plain().stub(StubVersion.parse("255")).build(), 11));
    }

    @Test
    void offersBothCoursesOfExitBootServicesForAnUnknownBuild() {
        List<BootVariant> variants = BootSequence.of(plain().build()).variants();
        assertEquals(
                List.of("exit-boot-retry", "exit-boot-once"),
                variants.stream().map(BootVariant::name).toList());
        assertEquals(5, variants.get(0).events(5).size());
        assertEquals(3, variants.get(1).events(5).size());
        assertEquals(variants.get(0).events(4), variants.get(1).events(4));
    }

    /** stub.c, load_addons and cmdline_append_and_measure_addons: "old" + (old is empty ? "" : " ") + new, cleaned at the end. */
    @Test
    void joinsTheCommandLinesOfAddonsAsTheStubDoes() {
        List<NamedFile> addons = new ArrayList<>();
        for (String text : List.of(" ", "b=2", "\t", "c=3", "")) {
            byte[] addon = PeWriter.pe32Plus()
                    .section(".cmdline", text)
                    .section(".uname", "")
                    .build();
            addons.add(new NamedFile(addons.size() + ".addon.efi", Source.of("addon", addon)));
        }
        List<BootEvent> events = BootSequence.of(
                        plain().secureBoot(false).addons(addons).build())
                .variants()
                .get(0)
                .events(12);
        assertEquals(1, events.size());
        assertEquals("b=2  c=3\0", new String(events.get(0).data().toByteArray(), StandardCharsets.UTF_16LE));
    }

    @Test
    void measuresNothingInto11BeforeVersion252() {
        BootPrediction old =
                BootSequence.of(plain().stub(StubVersion.parse("251")).build());
        assertEquals(List.of(), old.variants().get(0).events(11));
    }

    @Test
    void takesLoadOptionsUnlessSecureBootIsOn() {
        BootInputs.Builder inputs = plain().loadOptions("b=2");
        assertTrue(needed(inputs.build(), 12).isPresent());
        assertEquals(1, events(inputs.secureBoot(false).build(), 12));
        assertEquals(0, events(inputs.secureBoot(true).build(), 12));
        // a character below the space, as firmware passes binary options: not taken
        assertEquals(0, events(plain().secureBoot(false).loadOptions("\u0001b").build(), 12));
    }

    private static int events(BootInputs inputs, int pcr) {
        return BootSequence.of(inputs).variants().get(0).events(pcr).size();
    }

    @Test
    void phasesGoInto11AndTheSeparatorOfTheSystemElsewhere() {
        BootPrediction start = BootSequence.of(plain().build());
        BootPrediction later = start.at(BootPhase.parse("enter-initrd::os-separator"));
        assertEquals("enter-initrd:os-separator", later.phase().toString());
        assertEquals(
                start.variants().get(0).events(11).size() + 1,
                later.variants().get(0).events(11).size());
        for (int pcr : new int[] {0, 7, 9, 12, 14}) {
            List<BootEvent> events = later.variants().get(0).events(pcr);
            assertEquals("os-separator", events.get(events.size() - 1).name(), "PCR " + pcr);
        }
        assertEquals(0, later.variants().get(0).events(15).size());
        assertThrows(IllegalStateException.class, () -> later.at(BootPhase.KERNEL_START));
    }

    @Test
    void cleansCommandLinesByVersion() {
        assertEquals("a b", CmdlineText.mangle(" a\nb \n", CmdlineText.Mangle.BOTH_ENDS));
        assertEquals(" a b", CmdlineText.mangle(" a\nb \n", CmdlineText.Mangle.END));
        assertEquals("x", CmdlineText.of(Source.of("cmdline", "x\0y".getBytes(StandardCharsets.UTF_8))));
    }

    @Test
    void aProfileIsSelectedByItsNumberAndOneSpace() {
        assertEquals(" x", SystemdStub.withoutProfile("@12  x"));
        assertEquals("", SystemdStub.withoutProfile("@1"));
        assertEquals("@x", SystemdStub.withoutProfile("@x"));
        assertEquals("@1x", SystemdStub.withoutProfile("@1x"));
    }

    @Test
    void dropsFilesThatTheStubDrops() {
        Source empty = Source.of("empty", new byte[0]);
        List<NamedFile> files = List.of(
                new NamedFile("b.CRED", empty),
                new NamedFile(".a.cred", empty),
                new NamedFile("a.cred", empty),
                new NamedFile("c.raw", empty),
                new NamedFile("\u00e4.cred", empty));
        assertEquals(
                List.of("a.cred", "b.CRED"),
                NamedFile.taken(files, ".cred").stream().map(NamedFile::name).toList());
    }

    @Test
    void padsEveryPartOfTheInitrdButALoneOne() {
        Initrd lone = new Initrd();
        lone.add(List.of(Source.of("part", new byte[5])));
        assertEquals(5, lone.combined().length());
        Initrd two = new Initrd();
        two.add(List.of(Source.of("part", new byte[5])));
        two.add(List.of());
        two.add(List.of(Source.of("part", new byte[3])));
        assertEquals(12, two.combined().length());
    }

    @Test
    void refusesAnOptionRomWithItsPlace() {
        byte[] rom = new byte[512];
        rom[0] = 0x55;
        rom[1] = (byte) 0xaa;
        rom[0x18] = 0x1c;
        String message = assertThrows(MalformedInputException.class, () -> OptionRom.read(Source.of("card.rom", rom)))
                .getMessage();
        assertEquals("card.rom: offset 0x1c: expected signature \"PCIR\", found 0x00000000", message);
        message = assertThrows(
                        MalformedInputException.class,
                        () -> OptionRom.read(Source.of("card.rom", Arrays.copyOf(rom, 1))))
                .getMessage();
        assertEquals("card.rom: offset 0x0: expected signature (2 bytes), found 1 bytes left", message);
    }

    @Test
    void refusesPatchesOfAnotherForm() {
        assertEquals(
                "p.json: offset 0x0: expected a list, found START_OBJECT",
                refusal("{}").getMessage());
        assertEquals(
                "p.json: offset 0x1: expected JSON, found a fault in its form",
                refusal("[").getMessage());
        assertTrue(refusal("[{\"sha256\": \"00\"}]").getMessage().contains("expected sha256 of the firmware file"));
        byte[] utf32 = {0, 0, 0, 0x41, 0x2f};
        assertThrows(MalformedInputException.class, () -> PeifvPatches.read(Source.of("p.json", utf32)));
        assertFalse(PeifvPatches.builtIn().builds().isEmpty());
    }

    private static MalformedInputException refusal(String json) {
        return assertThrows(
                MalformedInputException.class,
                () -> PeifvPatches.read(Source.of("p.json", json.getBytes(StandardCharsets.UTF_8))));
    }

    @Test
    void sizesOfMemoryAreThoseOfQemu() {
        assertEquals(Optional.of(1L << 30), PeifvPatches.size("1G"));
        assertEquals(Optional.of(1L << 30), PeifvPatches.size("1024"));
        assertEquals(Optional.of(3000L << 20), PeifvPatches.size("3000M"));
        assertEquals(Optional.empty(), PeifvPatches.size("much"));
        assertEquals(Optional.empty(), PeifvPatches.size("999999999999999T"));
    }
}
