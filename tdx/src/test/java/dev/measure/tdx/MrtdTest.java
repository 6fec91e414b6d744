package dev.measure.tdx;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.measure.DigestAlgorithm;
import dev.measure.Evidence;
import dev.measure.MalformedInputException;
import dev.measure.MeasuredEvent;
import dev.measure.Measurement;
import dev.measure.Prediction;
import dev.measure.Source;
import dev.measure.Strictness;
import dev.measure.Warning;
import dev.measure.WarningCode;
import dev.measure.firmware.Firmware;
import dev.measure.vectors.OvmfWriter;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;

final class MrtdTest {
    private static final String AT = "made.fd: offset 0x";

    private static OvmfWriter good() {
        return OvmfWriter.ovmf(65536)
                .fill(3)
                .tdxMetadata()
                .tdxSection(0x4000, 0xc000, 0xffff4000L, 0xc000, 0, 1)
                .tdxSection(0, 0x4000, 0xffff0000L, 0x4000, 1, 0)
                .tdxSection(0, 0, 0x809000, 0x2000, 2, 0);
    }

    private static TdxLaunch launch(OvmfWriter writer, Optional<TdxVmm> vmm, Strictness strictness) {
        Firmware firmware = Firmware.read(Source.of("made.fd", writer.build()), strictness);
        return new TdxLaunch(firmware, vmm, Optional.empty(), strictness);
    }

    private static Prediction.NotLaunchable refused(OvmfWriter writer) {
        return assertInstanceOf(
                Prediction.NotLaunchable.class,
                Mrtd.of(launch(writer, Optional.empty(), Strictness.STRICT), MrtdOrder.PAGE));
    }

    private static void refusesUnlessLenient(OvmfWriter writer, WarningCode code, String why) {
        Prediction.NotLaunchable refused = refused(writer);
        assertTrue(refused.why().endsWith(why), refused.why());
        assertTrue(refused.lenient());
        Prediction.Predicted lenient = predicted(writer, Optional.empty());
        assertTrue(
                lenient.warnings().contains(new Warning(code, refused.why())),
                () -> lenient.warnings().toString());
    }

    private static Prediction.Predicted predicted(OvmfWriter writer, Optional<TdxVmm> vmm) {
        return assertInstanceOf(
                Prediction.Predicted.class, Mrtd.of(launch(writer, vmm, Strictness.LENIENT), MrtdOrder.PAGE));
    }

    @Test
    void refusesWhatTheProcessorOrQemuWould() {
        refusesUnlessLenient(
                good().tdxSection(0, 0, 0x80a000, 0x1000, 3, 0),
                WarningCode.SECTION_OVERLAP,
                "expected a section beside TD_HOB at address 0x809000, size 0x2000, data 0x0+0x0, attributes 0x0, found"
                        + " TEMP_MEM at address 0x80a000, size 0x1000, data 0x0+0x0, attributes 0x0; the processor refuses"
                        + " the second use of a page");
        refusesUnlessLenient(
                OvmfWriter.ovmf(65536).tdxMetadata().tdxSection(0, 0x4000, 0xffff4000L, 0x4000, 0, 1),
                WarningCode.TDX_SECTION_COUNT,
                "expected at least two TDX metadata sections, as QEMU does, found 1");
    }

    @Test
    void severalImagesSideBySideHaveTheValuesThatEachHasAlone() {
        List<TdxLaunch> launches = new ArrayList<>();
        for (int i = 0; i < 19; i++) {
            int size = 65536 << i % 4;
            OvmfWriter writer = OvmfWriter.ovmf(size).fill(i).tdxMetadata();
            int at = 0x1000 * (1 + i % 5);
            writer.tdxSection(at, size - at, 0x100000000L - size + at, size - at, 0, 1);
            if (i != 7) { // a single section is refused
                writer.tdxSection(0, 0x1000, 0x100000000L - size, 0x1000L, 1, i % 2);
                writer.tdxSection(0, 0, 0x809000, 0x1000L * (i + 60), 2, 0);
            }
            launches.add(launch(writer, Optional.empty(), Strictness.STRICT));
        }
        for (MrtdOrder order : MrtdOrder.values()) {
            List<Prediction> together = Mrtd.of(launches, order);
            assertEquals(launches.size(), together.size());
            for (int i = 0; i < launches.size(); i++) {
                Prediction alone = Mrtd.of(launches.get(i), order);
                if (i == 7) {
                    assertEquals(alone, together.get(i));
                    continue;
                }
                Measurement value = ((Prediction.Predicted) together.get(i)).measurement();
                assertEquals(((Prediction.Predicted) alone).measurement().value(), value.value(), order + " " + i);
                // The trace is a fold of its own, with a message digest: it would not accept another value.
                assertEquals(
                        value.value(),
                        value.events().get(value.events().size() - 1).after());
            }
        }
        assertEquals(List.of(), Mrtd.of(List.of(), MrtdOrder.PAGE));
    }

    @Test
    void buildsOfOneFirmwareGoInLockstepAndHaveTheValuesThatEachHasAlone() {
        for (int count : new int[] {2, 3, 5, 8, 9, 17}) {
            List<TdxLaunch> launches = new ArrayList<>();
            for (int i = 0; i < count; i++) {
                // Of the second section not all is in the file: behind it are zeros.
                launches.add(launch(
                        OvmfWriter.ovmf(0x20000)
                                .fill(i)
                                .tdxMetadata()
                                .tdxSection(0x3000, 0x1d000, 0xfffe3000L, 0x1d000, 0, 1)
                                .tdxSection(0, 0x1234, 0xfffe0000L, 0x3000, 1, i == 2 ? 0 : 1)
                                .tdxSection(0, 0, 0x809000, 0x1000L * 13, 2, 0),
                        Optional.empty(),
                        Strictness.STRICT));
            }
            for (MrtdOrder order : MrtdOrder.values()) {
                List<Prediction> together = Mrtd.of(launches, order);
                for (int i = 0; i < count; i++) {
                    Measurement value = ((Prediction.Predicted) together.get(i)).measurement();
                    assertEquals(
                            ((Prediction.Predicted) Mrtd.of(launches.get(i), order))
                                    .measurement()
                                    .value(),
                            value.value(),
                            order + ": " + i + " of " + count);
                    assertEquals(
                            value.value(),
                            value.events().get(value.events().size() - 1).after());
                }
            }
        }
    }

    @Test
    void refusesSectionsThatCannotBe() {
        refusesUnlessLenient(
                good().tdxSection(0, 0, -0x1000L, 0x2000, 3, 0),
                WarningCode.TDX_SECTION_WRAPS,
                "expected a section below 2^64, found TEMP_MEM at address 0xfffffffffffff000, size 0x2000, data 0x0+0x0,"
                        + " attributes 0x0");
        refusesUnlessLenient(
                good().tdxSection(0, 0, 0x800000, 0x1000, 3, 4),
                WarningCode.TDX_ATTRIBUTES,
                "expected attributes whose bits 2..31 are 0, found TEMP_MEM at address 0x800000, size 0x1000, data"
                        + " 0x0+0x0, attributes 0x4");
        refusesUnlessLenient(
                good().tdxSection(0, 0, 0x800000, 0x1000, 3, 3),
                WarningCode.TDX_ATTRIBUTES,
                "expected MR_EXTEND or PAGE_AUG, not both, found TEMP_MEM at address 0x800000, size 0x1000, data"
                        + " 0x0+0x0, attributes 0x3");
        refusesUnlessLenient(
                good().tdxSection(0, 16, 0x800000, 0x1000, 3, 0),
                WarningCode.TDX_SECTION_SIZE,
                "expected a RawDataSize of 0, as QEMU does, found TEMP_MEM at address 0x800000, size 0x1000, data"
                        + " 0x0+0x10, attributes 0x0");
        refusesUnlessLenient(
                good().tdxSection(0, 0, 0x800000, 0x1000, 9, 0),
                WarningCode.UNKNOWN_SECTION_TYPE,
                "expected a section type of 0..8, found type 0x9 at address 0x800000, size 0x1000, data 0x0+0x0,"
                        + " attributes 0x0");
    }

    @Test
    void takesASectionThatEndsAt2To64() {
        assertEquals(
                Set.of(),
                Set.copyOf(predicted(good().tdxSection(0, 0, -0x1000L, 0x1000, 3, 0), Optional.empty())
                        .warnings()));
    }

    @Test
    void doesNotLoopOverHugeSections() {
        for (long size : new long[] {1L << 62, 1L << 63, -4096L, 1L << 40, (1L << 32) + 4096}) {
            Prediction.NotLaunchable refused = assertInstanceOf(
                    Prediction.NotLaunchable.class,
                    Mrtd.of(
                            launch(
                                    good().tdxSection(0, 0, 0x1_0000_0000L, size, 3, 0),
                                    Optional.empty(),
                                    Strictness.LENIENT),
                            MrtdOrder.SECTION));
            assertTrue(
                    refused.why()
                            .contains("expected sections that put at most 134217728 bytes of records into MRTD, found"
                                    + " TEMP_MEM at address 0x100000000, size 0x" + Long.toHexString(size)),
                    refused.why());
        }
    }

    @Test
    void refusesDataOutsideTheFileAsMalformed() {
        OvmfWriter writer = good().tdxSection(0xffff_0000L, 0x2_0000, 0x800000, 0x20000, 0, 1);
        MalformedInputException refused = assertThrows(
                MalformedInputException.class,
                () -> Mrtd.of(launch(writer, Optional.empty(), Strictness.LENIENT), MrtdOrder.PAGE));
        assertTrue(refused.getMessage().startsWith(AT), refused.getMessage());
        assertTrue(
                refused.getMessage()
                        .endsWith("expected DataOffset + RawDataSize of at most 0x10000, found 0xffff0000 + 0x20000"),
                refused.getMessage());
        assertEquals("section BFV lies outside the file; is the file cut?", refused.hint());
    }

    /** The rule knows no exception for sections without data. */
    @Test
    void refusesAnOffsetOutsideTheFileOfASectionWithoutData() {
        OvmfWriter writer = good().tdxSection(0x1_0001, 0, 0x900000, 0x1000, 3, 0);
        MalformedInputException refused = assertThrows(
                MalformedInputException.class,
                () -> Mrtd.of(launch(writer, Optional.empty(), Strictness.STRICT), MrtdOrder.PAGE));
        assertTrue(
                refused.getMessage()
                        .endsWith("expected DataOffset + RawDataSize of at most 0x10000, found 0x10001 + 0x0"),
                refused.getMessage());
        OvmfWriter atTheEnd = good().tdxSection(0x1_0000, 0, 0x900000, 0x1000, 3, 0);
        assertInstanceOf(
                Prediction.Predicted.class,
                Mrtd.of(launch(atTheEnd, Optional.empty(), Strictness.STRICT), MrtdOrder.PAGE));
    }

    @Test
    void pagesThatAreAddedLaterDependOnTheVmm() {
        OvmfWriter writer = good().tdxSection(0, 0, 0x1000000, 0x2000, 4, 2);
        assertEquals(List.of("BFV 12", "CFV 4", "TD_HOB 2"), added(writer, Optional.of(TdxVmm.TD_SHIM)));
        assertEquals(List.of("BFV 12", "CFV 4", "TD_HOB 2"), added(writer, Optional.empty()));
        // QEMU does not look at the bit.
        assertEquals(
                List.of("BFV 12", "CFV 4", "TD_HOB 2", "PERM_MEM 2"), added(writer, Optional.of(TdxVmm.QEMU_10_1)));
    }

    private static List<String> added(OvmfWriter writer, Optional<TdxVmm> vmm) {
        return predicted(writer, vmm).measurement().events().stream()
                .map(event -> event.name() + " " + event.details().get("pages"))
                .toList();
    }

    @Test
    void theVmmSettlesTheOrder() {
        assertEquals(Set.of(MrtdOrder.PAGE, MrtdOrder.SECTION), orders(Optional.empty()));
        assertEquals(Set.of(MrtdOrder.SECTION), orders(Optional.of(TdxVmm.ofQemu("8.2.2"))));
        assertEquals(Set.of(MrtdOrder.SECTION), orders(Optional.of(TdxVmm.ofQemu("8.2.50"))));
        assertEquals(Set.of(MrtdOrder.PAGE), orders(Optional.of(TdxVmm.ofQemu("8.1.0"))));
        assertEquals(Set.of(MrtdOrder.PAGE), orders(Optional.of(TdxVmm.ofQemu("9.2.1"))));
        assertEquals(Set.of(MrtdOrder.PAGE), orders(Optional.of(TdxVmm.ofQemu("10.1"))));
        assertEquals(Set.of(MrtdOrder.PAGE), orders(Optional.of(TdxVmm.ofQemu("11.0.0-rc1"))));
        for (String unknown : List.of("8.0.4", "10.0.13", "6.2", "8.20")) {
            TdxVmm vmm = TdxVmm.ofQemu(unknown);
            assertEquals(Set.of(MrtdOrder.PAGE, MrtdOrder.SECTION), orders(Optional.of(vmm)), unknown);
            assertEquals(
                    WarningCode.MRTD_ORDER_UNKNOWN,
                    predicted(good(), Optional.of(vmm)).warnings().get(0).code());
        }
        assertEquals(
                Evidence.HARDWARE,
                assertInstanceOf(
                                Prediction.Predicted.class,
                                Mrtd.of(launch(good(), Optional.of(TdxVmm.QEMU_8_2), Strictness.STRICT))
                                        .get(MrtdOrder.SECTION))
                        .measurement()
                        .evidence());
    }

    private static Set<MrtdOrder> orders(Optional<TdxVmm> vmm) {
        Map<MrtdOrder, Prediction> values = Mrtd.of(launch(good(), vmm, Strictness.STRICT));
        return values.keySet();
    }

    /** Every page of the trace against a stream written down plainly. */
    @Test
    void everyPageOfTheTraceIsTheStreamUpToThere() throws CloneNotSupportedException {
        byte[] image = good().build();
        List<MeasuredEvent> pages =
                predicted(good(), Optional.empty()).measurement().events(Measurement.Detail.STEPS);
        assertEquals(12 + 4 + 2, pages.size());
        MessageDigest stream = DigestAlgorithm.SHA384.newMessageDigest();
        int event = 0;
        long[][] sections = {{0xffff4000L, 12, 0x4000}, {0xffff0000L, 4, -1}, {0x809000, 2, -1}};
        for (long[] section : sections) {
            for (long page = 0; page < section[1]; page++) {
                long gpa = section[0] + page * 4096;
                head(stream, "MEM.PAGE.ADD", gpa);
                for (int chunk = 0; chunk < 4096 && section[2] >= 0; chunk += 256) {
                    head(stream, "MR.EXTEND", gpa + chunk);
                    stream.update(image, (int) (section[2] + page * 4096 + chunk), 256);
                }
                MeasuredEvent measured = pages.get(event++);
                assertEquals("0x" + Long.toHexString(gpa), measured.details().get("gpa"));
                byte[] soFar = ((MessageDigest) stream.clone()).digest();
                assertEquals(HexFormat.of().formatHex(soFar), measured.after().hex());
            }
        }
    }

    private static void head(MessageDigest stream, String name, long gpa) {
        byte[] head = new byte[128];
        byte[] ascii = name.getBytes(StandardCharsets.US_ASCII);
        System.arraycopy(ascii, 0, head, 0, ascii.length);
        for (int i = 0; i < 8; i++) {
            head[16 + i] = (byte) (gpa >>> 8 * i);
        }
        stream.update(head);
    }
}
