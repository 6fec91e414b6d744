package dev.measure.snp;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import dev.measure.Evidence;
import dev.measure.MalformedInputException;
import dev.measure.Prediction;
import dev.measure.Source;
import dev.measure.Strictness;
import dev.measure.Warning;
import dev.measure.WarningCode;
import dev.measure.firmware.Firmware;
import dev.measure.vectors.Shared;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

class SvsmLaunchDigestTest {
    private static final long VARS = 540672;

    @TestFactory
    Stream<DynamicTest> vectors() throws IOException {
        return LaunchVectors.rows(LaunchVectors.DIGESTS, "vectors")
                .filter(row -> row.get("mode").asText().equals("snp:svsm"))
                .map(row -> DynamicTest.dynamicTest(row.get("id").asText(), () -> {
                    long vars = row.get("vars_size_used").asLong();
                    SnpGuest guest = LaunchVectors.guest(row);
                    SnpGuest legacy = new SnpGuest(Vmm.QEMU_LEGACY, guest.vcpus(), guest.cpu(), guest.features());
                    assertEquals(row.get("digestCorrected").asText(), value(row, vars, SvsmRules.RAW, guest));
                    assertEquals(row.get("digestLegacy").asText(), value(row, vars, SvsmRules.RAW, legacy));
                    assertEquals(
                            row.get("digest").asText(), value(row, vars, SvsmRules.REFERENCE_CALCULATOR_0_0_13, guest));
                }));
    }

    /** v021 to v023 are the reference calculator's wrong values, v059 to v061 right ones. */
    @TestFactory
    Stream<DynamicTest> peers() throws IOException {
        return LaunchVectors.rows(LaunchVectors.PEERS, "launch_digests")
                .filter(row -> row.get("mode").asText().equals("SEV_SNP_SVSM"))
                .map(row -> DynamicTest.dynamicTest(row.get("id").asText(), () -> {
                    boolean wrong = row.get("test").asText().startsWith("test_snp_svsm");
                    long vars = row.get("vars_size").asLong();
                    SnpGuest guest = LaunchVectors.guest(row);
                    String expected = row.get("expected").asText();
                    if (wrong) {
                        assertNotEquals(expected, value(row, vars, SvsmRules.RAW, guest));
                    }
                    SvsmRules rules = wrong ? SvsmRules.REFERENCE_CALCULATOR_0_0_13 : SvsmRules.RAW;
                    assertEquals(expected, value(row, vars, rules, guest));
                }));
    }

    @TestFactory
    Stream<DynamicTest> pages() throws IOException {
        return LaunchVectors.rows(LaunchVectors.DIGESTS, "vmsaPages")
                .filter(row -> row.get("vmm").asText().contains("SVSM"))
                .map(row -> DynamicTest.dynamicTest(
                        row.get("vmm").asText() + " " + row.path("note").asText(), () -> {
                            boolean legacy = row.get("vmm").asText().equals("QEMU-SVSM-legacy");
                            SvsmRules rules = row.path("note").asText().startsWith("fcw 0")
                                    ? SvsmRules.REFERENCE_CALCULATOR_0_0_13
                                    : SvsmRules.RAW;
                            SnpGuest guest = new SnpGuest(
                                    legacy ? Vmm.QEMU_LEGACY : Vmm.QEMU,
                                    1,
                                    CpuModel.parse(row.get("vcpu_type").asText()),
                                    SevFeatures.SNP_ACTIVE);
                            byte[] page =
                                    Vmsa.svsm(guest, rules, row.get("ap_eip").asLong());
                            assertEquals(
                                    row.get("sha384").asText(),
                                    VmsaPage.of(page).contents().hex());
                        }));
    }

    private static String value(JsonNode row, long vars, SvsmRules rules, SnpGuest guest) throws IOException {
        SvsmLaunch launch = new SvsmLaunch(
                LaunchVectors.firmware(row.get("firmware").asText()),
                LaunchVectors.firmware(row.get("svsm").asText()),
                vars,
                rules,
                Strictness.STRICT);
        return LaunchVectors.value(SvsmLaunchDigest.of(launch, List.of(guest)).get(0));
    }

    private static Optional<SvsmLaunch> real() throws IOException {
        if (Shared.file("vectors/snp/fixtures/svsm.bin.xz").isEmpty()) {
            return Optional.empty();
        }
        return Optional.of(
                SvsmLaunch.of(LaunchVectors.firmware("svsm_ovmf.fd"), LaunchVectors.firmware("svsm.bin"), VARS));
    }

    @Test
    void ignoresFeaturesWithAWarningAndTellsHowItIsKnown() throws IOException {
        Optional<SvsmLaunch> launch = real();
        if (launch.isEmpty()) {
            return;
        }
        CpuModel cpu = CpuModel.parse("EPYC-v4");
        List<Prediction> both = SvsmLaunchDigest.of(
                launch.get(),
                List.of(
                        new SnpGuest(Vmm.QEMU_LEGACY, 4, cpu, new SevFeatures(0x21)),
                        new SnpGuest(Vmm.QEMU, 4, cpu, SevFeatures.SNP_ACTIVE)));
        Prediction.Predicted legacy = assertInstanceOf(Prediction.Predicted.class, both.get(0));
        Prediction.Predicted now = assertInstanceOf(Prediction.Predicted.class, both.get(1));
        assertEquals(
                List.of(WarningCode.SVSM_INPUT_IGNORED),
                legacy.warnings().stream().map(Warning::code).toList());
        assertEquals(List.of(), now.warnings());
        assertEquals(Evidence.SOURCE, now.measurement().evidence());
        assertEquals(
                List.of("firmware", "SVSM", "SNP_SEC_MEM", "SNP_SECRETS", "CPUID", "VMSA of vCPU 0 to 3"),
                now.measurement().events().stream().map(event -> event.name()).toList());
    }

    @Test
    void refusesVmmsThatLaunchNoRawSvsm() throws IOException {
        Optional<SvsmLaunch> launch = real();
        if (launch.isEmpty()) {
            return;
        }
        SnpGuest ec2 = new SnpGuest(Vmm.EC2, 1, CpuModel.NONE, SevFeatures.SNP_ACTIVE);
        Prediction prediction = SvsmLaunchDigest.of(launch.get(), List.of(ec2)).get(0);
        assertEquals(
                "VMM ec2 launches no raw SVSM: only COCONUT's old fork of QEMU did",
                assertInstanceOf(Prediction.NotLaunchable.class, prediction).why());
    }

    @Test
    void refusesAVariableStoreThatShiftsPagesOffTheirBoundary() {
        Firmware any = Firmware.read(Source.of("a.fd", new byte[4096]), Strictness.STRICT);
        assertThrows(IllegalArgumentException.class, () -> SvsmLaunch.of(any, any, 100));
        assertThrows(IllegalArgumentException.class, () -> SvsmLaunch.of(any, any, -4096));
    }

    @Test
    void refusesAnSvsmWithoutTables() throws IOException {
        Firmware any = Firmware.read(Source.of("a.fd", new byte[8192]), Strictness.STRICT);
        SnpGuest guest = SnpGuest.qemu(1, CpuModel.parse("EPYC"));
        MalformedInputException none = assertThrows(
                MalformedInputException.class, () -> SvsmLaunchDigest.of(SvsmLaunch.of(any, any, 0), List.of(guest)));
        assertEquals(
                "a.fd: offset 0x1fd0: expected a GUIDed table with SEV metadata dc886566-984a-4798-a75e-5585a7bf67cc,"
                        + " found no GUIDed table",
                none.getMessage());
        if (Shared.file("vectors/snp/fixtures/svsm.bin.xz").isPresent()) {
            Firmware ovmf = LaunchVectors.firmware("svsm_ovmf.fd");
            MalformedInputException e = assertThrows(
                    MalformedInputException.class,
                    () -> SvsmLaunchDigest.of(SvsmLaunch.of(any, ovmf, 0), List.of(guest)));
            assertTrue(
                    e.getMessage()
                            .endsWith(
                                    "expected a GUIDed table with an SVSM info entry"
                                            + " a789a612-0597-4c4b-a49f-cbb1fe9d1ddd, found a GUIDed table without such an entry"),
                    e.getMessage());
        }
    }
}
