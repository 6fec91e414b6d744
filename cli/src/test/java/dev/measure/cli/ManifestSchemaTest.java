package dev.measure.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.networknt.schema.JsonSchema;
import com.networknt.schema.JsonSchemaFactory;
import com.networknt.schema.SpecVersion;
import com.networknt.schema.ValidationMessage;
import dev.measure.MalformedInputException;
import dev.measure.Source;
import dev.measure.golden.PolicyFields;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The published schema of manifests and the reader of manifests take and refuse the same. */
class ManifestSchemaTest {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final int MANIFESTS = 20_000;

    private static final List<String> WORDS = List.of(
            "\"1\"", "5", "true", "\"a\"", "[\"a\", \"b\"]", "[]", "{}", "null", "\"${V}\"", "[[1]]", "[1, {}]");
    private static final List<String> FILES = List.of("\"a\"", "\"b\"", "[\"a\", \"b\"]", "[]", "5", "null", "{}");
    private static final List<String> FLAGS = List.of("true", "\"false\"", "\"yes\"", "1", "[true]", "null");
    private static final List<String> NAMES =
            List.of("\"x\"", "\"x.1\"", "\"only\"", "\"X\"", "7", "-7", "\"\"", "null");
    private static final List<String> PATHS = List.of(
            "\"a.efi\"",
            "\"d/a.efi\"",
            "\"./a\"",
            "\"../a\"",
            "\"/a\"",
            "\"d/../a\"",
            "\"..a\"",
            "\"a..\"",
            "\"-\"",
            "\"\"",
            "\"a/\"",
            "\"a:b\"",
            "\"a\\\\b\"",
            "\"d//a\"",
            "\"-a\"",
            "\"${V}\"",
            "[\"a\"]");
    private static final List<String> WRITTEN = List.of(
            "\"out\"",
            "\"d/out\"",
            "\"./out\"",
            "\".out\"",
            "\"d/.out\"",
            "\"..out\"",
            "\"./.out\"",
            "\"../out\"",
            "\"\"",
            "5");
    private static final List<String> NUMBERS = List.of(
            "0",
            "196608",
            "-1",
            "4294967295",
            "4294967296",
            "\"0x30000\"",
            "\"0x+5\"",
            "\"+5\"",
            "\"010\"",
            "\"0x\"",
            "\"18446744073709551615\"",
            "\"0x10000000000000000\"",
            "18446744073709551615",
            "true",
            "\"x\"",
            "[]");
    private static final List<String> HEX = List.of(
            hex(16),
            hex(32),
            hex(48),
            hex(47),
            hex(64),
            "\"0x" + "ab".repeat(16) + "\"",
            "\"0x" + "AB".repeat(48) + "\"",
            "\"\"",
            "[]");

    @TempDir
    Path folder;

    private final JsonSchema schema = JsonSchemaFactory.getInstance(SpecVersion.VersionFlag.V202012)
            .getSchema(Version.resource("manifest-v1.schema.json"));
    private final SplittableRandom random = new SplittableRandom(0x9e3779b97f4a7c15L);

    private static String hex(int bytes) {
        return "\"" + "0a".repeat(bytes) + "\"";
    }

    private <T> T one(List<T> of) {
        return of.get(random.nextInt(of.size()));
    }

    private boolean rarely() {
        return random.nextInt(12) == 0;
    }

    private boolean veryRarely() {
        return random.nextInt(144) == 0;
    }

    /** What is right stands first in each list, and is taken as often as all others together. */
    private JsonNode value(List<String> values) throws IOException {
        return JSON.readTree(random.nextBoolean() ? values.get(0) : one(values));
    }

    private void put(ObjectNode in, String key, List<String> values) throws IOException {
        in.set(veryRarely() ? key + "x" : key, value(values));
    }

    private JsonNode target() throws IOException {
        String technology = one(ManifestKeys.technologies());
        List<String> keys = new ArrayList<>(ManifestKeys.of(technology).keySet());
        ObjectNode body = JSON.createObjectNode();
        for (int i = random.nextInt(4); i > 0; i--) {
            String key = one(keys);
            switch (ManifestKeys.of(technology).get(key)) {
                case FLAG -> put(body, key, FLAGS);
                case FILE, NAMED_FILE, FILE_OR_NONE ->
                    put(body, key, key.equals("image") && random.nextBoolean() ? FILES.subList(0, 1) : FILES);
                case WORDS, TEXT, EVENT -> put(body, key, WORDS);
            }
        }
        if (rarely()) {
            put(body, "variant", NAMES);
        }
        ObjectNode target = JSON.createObjectNode();
        target.set(veryRarely() ? "sev" : technology, body);
        if (veryRarely()) {
            target.set("tdx", JSON.createObjectNode());
        }
        return target;
    }

    private JsonNode export(int number) throws IOException {
        ExportFormat form = one(List.copyOf(ExportFormat.byName().values()));
        ObjectNode export = JSON.createObjectNode();
        export.put("format", rarely() ? "csv" : form.name());
        JsonNode file = value(WRITTEN);
        export.set("file", file.asText().equals("out") ? JSON.getNodeFactory().textNode("out" + number) : file);
        List<String> keys =
                rarely() ? one(List.copyOf(ExportFormat.byName().values())).keys() : form.keys();
        if (random.nextBoolean()) {
            String key = one(keys);
            put(export, key, ExportFormat.takesFile(key) ? FILES : WORDS);
        }
        return export;
    }

    private ObjectNode manifest() throws IOException {
        ObjectNode manifest = JSON.createObjectNode();
        manifest.put("schema", rarely() ? "measure/manifest/v2" : ManifestReader.SCHEMA);
        manifest.set("variables", JSON.readTree(rarely() ? one(List.of("[\"1\"]", "\"V\"", "{}")) : "[\"V\"]"));
        ObjectNode artifacts = manifest.putObject("artifacts");
        artifacts.put("a", "a.efi");
        artifacts.put("b", "b.fd");
        if (random.nextBoolean()) {
            artifacts.set(rarely() ? one(List.of("none", "-c", "c d")) : "c", value(PATHS));
        }
        if (rarely()) {
            ObjectNode pinned = artifacts.putObject("d");
            put(pinned, "file", PATHS);
            put(pinned, "sha256", HEX.subList(1, HEX.size()));
        }
        ArrayNode targets = JSON.createArrayNode();
        for (int i = random.nextInt(8) == 0 ? 0 : 1 + random.nextInt(2); i > 0; i--) {
            targets.add(target());
        }
        manifest.set("targets", rarely() ? target() : targets);
        if (rarely()) {
            ObjectNode exclusion = manifest.putArray("exclude").addObject();
            put(exclusion, one(List.of("register", "vcpus", "fw", "vcpu-type")), WORDS);
        }
        if (rarely()) {
            ObjectNode policies = manifest.putObject("policies");
            ObjectNode snp = policies.putObject("snp");
            put(snp, one(List.of("policy", "guest-svn")), NUMBERS);
            put(snp, one(List.of("family-id", "image-id", "host-data", "id-key-digest")), HEX);
            put(snp, one(List.of("chip-id", "author-key-digest")), HEX);
            put(snp, one(List.of("min-tcb-snp", "min-tcb-fmc", "vmpl", "platform-info-set")), NUMBERS);
            put(snp, "allow-debug", FLAGS);
            put(policies.putObject("tdx"), one(List.of("attributes", "xfam", "attributes-clear")), NUMBERS);
            put((ObjectNode) policies.get("tdx"), one(List.of("min-tee-tcb-svn", "mrseam", "mrowner")), HEX);
        }
        if (rarely()) {
            ObjectNode block = manifest.putObject("id-block");
            put(block, "id-key", FILES);
            put(block, "author-key", FILES);
        }
        if (random.nextInt(4) == 0) {
            ArrayNode exports = manifest.putArray("exports");
            exports.add(export(1));
            exports.add(export(2));
        }
        if (veryRarely()) {
            manifest.put("export", 1);
        }
        return manifest;
    }

    private String read(String text) {
        try {
            ManifestReader.read(
                    Source.of("measure.json", text.getBytes(StandardCharsets.UTF_8)),
                    new ManifestFolder(folder.resolve("measure.json")),
                    Map.of("V", "1"));
            return "";
        } catch (MalformedInputException e) {
            return e.getMessage();
        }
    }

    @Test
    void readerAndSchemaAgreeOnRandomManifests() throws IOException {
        int taken = 0;
        for (int i = 0; i < MANIFESTS; i++) {
            String text = manifest().toString();
            String refused = read(text);
            // Two files that are the same, and names that no artifact has, are beyond a schema.
            if (refused.contains("of its own for each export") || refused.contains("for the export alone, found 'a")) {
                continue;
            }
            Set<ValidationMessage> wrong = schema.validate(JSON.readTree(text));
            String manifest = "manifest " + i + ": ";
            assertEquals(
                    refused.isEmpty(),
                    wrong.isEmpty(),
                    () -> manifest + text + "\nreader: " + refused + "\nschema: " + wrong);
            taken += refused.isEmpty() ? 1 : 0;
        }
        assertTrue(taken > MANIFESTS / 20 && taken < MANIFESTS * 19 / 20, taken + " were taken");
    }

    @Test
    void theSchemaNamesTheFormsAndOptionsOfExport() throws IOException {
        JsonNode export =
                JSON.readTree(Version.resource("manifest-v1.schema.json")).at("/$defs/export");
        assertEquals(
                List.copyOf(ExportFormat.byName().keySet()),
                texts(export.at("/properties/format/enum").elements()));
        for (JsonNode rule : export.get("allOf")) {
            for (String format : texts(rule.at("/if/properties/format/enum").elements())) {
                List<String> keys = new ArrayList<>(List.of("format", "file"));
                keys.addAll(ExportFormat.byName().get(format).keys());
                assertEquals(keys, texts(rule.at("/then/propertyNames/enum").elements()), format);
            }
        }
    }

    /** The fields of policies, and the forms of their values, are alike in both schemas and the reader. */
    @Test
    void theSchemasNameTheFieldsOfPolicies() throws IOException {
        JsonNode manifest = JSON.readTree(Version.resource("manifest-v1.schema.json"));
        JsonNode lock = JSON.readTree(Version.resource("lock-v1.schema.json"));
        for (String technology : PolicyFields.technologies()) {
            String at = "/properties/policies/properties/" + technology + "/properties";
            PolicyFields.of(technology).forEach((name, bytes) -> {
                String form = manifest.at(at).path(name).path("$ref").asText();
                assertEquals(
                        bytes == 0 ? "" : "#/$defs/" + (bytes <= Long.BYTES ? "number" : "hex") + bytes, form, name);
                String pattern = lock.at(at).path(name).path("pattern").asText();
                assertTrue(pattern.contains(bytes > 0 ? "" + 2 * bytes + "}" : ""), name);
            });
            assertEquals(PolicyFields.of(technology).size(), manifest.at(at).size());
            assertEquals(PolicyFields.of(technology).size(), lock.at(at).size());
        }
    }

    private static List<String> texts(Iterator<JsonNode> nodes) {
        Iterable<JsonNode> all = () -> nodes;
        return StreamSupport.stream(all.spliterator(), false)
                .map(JsonNode::asText)
                .toList();
    }
}
