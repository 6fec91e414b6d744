package dev.measure.export;

import static dev.measure.export.ReferenceValues.JSON;
import static dev.measure.export.ReferenceValues.assertRefused;
import static dev.measure.export.ReferenceValues.pcr;
import static dev.measure.export.ReferenceValues.set;
import static dev.measure.export.ReferenceValues.shared;
import static org.junit.jupiter.api.Assertions.assertEquals;

import com.fasterxml.jackson.databind.JsonNode;
import dev.measure.Digest;
import dev.measure.DigestAlgorithm;
import dev.measure.golden.GoldenValue;
import dev.measure.vectors.Shared;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** The JSON of compute-pcrs against its own files. */
class ComputePcrsTest {
    @TestFactory
    Stream<DynamicTest> computePcrsPrintsItsOwnFilesByteForByte() throws IOException {
        Optional<Path> folder = Shared.file("vectors/formats/tec");
        if (folder.isEmpty()) {
            return Stream.empty();
        }
        List<Path> files;
        try (Stream<Path> walk = Files.walk(folder.get())) {
            files = walk.filter(file -> file.getFileName().toString().matches("(pcr|all-).*\\.json"))
                    .sorted()
                    .toList();
        }
        assertEquals(19, files.size());
        return files.stream()
                .map(file ->
                        DynamicTest.dynamicTest(folder.get().relativize(file).toString(), () -> {
                            JsonNode tree = JSON.readTree(Files.readAllBytes(file));
                            List<ComputePcrs.Pcr> pcrs = new ArrayList<>();
                            (tree.has("pcrs")
                                            ? tree.get("pcrs")
                                            : JSON.createArrayNode().add(tree))
                                    .forEach(pcr -> {
                                        List<ComputePcrs.Event> events = new ArrayList<>();
                                        pcr.get("events")
                                                .forEach(event -> events.add(new ComputePcrs.Event(
                                                        event.get("name").asText(),
                                                        event.get("pcr").asInt(),
                                                        Digest.parse(
                                                                DigestAlgorithm.SHA256,
                                                                event.get("hash")
                                                                        .asText()),
                                                        event.get("id").asText())));
                                        pcrs.add(new ComputePcrs.Pcr(
                                                pcr.get("id").asInt(),
                                                Digest.parse(
                                                        DigestAlgorithm.SHA256,
                                                        pcr.get("value").asText()),
                                                events));
                                    });
                            assertEquals(Files.readString(file), ComputePcrs.json(pcrs, tree.has("pcrs")));
                        }));
    }

    @Test
    void computePcrsHasNamesForEventsOfPcr4And7AsItsFilesDo() throws IOException {
        Optional<JsonNode> file = shared("tec/qemu-ovmf/fedora-42/fedora-42.20250929.3.0/pcr7-sb-enabled.json");
        if (file.isEmpty()) {
            return;
        }
        List<String> names = List.of("SecureBoot", "PK", "KEK", "db", "dbx", "separator");
        GoldenValue value = pcr(7, file.get().get("value").asText());
        List<ResultFile.Event> events = new ArrayList<>();
        for (int i = 0; i < names.size(); i++) {
            JsonNode event = file.get().get("events").get(i);
            events.add(new ResultFile.Event(
                    value.id(),
                    names.get(i),
                    event.get("name").asText(),
                    OptionalInt.empty(),
                    Digest.parse(DigestAlgorithm.SHA256, event.get("hash").asText())));
        }
        List<ComputePcrs.Event> made = ComputePcrs.of(set(value), events).get(0).events();
        for (int i = 0; i < names.size(); i++) {
            assertEquals(
                    file.get().get("events").get(i).get("id").asText(),
                    made.get(i).id());
        }
        assertRefused(
                "this form holds the events of a PCR, and there are none of pcr7",
                () -> ComputePcrs.of(set(value), List.of()));
        events.add(new ResultFile.Event(value.id(), "MokListRT", "EV_IPL", OptionalInt.empty(), value.digest()));
        assertRefused(
                "compute-pcrs has no name for the event 'MokListRT' of pcr7, and would not read the file",
                () -> ComputePcrs.of(set(value), events));
    }
}
