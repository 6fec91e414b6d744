package dev.measure.uefi;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.measure.Digest;
import dev.measure.DigestAlgorithm;
import dev.measure.MalformedInputException;
import dev.measure.Source;
import dev.measure.parse.Cursor;
import dev.measure.vectors.Shared;
import java.io.IOException;
import java.nio.file.Path;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.apache.commons.codec.binary.Hex;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** Variables, signature databases and updates of real machines against the facts that an independent script found in them. */
final class UefiVectorsTest {
    private static final String FOLDER = "vectors/formats/uefi/";

    private interface Check {
        void run(Source file, JsonNode facts) throws IOException;
    }

    @TestFactory
    List<DynamicTest> everyFileHasTheFactsOfTheIndex() throws IOException {
        List<DynamicTest> tests = new ArrayList<>();
        Optional<Path> index = Shared.file(FOLDER + "index.json");
        if (index.isEmpty()) {
            return tests;
        }
        for (JsonNode entry : new ObjectMapper().readTree(index.get().toFile()).get("files")) {
            String file = entry.get("file").asText();
            JsonNode facts = entry.path("facts");
            Check check = check(file, facts);
            if (check != null) {
                tests.add(dynamicTest(file, () -> {
                    try (Source source = Source.open(index.get().resolveSibling(file))) {
                        check.run(source, facts);
                    }
                }));
            }
        }
        assertTrue(tests.size() >= 120, "too few files in the index: " + tests.size());
        return tests;
    }

    private static Check check(String file, JsonNode facts) {
        if (facts.has("timestamp")) {
            return UefiVectorsTest::checkUpdate;
        } else if (facts.path("esl_status").asText().startsWith("bad")) {
            return (source, f) -> assertThrows(MalformedInputException.class, () -> SignatureDatabase.read(source));
        } else if (facts.has("data_len")) {
            return UefiVectorsTest::checkEfivarfs;
        } else if (facts.has("lists") && !file.endsWith(".json")) {
            return facts.has("efivarfs_prefix")
                    ? (source, f) -> checkLists(EfivarfsFile.read(source).data(), f)
                    : UefiVectorsTest::checkLists;
        } else if (facts.has("subject") && !file.endsWith(".json")) {
            return (source, f) -> {
                X509Summary summary = X509Summary.read(source);
                assertEquals(f.get("subject").asText(), summary.subject());
                if (f.has("sha256_der")) {
                    assertEquals(f.get("sha256_der").asText(), summary.sha256().hex());
                }
            };
        }
        return null;
    }

    private static void checkEfivarfs(Source source, JsonNode facts) {
        EfivarfsFile file = EfivarfsFile.read(source);
        assertEquals(facts.get("data_len").asLong(), file.data().length());
        if (facts.has("variable")) {
            assertEquals(
                    Optional.of(new EfivarfsFile.Name(
                            facts.get("variable").asText(),
                            UUID.fromString(facts.get("guid").asText()))),
                    file.variable());
        }
        assertEquals(facts.get("attributes").asText(), "0x" + Long.toHexString(file.attributes()));
        Digest sha256 = file.data().digest(DigestAlgorithm.SHA256);
        assertEquals(facts.get("sha256(data)").asText(), sha256.hex());
        if (facts.has("description")) {
            LoadOption option = LoadOption.read(file.data());
            assertEquals(facts.get("load_attributes").asLong(), option.attributes());
            assertEquals(facts.get("description").asText(), option.description());
            String hex = facts.get("device_path_hex").asText();
            assertEquals(hex, option.filePathList().hex());
            assertEquals(facts.get("device_path_len").asLong(), hex.length() / 2);
            assertEquals(
                    facts.get("optional_data_len").asLong(),
                    option.optionalData().length());
        }
        if (facts.has("lists")) {
            checkLists(file.data(), facts);
        }
        if (facts.has("boot_numbers")) {
            Cursor c = Cursor.of(file.data());
            for (JsonNode number : facts.get("boot_numbers")) {
                assertEquals(number.asText(), String.format("%04X", c.u16("BootOrder")));
            }
            assertEquals(0, c.remaining());
        }
    }

    private static void checkUpdate(Source source, JsonNode facts) {
        AuthenticatedVariable update = AuthenticatedVariable.read(source);
        assertEquals(
                facts.get("timestamp").asText(),
                update.timeStamp().toInstant(ZoneOffset.UTC).toString());
        assertEquals(facts.get("pkcs7_len").asLong(), update.pkcs7().length());
        assertEquals(facts.get("payload_len").asLong(), update.payload().length());
        assertEquals(
                facts.get("payload_sha256").asText(),
                update.payload().digest(DigestAlgorithm.SHA256).hex());
        checkLists(update.payload(), facts);
    }

    private static void checkLists(Source source, JsonNode facts) {
        List<SignatureList> lists = SignatureDatabase.read(source).lists();
        assertEquals(facts.get("lists").size(), lists.size());
        for (int i = 0; i < lists.size(); i++) {
            JsonNode expected = facts.get("lists").get(i);
            SignatureList list = lists.get(i);
            if (expected.isArray()) {
                assertEquals(expected.get(0).asText(), list.type().text());
                assertEquals(expected.get(1).asInt(), list.signatures().size());
                continue;
            }
            String type = expected.get("type").asText();
            assertEquals(
                    type,
                    type.contains("-")
                            ? list.type().guid().toString()
                            : list.type().text());
            assertEquals(expected.get("signature_size").asInt(), list.signatureSize());
            assertEquals(expected.get("count").asInt(), list.signatures().size());
            int entry = 0;
            for (JsonNode fact : expected.get("entries (hash lists: first 3)")) {
                SignatureData signature = list.signatures().get(entry++);
                assertEquals(fact.get("owner").asText(), signature.owner().toString());
                if (fact.has("subject")) {
                    X509Summary summary = X509Summary.read(signature.data());
                    assertEquals(fact.get("subject").asText(), summary.subject());
                    assertEquals(fact.get("sha256").asText(), summary.sha256().hex());
                } else {
                    assertEquals(
                            fact.get("hash").asText(),
                            Hex.encodeHexString(signature.data().toByteArray()));
                }
            }
        }
    }

    @TestFactory
    List<DynamicTest> theStoreOfEc2HoldsTheVariablesOfItsJson() throws IOException {
        Optional<Path> json = Shared.file(FOLDER + "uefivars-aws/t02.json");
        if (json.isEmpty()) {
            return List.of();
        }
        JsonNode variables = new ObjectMapper().readTree(json.get().toFile()).get("variables");
        Source file = Source.open(json.get().resolveSibling("t02.edk2"));
        VariableStore store = VariableStore.find(file).orElseThrow();
        List<DynamicTest> tests = new ArrayList<>();
        for (JsonNode expected : variables) {
            String name = expected.get("name").asText();
            tests.add(dynamicTest(name, () -> {
                VariableStore.Variable variable = store.variable(
                                UUID.fromString(expected.get("guid").asText()), name)
                        .orElseThrow();
                assertEquals(
                        expected.get("data").asText(),
                        Hex.encodeHexString(variable.data().toByteArray()));
                assertEquals(expected.get("attr").asLong(), variable.attributes());
            }));
        }
        List<String> names =
                store.variables().stream().map(VariableStore.Variable::name).toList();
        assertEquals("certdb", names.get(0)); // edk2's own, which python-uefivars leaves out
        assertEquals(variables.findValuesAsText("name"), names.subList(1, names.size()));
        return tests;
    }
}
