package dev.measure.eventlog;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import dev.measure.DigestAlgorithm;
import dev.measure.Source;
import dev.measure.Strictness;
import dev.measure.vectors.Shared;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** What is written is what was read, and what tpm2_eventlog prints. */
final class EventLogFormatsTest {
    private static List<Path> logs() throws IOException {
        List<Path> logs = new ArrayList<>();
        Optional<Path> boots = Shared.file("vectors/boots");
        Optional<Path> published = Shared.file("vectors/tpm/eventlogs");
        if (boots.isPresent() && published.isPresent()) {
            try (Stream<Path> files = Files.walk(boots.get())) {
                files.filter(file -> file.endsWith("eventlog.bin")).sorted().forEach(logs::add);
            }
            try (Stream<Path> files = Files.walk(published.get())) {
                files.filter(file ->
                                file.toString().matches(".*/(tpm|legacydata|fixtures|ccel|extracted)/[^/]*(bin|log)"))
                        .filter(file -> !file.toString().contains("template")
                                && !file.toString().contains("capability")
                                && !file.toString().contains("specid")
                                && !file.endsWith("CCEL.bin")
                                && !file.toString().contains("table"))
                        .sorted()
                        .forEach(logs::add);
            }
            assertTrue(logs.size() >= 75, "only " + logs.size() + " logs");
        }
        return logs;
    }

    private interface Writer {
        void write(EventLog log, ByteArrayOutputStream out) throws IOException;
    }

    private static byte[] write(EventLog log, Writer writer) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        writer.write(log, out);
        return out.toByteArray();
    }

    @TestFactory
    List<DynamicTest> binaryAndCelJsonKeepEveryByte() throws IOException {
        List<DynamicTest> tests = new ArrayList<>();
        for (Path file : logs()) {
            tests.add(dynamicTest(file.getFileName().toString(), () -> {
                byte[] bytes = Files.readAllBytes(file);
                EventLog log = EventLog.read(Source.of("log", bytes), Strictness.LENIENT);
                byte[] expected = Arrays.copyOf(bytes, (int) log.endOffset());
                assertArrayEquals(expected, write(log, EventLog::writeBinary));
                byte[] json = write(log, EventLog::writeCelJson);
                EventLog again = EventLog.read(Source.of("json", json), Strictness.LENIENT);
                assertEquals(LogFormat.CEL_JSON, again.format());
                assertArrayEquals(expected, write(again, EventLog::writeBinary));
                assertTrue(EventLogDiff.first(log, again).isEmpty());
            }));
        }
        return tests;
    }

    @TestFactory
    List<DynamicTest> yamlKeepsEveryDigest() throws IOException {
        List<DynamicTest> tests = new ArrayList<>();
        for (Path file : logs()) {
            tests.add(dynamicTest(file.getFileName().toString(), () -> {
                try (Source source = Source.open(file)) {
                    EventLog log = EventLog.read(source, Strictness.LENIENT);
                    byte[] yaml = write(log, EventLog::writeTpm2Yaml);
                    EventLog again = EventLog.read(Source.of("yaml", yaml), Strictness.LENIENT);
                    assertEquals(LogFormat.TPM2_YAML, again.format());
                    assertTrue(EventLogDiff.first(log, again).isEmpty());
                    for (DigestAlgorithm bank : log.banks()) {
                        assertEquals(
                                Replay.of(log).values(bank), Replay.of(again).values(bank));
                    }
                }
            }));
        }
        return tests;
    }

    /** The fixtures of version 1; those of version 2 decode more, and are only read. */
    @TestFactory
    List<DynamicTest> yamlIsThatOfTheTool() throws IOException {
        List<DynamicTest> tests = new ArrayList<>();
        Optional<Path> fixtures = Shared.file("vectors/tpm/eventlogs/tpm2-tools/fixtures");
        if (fixtures.isEmpty()) {
            return tests;
        }
        int[] equal = {0};
        for (String folder : List.of("event-raw", "event-pretty", "event-pretty-39", ".")) {
            try (Stream<Path> files = Files.list(fixtures.get().resolve(folder))) {
                for (Path yaml : files.filter(file -> file.toString().endsWith(".bin.yaml"))
                        .filter(file -> !file.toString().contains("specid"))
                        .sorted()
                        .toList()) {
                    String name = yaml.getFileName().toString().replace(".yaml", "");
                    tests.add(dynamicTest(folder + "/" + name, () -> {
                        String text = Files.readString(yaml);
                        EventLog log = EventLog.read(Source.open(fixtures.get().resolve(name)), Strictness.LENIENT);
                        if (folder.equals("event-raw") && text.contains("version: 1")) {
                            assertEquals(text, new String(write(log, EventLog::writeTpm2Yaml), StandardCharsets.UTF_8));
                            equal[0]++;
                        }
                        EventLog again = EventLog.read(Source.open(yaml), Strictness.LENIENT);
                        assertTrue(EventLogDiff.first(log, again).isEmpty());
                        assertEquals(
                                registers(text),
                                registers(new String(write(again, EventLog::writeTpm2Yaml), StandardCharsets.UTF_8)));
                    }));
                }
            }
        }
        tests.add(dynamicTest("six fixtures are equal byte for byte", () -> assertEquals(6, equal[0])));
        return tests;
    }

    private static String registers(String yaml) {
        return yaml.substring(yaml.indexOf("\npcrs:"));
    }
}
