package dev.measure.snp;

import static dev.measure.snp.LaunchDigestCrossCheckTest.codes;
import static dev.measure.snp.LaunchDigestCrossCheckTest.settledCodes;
import static dev.measure.snp.LaunchDigestCrossCheckTest.value;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.measure.Digest;
import dev.measure.DigestAlgorithm;
import dev.measure.MalformedInputException;
import dev.measure.Prediction;
import dev.measure.Source;
import dev.measure.Strictness;
import dev.measure.firmware.Firmware;
import dev.measure.vectors.Input;
import dev.measure.vectors.OvmfWriter;
import dev.measure.vectors.RealFirmware;
import dev.measure.vectors.Shared;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** Launch digests against the peers' own vectors and against digests of real firmware, which lie beside the checkout. */
class SharedLaunchDigestCrossCheckTest {
    private static final String FOLDER = "vectors/snp/";

    private static Optional<JsonNode> json(String name) throws IOException {
        Optional<Path> file = Shared.file(FOLDER + name);
        return file.isEmpty()
                ? Optional.empty()
                : Optional.of(new JsonMapper().readTree(file.get().toFile()));
    }

    private static Stream<JsonNode> rows(JsonNode list) {
        return StreamSupport.stream(list.spliterator(), false);
    }

    @TestFactory
    Stream<DynamicTest> digestsOfRealFirmwareAreTheCalculators() throws IOException {
        Optional<JsonNode> file = json("launch_digests.json");
        if (file.isEmpty()) {
            return Stream.empty();
        }
        JsonNode inputs = file.get().get("syntheticInputs");
        return rows(file.get().get("vectors"))
                .filter(row -> row.get("mode").asText().equals("snp"))
                .map(row -> dynamicTest(
                        row.get("id").asText() + ": " + row.get("trust").asText(), () -> {
                            Optional<Source> image =
                                    firmware(row.get("firmware").asText());
                            if (image.isPresent()) {
                                Optional<Source> kernel = synthetic(inputs, row.get("kernel"));
                                Optional<Source> initrd = synthetic(inputs, row.get("initrd"));
                                Optional<KernelHashes> hashes =
                                        kernel.map(found -> KernelHashes.of(found, initrd, cmdline(row)));
                                check(row, image.get(), hashes);
                            }
                        }));
    }

    private static void check(JsonNode row, Source image, Optional<KernelHashes> hashes) {
        Prediction strict = predict(row, image, hashes, Strictness.STRICT);
        Prediction lenient = predict(row, image, hashes, Strictness.LENIENT);
        String trust = row.get("trust").asText();
        if (trust.equals("ok")) {
            assertEquals(row.get("digest").asText(), value(strict).value().hex());
            assertEquals(row.get("digest").asText(), value(lenient).value().hex());
            Set<String> warnings = new HashSet<>();
            row.path("strictWarnings").forEach(code -> warnings.add(code.asText()));
            assertEquals(warnings, settledCodes(strict));
        } else if (trust.startsWith("not-launchable")) {
            assertTrue(assertInstanceOf(Prediction.NotLaunchable.class, strict).lenient());
            assertEquals(row.get("digest").asText(), value(lenient).value().hex());
            assertFalse(codes(lenient).isEmpty());
        } else {
            assertTrue(trust.startsWith("refused"), trust);
            assertFalse(assertInstanceOf(Prediction.NotLaunchable.class, strict).lenient());
            assertInstanceOf(Prediction.NotLaunchable.class, lenient);
        }
    }

    @TestFactory
    Stream<DynamicTest> firmwareDigestsAreTheCalculators() throws IOException {
        Optional<JsonNode> own = json("launch_digests.json");
        Optional<JsonNode> peers = json("peer_vectors.json");
        if (own.isEmpty() || peers.isEmpty()) {
            return Stream.empty();
        }
        return Stream.concat(rows(own.get().get("vectors")), rows(peers.get().get("launch_digests")))
                .filter(row -> Set.of("snp:ovmf-hash", "SNP_OVMF_HASH")
                        .contains(row.get("mode").asText()))
                .map(row -> dynamicTest(row.get("id").asText(), () -> {
                    Optional<Source> image = firmware(row.get("firmware").asText());
                    if (image.isPresent()) {
                        Firmware firmware = Firmware.read(image.get(), Strictness.STRICT);
                        String expected =
                                row.path("digest").asText(row.path("expected").asText());
                        assertEquals(expected, LaunchDigest.ofFirmware(firmware).hex());
                    }
                }));
    }

    @TestFactory
    Stream<DynamicTest> peersOwnVectorsHold() throws IOException {
        Optional<JsonNode> file = json("peer_vectors.json");
        if (file.isEmpty()) {
            return Stream.empty();
        }
        return rows(file.get().get("launch_digests"))
                .filter(row -> row.get("mode").asText().equals("SEV_SNP"))
                .filter(row -> !row.path("firmware").isNull() && row.has("firmware")) // one firmware is not published
                .map(row -> dynamicTest(
                        row.get("id").asText() + ": " + row.get("test").asText(), () -> {
                            String name = row.get("firmware").asText();
                            Optional<Source> image =
                                    name.endsWith(".json") ? described(name) : firmware("peer-" + name);
                            if (image.isEmpty()) {
                                return;
                            }
                            Optional<KernelHashes> hashes = Optional.empty();
                            if (row.hasNonNull("kernel")) {
                                assertEquals("/dev/null", row.get("kernel").asText());
                                Source empty = Source.of("null", new byte[0]);
                                hashes = Optional.of(KernelHashes.of(empty, Optional.of(empty), cmdline(row)));
                            }
                            Prediction strict = predict(row, image.get(), hashes, Strictness.STRICT);
                            if (row.has("expected_error")) {
                                assertInstanceOf(Prediction.NotLaunchable.class, strict);
                            } else {
                                assertEquals(
                                        row.get("expected").asText(),
                                        value(strict).value().hex());
                            }
                        }));
    }

    /** A firmware of which only sections, reset address and the digest after its pages are known: its size does not enter. */
    private static Optional<Source> described(String name) throws IOException {
        Optional<JsonNode> known = json("fixtures/" + name);
        if (known.isEmpty()) {
            return Optional.empty();
        }
        OvmfWriter writer = OvmfWriter.ovmf(0x10000)
                .resetBlock(Long.decode(known.get().get("ResetEIP").asText()))
                .sevMetadata();
        rows(known.get().get("MetadataItems"))
                .forEach(item -> writer.section(
                        Long.decode(item.get("GPA").asText()),
                        Long.decode(item.get("Size").asText()),
                        item.get("SectionTypeInt").asLong()));
        return Optional.of(Source.of(name, writer.build()));
    }

    @TestFactory
    Stream<DynamicTest> brokenFirmwareIsAnsweredAsListed() throws IOException {
        Optional<JsonNode> file = json("malformed/malformed.json");
        Optional<JsonNode> digests = json("launch_digests.json");
        if (file.isEmpty() || digests.isEmpty()) {
            return Stream.empty();
        }
        JsonNode k4096 = digests.get().get("syntheticInputs").get("k4096");
        return rows(file.get().get("files")).flatMap(row -> {
            JsonNode strict = row.get("strict");
            return Stream.of(
                    answer(row, "strict", strict, Strictness.STRICT, Optional.empty()),
                    answer(row, "lenient", row.get("lenient"), Strictness.LENIENT, Optional.empty()),
                    answer(
                            row,
                            "strictWithKernel",
                            row.path("strictWithKernel").isObject() ? row.get("strictWithKernel") : strict,
                            Strictness.STRICT,
                            Optional.of(k4096)),
                    answer(
                            row,
                            "lenientWithKernel",
                            row.get("lenientWithKernel"),
                            Strictness.LENIENT,
                            Optional.of(k4096)));
        });
    }

    private static DynamicTest answer(
            JsonNode row, String column, JsonNode expected, Strictness mode, Optional<JsonNode> kernel) {
        return dynamicTest(row.get("file").asText() + " " + column, () -> {
            byte[] bytes = Files.readAllBytes(
                    Shared.file(FOLDER + "malformed/" + row.get("file").asText())
                            .orElseThrow());
            Source image = Source.of(row.get("file").asText(), bytes);
            Optional<KernelHashes> hashes =
                    kernel.map(k -> KernelHashes.of(pattern("k4096", k), Optional.empty(), Optional.empty()));
            SnpGuest guest = SnpGuest.qemu(2, CpuModel.parse("EPYC-v4"));
            int exit = expected.get("exit").asInt();
            if (exit == 4) {
                assertThrows(
                        MalformedInputException.class,
                        () -> LaunchDigestCrossCheckTest.predict(image, hashes, mode, guest));
                return;
            }
            Prediction prediction = LaunchDigestCrossCheckTest.predict(image, hashes, mode, guest);
            if (exit == 5) {
                assertInstanceOf(Prediction.NotLaunchable.class, prediction);
                return;
            }
            assertEquals(
                    expected.get("digest").asText(), value(prediction).value().hex());
            if (expected.has("warning")) {
                assertTrue(
                        codes(prediction).contains(expected.get("warning").asText()),
                        codes(prediction).toString());
            }
        });
    }

    private static Prediction predict(JsonNode row, Source image, Optional<KernelHashes> hashes, Strictness mode) {
        Vmm vmm = Vmm.parse(row.get("vmm").asText().toLowerCase(Locale.ROOT));
        CpuModel cpu = CpuModel.NONE;
        if (vmm.measuresCpuSignature()) {
            cpu = row.hasNonNull("vcpu_type")
                    ? CpuModel.parse(row.get("vcpu_type").asText())
                    : CpuModel.ofSignature(row.get("vcpu_sig").asLong());
            if (row.hasNonNull("vcpu_sig")) {
                assertEquals(row.get("vcpu_sig").asLong(), cpu.signature());
            }
        }
        SevFeatures features =
                new SevFeatures(row.get("guest_features").bigIntegerValue().longValue());
        Optional<Digest> firmwareDigest = row.hasNonNull("snp_ovmf_hash")
                ? Optional.of(Digest.parse(
                        DigestAlgorithm.SHA384, row.get("snp_ovmf_hash").asText()))
                : Optional.empty();
        SnpLaunch launch = new SnpLaunch(Firmware.read(image, mode), hashes, firmwareDigest, mode);
        return LaunchDigest.of(launch, new SnpGuest(vmm, row.get("vcpus").asInt(), cpu, features));
    }

    private static Optional<byte[]> cmdline(JsonNode row) {
        return row.hasNonNull("append")
                ? Optional.of(row.get("append").asText().getBytes(StandardCharsets.UTF_8))
                : Optional.empty();
    }

    private static Optional<Source> synthetic(JsonNode inputs, JsonNode name) {
        return name.isNull() ? Optional.empty() : Optional.of(pattern(name.asText(), inputs.get(name.asText())));
    }

    private static Source pattern(String name, JsonNode input) {
        Input made = new Input(
                name,
                "pattern",
                input.get("size").asInt(),
                input.get("sha256").asText(),
                List.of("pattern " + input.get("seed").asInt()));
        return Source.of(name, made.bytes().orElseThrow());
    }

    private static Optional<Source> firmware(String id) throws IOException {
        Optional<Path> file;
        if (!id.startsWith("peer-") && !id.endsWith("_suffix.bin")) {
            file = RealFirmware.find(id);
        } else {
            String path = FOLDER + "fixtures/" + id.replaceFirst("^peer-", "");
            file = id.endsWith(".fd") ? Shared.unxz(path + ".xz") : Shared.file(path);
        }
        return file.isEmpty() ? Optional.empty() : Optional.of(Source.open(id, file.get()));
    }
}
