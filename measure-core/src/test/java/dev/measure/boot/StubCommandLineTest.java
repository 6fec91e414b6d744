package dev.measure.boot;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.measure.Source;
import dev.measure.uki.StubVersion;
import dev.measure.uki.Uki;
import dev.measure.vectors.PeWriter;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/**
 * The command line that the kernel gets of systemd-stub, and measures. Expected texts with consoles are what Linux 6.12 printed as its
 * command line in boots of a UKI with Debian's stub 262.1 under QEMU 7.2, OVMF 2022.11 and the devices of the names; those of 261 are of
 * its source.
 */
class StubCommandLineTest {
    private static BootInputs.Builder uki(String cmdline, String... more) {
        PeWriter pe = PeWriter.stub("262.1").section(".cmdline", cmdline).section(".linux", "kernel");
        for (int i = 0; i < more.length; i += 2) {
            pe.section(more[i], more[i + 1]);
        }
        return BootInputs.builder()
                .uki(Uki.read(Source.of("uki.efi", pe.build())))
                .secureBoot(false);
    }

    private static String kernelCommandLine(BootInputs.Builder in) {
        BootPrediction boot = BootSequence.of(in.build());
        BootEvent event = boot.variants().get(0).events(9).get(0);
        Measured.Bytes bytes = (Measured.Bytes) event.measured();
        StringBuilder text = new StringBuilder();
        bytes.parts().forEach(part -> text.append(new String(part.toByteArray(), StandardCharsets.UTF_16LE)));
        return text.substring(0, text.length() - 1);
    }

    private record Machine(String devices, String consoles, String with262, String with261) {}

    private static final List<Machine> MACHINES = List.of(
            new Machine("-vga none", "com1", " console=uart,io,0x3f8", " console=uart,io,0x3f8"),
            new Machine("-vga std", "com1,graphics", " console=uart,io,0x3f8 console=tty0", ""),
            new Machine("-vga none -device virtio-gpu-pci", "graphics,com1", " console=uart,io,0x3f8 console=tty0", ""),
            new Machine(
                    "-vga none -device virtio-serial-pci",
                    "com1,virtio",
                    " console=uart,io,0x3f8 console=hvc0",
                    " console=hvc0"),
            new Machine(
                    "-vga std -device virtio-serial-pci",
                    "com1,virtio,graphics",
                    " console=uart,io,0x3f8 console=hvc0 console=tty0",
                    " console=hvc0"),
            new Machine("-vga none -serial file:a -serial file:b", "com1,com2", "", ""),
            new Machine("no serial port, -vga std", "graphics", "", ""),
            new Machine("no serial port, -vga none", "none", "", ""));

    @TestFactory
    List<DynamicTest> consolesAreAddedToACommandLineThatNamesNone() {
        List<DynamicTest> tests = new ArrayList<>();
        for (Machine machine : MACHINES) {
            List<BootConsole> consoles = new ArrayList<>();
            for (String id : machine.consoles.split(",")) {
                BootConsole.of(id).ifPresent(consoles::add);
            }
            tests.add(DynamicTest.dynamicTest(machine.devices, () -> {
                String text = "xonsole=ttyS0 xuiet panic=-1";
                assertEquals(text + machine.with262, kernelCommandLine(uki(text).consoles(consoles)));
                assertEquals(
                        text + machine.with261,
                        kernelCommandLine(uki(text).consoles(consoles).stub(StubVersion.parse("261"))));
                assertEquals(
                        text, kernelCommandLine(uki(text).consoles(consoles).stub(StubVersion.parse("260"))));
            }));
        }
        return tests;
    }

    @Test
    void aCommandLineThatNamesAConsoleIsLeftAsItIs() {
        List<BootConsole> serial = List.of(BootConsole.COM1);
        for (String text : List.of("console=ttyS0 quiet", "quiet console=hvc0")) {
            assertEquals(text, kernelCommandLine(uki(text).consoles(serial)));
        }
        assertEquals(
                "netconsole=a console=uart,io,0x3f8",
                kernelCommandLine(uki("netconsole=a").consoles(serial)));
        // of load options, too: -append foo
        assertEquals(
                "foo console=uart,io,0x3f8",
                kernelCommandLine(uki("a=1").loadOptions("foo").consoles(serial)));
        assertEquals("console=uart,io,0x3f8", kernelCommandLine(uki(" ").consoles(serial)));
    }

    @Test
    void withoutConsolesGivenThatIsAnAssumption() {
        BootPrediction boot = BootSequence.of(uki("quiet").build());
        assertTrue(boot.assumptions().stream()
                .anyMatch(assumption -> assumption.key().equals("console")));
        assertEquals("quiet", kernelCommandLine(uki("quiet")));
    }

    /** -append with the byte 1 in it: the kernel of stubs 252.39 and 257.13 printed a space, that of 262.1 the line of the UKI. */
    @Test
    void controlCharactersInLoadOptions() {
        String options = "console=ttyS0 foo\u0001bar baz";
        for (String stub : List.of("252", "257.13")) {
            assertEquals(
                    "console=ttyS0 foo bar baz",
                    kernelCommandLine(uki("console=ttyS0 xuiet panic=-1")
                            .loadOptions(options)
                            .stub(StubVersion.parse(stub))));
        }
        BootInputs.Builder newer = uki("console=ttyS0 xuiet panic=-1").loadOptions(options);
        assertEquals("console=ttyS0 xuiet panic=-1", kernelCommandLine(newer));
        assertEquals(
                0, BootSequence.of(newer.build()).variants().get(0).events(12).size());
        BootPrediction between =
                BootSequence.of(newer.stub(StubVersion.parse("258")).build());
        assertTrue(between.notKnown().keySet().containsAll(List.of(9, 12)));
        BootInputs profile = uki("a", ".profile", "ID=a", ".profile", "ID=b", ".cmdline", "b")
                .loadOptions("@1 a\tb")
                .build();
        assertThrows(IllegalArgumentException.class, () -> BootSequence.of(profile));
    }

    private static NamedFile addon(String name, String... sections) {
        PeWriter pe = PeWriter.pe32Plus();
        for (int i = 0; i < sections.length; i += 2) {
            pe.section(sections[i], sections[i + 1]);
        }
        return new NamedFile(name + ".addon.efi", Source.of(name, pe.build()));
    }

    /** stub.c, load_addons: strneq8 with the size of the section, which ukify writes without a NUL. */
    @Test
    void theUnameOfAnAddonIsComparedAsFarAsItGoes() {
        for (String[] each : new String[][] {
            {"6.12.107", "taken"},
            {"6.12", "taken"},
            {"6.12.1077", ""},
            {"6.12\0", ""},
            {"6.12.107\0x", "taken"},
            {"6.13", ""}
        }) {
            BootInputs.Builder in = uki("console=x", ".uname", "6.12.107")
                    .addons(List.of(addon("a", ".uname", each[0], ".cmdline", "taken")));
            assertEquals(("console=x " + each[1]).strip(), kernelCommandLine(in), each[0]);
        }
    }

    /** stub.c, load_addons: .dtbauto, else .dtb. */
    @Test
    void theDeviceTreeOfAnAddonIsMeasured() {
        List<NamedFile> addons = List.of(
                addon("a", ".dtb", "tree a"),
                addon("b", ".dtb", "tree b", ".dtbauto", "auto b"),
                addon("c", ".dtbauto", "auto c"));
        List<String> trees = new ArrayList<>();
        for (BootEvent event : BootSequence.of(uki("console=x").addons(addons).build())
                .variants()
                .get(0)
                .events(12)) {
            Measured.Bytes bytes = (Measured.Bytes) event.measured();
            trees.add(new String(bytes.parts().get(0).toByteArray(), StandardCharsets.UTF_8));
        }
        assertEquals(List.of("tree a", "auto b", "auto c"), trees);
        assertEquals(
                Optional.empty(),
                Optional.ofNullable(
                        BootSequence.of(uki("console=x").addons(addons).build())
                                .notKnown()
                                .get(12)));
    }
}
