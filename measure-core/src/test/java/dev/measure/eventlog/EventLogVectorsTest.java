package dev.measure.eventlog;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.measure.Digest;
import dev.measure.DigestAlgorithm;
import dev.measure.MalformedInputException;
import dev.measure.Measurement;
import dev.measure.Register;
import dev.measure.Source;
import dev.measure.Strictness;
import dev.measure.vectors.Shared;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** Logs of real machines against the registers that their publishers, TPMs and TDs give. */
final class EventLogVectorsTest {
    /** This PCR is extended by the kernel's IMA, which has its own log. */
    private static final int IMA = 10;

    private static final ObjectMapper JSON = new ObjectMapper();

    /** Fixtures of tpm2-tools that declare four banks and log two: no firmware does. */
    private static final Set<String> INCOMPLETE =
            Set.of("tpm2-tools/fixtures/event-uefiaction.bin", "tpm2-tools/fixtures/event-uefivar.bin");

    private static List<DynamicTest> forAll(String list, String folder, Check check) throws IOException {
        List<DynamicTest> tests = new ArrayList<>();
        Optional<Path> file = Shared.file(list);
        if (file.isPresent()) {
            for (JsonNode entry : JSON.readTree(file.get().toFile())) {
                Path path = Shared.file(folder)
                        .orElseThrow()
                        .resolve(entry.path("file").asText());
                if (check.appliesTo(entry)) {
                    tests.add(dynamicTest(entry.get("file").asText(), () -> {
                        try (Source source = Source.open(path)) {
                            check.run(source, entry);
                        }
                    }));
                }
            }
        }
        return tests;
    }

    private interface Check {
        default boolean appliesTo(JsonNode entry) {
            return "eventlog".equals(entry.path("kind").asText());
        }

        void run(Source source, JsonNode entry) throws IOException;
    }

    @TestFactory
    List<DynamicTest> publishedLogsReplayToTheirRegisters() throws IOException {
        List<DynamicTest> tests =
                forAll("vectors/tpm/eventlogs/vectors.json", "vectors/tpm/eventlogs", (source, entry) -> {
                    boolean incomplete = INCOMPLETE.contains(entry.get("file").asText());
                    if (incomplete) {
                        assertThrows(MalformedInputException.class, () -> EventLog.read(source));
                    }
                    EventLog log = EventLog.read(source, incomplete ? Strictness.LENIENT : Strictness.STRICT);
                    assertEquals(entry.get("events").asLong(), log.eventCount());
                    assertEquals(log.eventCount(), log.events().stream().count());
                    assertEquals(entry.get("end").get(0).asLong(), log.endOffset());
                    assertEquals(entry.path("startup_locality").asInt(), log.startupLocality());
                    checkHeader(entry, log);
                    Replay replay = Replay.of(log);
                    if (!entry.get("format").asText().equals("ccel")) {
                        checkPublished(entry, replay);
                    }
                    checkTraces(replay);
                    log.events()
                            .forEach(event -> assertFalse(event.decoded().text().isBlank() && event.dataLength() > 0));
                });
        return tests;
    }

    private static void checkHeader(JsonNode entry, EventLog log) {
        JsonNode spec = entry.path("spec");
        assertEquals(spec.isObject(), log.specId().isPresent());
        if (spec.isObject()) {
            SpecId header = log.specId().orElseThrow();
            assertEquals(spec.get("platformClass").asLong(), header.platformClass());
            assertEquals(spec.get("errata").asInt(), header.specErrata());
            List<String> banks = new ArrayList<>();
            spec.get("algs").forEach(bank -> banks.add(bank.get(0).asText()));
            assertEquals(banks, header.banks().stream().map(Bank::text).toList());
        }
    }

    private static void checkPublished(JsonNode entry, Replay replay) {
        Map<String, JsonNode> sets = new TreeMap<>();
        sets.put("replay", entry.get("replay"));
        if (entry.path("expected").path("pcrs").isObject()
                && entry.path("expected_differs").isEmpty()) {
            sets.put("expected", entry.get("expected").get("pcrs"));
        }
        sets.forEach((name, set) -> set.properties().forEach(bank -> {
            DigestAlgorithm algorithm = DigestAlgorithm.parse(bank.getKey());
            if (!replay.banks().contains(algorithm)) {
                assertTrue(INCOMPLETE.contains(entry.get("file").asText()));
                return;
            }
            bank.getValue().properties().forEach(value -> {
                Register.Pcr pcr = new Register.Pcr(Integer.parseInt(value.getKey()), algorithm);
                if (pcr.index() == IMA) {
                    return;
                }
                assertEquals(
                        value.getValue().asText(),
                        replay.value(pcr).orElseThrow().hex(),
                        name + " " + pcr);
            });
        }));
    }

    private static void checkTraces(Replay replay) {
        for (Measurement measurement : replay.measurements()) {
            assertFalse(measurement.events().isEmpty()); // throws if the last event does not leave the value
        }
    }

    @TestFactory
    List<DynamicTest> logsOfConfidentialVmsReplayToTheirRtmrs() throws IOException {
        return forAll("vectors/tdx/evidence.json", "vectors/tdx", new Check() {
            @Override
            public boolean appliesTo(JsonNode entry) {
                return "ccel".equals(entry.path("kind").asText());
            }

            @Override
            public void run(Source source, JsonNode entry) {
                EventLog log = EventLog.read(source);
                assertEquals(entry.get("events").asLong() + 1, log.eventCount());
                assertEquals(entry.get("end_offset").asLong(), log.endOffset());
                Replay replay = Replay.of(log);
                if (!entry.get("algs").has("0xc")) {
                    assertTrue(replay.value(new Register.Rtmr(0)).isEmpty());
                    assertFalse(log.warnings().isEmpty());
                    return;
                }
                assertEquals(LogFormat.CCEL, log.format());
                for (int i = 0; i < 4; i++) {
                    Digest value = replay.value(new Register.Rtmr(i)).orElseThrow();
                    assertEquals(entry.get("replayed").get("rtmr" + i).asText(), value.hex());
                }
                checkTraces(replay);
            }
        });
    }

    @TestFactory
    List<DynamicTest> bootsReplayToThePcrsOfTheirTpm() throws IOException {
        List<DynamicTest> tests = new ArrayList<>();
        Optional<Path> boots = Shared.file("vectors/boots");
        if (boots.isPresent()) {
            try (Stream<Path> cases = Files.list(boots.get()).sorted()) {
                for (Path boot : cases.filter(Files::isDirectory).toList()) {
                    JsonNode pcrs = JSON.readTree(boot.resolve("pcrs.json").toFile());
                    tests.add(dynamicTest(
                            boot.getFileName().toString(), () -> checkBoot(boot.resolve("eventlog.bin"), pcrs)));
                }
            }
            assertTrue(tests.size() >= 40);
        }
        return tests;
    }

    @TestFactory
    List<DynamicTest> bootsOfFukisReplayToThePcrsOfTheirTpm() throws IOException {
        List<DynamicTest> tests = new ArrayList<>();
        Optional<Path> list = Shared.file("vectors/fuki/pcr11_boots.json");
        if (list.isPresent()) {
            for (JsonNode boot : JSON.readTree(list.get().toFile())) {
                String name = boot.get("case").asText();
                Path log = list.get().resolveSibling("boots/" + name + ".eventlog.bin");
                tests.add(dynamicTest(name, () -> checkBoot(log, boot.get("pcrs"))));
            }
        }
        return tests;
    }

    private static void checkBoot(Path path, JsonNode pcrs) throws IOException {
        try (Source source = Source.open(path)) {
            Replay replay = Replay.of(EventLog.read(source));
            int[] compared = {0};
            pcrs.properties()
                    .forEach(bank -> bank.getValue().properties().forEach(value -> {
                        int index = Integer.parseInt(value.getKey());
                        Register.Pcr pcr = new Register.Pcr(index, DigestAlgorithm.parse(bank.getKey()));
                        if (index != IMA && replay.banks().contains(pcr.bank())) {
                            assertEquals(
                                    value.getValue().asText().toLowerCase(Locale.ROOT),
                                    replay.value(pcr).orElseThrow().hex(),
                                    pcr.toString());
                            compared[0]++;
                        }
                    }));
            assertTrue(compared[0] >= 15, "only " + compared[0] + " registers compared");
            checkTraces(replay);
        }
    }

    @TestFactory
    List<DynamicTest> malformedLogsAreAnsweredAsWritten() throws IOException {
        List<DynamicTest> tests = new ArrayList<>();
        Optional<Path> list = Shared.file("vectors/tpm/malformed/malformed.json");
        if (list.isPresent()) {
            for (JsonNode entry : JSON.readTree(list.get().toFile()).get("cases")) {
                Path path = list.get().resolveSibling(entry.get("file").asText());
                for (Strictness strictness : Strictness.values()) {
                    JsonNode expected = entry.get(strictness.name().toLowerCase(Locale.ROOT));
                    tests.add(dynamicTest(
                            entry.get("file").asText() + " " + strictness, () -> answers(path, strictness, expected)));
                }
            }
        }
        return tests;
    }

    private static void answers(Path path, Strictness strictness, JsonNode expected) throws IOException {
        try (Source source = Source.open(path)) {
            if (expected.get("outcome").asText().equals("reject")) {
                assertThrows(MalformedInputException.class, () -> EventLog.read(source, strictness));
                return;
            }
            EventLog log = EventLog.read(source, strictness);
            assertEquals(expected.get("events").asLong(), log.eventCount());
            assertEquals(expected.get("startupLocality").asInt(), log.startupLocality());
            assertEquals(
                    expected.get("end").asText().equals("eof") ? EventLog.End.EOF : EventLog.End.ZERO_PADDING,
                    log.end());
            Replay replay = Replay.of(log);
            Map<String, Map<String, String>> values = new TreeMap<>();
            for (DigestAlgorithm bank : replay.banks()) {
                replay.values(bank)
                        .forEach((index, value) -> values.computeIfAbsent(bank.id(), b -> new TreeMap<>())
                                .put(String.valueOf(index), value.hex()));
            }
            assertEquals(expected.get("pcrs"), JSON.valueToTree(values));
            assertEquals(
                    expected.path("warnings").size(),
                    log.warnings().size(),
                    log.warnings().toString());
        }
    }
}
