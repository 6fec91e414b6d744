package dev.measure.snp;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import dev.measure.Digest;
import dev.measure.DigestAlgorithm;
import dev.measure.MalformedInputException;
import dev.measure.MeasuredEvent;
import dev.measure.Prediction;
import dev.measure.Source;
import dev.measure.Strictness;
import dev.measure.WarningCode;
import dev.measure.firmware.Firmware;
import java.io.IOException;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

class SevLaunchDigestTest {
    @TestFactory
    Stream<DynamicTest> referenceCalculator() throws IOException {
        return LaunchVectors.rows(LaunchVectors.DIGESTS, "vectors")
                .filter(row -> row.get("mode").asText().startsWith("sev"))
                .map(row -> DynamicTest.dynamicTest(row.get("id").asText(), () -> check(row, "digest", "error")));
    }

    @TestFactory
    Stream<DynamicTest> peers() throws IOException {
        return LaunchVectors.rows(LaunchVectors.PEERS, "launch_digests")
                .filter(row -> List.of("SEV", "SEV_ES").contains(row.get("mode").asText()))
                .map(row -> DynamicTest.dynamicTest(
                        row.get("id").asText(), () -> check(row, "expected", "expected_error")));
    }

    private static void check(JsonNode row, String expected, String error) throws IOException {
        for (Strictness strictness : Strictness.values()) {
            Prediction prediction = predict(row, strictness);
            if (row.has(error)) {
                Prediction.NotLaunchable refused = assertInstanceOf(Prediction.NotLaunchable.class, prediction);
                assertFalse(refused.lenient());
                assertTrue(refused.why().contains("expected an area for kernel hashes"), refused.why());
            } else {
                assertEquals(row.get(expected).asText(), LaunchVectors.value(prediction));
            }
        }
    }

    private static Prediction predict(JsonNode row, Strictness strictness) throws IOException {
        Firmware firmware = LaunchVectors.firmware(row.get("firmware").asText());
        SnpLaunch launch = new SnpLaunch(firmware, LaunchVectors.hashes(row), Optional.empty(), strictness);
        SnpGuest guest = LaunchVectors.guest(row);
        boolean sev = row.get("mode").asText().equalsIgnoreCase("sev");
        return sev
                ? SevLaunchDigest.ofSev(launch, guest.vmm())
                : SevLaunchDigest.ofSevEs(launch, List.of(guest)).get(0);
    }

    /** The matrix is one walk; each value must be that of a walk of its own. */
    @Test
    void givesEachGuestOfAMatrixItsOwnValue() throws IOException {
        Firmware firmware =
                LaunchVectors.rows(LaunchVectors.DIGESTS, "vectors").findAny().isEmpty()
                        ? null
                        : LaunchVectors.firmware("peer-ovmf_AmdSev_suffix.bin");
        if (firmware == null) {
            return;
        }
        SnpLaunch launch = SnpLaunch.of(firmware);
        List<SnpGuest> guests = new ArrayList<>();
        for (int vcpus : new int[] {4, 1, 255, 4, 2}) {
            guests.add(SnpGuest.qemu(vcpus, CpuModel.parse("EPYC-v4")));
            guests.add(SnpGuest.qemu(vcpus, CpuModel.parse("EPYC-Genoa")));
            guests.add(new SnpGuest(Vmm.GCE, vcpus, CpuModel.NONE, SevFeatures.SNP_ACTIVE));
        }
        List<Prediction> together = SevLaunchDigest.ofSevEs(launch, guests);
        for (int i = 0; i < guests.size(); i++) {
            Prediction alone =
                    SevLaunchDigest.ofSevEs(launch, List.of(guests.get(i))).get(0);
            assertEquals(
                    LaunchVectors.value(alone),
                    LaunchVectors.value(together.get(i)),
                    guests.get(i).toString());
        }
    }

    @Test
    void isThePlainHashOfAFirmwareWithoutTables() {
        byte[] bytes = new byte[5000];
        for (int i = 0; i < bytes.length; i++) {
            bytes[i] = (byte) (i * 7);
        }
        Firmware firmware = Firmware.read(Source.of("plain.fd", bytes), Strictness.STRICT);
        Prediction.Predicted predicted =
                assertInstanceOf(Prediction.Predicted.class, SevLaunchDigest.ofSev(SnpLaunch.of(firmware), Vmm.QEMU));
        MessageDigest sha256 = DigestAlgorithm.SHA256.newMessageDigest();
        sha256.update(bytes);
        assertEquals(
                Digest.of(DigestAlgorithm.SHA256, sha256),
                predicted.measurement().value());
        assertEquals(
                List.of(WarningCode.FIRMWARE_NOT_4K),
                predicted.warnings().stream().map(warning -> warning.code()).toList());
        List<MeasuredEvent> events = predicted.measurement().events();
        assertEquals(
                List.of("firmware"), events.stream().map(MeasuredEvent::name).toList());
    }

    @Test
    void refusesSevEsWithoutAResetBlock() {
        Firmware firmware = Firmware.read(Source.of("plain.fd", new byte[8192]), Strictness.STRICT);
        SnpGuest one = SnpGuest.qemu(1, CpuModel.parse("EPYC"));
        SnpGuest two = SnpGuest.qemu(2, CpuModel.parse("EPYC"));
        SnpGuest gce = new SnpGuest(Vmm.GCE, 1, CpuModel.NONE, SevFeatures.SNP_ACTIVE);
        List<Prediction> strict = SevLaunchDigest.ofSevEs(SnpLaunch.of(firmware), List.of(one, two, gce));
        assertTrue(
                assertInstanceOf(Prediction.NotLaunchable.class, strict.get(0)).lenient());
        assertFalse(
                assertInstanceOf(Prediction.NotLaunchable.class, strict.get(1)).lenient());
        assertInstanceOf(Prediction.Predicted.class, strict.get(2));
        SnpLaunch launch = new SnpLaunch(firmware, Optional.empty(), Optional.empty(), Strictness.LENIENT);
        List<Prediction> lenient = SevLaunchDigest.ofSevEs(launch, List.of(one, two));
        assertEquals(
                List.of(WarningCode.NO_RESET_BLOCK),
                assertInstanceOf(Prediction.Predicted.class, lenient.get(0)).warnings().stream()
                        .map(warning -> warning.code())
                        .toList());
        assertInstanceOf(Prediction.NotLaunchable.class, lenient.get(1));
    }

    @Test
    void refusesAnEmptyFile() {
        Firmware firmware = Firmware.read(Source.of("empty.fd", new byte[0]), Strictness.STRICT);
        MalformedInputException e = assertThrows(
                MalformedInputException.class, () -> SevLaunchDigest.ofSev(SnpLaunch.of(firmware), Vmm.QEMU));
        assertEquals("empty.fd: offset 0x0: expected a firmware of 1 byte to 2 GiB, found 0 bytes", e.getMessage());
    }

    @Test
    void takesNoDigestOfPages() {
        Firmware firmware = Firmware.read(Source.of("plain.fd", new byte[8192]), Strictness.STRICT);
        SnpLaunch launch = new SnpLaunch(
                firmware, Optional.empty(), Optional.of(Digest.zero(DigestAlgorithm.SHA384)), Strictness.STRICT);
        assertThrows(IllegalArgumentException.class, () -> SevLaunchDigest.ofSev(launch, Vmm.QEMU));
    }
}
