package dev.measure.export;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.measure.Digest;
import dev.measure.DigestAlgorithm;
import dev.measure.golden.GoldenValue;
import dev.measure.golden.GoldenValues;
import dev.measure.vectors.Shared;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.function.Executable;

/** Golden values of tests that export them. */
final class ReferenceValues {
    static final ObjectMapper JSON = new ObjectMapper();

    private ReferenceValues() {}

    static GoldenValue value(String id, DigestAlgorithm algorithm, String hex) {
        return GoldenValue.of(id, Digest.parse(algorithm, hex));
    }

    static GoldenValue snp(int vcpus, String hex) {
        return value("snp/vcpus=" + vcpus, DigestAlgorithm.SHA384, hex);
    }

    static GoldenValue td(String register, String hex) {
        return value(register + "/fw=x", DigestAlgorithm.SHA384, hex);
    }

    static GoldenValue pcr(int index, String phase, DigestAlgorithm bank, String hex) {
        return value("pcr" + index + "/bank=" + bank.id() + "/phase=" + phase, bank, hex);
    }

    static GoldenValue pcr(int index, String hex) {
        return pcr(index, "none", DigestAlgorithm.SHA256, hex);
    }

    static ReferenceSet set(GoldenValue... values) {
        return new ReferenceSet(GoldenValues.of(List.of(values)));
    }

    static String bytes(int value, int count) {
        return String.format("%02x", value).repeat(count);
    }

    static Optional<JsonNode> shared(String path) throws IOException {
        Optional<Path> file = Shared.file("vectors/formats/" + path);
        return file.isEmpty() ? Optional.empty() : Optional.of(JSON.readTree(Files.readAllBytes(file.get())));
    }

    static void assertRefused(String message, Executable making) {
        IllegalArgumentException e = assertThrows(IllegalArgumentException.class, making);
        assertEquals(message, e.getMessage());
        assertFalse(message.isEmpty());
    }
}
