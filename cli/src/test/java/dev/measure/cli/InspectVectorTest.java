package dev.measure.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.measure.vectors.Shared;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** Real EFI variables, signature lists, updates and certificates: what inspect finds in them is what others decoded. */
class InspectVectorTest {
    private static final String FOLDER = "vectors/formats/uefi/";
    private static final ObjectMapper JSON = new ObjectMapper();

    @TestFactory
    Stream<DynamicTest> filesOfEfiVariables() throws IOException {
        Optional<Path> index = Shared.file(FOLDER + "index.json");
        if (index.isEmpty()) {
            return Stream.empty();
        }
        List<DynamicTest> tests = new ArrayList<>();
        for (JsonNode entry : JSON.readTree(index.get().toFile()).get("files")) {
            String name = entry.get("file").asText();
            JsonNode facts = entry.path("facts");
            boolean known = facts.has("esl_status")
                    || facts.path("attributes").asText().length() < 6
                            && facts.has("attributes")
                            && name.matches(".*-[0-9a-f-]{36}");
            if (known || facts.has("cert_guid") || facts.has("sha256_der")) {
                Path file = index.get().resolveSibling(name);
                tests.add(DynamicTest.dynamicTest(name, () -> file(file, facts)));
            }
        }
        assertTrue(tests.size() > 80, tests.size() + " files");
        return tests.stream();
    }

    private static void file(Path file, JsonNode facts) throws IOException {
        Session session = Session.in(Path.of(""), "inspect", file.toString(), "--json");
        String status = facts.path("esl_status").asText("ok");
        if (status.startsWith("bad list")) {
            assertEquals(4, session.exit(), session.toString());
            assertTrue(session.err().startsWith("measure: error: " + file + ": offset 0x"), session.toString());
            return;
        }
        assertEquals(0, session.exit(), session.toString());
        JsonNode found = JSON.readTree(session.out()).get("found");
        if (facts.has("sha256_der")) {
            assertEquals("certificate", found.get("kind").asText());
            JsonNode certificate = found.get("certificates").get(0);
            assertEquals(
                    facts.get("sha256_der").asText(), certificate.get("sha256").asText());
            assertEquals(
                    facts.get("subject").asText(), certificate.get("subject").asText());
            return;
        }
        JsonNode variable = found.get("variables").get(0);
        if (facts.has("sha256(data)")) {
            assertEquals(
                    facts.get("sha256(data)").asText(), variable.get("sha256").asText());
        }
        if (facts.has("variable")) {
            assertEquals("efi-variable", found.get("kind").asText());
            assertEquals(facts.get("variable").asText(), variable.get("name").asText());
            assertEquals(facts.get("guid").asText(), variable.get("guid").asText());
            assertEquals(
                    Integer.bitCount(Integer.decode(facts.get("attributes").asText())),
                    variable.get("attributes").size());
        }
        if (facts.has("timestamp")) {
            assertEquals("signed-variable", found.get("kind").asText());
            assertEquals(
                    facts.get("timestamp").asText(),
                    found.get("manifest").get("timeStamp").asText());
        }
        lists(facts.path("lists"), variable.path("signatures"));
    }

    /** Lists are objects with their first entries, or pairs of type and count. */
    private static void lists(JsonNode lists, JsonNode signatures) {
        int at = 0;
        for (JsonNode list : lists) {
            String type =
                    list.isArray() ? list.get(0).asText() : list.path("type").asText();
            int count =
                    list.isArray() ? list.get(1).asInt() : list.path("count").asInt();
            JsonNode entries = list.path("entries (hash lists: first 3)");
            for (int i = 0; i < count; i++, at++) {
                JsonNode signature = signatures.get(at);
                String shown = signature.get("type").asText();
                assertEquals(
                        type, shown.equals("EXTERNAL_MANAGEMENT") ? "452e8ced-dfff-4b8c-ae01-5118862e682c" : shown);
                if (i < entries.size()) {
                    assertEquals(
                            entries.get(i).get("owner").asText(),
                            signature.get("owner").asText());
                    if (entries.get(i).has("hash")) {
                        assertEquals(
                                entries.get(i).get("hash").asText(),
                                signature.get("data").asText());
                    } else if (entries.get(i).has("sha256")) {
                        assertEquals(
                                entries.get(i).get("sha256").asText(),
                                signature.get("sha256").asText());
                    }
                }
            }
        }
        if (lists.size() > 0) {
            assertEquals(signatures.size(), at);
        }
    }
}
