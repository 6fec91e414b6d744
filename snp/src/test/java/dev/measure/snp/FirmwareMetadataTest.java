package dev.measure.snp;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.measure.Assumption;
import dev.measure.MalformedInputException;
import dev.measure.Prediction;
import dev.measure.Source;
import dev.measure.Strictness;
import dev.measure.firmware.Firmware;
import dev.measure.vectors.Shared;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

class FirmwareMetadataTest {
    private static final String HASH = "ab".repeat(48);
    private static final String ITEM = "{\"GPA\": \"0x800000\", \"SectionTypeInt\": 1, \"Size\": \"0x9000\"}";

    private static Source json(String text) {
        return Source.of("fw.json", text.getBytes(StandardCharsets.UTF_8));
    }

    private static SnpLaunch launch(FirmwareMetadata metadata, Optional<KernelHashes> hashes) {
        return new SnpLaunch(metadata, hashes, Optional.empty(), Strictness.STRICT, SnpLaunch.KVM_VMSA_GPA);
    }

    @TestFactory
    Stream<DynamicTest> launchesFromTheFilesOfSevSnpMeasureGo() throws IOException {
        return LaunchVectors.rows(LaunchVectors.PEERS, "launch_digests")
                .filter(row -> row.path("firmware").asText().endsWith(".json"))
                .map(row -> DynamicTest.dynamicTest(row.get("id").asText(), () -> {
                    FirmwareMetadata metadata = FirmwareMetadata.read(
                            LaunchVectors.file(row.get("firmware").asText()));
                    assertEquals(
                            row.get("snp_ovmf_hash").asText(),
                            metadata.launchDigest().hex());
                    Prediction prediction =
                            LaunchDigest.of(launch(metadata, Optional.empty()), LaunchVectors.guest(row));
                    assertEquals(row.get("expected").asText(), LaunchVectors.value(prediction));
                    assertEquals(
                            List.of("firmware-size"),
                            assertInstanceOf(Prediction.Predicted.class, prediction).assumptions().stream()
                                    .map(Assumption::key)
                                    .toList());
                }));
    }

    @TestFactory
    Stream<DynamicTest> writesTheFilesOfSevSnpMeasureGoByteForByte() {
        return Stream.of("go_ovmf_img_1.json", "go_ovmf_img_2.json")
                .flatMap(name -> Shared.file("vectors/snp/fixtures/" + name).stream())
                .map(file -> DynamicTest.dynamicTest(file.getFileName().toString(), () -> {
                    String text = Files.readString(file);
                    assertEquals(text, FirmwareMetadata.read(Source.open(file)).toJson());
                }));
    }

    /** From a file with an area for kernel hashes, the metadata alone gives what the file gives. */
    @Test
    void standsForItsFirmware() throws IOException {
        Optional<Path> file = Shared.unxz("firmware/forky-OVMF.amdsev.fd.xz");
        if (file.isEmpty()) {
            return;
        }
        Firmware firmware = Firmware.read(Source.open(file.get()), Strictness.STRICT);
        String text = FirmwareMetadata.of(firmware).toJson();
        FirmwareMetadata read = FirmwareMetadata.read(json(text));
        assertEquals(text, read.toJson());
        assertEquals(Optional.of(firmware.image().length()), read.size());
        Optional<KernelHashes> hashes =
                Optional.of(KernelHashes.of(Source.of("kernel", new byte[100]), Optional.empty(), Optional.empty()));
        List<SnpGuest> guests = List.of(
                SnpGuest.qemu(1, CpuModel.parse("EPYC-v4")),
                SnpGuest.qemu(3, CpuModel.parse("EPYC-Genoa")),
                new SnpGuest(Vmm.EC2, 2, CpuModel.NONE, SevFeatures.SNP_ACTIVE));
        List<Prediction> whole =
                LaunchDigest.of(new SnpLaunch(firmware, hashes, Optional.empty(), Strictness.STRICT), guests);
        List<Prediction> known = LaunchDigest.of(launch(read, hashes), guests);
        for (int i = 0; i < guests.size(); i++) {
            assertEquals(LaunchVectors.value(whole.get(i)), LaunchVectors.value(known.get(i)));
        }
    }

    @Test
    void refusesAKernelWithoutAnArea() {
        FirmwareMetadata metadata = FirmwareMetadata.read(json("{\"MetadataItems\": [" + ITEM
                + ", {\"GPA\": \"0x810000\", \"SectionTypeInt\": 16, \"Size\": \"0x1000\"}],"
                + " \"ResetEIP\": \"0x80b004\", \"OVMFHash\": \"" + HASH + "\", \"more\": {\"a\": [1]}}"));
        KernelHashes hashes = KernelHashes.of(Source.of("kernel", new byte[1]), Optional.empty(), Optional.empty());
        Prediction prediction =
                LaunchDigest.of(launch(metadata, Optional.of(hashes)), SnpGuest.qemu(1, CpuModel.parse("EPYC")));
        assertTrue(assertInstanceOf(Prediction.NotLaunchable.class, prediction)
                .why()
                .startsWith("fw.json: expected an area for kernel hashes"));
    }

    @Test
    void refusesMetadataWithoutSections() {
        FirmwareMetadata metadata = FirmwareMetadata.read(
                json("{\"MetadataItems\": [], \"ResetEIP\": \"0x80b004\", \"OVMFHash\": \"" + HASH + "\"}"));
        Prediction prediction =
                LaunchDigest.of(launch(metadata, Optional.empty()), SnpGuest.qemu(1, CpuModel.parse("EPYC")));
        assertEquals(
                "fw.json: expected sections of SEV metadata, without which a VMM stops at launch, found none",
                assertInstanceOf(Prediction.NotLaunchable.class, prediction).why());
    }

    @TestFactory
    Stream<DynamicTest> namesThePlaceOfAFault() {
        String rest = ", \"ResetEIP\": \"0x1\", \"OVMFHash\": \"" + HASH + "\"}";
        return Stream.of(
                        List.of("", "offset 0x0: expected firmware metadata: an object, found the end of the file"),
                        List.of("{\0\0\0\0", "expected JSON, found "),
                        List.of("{\0\"\0", "expected JSON, found "),
                        List.of("[]", "offset 0x0: expected firmware metadata: an object, found ["),
                        List.of("{}", "offset 0x1: expected MetadataItems, found an object without it"),
                        List.of(
                                "{\"MetadataItems\": [7]" + rest,
                                "offset 0x13: expected MetadataItems: an object, found 7"),
                        List.of(
                                "{\"MetadataItems\": [{\"GPA\": \"800000\"}]" + rest,
                                "offset 0x1b: expected GPA: a text of 0x0..0xffffffff, found \"800000\""),
                        List.of(
                                "{\"MetadataItems\": [{\"GPA\": \"0x100000000\"}]" + rest,
                                "offset 0x1b: expected GPA: a text of 0x0..0xffffffff, found \"0x100000000\""),
                        List.of(
                                "{\"MetadataItems\": [{\"SectionTypeInt\": 1.0}]" + rest,
                                "offset 0x26: expected SectionTypeInt: a number of 0..4294967295, found 1.0"),
                        List.of(
                                "{\"MetadataItems\": [{\"SectionTypeInt\": 99999999999999999999}]" + rest,
                                "offset 0x26: expected SectionTypeInt: a number of 0..4294967295,"
                                        + " found 99999999999999999999"),
                        List.of(
                                "{\"OVMFHash\": \"abcd\"}",
                                "offset 0xd: expected OVMFHash: 96 hexadecimal digits, found \"abcd\""),
                        List.of("{\"MetadataItems\": []" + rest + " x", "expected JSON, found Unrecognized token 'x'"),
                        List.of("{\"MetadataItems\": []" + rest + "{}", "expected nothing after the object, found {"),
                        List.of("{\"ResetEIP\": \"0x1\", \"ResetEIP\": \"0x2\"}", "Duplicate field 'ResetEIP'"),
                        List.of("{\"x\": " + "[".repeat(100_000), "expected JSON, found "))
                .map(pair -> DynamicTest.dynamicTest(pair.get(1), () -> {
                    MalformedInputException e =
                            assertThrows(MalformedInputException.class, () -> FirmwareMetadata.read(json(pair.get(0))));
                    assertTrue(e.getMessage().startsWith("fw.json: offset 0x"), e.getMessage());
                    assertTrue(e.getMessage().contains(pair.get(1)), e.getMessage());
                }));
    }
}
