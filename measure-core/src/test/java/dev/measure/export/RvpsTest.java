package dev.measure.export;

import static dev.measure.export.ReferenceValues.JSON;
import static dev.measure.export.ReferenceValues.assertRefused;
import static dev.measure.export.ReferenceValues.bytes;
import static dev.measure.export.ReferenceValues.pcr;
import static dev.measure.export.ReferenceValues.set;
import static dev.measure.export.ReferenceValues.shared;
import static dev.measure.export.ReferenceValues.snp;
import static dev.measure.export.ReferenceValues.td;
import static dev.measure.export.ReferenceValues.value;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import dev.measure.DigestAlgorithm;
import dev.measure.golden.GoldenValue;
import java.io.IOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Reference values of Trustee against examples, and its default policy. */
class RvpsTest {
    private static Rvps rvps(GoldenValue... values) {
        return new Rvps(set(values), Rvps.Evidence.PLAIN, Map.of(), Map.of());
    }

    @Test
    void recordsOfRvpsAreThoseOfTheExamples() throws IOException {
        Rvps rvps = rvps(pcr(4, "551bbd142a716c67cd78336593c2eb3b547b575e810ced4501d761082b5cd4a8"));
        Instant expires = Instant.parse("2026-10-02T13:00:13Z");
        Optional<JsonNode> array = shared("trustee/rvps/configmap-array.json");
        if (array.isPresent()) {
            assertEquals(array.get(), JSON.readTree(rvps.records(expires)));
            assertEquals(
                    shared("trustee/rvps/stored-record.json").orElseThrow(),
                    JSON.readTree(rvps.records(expires)).get(0));
            assertEquals(
                    shared("trustee/rvps/stored-record-legacy.json").orElseThrow(),
                    JSON.readTree(rvps.legacyRecords(expires)).get(0));
        }
    }

    @Test
    void theMessageOfRvpsIsThatOfTheExample() throws IOException {
        JsonNode message = JSON.readTree(rvps(snp(1, "a1f3930413247bb3" + "00".repeat(40)), pcr(11, bytes(0x11, 32)))
                .message());
        // The code of RVPS asks for "payload" (rvps/src/lib.rs, struct Message), its README for "provenance".
        assertEquals(message.get("payload"), message.get("provenance"));
        Optional<JsonNode> example = shared("trustee/rvps/register-sample.json");
        if (example.isPresent()) {
            assertEquals(example.get().get("version"), message.get("version"));
            assertEquals(example.get().get("type"), message.get("type"));
            assertEquals(provenance(example.get()), provenance(message));
        }
    }

    private static JsonNode provenance(JsonNode message) throws IOException {
        return JSON.readTree(
                Base64.getDecoder().decode(message.get("provenance").asText()));
    }

    /** Every comparison of the default policy that a register of ours can meet stands in our rules, claim by claim. */
    @Test
    void rulesAreThoseOfTheDefaultPolicy() throws IOException {
        Optional<JsonNode> facts = shared("trustee/default-policy-reference-values.json");
        if (facts.isEmpty()) {
            return;
        }
        List<GoldenValue> values = new ArrayList<>(List.of(snp(1, bytes(1, 48)), td("mrtd", bytes(2, 48))));
        for (int i = 0; i < 4; i++) {
            values.add(td("rtmr" + i, bytes(3 + i, 48)));
        }
        values.add(pcr(11, bytes(9, 32)));
        Map<String, String> sections = Map.of(
                "SNP",
                "plain",
                "TDX",
                "plain",
                "TPM",
                "plain",
                "Azure vTPM SNP",
                "az-snp-vtpm",
                "Azure vTPM TDX",
                "az-tdx-vtpm");
        Set<String> registers = Set.of("measurement", "rtmr_1", "rtmr_2", "mr_td", "pcr11");
        int compared = 0;
        for (JsonNode fact : facts.get()) {
            String claim = fact.get("claim").asText();
            String section = fact.get("section").asText();
            boolean ours = registers.stream().anyMatch(claim::endsWith) && sections.containsKey(section);
            if (!ours || !fact.get("active").asBoolean()) {
                continue;
            }
            for (Rvps.Evidence evidence : Rvps.Evidence.values()) {
                if (evidence.id().equals(sections.get(section))) {
                    Rvps rvps = new Rvps(set(values.toArray(GoldenValue[]::new)), evidence, Map.of(), Map.of());
                    String name = fact.get("reference_value").asText();
                    String rule = "\t" + claim + " " + fact.get("operator").asText() + " query_reference_value(\""
                            + name + "\")\n";
                    assertTrue(rvps.rego().contains(rule), rule + rvps.rego());
                    assertTrue(rvps.values().containsKey(name), name);
                    compared++;
                }
            }
        }
        assertEquals(11, compared);
    }

    @Test
    void rvpsHoldsSetsAndFurtherValuesUnderOtherNames() {
        Map<String, Object> others = new LinkedHashMap<>();
        others.put("snp_bootloader", List.of(3L, 4L));
        Rvps rvps = new Rvps(
                set(
                        snp(1, bytes(1, 48)),
                        snp(2, bytes(2, 48)),
                        value("svsm/vcpus=1", DigestAlgorithm.SHA384, bytes(1, 48)),
                        pcr(11, "none", DigestAlgorithm.SHA384, bytes(3, 48))),
                Rvps.Evidence.PLAIN,
                Map.of("snp", "rvps:///github.com/acme/image:1"),
                others);
        assertEquals(
                Map.of(
                        "rvps:///github.com/acme/image:1",
                        List.of(bytes(1, 48), bytes(2, 48)),
                        "snp_bootloader",
                        List.of(3L, 4L)),
                rvps.values());
        assertRefused(
                "two reference values have the name x",
                () -> new Rvps(
                        set(snp(1, bytes(1, 48)), pcr(4, bytes(2, 32))),
                        Rvps.Evidence.PLAIN,
                        Map.of("snp", "x", "pcr4", "x"),
                        Map.of()));
        assertRefused(
                "there is no value of pcr5 to be renamed",
                () -> new Rvps(set(snp(1, bytes(1, 48))), Rvps.Evidence.PLAIN, Map.of("pcr5", "x"), Map.of()));
        assertRefused(
                "there is no value that evidence of az-snp-vtpm shows: sha256 is the bank of its PCRs",
                () -> new Rvps(set(td("mrtd", bytes(1, 48))), Rvps.Evidence.AZ_SNP_VTPM, Map.of(), Map.of()));
        assertRefused(
                "records of this form hold digests only, not [snp_bootloader]",
                () -> rvps.legacyRecords(Instant.EPOCH));
    }

    /** Trustee encodes the launch digest of Azure's report in base64 (deps/verifier/src/az_snp_vtpm), all others in hexadecimal. */
    @Test
    void theLaunchDigestOfAzuresReportIsInBase64() {
        Rvps rvps = new Rvps(
                set(snp(1, bytes(1, 48)), pcr(11, bytes(2, 32))), Rvps.Evidence.AZ_SNP_VTPM, Map.of(), Map.of());
        assertEquals(
                Map.of("measurement", List.of("AQEB".repeat(16)), "snp_pcr11", List.of(bytes(2, 32))), rvps.values());
    }
}
