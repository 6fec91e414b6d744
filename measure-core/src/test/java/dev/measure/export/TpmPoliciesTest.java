package dev.measure.export;

import static dev.measure.export.ReferenceValues.JSON;
import static dev.measure.export.ReferenceValues.assertRefused;
import static dev.measure.export.ReferenceValues.bytes;
import static dev.measure.export.ReferenceValues.pcr;
import static dev.measure.export.ReferenceValues.set;
import static dev.measure.export.ReferenceValues.shared;
import static org.junit.jupiter.api.Assertions.assertEquals;

import com.fasterxml.jackson.databind.JsonNode;
import dev.measure.DigestAlgorithm;
import dev.measure.vectors.Shared;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashSet;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Policies over PCRs of Keylime and of AWS KMS against their examples. */
class TpmPoliciesTest {
    @Test
    void keylimesPolicyIsTheExampleByteForByte() throws IOException {
        String made = TpmPolicies.keylime(
                set(pcr(4, "55cafe51" + "00".repeat(28)), pcr(11, bytes(0x11, 32)), pcr(10, bytes(1, 32))));
        Optional<Path> file = Shared.file("vectors/formats/keylime/tpm_policy.json");
        if (file.isPresent()) {
            assertEquals(Files.readString(file.get()), made);
        }
        // What keylime_tenant --tpm_policy takes: its readPolicy refuses every key that is no number.
        assertEquals(
                "{\"4\": [\"" + bytes(1, 32) + "\", \"" + bytes(2, 32) + "\"], \"11\": [\"" + bytes(3, 32) + "\"]}\n",
                TpmPolicies.keylimeTenant(set(
                        pcr(4, "a", DigestAlgorithm.SHA256, bytes(1, 32)),
                        pcr(4, "b", DigestAlgorithm.SHA256, bytes(2, 32)),
                        pcr(11, bytes(3, 32)),
                        pcr(16, bytes(4, 32)))));
        assertRefused(
                "this form holds PCRs of one bank, and there are sha256, sha384; they differ in bank",
                () -> TpmPolicies.keylime(
                        set(pcr(4, bytes(1, 32)), pcr(4, "none", DigestAlgorithm.SHA384, bytes(1, 48)))));
    }

    @Test
    void theConditionOfKmsHasTheKeysOfTheExample() throws IOException {
        JsonNode made = JSON.readTree(TpmPolicies.kmsCondition(set(
                pcr(4, "none", DigestAlgorithm.SHA384, bytes(1, 48)),
                pcr(7, "none", DigestAlgorithm.SHA384, bytes(2, 48)),
                pcr(12, "none", DigestAlgorithm.SHA384, bytes(3, 48)),
                pcr(12, "later", DigestAlgorithm.SHA384, bytes(4, 48)))));
        JsonNode keys = made.get("Condition").get("StringEqualsIgnoreCase");
        assertEquals(
                bytes(1, 48), keys.get("kms:RecipientAttestation:NitroTPMPCR4").asText());
        assertEquals(2, keys.get("kms:RecipientAttestation:NitroTPMPCR12").size());
        Optional<JsonNode> example = shared("nitro/kms-policy-condition.json");
        if (example.isPresent()) {
            Set<String> names = new LinkedHashSet<>();
            example.get()
                    .get("Condition")
                    .get("StringEqualsIgnoreCase")
                    .properties()
                    .forEach(entry -> names.add(entry.getKey()));
            Set<String> ours = new LinkedHashSet<>();
            keys.properties().forEach(entry -> ours.add(entry.getKey()));
            assertEquals(names, ours);
        }
    }
}
