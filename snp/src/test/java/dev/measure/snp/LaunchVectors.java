package dev.measure.snp;

import static org.junit.jupiter.api.Assertions.assertFalse;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.measure.Measurement;
import dev.measure.Prediction;
import dev.measure.Source;
import dev.measure.Strictness;
import dev.measure.firmware.Firmware;
import dev.measure.vectors.Shared;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Optional;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;

/** The shared vectors of launches, and the inputs that they name. */
final class LaunchVectors {
    static final String DIGESTS = "vectors/snp/launch_digests.json";
    static final String PEERS = "vectors/snp/peer_vectors.json";

    private static final ObjectMapper JSON = new ObjectMapper();

    private LaunchVectors() {}

    /** The rows of an array in a file; none if the file is not here. */
    static Stream<JsonNode> rows(String file, String array) throws IOException {
        Optional<Path> path = Shared.file(file);
        if (path.isEmpty()) {
            return Stream.empty();
        }
        JsonNode rows = JSON.readTree(path.get().toFile()).get(array);
        assertFalse(rows.isEmpty(), array);
        return StreamSupport.stream(rows.spliterator(), false);
    }

    /** A firmware or SVSM of a row: Debian's by the name of its file, a peer's with or without {@code peer-}. */
    static Source file(String id) throws IOException {
        String name = id.replaceFirst("^peer-", "");
        Optional<Path> path = Shared.folder()
                        .orElseThrow()
                        .resolve("firmware/" + name + ".xz")
                        .toFile()
                        .exists()
                ? Shared.unxz("firmware/" + name + ".xz")
                : Shared.folder()
                                .orElseThrow()
                                .resolve("vectors/snp/fixtures/" + name)
                                .toFile()
                                .exists()
                        ? Shared.file("vectors/snp/fixtures/" + name)
                        : Shared.unxz("vectors/snp/fixtures/" + name + ".xz");
        return Source.open(name, path.orElseThrow());
    }

    static Firmware firmware(String id) throws IOException {
        return Firmware.read(file(id), Strictness.STRICT);
    }

    /** The hashes of a row's kernel, if it has one: a peer's is empty, the others are made by the file's rule. */
    static Optional<KernelHashes> hashes(JsonNode row) throws IOException {
        if (!row.hasNonNull("kernel")) {
            return Optional.empty();
        }
        Optional<Source> initrd =
                row.hasNonNull("initrd") ? Optional.of(blob(row.get("initrd").asText())) : Optional.empty();
        Optional<byte[]> append = row.hasNonNull("append")
                ? Optional.of(row.get("append").asText().getBytes(StandardCharsets.UTF_8))
                : Optional.empty();
        return Optional.of(KernelHashes.of(blob(row.get("kernel").asText()), initrd, append));
    }

    private static Source blob(String name) throws IOException {
        if (name.equals("/dev/null")) {
            return Source.of(name, new byte[0]);
        }
        JsonNode input = JSON.readTree(Shared.file(DIGESTS).orElseThrow().toFile())
                .get("syntheticInputs")
                .get(name);
        byte[] bytes = new byte[input.get("size").asInt()];
        int seed = input.get("seed").asInt();
        for (int i = 0; i < bytes.length; i++) {
            bytes[i] = (byte) (i * 31 + (i >> 8) * 17 + seed);
        }
        return Source.of(name, bytes);
    }

    static SnpGuest guest(JsonNode row) {
        String name = row.get("vmm").asText().replaceFirst(" .*", "");
        Vmm vmm = Vmm.parse(name);
        long signature = row.path("vcpu_sig").asLong(0);
        CpuModel cpu = signature != 0
                ? CpuModel.ofSignature(signature)
                : vmm.measuresCpuSignature() ? CpuModel.parse("EPYC-v4") : CpuModel.NONE;
        return new SnpGuest(
                vmm,
                row.path("vcpus").asInt(1),
                cpu,
                new SevFeatures(row.path("guest_features").asLong(1)));
    }

    /** The value, which is then replayed page by page and must come out the same. */
    static String value(Prediction prediction) {
        if (prediction instanceof Prediction.Predicted predicted) {
            predicted.measurement().events();
            predicted.measurement().events(Measurement.Detail.STEPS);
            return predicted.measurement().value().hex();
        }
        return prediction.toString();
    }
}
