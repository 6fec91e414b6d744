package dev.measure.tpm;

import dev.measure.Digest;
import dev.measure.DigestAlgorithm;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;

/**
 * Digests of TPM 2.0 authorization policies over PCR values, as a fresh session with hash SHA-256 computes them.
 *
 * <p>TPM 2.0 Library specification, part 3, sections 23.7 (TPM2_PolicyPCR) and 23.16 (TPM2_PolicyAuthorize). All numbers are
 * big-endian. The hash of the session is SHA-256 whatever the bank of the PCRs.
 */
public final class PcrPolicy {
    private static final int TPM_CC_POLICY_AUTHORIZE = 0x0000016a;
    private static final int TPM_CC_POLICY_PCR = 0x0000017f;

    /** sizeofSelect of TPMS_PCR_SELECTION: 24 PCRs. */
    private static final int SIZE_OF_SELECT = 3;

    /** The highest PCR of a PC Client TPM. */
    static final int LAST_PCR = 8 * SIZE_OF_SELECT - 1;

    private PcrPolicy() {}

    /**
     * {@return the policy digest after TPM2_PolicyPCR}
     *
     * @param values PCR values by index, 0 to 23; all of one bank
     * @throws IllegalArgumentException if there is none, or one of another bank or index
     */
    public static Digest policyPcr(SortedMap<Integer, Digest> values) {
        if (values.isEmpty()) {
            throw new IllegalArgumentException("a PCR policy takes at least one PCR");
        }
        DigestAlgorithm bank = values.get(values.firstKey()).algorithm();
        byte[] select = new byte[SIZE_OF_SELECT];
        MessageDigest pcrDigest = DigestAlgorithm.SHA256.newMessageDigest();
        for (Map.Entry<Integer, Digest> value : values.entrySet()) {
            int pcr = value.getKey();
            if (pcr < 0 || pcr > LAST_PCR) {
                throw new IllegalArgumentException("there is no PCR " + pcr + ", only 0 to " + LAST_PCR);
            }
            if (value.getValue().algorithm() != bank) {
                throw new IllegalArgumentException("PCRs of one bank make a policy, got " + bank.id() + " and "
                        + value.getValue().algorithm().id());
            }
            select[pcr / 8] |= (byte) (1 << pcr % 8);
            pcrDigest.update(value.getValue().toByteArray());
        }
        MessageDigest policy = DigestAlgorithm.SHA256.newMessageDigest();
        policy.update(new byte[DigestAlgorithm.SHA256.length()]); // policyDigest of a fresh session
        u32(policy, TPM_CC_POLICY_PCR);
        u32(policy, 1); // TPML_PCR_SELECTION.count
        u16(policy, bank.tpmAlgId());
        policy.update((byte) SIZE_OF_SELECT);
        policy.update(select);
        policy.update(pcrDigest.digest());
        return Digest.of(DigestAlgorithm.SHA256, policy);
    }

    /**
     * {@return what is signed to approve a policy: the policy digest, and behind it SHA-256 of the policyRef if there is one}
     *
     * @param policy the policy digest, SHA-256
     * @param policyRef systemd's text that tells signatures of one key apart; its SHA-256 is the policyRef of the TPM
     */
    public static byte[] toBeSigned(Digest policy, Optional<String> policyRef) {
        byte[] digest = sha256(policy).toByteArray();
        byte[] ref = reference(policyRef);
        byte[] both = Arrays.copyOf(digest, digest.length + ref.length);
        System.arraycopy(ref, 0, both, digest.length, ref.length);
        return both;
    }

    /**
     * {@return the policy digest after TPM2_PolicyAuthorize, to which secrets are bound: any policy that the key has signed meets it}
     *
     * @param key the key whose signatures count
     * @param policyRef systemd's text, as for {@link #toBeSigned}
     */
    public static Digest policyAuthorize(PolicyPublicKey key, Optional<String> policyRef) {
        MessageDigest first = DigestAlgorithm.SHA256.newMessageDigest();
        first.update(
                new byte[DigestAlgorithm.SHA256.length()]); // PolicyAuthorize starts from zeros, whatever came before
        u32(first, TPM_CC_POLICY_AUTHORIZE);
        first.update(key.tpmName());
        MessageDigest second = DigestAlgorithm.SHA256.newMessageDigest();
        second.update(first.digest());
        second.update(reference(policyRef));
        return Digest.of(DigestAlgorithm.SHA256, second);
    }

    private static byte[] reference(Optional<String> policyRef) {
        return policyRef
                .map(text -> DigestAlgorithm.SHA256.newMessageDigest().digest(text.getBytes(StandardCharsets.UTF_8)))
                .orElse(new byte[0]);
    }

    private static Digest sha256(Digest policy) {
        if (policy.algorithm() != DigestAlgorithm.SHA256) {
            throw new IllegalArgumentException(
                    "a policy digest is SHA-256, got " + policy.algorithm().id());
        }
        return policy;
    }

    private static void u16(MessageDigest into, int value) {
        into.update((byte) (value >>> 8));
        into.update((byte) value);
    }

    private static void u32(MessageDigest into, int value) {
        u16(into, value >>> 16);
        u16(into, value);
    }
}
