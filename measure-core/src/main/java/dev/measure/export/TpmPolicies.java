package dev.measure.export;

import dev.measure.Digest;
import dev.measure.DigestAlgorithm;
import dev.measure.Register;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

/** What services that look at a TPM take: Keylime's tpm_policy, and the condition of an AWS KMS key policy. */
public final class TpmPolicies {
    /** What a NitroTPM is attested by. */
    public static final DigestAlgorithm NITRO_BANK = DigestAlgorithm.SHA384;

    /** Keylime binds data to one PCR and keeps IMA's for itself (keylime/config.py). */
    private static final int KEYLIME_IMA = 10;

    private static final int KEYLIME_DATA = 16;

    private TpmPolicies() {}

    /** {@return the PCRs that a tpm_policy may name} */
    public static ReferenceSet keylimeShown(ReferenceSet references) {
        return references.only(value -> value.register() instanceof Register.Pcr pcr
                && pcr.index() != KEYLIME_IMA
                && pcr.index() != KEYLIME_DATA);
    }

    /**
     * {@return a tpm_policy of Keylime as its verifier takes and keeps it: a mask, and for each PCR the values that it may have}
     *
     * @param references the values, of one bank: Keylime asks an agent for one
     */
    public static String keylime(ReferenceSet references) {
        Map<Integer, List<Digest>> pcrs = keylimePcrs(references);
        int mask = 0;
        for (int pcr : pcrs.keySet()) {
            mask |= 1 << pcr;
        }
        return keylime("{\"mask\": \"0x" + Integer.toHexString(mask) + "\", ", pcrs);
    }

    /**
     * {@return the same for {@code keylime_tenant --tpm_policy}, which refuses every key that is no PCR and makes the mask itself
     * (keylime/tpm/tpm_util.py, readPolicy)}
     *
     * @param references the values, of one bank
     */
    public static String keylimeTenant(ReferenceSet references) {
        return keylime("{", keylimePcrs(references));
    }

    private static Map<Integer, List<Digest>> keylimePcrs(ReferenceSet references) {
        return pcrs(keylimeShown(references), "a PCR but 10 and 16");
    }

    private static String keylime(String start, Map<Integer, List<Digest>> pcrs) {
        // On one line with blanks, as Python's json writes it and Keylime's tenant prints it.
        return pcrs.entrySet().stream()
                .map(entry -> "\"" + entry.getKey() + "\": ["
                        + entry.getValue().stream()
                                .map(digest -> "\"" + digest.hex() + "\"")
                                .collect(Collectors.joining(", "))
                        + "]")
                .collect(Collectors.joining(", ", start, "}\n"));
    }

    /** {@return the PCRs that a condition of KMS may name} */
    public static ReferenceSet kmsShown(ReferenceSet references) {
        return references.inBank(NITRO_BANK).only(value -> value.register() instanceof Register.Pcr);
    }

    /** {@return the condition of a KMS key policy that only an instance with these PCRs meets; any of several values will do} */
    public static String kmsCondition(ReferenceSet references) {
        Map<String, Object> keys = JsonTree.map();
        pcrs(kmsShown(references), "a PCR of the SHA-384 bank").forEach((pcr, digests) -> {
            List<String> hex = digests.stream().map(Digest::hex).toList();
            keys.put("kms:RecipientAttestation:NitroTPMPCR" + pcr, hex.size() == 1 ? hex.get(0) : hex);
        });
        return JsonTree.pretty(JsonTree.map("Condition", JsonTree.map("StringEqualsIgnoreCase", keys)));
    }

    private static Map<Integer, List<Digest>> pcrs(ReferenceSet references, String what) {
        if (references.banks().size() > 1) {
            throw new IllegalArgumentException("this form holds PCRs of one bank, and there are "
                    + references.banks().stream()
                            .map(bank -> bank.id().toLowerCase(Locale.ROOT))
                            .collect(Collectors.joining(", "))
                    + "; they differ in bank");
        }
        Map<Integer, List<Digest>> pcrs = new TreeMap<>();
        references
                .notEmpty(what)
                .digests()
                .forEach((register, digests) -> pcrs.put(((Register.Pcr) register).index(), digests));
        return pcrs;
    }
}
