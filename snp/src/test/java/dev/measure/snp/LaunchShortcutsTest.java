package dev.measure.snp;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.measure.Digest;
import dev.measure.DigestAlgorithm;
import dev.measure.Evidence;
import dev.measure.Prediction;
import dev.measure.Source;
import dev.measure.Strictness;
import dev.measure.firmware.Firmware;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** Hashes given instead of files, addresses by product, and the chain by itself. */
class LaunchShortcutsTest {
    @TestFactory
    Stream<DynamicTest> chainsOfGceTcbVerifier() throws IOException {
        return LaunchVectors.rows(LaunchVectors.PEERS, "launch_digests")
                .filter(row -> row.get("mode").asText().equals("CHAIN"))
                .map(row -> DynamicTest.dynamicTest(row.get("id").asText(), () -> {
                    PageInfo chain = new PageInfo(Digest.zero(DigestAlgorithm.SHA384));
                    if (row.get("test").asText().equals("TestUpdateData")) {
                        byte[] bytes = new byte[3 * 4096];
                        byte[] mark = "LGTM".repeat(4).getBytes(StandardCharsets.US_ASCII);
                        System.arraycopy(mark, 0, bytes, 0, 16);
                        System.arraycopy(mark, 0, bytes, bytes.length - 16, 16);
                        LaunchRegion.ofFile(Source.of("data", bytes), 0, "data", Evidence.PEER)
                                .extend(chain);
                    } else {
                        chain.extend(PageType.ZERO, 0x9000, 4096, 3, LaunchRegion.NO_CONTENTS);
                    }
                    assertEquals(
                            row.get("expected").asText(), chain.launchDigest().hex());
                }));
    }

    @TestFactory
    Stream<DynamicTest> addressesOfGceTcbVerifier() throws IOException {
        return LaunchVectors.rows(LaunchVectors.PEERS, "gce_page_limits")
                .map(row -> DynamicTest.dynamicTest(row.get("product").asText(), () -> {
                    AmdProduct product = AmdProduct.parse(row.get("product").asText());
                    assertEquals(row.get("gpa_bits").asInt(), product.gpaBits());
                    assertEquals(row.get("vmsa_gpa").asText(), "0x" + Long.toHexString(product.vmsaGpa()));
                }));
    }

    @Test
    void knowsNoWidthOfOtherProducts() {
        assertEquals(AmdProduct.MILAN, AmdProduct.parse("milan"));
        assertThrows(IllegalArgumentException.class, () -> AmdProduct.parse("Turin"));
    }

    /** The address enters PAGE_INFO of the VMSAs and nothing else. */
    @Test
    void putsVmsasWhereTheProductSays() {
        byte[] rom = new byte[65536];
        Firmware firmware = Firmware.read(Source.of("a.fd", rom), Strictness.STRICT);
        SnpGuest guest = new SnpGuest(Vmm.GCE, 1, CpuModel.NONE, SevFeatures.SNP_ACTIVE);
        Digest milan = value(firmware, guest, AmdProduct.MILAN.vmsaGpa());
        assertEquals(value(firmware, guest, SnpLaunch.KVM_VMSA_GPA), milan);
        Digest genoa = value(firmware, guest, AmdProduct.GENOA.vmsaGpa());
        assertNotEquals(milan, genoa);
        PageInfo chain = new PageInfo(LaunchDigest.ofFirmware(firmware));
        byte[] contents = DigestAlgorithm.SHA384.newMessageDigest().digest(Vmsa.first(guest));
        chain.extend(PageType.VMSA, 0xffffffffff000L, contents, 0);
        assertEquals(chain.launchDigest(), genoa);
        assertThrows(
                IllegalArgumentException.class,
                () -> new SnpLaunch(firmware, Optional.empty(), Optional.empty(), Strictness.STRICT, 0x123));
    }

    private static Digest value(Firmware firmware, SnpGuest guest, long vmsaGpa) {
        SnpLaunch launch = new SnpLaunch(firmware, Optional.empty(), Optional.empty(), Strictness.LENIENT, vmsaGpa);
        Prediction prediction = LaunchDigest.of(launch, guest);
        return assertInstanceOf(Prediction.Predicted.class, prediction)
                .measurement()
                .value();
    }

    @Test
    void hashesGivenMakeTheTableOfTheirFiles() {
        Source kernel = Source.of("kernel", new byte[] {1, 2, 3});
        Source initrd = Source.of("initrd", new byte[] {4});
        byte[] line = "console=ttyS0".getBytes(StandardCharsets.UTF_8);
        Digest cmdline = sha256(Arrays.copyOf(line, line.length + 1));
        KernelHashes files = KernelHashes.of(kernel, Optional.of(initrd), Optional.of(line));
        KernelHashes hashes = KernelHashes.ofDigests(
                sha256(new byte[] {1, 2, 3}), Optional.of(sha256(new byte[] {4})), Optional.of(cmdline));
        assertEquals(files.tableDigest(), hashes.tableDigest());
        assertEquals(
                KernelHashes.of(kernel, Optional.empty(), Optional.empty()).tableDigest(),
                KernelHashes.ofDigests(sha256(new byte[] {1, 2, 3}), Optional.empty(), Optional.empty())
                        .tableDigest());
        assertThrows(
                IllegalArgumentException.class,
                () -> KernelHashes.ofDigests(Digest.zero(DigestAlgorithm.SHA384), Optional.empty(), Optional.empty()));
    }

    private static Digest sha256(byte[] bytes) {
        return Digest.of(
                DigestAlgorithm.SHA256,
                DigestAlgorithm.SHA256.newMessageDigest().digest(bytes));
    }

    @Test
    void doesNotLaunchOvmfWhereTheVmmDoesNot() {
        Firmware firmware = Firmware.read(Source.of("a.fd", new byte[65536]), Strictness.STRICT);
        SnpGuest chv = new SnpGuest(Vmm.CLOUD_HYPERVISOR, 1, CpuModel.NONE, SevFeatures.SNP_ACTIVE);
        SnpGuest krun = new SnpGuest(Vmm.KRUN, 1, CpuModel.NONE, SevFeatures.SNP_ACTIVE);
        List<Prediction> predictions = LaunchDigest.of(SnpLaunch.of(firmware), List.of(chv, krun));
        assertEquals(
                "Cloud Hypervisor does not launch OVMF by its SEV metadata: it launches IGVM files only",
                assertInstanceOf(Prediction.NotLaunchable.class, predictions.get(0))
                        .why());
        assertEquals(
                "libkrun does not launch OVMF by its SEV metadata: it measures qboot, kernel, initrd and boot parameters",
                assertInstanceOf(Prediction.NotLaunchable.class, predictions.get(1))
                        .why());
    }
}
