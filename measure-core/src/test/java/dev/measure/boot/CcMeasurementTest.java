package dev.measure.boot;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.measure.Assumption;
import dev.measure.Source;
import dev.measure.vectors.PeWriter;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/**
 * What gets into RTMRs: shim measures through EFI_CC_MEASUREMENT_PROTOCOL since 15.7 (rhboot/shim 4fd484e4), Linux since 6.9 (ac93cbfc2a2c),
 * GRUB since 4c76565b6, but between 30708dfe3 and 86df79275 only where there is a TPM, too.
 */
class CcMeasurementTest {
    private static final String COMMANDS =
            "grub_cmd: linux /vmlinuz root=/dev/vda1\nfile: /vmlinuz\n" + "kernel_cmdline: /vmlinuz root=/dev/vda1\n";

    private static Source kernel(int major, int minor, boolean guid) {
        byte[] file = PeWriter.pe32Plus().section(".text", "x".repeat(0x400)).build();
        byte[] whole = Arrays.copyOf(file, file.length + 64);
        ByteBuffer k = ByteBuffer.wrap(whole).order(ByteOrder.LITTLE_ENDIAN);
        k.putInt(0x202, 0x53726448).putShort(0x206, (short) 0x20f).putShort(0x20e, (short) (file.length - 0x200));
        k.position(file.length);
        k.put((major + "." + minor + ".0-test\0").getBytes(StandardCharsets.US_ASCII));
        if (guid) { // as a compiler loads it: the halves apart
            k.putLong(file.length + 32, 0x41a672f496751a3dL).putLong(file.length + 42, 0x6bae670e5ded94a7L);
        }
        return Source.of("vmlinuz", whole);
    }

    private static BootPrediction boot(Source shim, Source grub, Source kernel) {
        return BootSequence.of(BootInputs.builder()
                .loaders(List.of(shim, grub))
                .secureBoot(false)
                .confidentialVm(true)
                .ccMeasurement(true)
                .kernel(kernel)
                .grub(new GrubInputs(
                        Optional.of(
                                GrubTranscript.read(Source.of("commands", COMMANDS.getBytes(StandardCharsets.UTF_8)))),
                        Optional.empty(),
                        List.of(),
                        new TreeMap<>(),
                        new TreeMap<>(),
                        Optional.empty(),
                        Optional.empty()))
                .build());
    }

    private static List<String> names(BootPrediction boot, int pcr) {
        return boot.variants().get(0).events(pcr).stream().map(BootEvent::name).toList();
    }

    private static boolean assumes(BootPrediction boot, String key) {
        return boot.assumptions().stream().map(Assumption::key).anyMatch(key::equals);
    }

    @Test
    void grubThatLooksForTheProtocolMeasures() {
        for (Source grub : List.of(
                new GrubFile().debian("2.12").tpm(true, true, true).source(),
                new GrubFile().debian("2.12").tpm(true, false, false).source())) {
            BootPrediction boot = boot(new ShimFile().source(), grub, kernel(6, 12, true));
            assertEquals(2, names(boot, 8).size());
            assertEquals(List.of("/vmlinuz", "kernel command line"), names(boot, 9));
            assertFalse(assumes(boot, "grub-measures"));
        }
    }

    @Test
    void grubThatDoesNotLookForItMeasuresNothing() {
        for (Source grub : List.of(
                new GrubFile().debian("2.12").tpm(true, true, false).source(),
                new GrubFile().debian("2.12").tpm(false, false, false).source(),
                new GrubFile().debian("2.12").tpm(false, true, true).source())) {
            BootPrediction boot = boot(new ShimFile().source(), grub, kernel(6, 12, true));
            assertEquals(List.of(), names(boot, 8));
            assertEquals(List.of("kernel command line"), names(boot, 9));
            assertTrue(assumes(boot, "grub-measures"));
            assertEquals(Set.of(5), boot.notKnown().keySet()); // no disk is given
        }
    }

    @Test
    void whatAGrubThatMeasuresNothingRunsIsOnlyAskedForItsKernel() {
        BootInputs.Builder in =
                BootInputs.builder().secureBoot(false).ccMeasurement(true).kernel(kernel(6, 12, true));
        BootPrediction handover = BootSequence.of(in.loaders(List.of(
                        new ShimFile().source(),
                        new GrubFile().debian("2.06").tpm(false, false, false).source()))
                .build());
        assertFalse(handover.notKnown().containsKey(8));
        assertFalse(handover.notKnown().containsKey(9));
        BootPrediction program = BootSequence.of(in.loaders(List.of(
                        new ShimFile().source(),
                        new GrubFile().debian("2.12").tpm(true, true, false).source()))
                .build());
        assertFalse(program.notKnown().containsKey(8));
        assertTrue(program.notKnown().containsKey(9));
    }

    @Test
    void aGrubWithoutTheModuleIsNotKnown() {
        BootPrediction boot =
                boot(new ShimFile().source(), new GrubFile().debian("2.12").source(), kernel(6, 12, true));
        assertTrue(boot.notKnown().containsKey(8));
    }

    @Test
    void shimMeasuresFrom15Point7On() {
        Source grub = new GrubFile().debian("2.12").tpm(true, true, true).source();
        BootPrediction older = boot(new ShimFile().version("15.6").source(), grub, kernel(6, 12, true));
        assertEquals(List.of(), names(older, 14));
        assertTrue(assumes(older, "shim-measures"));
        BootPrediction newer = boot(new ShimFile().version("15.7").source(), grub, kernel(6, 12, true));
        assertEquals(List.of("MokList", "MokListX", "MokListTrusted"), names(newer, 14));
    }

    @Test
    void linuxMeasuresFrom6Point9OnOrIfItHoldsTheGuid() {
        assertEquals(0, measured(6, 8, false));
        assertEquals(1, measured(6, 8, true));
        assertEquals(1, measured(6, 9, false));
        assertEquals(0, measured(5, 15, false));
    }

    private static int measured(int major, int minor, boolean guid) {
        LinuxEfiStub.Measurements measured =
                LinuxEfiStub.measure(Optional.of(kernel(major, minor, guid)), "quiet", Optional.empty());
        assertTrue(measured.notKnown().isEmpty());
        assertEquals(measured.events().isEmpty() ? 1 : 0, measured.assumptions().size());
        return measured.events().size();
    }
}
