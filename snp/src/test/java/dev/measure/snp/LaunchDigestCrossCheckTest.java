package dev.measure.snp;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import dev.measure.MalformedInputException;
import dev.measure.MeasuredEvent;
import dev.measure.Measurement;
import dev.measure.Prediction;
import dev.measure.Source;
import dev.measure.Strictness;
import dev.measure.Warning;
import dev.measure.firmware.Firmware;
import dev.measure.vectors.AccumulatedTests;
import dev.measure.vectors.Input;
import dev.measure.vectors.LaunchDigestMalformedTests;
import dev.measure.vectors.LaunchDigestTests;
import dev.measure.vectors.SnpLaunchCases;
import dev.measure.vectors.TestFile;
import dev.measure.vectors.Vectors;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** Launch digests against the values of the reference calculator and the rules of the specification. */
class LaunchDigestCrossCheckTest {
    private static final Set<String> SETTLED = Set.of(
            "FIRMWARE_NOT_64K",
            "NO_DIRECT_BOOT",
            "GCE_SECTION_0X10",
            "FEATURE_BITS_RESERVED",
            "SECTION_LONGER_THAN_PAGE",
            "HASH_AREA_UNUSABLE");

    @TestFactory
    Stream<DynamicTest> launchDigestsAndIntermediateValuesAreTheCalculators() {
        LaunchDigestTests file = Vectors.open("snp_launch_digest_test.json", LaunchDigestTests.class);
        return file.testGroups().stream()
                .flatMap(group -> group.tests().stream()
                        .map(test -> dynamicTest("tcId " + test.tcId() + ": " + test.comment(), () -> {
                            Optional<byte[]> firmware =
                                    file.input(test.firmware()).bytes();
                            if (firmware.isEmpty()) {
                                return; // RealFirmware has said so
                            }
                            CpuModel cpu = test.cpuSignature().isEmpty()
                                    ? CpuModel.NONE
                                    : test.cpu().isEmpty()
                                            ? CpuModel.ofSignature(Long.parseLong(test.cpuSignature(), 16))
                                            : CpuModel.parse(test.cpu());
                            SnpGuest guest = guest(group.parameters().vmm(), test.vcpus(), cpu, test.sevFeatures());
                            Optional<KernelHashes> hashes = test.kernel().isEmpty()
                                    ? Optional.empty()
                                    : Optional.of(KernelHashes.of(
                                            source(file, test.kernel()),
                                            test.initrd().isEmpty()
                                                    ? Optional.empty()
                                                    : Optional.of(source(file, test.initrd())),
                                            Optional.of(test.append().getBytes(StandardCharsets.UTF_8))));
                            Source image = Source.of(test.firmware(), firmware.get());
                            check(test, predict(image, hashes, Strictness.STRICT, guest));
                            assertEquals(
                                    test.expected(),
                                    value(predict(image, hashes, Strictness.LENIENT, guest))
                                            .value()
                                            .hex(),
                                    "lenient mode gives the same");
                        })));
    }

    private static void check(LaunchDigestTests.Test test, Prediction prediction) {
        Measurement measurement = value(prediction);
        List<String> after = measurement.events(Measurement.Detail.STEPS).stream()
                .map(MeasuredEvent::after)
                .map(digest -> digest.hex())
                .toList();
        int from = 0;
        for (TestFile.Event event : test.events()) {
            int found = after.subList(from, after.size()).indexOf(event.after());
            assertTrue(found >= 0, "first wrong step: " + event.name() + ", expected " + event.after());
            from += found;
        }
        assertEquals(test.expected(), measurement.value().hex());
        List<String> regions =
                measurement.events().stream().map(event -> event.after().hex()).toList();
        assertEquals(test.expected(), regions.get(regions.size() - 1));
        assertTrue(after.containsAll(regions), "every region ends at a page");
        assertEquals(Set.copyOf(test.warnings()), settledCodes(prediction));
    }

    @TestFactory
    Stream<DynamicTest> brokenAndUnlaunchableFirmwareIsAnsweredAsSpecified() {
        LaunchDigestMalformedTests file =
                Vectors.open("snp_launch_digest_malformed_test.json", LaunchDigestMalformedTests.class);
        return file.testGroups().stream()
                .flatMap(group -> group.tests().stream()
                        .flatMap(test -> Stream.of(Strictness.values())
                                .map(mode ->
                                        dynamicTest("tcId " + test.tcId() + ": " + test.comment() + " " + mode, () -> {
                                            Source image = source(file, test.firmware());
                                            CpuModel cpu =
                                                    test.cpu().isEmpty() ? CpuModel.NONE : CpuModel.parse(test.cpu());
                                            Optional<KernelHashes> hashes =
                                                    test.kernel().isEmpty()
                                                            ? Optional.empty()
                                                            : Optional.of(KernelHashes.of(
                                                                    source(file, test.kernel()),
                                                                    Optional.empty(),
                                                                    Optional.empty()));
                                            SnpGuest guest = guest(test.vmm(), test.vcpus(), cpu, test.sevFeatures());
                                            answers(
                                                    mode == Strictness.STRICT ? test.strict() : test.lenient(),
                                                    test.lenient().exit() == 0,
                                                    image,
                                                    hashes,
                                                    mode,
                                                    guest);
                                        }))));
    }

    private static void answers(
            LaunchDigestMalformedTests.Answer answer,
            boolean lenientGivesAValue,
            Source image,
            Optional<KernelHashes> hashes,
            Strictness mode,
            SnpGuest guest) {
        if (answer.exit() == 4) {
            MalformedInputException e =
                    assertThrows(MalformedInputException.class, () -> predict(image, hashes, mode, guest));
            assertEquals(answer.offset(), e.offset(), e.getMessage());
            assertEquals(image.name(), e.source());
            return;
        }
        Prediction prediction = predict(image, hashes, mode, guest);
        if (answer.exit() == 5) {
            Prediction.NotLaunchable refused = assertInstanceOf(Prediction.NotLaunchable.class, prediction);
            assertFalse(refused.why().isEmpty());
            if (mode == Strictness.STRICT) {
                assertEquals(
                        lenientGivesAValue, refused.lenient(), "whether lenient mode would help: " + refused.why());
            }
            return;
        }
        assertEquals(answer.expected(), value(prediction).value().hex());
        assertFalse(codes(prediction).isEmpty(), "lenient mode must warn");
    }

    @TestFactory
    Stream<DynamicTest> manySeededLaunchesAccumulateToTheCalculatorsDigest() {
        AccumulatedTests file = Vectors.open("snp_launch_digest_accumulated_test.json", AccumulatedTests.class);
        return file.testGroups().stream()
                .flatMap(group -> group.tests().stream()
                        .map(test -> dynamicTest("tcId " + test.tcId() + ": " + test.comment(), () -> {
                            SnpLaunchCases cases = new SnpLaunchCases(Long.parseUnsignedLong(test.seed(), 16));
                            MessageDigest total = MessageDigest.getInstance("SHA-256");
                            int done = 0;
                            for (AccumulatedTests.Checkpoint checkpoint : test.checkpoints()) {
                                for (; done < checkpoint.cases(); done++) {
                                    total.update(digest(cases.next(), "seed " + test.seed() + ", case " + done));
                                }
                                String so = HexFormat.of().formatHex(((MessageDigest) total.clone()).digest());
                                assertEquals(
                                        checkpoint.sha256(), so, "seed " + test.seed() + ", after " + done + " cases");
                            }
                            assertEquals(test.cases(), done);
                            assertEquals(test.expected(), HexFormat.of().formatHex(total.digest()));
                        })));
    }

    private static byte[] digest(SnpLaunchCases.Launch launch, String name) {
        Optional<KernelHashes> hashes = Optional.empty();
        if (launch.directBoot()) {
            hashes = Optional.of(KernelHashes.of(
                    Source.of("kernel", launch.kernel()),
                    Optional.of(Source.of("initrd", launch.initrd())),
                    Optional.of(launch.append().getBytes(StandardCharsets.UTF_8))));
        }
        Vmm vmm = Vmm.parse(launch.vmm());
        CpuModel cpu = vmm.measuresCpuSignature() ? CpuModel.ofSignature(launch.cpuSignature()) : CpuModel.NONE;
        SnpGuest guest = new SnpGuest(vmm, launch.vcpus(), cpu, new SevFeatures(launch.sevFeatures()));
        return value(predict(Source.of(name, launch.firmware()), hashes, Strictness.STRICT, guest))
                .value()
                .toByteArray();
    }

    static Prediction predict(Source image, Optional<KernelHashes> hashes, Strictness mode, SnpGuest guest) {
        return LaunchDigest.of(new SnpLaunch(Firmware.read(image, mode), hashes, Optional.empty(), mode), guest);
    }

    static Measurement value(Prediction prediction) {
        if (prediction instanceof Prediction.Predicted predicted) {
            return predicted.measurement();
        }
        throw new AssertionError("no value: " + prediction);
    }

    static List<String> codes(Prediction prediction) {
        return assertInstanceOf(Prediction.Predicted.class, prediction).warnings().stream()
                .map(Warning::code)
                .map(Enum::name)
                .collect(Collectors.toList());
    }

    /** Those warnings of a prediction whose rule the vectors know; others may stand beside them. */
    static Set<String> settledCodes(Prediction prediction) {
        return codes(prediction).stream().filter(SETTLED::contains).collect(Collectors.toSet());
    }

    private static SnpGuest guest(String vmm, int vcpus, CpuModel cpu, String features) {
        return new SnpGuest(Vmm.parse(vmm), vcpus, cpu, new SevFeatures(Long.parseUnsignedLong(features, 16)));
    }

    private static Source source(TestFile file, String id) {
        Input input = file.input(id);
        return Source.of(id, input.bytes().orElseThrow());
    }
}
