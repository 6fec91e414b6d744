package dev.measure.export;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.measure.MalformedInputException;
import dev.measure.Source;
import dev.measure.vectors.Shared;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ReferenceFileTest {
    private static Optional<ReferenceFile> shared(String path) throws IOException {
        Optional<Path> file = Shared.file("vectors/formats/" + path);
        if (file.isEmpty()) {
            return Optional.empty();
        }
        Source source = Source.of(path, Files.readAllBytes(file.get()));
        assertTrue(ReferenceFile.looksLike(source));
        return Optional.of(ReferenceFile.read(source));
    }

    @Test
    void readsTheExamples() throws IOException {
        Map<String, List<String>> pcr4 =
                Map.of("tpm_pcr4", List.of("551bbd142a716c67cd78336593c2eb3b547b575e810ced4501d761082b5cd4a8"));
        for (String name : List.of("configmap-array", "stored-record", "stored-record-legacy")) {
            shared("trustee/rvps/" + name + ".json").ifPresent(file -> {
                assertEquals(ReferenceFile.Kind.RVPS_RECORDS, file.kind());
                assertEquals(pcr4, file.values());
                assertEquals("to 2026-10-02T13:00:13Z", file.facts().get("tpm_pcr4 holds"));
            });
        }
        shared("trustee/rvps/register-sample.json").ifPresent(file -> {
            assertEquals(ReferenceFile.Kind.RVPS_MESSAGE, file.kind());
            assertEquals(List.of("11".repeat(32)), file.values().get("tpm_pcr11"));
        });
        shared("trustee/rvps/register-corim.json").ifPresent(file -> {
            assertEquals("corim", file.facts().get("type"));
            assertEquals("423 bytes", file.facts().get("payload"));
        });
        shared("nitro/nitrotpm-measurements.json").ifPresent(file -> {
            assertEquals(ReferenceFile.Kind.NITRO, file.kind());
            assertEquals(
                    List.of("PCR4", "PCR7", "PCR12"), List.copyOf(file.values().keySet()));
        });
        shared("nitro/enclave-build-output.json").ifPresent(file -> {
            assertEquals("Sha384 { ... }", file.facts().get("hash algorithm"));
            assertEquals(4, file.values().size());
        });
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "{\"name\": \"a\", \"value\": [1]}|0x1a|the field 'expiration', a text|none",
                "{\"name\": \"a\", \"expiration\": \"tomorrow\", \"value\": 1}|0x32|an expiration such as 2027-01-31T00:00:00Z|'tomorrow'",
                "{\"version\": \"0.1.0\", \"typ\": 1}|0x15|one of payload, provenance, type, version|the field 'typ'",
                "{\"type\": \"sample\", \"payload\": \"?\"}|0x21|a payload in base64|other characters",
                "{\"Measurements\": {\"PCR4\": \"00\"}}|0x1a|HashAlgorithm or PCR0 to PCR23 with 96 hexadecimal digits|'PCR4'",
                "[1]|0x1|a record (an object)|'1'"
            })
    void refusesBrokenFiles(String text, String offset, String expected, String found) {
        Source source = Source.of("x", text.getBytes(StandardCharsets.UTF_8));
        MalformedInputException e = assertThrows(MalformedInputException.class, () -> ReferenceFile.read(source));
        assertEquals("x: offset " + offset + ": expected " + expected + ", found " + found, e.getMessage());
    }

    @Test
    void takesNothingElseForOne() {
        for (String other : List.of("", "[", "{}", "{\"schema\": \"x\"}", "MZ", "[{\"recnum\": 0}]", "[1]")) {
            assertFalse(ReferenceFile.looksLike(Source.of("x", other.getBytes(StandardCharsets.UTF_8))), other);
        }
    }
}
