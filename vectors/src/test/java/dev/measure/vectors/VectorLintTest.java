package dev.measure.vectors;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.util.DefaultIndenter;
import com.fasterxml.jackson.core.util.DefaultPrettyPrinter;
import com.fasterxml.jackson.core.util.Separators;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** What every vector file must keep to; it looks at the JSON itself, so it binds files that have no record yet. */
class VectorLintTest {
    private static final JsonMapper JSON = JsonMapper.builder()
            .enable(JsonParser.Feature.STRICT_DUPLICATE_DETECTION)
            .build();
    private static final Path RESOURCES = Path.of("src/main/resources/dev/measure/vectors");

    /** Members that hold bytes, wherever they stand. */
    private static final Set<String> HEX =
            Set.of("sha256", "sha1", "after", "expected", "sevFeatures", "cpuSignature", "seed");

    private static final Pattern LOWER_HEX = Pattern.compile("([0-9a-f]{2})*");

    /** The record of each schema: a new schema needs one. */
    private static final Map<String, Class<?>> RECORD_OF = Map.of(
            "snp_launch_digest_test_schema_v1.json", LaunchDigestTests.class,
            "snp_launch_digest_malformed_test_schema_v1.json", LaunchDigestMalformedTests.class,
            "snp_vmsa_test_schema_v1.json", VmsaTests.class,
            "accumulated_test_schema_v1.json", AccumulatedTests.class,
            "uki_test_schema_v1.json", UkiTests.class,
            "pcr11_test_schema_v1.json", Pcr11Tests.class,
            "tpm_policy_test_schema_v1.json", TpmPolicyTests.class,
            "tdx_acpi_layout_test_schema_v1.json", AcpiLayoutTests.class,
            "firmware_schema_v1.json", RealFirmware.class);

    private static List<String> names(String ending) throws IOException {
        try (Stream<Path> files = Files.list(RESOURCES)) {
            return files.map(file -> file.getFileName().toString())
                    .filter(name -> name.endsWith(ending))
                    .sorted()
                    .toList();
        }
    }

    private static String text(String name) throws IOException {
        try (InputStream in = Vectors.open(name)) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        }
    }

    @TestFactory
    Stream<DynamicTest> everyJsonFileIsWrittenCanonically() throws IOException {
        return names(".json").stream()
                .map(name -> dynamicTest(name, () -> {
                    DefaultIndenter indent = new DefaultIndenter("  ", "\n");
                    DefaultPrettyPrinter printer = new DefaultPrettyPrinter(Separators.createDefaultInstance()
                                    .withObjectFieldValueSpacing(Separators.Spacing.AFTER)
                                    .withArrayEmptySeparator("")
                                    .withObjectEmptySeparator(""))
                            .withArrayIndenter(indent)
                            .withObjectIndenter(indent);
                    String text = text(name);
                    assertEquals(JSON.writer(printer).writeValueAsString(JSON.readTree(text)) + "\n", text);
                }));
    }

    @TestFactory
    Stream<DynamicTest> everyFileObeysItsSchemaAndLoadsStrictly() throws IOException {
        List<String> files = new ArrayList<>(names("_test.json"));
        files.add("firmware.json");
        return files.stream()
                .map(name -> dynamicTest(name, () -> {
                    JsonNode file = JSON.readTree(text(name));
                    String schema = file.path("schema").asText();
                    assertEquals(List.of(), JsonSchema.violations(JSON.readTree(text(schema)), file));
                    assertTrue(RECORD_OF.containsKey(schema), "no record for " + schema);
                    Vectors.open(name, RECORD_OF.get(schema));
                }));
    }

    @TestFactory
    Stream<DynamicTest> testsAreNumberedDescribedAndSourced() throws IOException {
        return names("_test.json").stream()
                .map(name -> dynamicTest(name, () -> {
                    JsonNode file = JSON.readTree(text(name));
                    int number = 0;
                    Set<String> flags = new TreeSet<>();
                    Set<String> notes = new TreeSet<>();
                    file.path("notes").fieldNames().forEachRemaining(notes::add);
                    for (JsonNode group : file.path("testGroups")) {
                        assertFalse(
                                group.path("source").path("command").asText().isEmpty(), "a group without a command");
                        for (JsonNode test : group.path("tests")) {
                            assertEquals(++number, test.path("tcId").asInt());
                            test.path("flags").forEach(flag -> flags.add(flag.asText()));
                            assertTrue(
                                    Set.of("valid", "invalid")
                                            .contains(test.path("result").asText()),
                                    "result");
                        }
                    }
                    assertEquals(number, file.path("numberOfTests").asInt(), "numberOfTests");
                    assertEquals(notes, flags, "notes and flags");
                }));
    }

    @TestFactory
    Stream<DynamicTest> bytesAreLowerCaseHex() throws IOException {
        return names("_test.json").stream().map(name -> dynamicTest(name, () -> hex(JSON.readTree(text(name)), name)));
    }

    private static void hex(JsonNode node, String at) {
        node.properties().forEach(member -> {
            String place = at + "." + member.getKey();
            if (HEX.contains(member.getKey()) && member.getValue().isTextual()) {
                assertTrue(LOWER_HEX.matcher(member.getValue().asText()).matches(), place);
            }
            hex(member.getValue(), place);
        });
        if (node.isArray()) {
            for (int i = 0; i < node.size(); i++) {
                hex(node.get(i), at + "[" + i + "]");
            }
        }
    }

    @TestFactory
    Stream<DynamicTest> everyInputHasItsSha256AndIsUsedAndEveryReferenceLeadsToOne() throws IOException {
        return names("_test.json").stream()
                .map(name -> dynamicTest(name, () -> {
                    JsonNode file = JSON.readTree(text(name));
                    Set<String> ids = new HashSet<>();
                    for (JsonNode node : file.path("inputs")) {
                        Input input = JSON.treeToValue(node, Input.class);
                        assertTrue(ids.add(input.id()), "two inputs " + input.id());
                        if (input.kind().equals("real")) {
                            RealFirmware.Image image = RealFirmware.all().stream()
                                    .filter(known -> known.id().equals(input.id()))
                                    .findFirst()
                                    .orElseThrow();
                            assertEquals(image.sha256(), input.sha256());
                            assertEquals(image.size(), input.size());
                        }
                        input.bytes(); // throws if the SHA-256 is another
                    }
                    for (JsonNode group : file.path("testGroups")) {
                        for (JsonNode test : group.path("tests")) {
                            for (String member : List.of("firmware", "kernel", "initrd")) {
                                String id = test.path(member).asText();
                                assertTrue(id.isEmpty() || ids.contains(id), "no input " + id);
                            }
                        }
                    }
                }));
    }

    @Test
    void everySchemaForbidsUnknownMembersAndIsUsed() throws IOException {
        assertEquals(new TreeSet<>(RECORD_OF.keySet()), new TreeSet<>(names("_schema_v1.json")));
        for (String name : names("_schema_v1.json")) {
            closed(JSON.readTree(text(name)), name);
        }
    }

    private static void closed(JsonNode node, String at) {
        if (node.has("properties")) {
            assertEquals("false", node.path("additionalProperties").asText(), at);
        }
        node.properties().forEach(member -> closed(member.getValue(), at + "." + member.getKey()));
    }

    @TestFactory
    Stream<DynamicTest> aPlantedTypoFailsTheLoadAndTheSchema() throws IOException {
        return names("_test.json").stream()
                .map(name -> dynamicTest(name, () -> {
                    String text = text(name);
                    String typo = text.replaceFirst("\"comment\": ", "\"coment\": \"\", \"comment\": ");
                    JsonNode schema = JSON.readTree(
                            text(JSON.readTree(text).path("schema").asText()));
                    assertFalse(
                            JsonSchema.violations(schema, JSON.readTree(typo)).isEmpty());
                    refuses(
                            typo,
                            RECORD_OF.get(JSON.readTree(text).path("schema").asText()));
                    String missing = text.replaceFirst("\"comment\": \"[^\"]*\",", "");
                    refuses(
                            missing,
                            RECORD_OF.get(JSON.readTree(text).path("schema").asText()));
                    assertFalse(JsonSchema.violations(schema, JSON.readTree(missing))
                            .isEmpty());
                }));
    }

    private static void refuses(String text, Class<?> type) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        Assertions.assertThrows(IOException.class, () -> Vectors.read(new ByteArrayInputStream(bytes), type));
    }

    @Test
    void nothingHereNamesAPlaceOnAMachineOrInANetwork() throws IOException {
        Pattern forbidden = Pattern.compile("(?<![a-z])/(work|tmp|home|root)/|https?://(?!json-schema\\.org/)");
        List<String> found = new ArrayList<>();
        for (Path root : List.of(RESOURCES, Path.of("oracle"), Path.of("fetch-firmware"))) {
            if (!Files.exists(root)) {
                continue;
            }
            try (Stream<Path> files = Files.walk(root)) {
                for (Path file : files.filter(Files::isRegularFile)
                        .filter(file -> !file.toString().matches(".*\\.(pyc|efi|fd|bin)"))
                        .toList()) {
                    if (forbidden.matcher(Files.readString(file)).find()) {
                        found.add(file.toString());
                    }
                }
            }
        }
        assertEquals(List.of(), found);
    }
}
