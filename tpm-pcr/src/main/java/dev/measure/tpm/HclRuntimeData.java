package dev.measure.tpm;

import dev.measure.CallerData;
import dev.measure.FieldVerdict;
import dev.measure.MalformedInputException;
import dev.measure.Source;
import dev.measure.parse.StrictJson;
import java.io.IOException;
import java.math.BigInteger;
import java.util.Base64;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * The runtime data in the report of Azure's paravisor (HCL report): JSON with the keys of the virtual TPM, among them {@code HCLAkPub},
 * the attestation key that signs quotes. Its SHA-256 is the first half of REPORT_DATA of the guest's SEV-SNP report, or of REPORTDATA of
 * its TD report and quote, so a report that is genuine tells that the key is of a TPM in the same guest. Microsoft, "Azure confidential
 * VMs: guest attestation", "Runtime data".
 *
 * <p>That the report is genuine is not enough: whoever owns a guest of his own writes into REPORT_DATA what he likes, the hash of runtime
 * data with his own key, too. The key is to be believed only if the report's signature was verified and its launch digest or MRTD is one
 * that is known to be of the paravisor: compare it with a golden value.
 */
public final class HclRuntimeData {
    private static final String WHAT = "the runtime data of an HCL report";
    private static final String ATTESTATION_KEY = "HCLAkPub";
    private static final int MAX_SIZE = 1 << 16;
    private static final int MAX_DEPTH = 6;

    /** What a key must have; key_ops says encrypt in older reports, and sign in newer. */
    private static final Set<String> MEMBERS = Set.of("kid", "kty", "n", "e");

    private final Source json;
    private final AttestationKey attestationKey;

    private HclRuntimeData(Source json, AttestationKey attestationKey) {
        this.json = json;
        this.attestationKey = attestationKey;
    }

    /**
     * {@return the runtime data}
     *
     * @param json its bytes, without padding
     * @throws MalformedInputException if it is no JSON, or has not one HCLAkPub of RSA
     */
    public static HclRuntimeData read(Source json) {
        AttestationKey key = StrictJson.read(json, WHAT, MAX_SIZE, HclRuntimeData::key);
        return new HclRuntimeData(json, key);
    }

    private static AttestationKey key(StrictJson json) throws IOException {
        Optional<AttestationKey> found = Optional.empty();
        json.object(WHAT);
        while (json.field()) {
            if (!json.name().equals("keys")) {
                json.skip(MAX_DEPTH);
                continue;
            }
            json.array("keys");
            while (json.element("a JSON Web Key")) {
                Map<String, String> key = new HashMap<>();
                while (json.field()) {
                    if (MEMBERS.contains(json.name())) {
                        key.put(json.name(), json.string(json.name()));
                    } else {
                        json.skip(MAX_DEPTH);
                    }
                }
                if (ATTESTATION_KEY.equals(key.get("kid"))) {
                    if (found.isPresent()) {
                        throw json.malformed("one key " + ATTESTATION_KEY, "another");
                    }
                    found = Optional.of(rsa(json, key));
                }
            }
        }
        return found.orElseThrow(() -> json.malformed("the key " + ATTESTATION_KEY, "none of that kid"));
    }

    private static AttestationKey rsa(StrictJson json, Map<String, String> key) {
        String expected = ATTESTATION_KEY + " of RSA, with n and e in base64url";
        if (!"RSA".equals(key.get("kty"))) {
            throw json.malformed(expected, "another key");
        }
        try {
            BigInteger n = new BigInteger(1, Base64.getUrlDecoder().decode(key.getOrDefault("n", "")));
            BigInteger e = new BigInteger(1, Base64.getUrlDecoder().decode(key.getOrDefault("e", "")));
            return AttestationKey.rsa(n, e);
        } catch (IllegalArgumentException e) {
            throw json.malformed(expected, "others");
        }
    }

    /** {@return HCLAkPub} */
    public AttestationKey attestationKey() {
        return attestationKey;
    }

    /**
     * {@return whether a report is bound to this data: has its SHA-256 in front of its caller's data}
     *
     * <p>It says nothing of the report: verify its signature, and compare its launch digest or MRTD with a golden value.
     *
     * @param data REPORT_DATA of an SEV-SNP report, or REPORTDATA of a TD report or quote
     */
    public FieldVerdict boundBy(CallerData data) {
        return data.checkRuntimeData(json);
    }
}
