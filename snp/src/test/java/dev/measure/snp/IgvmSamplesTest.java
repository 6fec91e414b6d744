package dev.measure.snp;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.measure.Digest;
import dev.measure.MalformedInputException;
import dev.measure.MeasuredEvent;
import dev.measure.Measurement;
import dev.measure.Prediction;
import dev.measure.Source;
import dev.measure.Strictness;
import dev.measure.igvm.IgvmFile;
import dev.measure.vectors.Shared;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** The IGVM files of the shared folder, with their digests under each loader's rules. */
class IgvmSamplesTest {
    private static final Map<String, IgvmRules> LOADERS = Map.of(
            "crate", IgvmRules.HYPERV,
            "igvmmeasure", IgvmRules.IGVMMEASURE,
            "igvmmeasure-native-zero", IgvmRules.IGVMMEASURE,
            "qemu", IgvmRules.QEMU);

    private static final Map<String, String> ERRORS = Map.of(
            "bad-checksum",
                    "bad-checksum.igvm: offset 0x14: expected checksum 0x3348473f, the CRC-32 of the headers, found 0x3348473e",
            "truncated",
                    "truncated.igvm: offset 0x10: expected total_file_size 0x00002024, the length of the file, found 0x00002088");

    @TestFactory
    List<DynamicTest> everySampleUnderEveryLoader() throws IOException {
        List<DynamicTest> tests = new ArrayList<>();
        Optional<Path> list = Shared.file("vectors/snp/igvm/samples.json");
        if (list.isEmpty()) {
            return tests;
        }
        JsonNode samples = new ObjectMapper().readTree(list.get().toFile()).get("samples");
        for (JsonNode sample : samples) {
            String name = sample.get("file").asText();
            Path path = list.get().resolveSibling(name);
            if (sample.has("expected_error")) {
                tests.add(dynamicTest(
                        name,
                        () -> refuses(
                                name,
                                path,
                                ERRORS.get(sample.get("expected_error").asText()))));
                continue;
            }
            for (Map.Entry<String, JsonNode> digest : sample.get("digest").properties()) {
                String expected = digest.getValue().asText();
                tests.add(dynamicTest(
                        name + " " + digest.getKey(), () -> measures(name, path, digest.getKey(), expected)));
            }
        }
        assertEquals(14, tests.size());
        return tests;
    }

    private static void refuses(String name, Path path, String message) throws IOException {
        try (Source source = Source.open(name, path)) {
            assertEquals(
                    message,
                    assertThrows(MalformedInputException.class, () -> IgvmFile.read(source))
                            .getMessage());
        }
    }

    private static void measures(String name, Path path, String loader, String expected) throws IOException {
        try (Source source = Source.open(name, path)) {
            IgvmLaunch launch = new IgvmLaunch(
                    IgvmFile.read(source),
                    LOADERS.get(loader),
                    Optional.empty(),
                    Optional.empty(),
                    Strictness.STRICT,
                    loader.endsWith("native-zero"),
                    false);
            Prediction.Predicted predicted = assertInstanceOf(Prediction.Predicted.class, IgvmLaunchDigest.of(launch));
            assertEquals(expected, predicted.measurement().value().hex());
            assertEquals(
                    predicted.measurement().value(),
                    last(predicted.measurement().events(Measurement.Detail.STEPS)));
        }
    }

    private static Digest last(List<MeasuredEvent> events) {
        return events.get(events.size() - 1).after();
    }
}
