package dev.measure.tpm;

import dev.measure.Digest;
import dev.measure.DigestAlgorithm;
import dev.measure.Source;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import org.apache.commons.codec.binary.Hex;

/**
 * Signed PCR policies: the content of a UKI's {@code .pcrsig} section and of {@code tpm2-pcr-signature.json}.
 *
 * <p>systemd-measure(1) and the systemd-stub's UAPI.5 section {@code .pcrsig}. An object by bank, each an array of entries.
 *
 * @param banks the entries of each bank; the order of banks and entries is that of the file
 */
public record PcrSignature(Map<DigestAlgorithm, List<Entry>> banks) {
    /** The PCR of systemd-stub. */
    static final int UKI_PCR = 11;

    /** A file without entries. */
    public static final PcrSignature EMPTY = new PcrSignature(Map.of());

    /** Copies the map and its lists. */
    public PcrSignature {
        Map<DigestAlgorithm, List<Entry>> copy = new LinkedHashMap<>();
        banks.forEach((bank, entries) -> copy.put(bank, List.copyOf(entries)));
        banks = Collections.unmodifiableMap(copy);
    }

    /**
     * One policy, and the signature that approves it.
     *
     * @param pcrs the PCRs of the policy, ascending
     * @param pkfp {@link PolicyPublicKey#fingerprint()} of the key; empty if an external signer will choose it
     * @param ref the policyref, a text that is signed along with the policy
     * @param pol the policy digest, SHA-256
     * @param tbs whether the entry spells out what is to be signed, as {@code systemd-measure policy-digest} writes it
     * @param sig the signature in base64
     */
    public record Entry(
            List<Integer> pcrs,
            Optional<Digest> pkfp,
            Optional<String> ref,
            Digest pol,
            boolean tbs,
            Optional<String> sig) {
        /** Checks what can be checked without the key. */
        public Entry {
            pcrs = List.copyOf(pcrs);
            Objects.requireNonNull(ref, "ref");
            requireSha256(pol);
            pkfp.ifPresent(Entry::requireSha256);
            for (int i = 0; i < pcrs.size(); i++) {
                if (pcrs.get(i) < (i == 0 ? 0 : pcrs.get(i - 1) + 1) || pcrs.get(i) > PcrPolicy.LAST_PCR) {
                    throw new IllegalArgumentException("PCRs ascend from 0 to " + PcrPolicy.LAST_PCR + ", got " + pcrs);
                }
            }
            if (pcrs.isEmpty()) {
                throw new IllegalArgumentException("a PCR policy takes at least one PCR");
            }
            if (!tbs && sig.isEmpty()) {
                throw new IllegalArgumentException("an entry without a signature says what is to be signed");
            }
            sig.ifPresent(text -> Base64.getDecoder().decode(text));
        }

        private static void requireSha256(Digest digest) {
            if (digest.algorithm() != DigestAlgorithm.SHA256) {
                throw new IllegalArgumentException(
                        "pol and pkfp are SHA-256, got " + digest.algorithm().id());
            }
        }

        /** {@return the bytes that are signed} */
        public byte[] toBeSigned() {
            return PcrPolicy.toBeSigned(pol, ref);
        }

        /** {@return the signature; empty if an external signer will make it} */
        public Optional<byte[]> signature() {
            return sig.map(text -> Base64.getDecoder().decode(text));
        }

        private Map<String, Object> json() {
            Map<String, Object> json = new LinkedHashMap<>();
            json.put("pcrs", pcrs);
            pkfp.ifPresent(digest -> json.put("pkfp", digest.hex()));
            ref.ifPresent(text -> json.put("ref", text));
            json.put("pol", pol.hex());
            if (tbs) {
                json.put("tbs", Hex.encodeHexString(toBeSigned()));
            }
            sig.ifPresent(text -> json.put("sig", text));
            return json;
        }
    }

    /**
     * {@return the signatures in a file}
     *
     * @param source JSON, perhaps with the NUL of a text behind it
     * @throws dev.measure.MalformedInputException if it is of another form; fields that have no meaning here are refused too
     */
    public static PcrSignature read(Source source) {
        return PcrSignatureReader.read(source);
    }

    /**
     * {@return the entry that a key signs for a PCR 11 value, as {@code systemd-measure sign} makes it}
     *
     * @param pcr11 the value
     * @param key signs
     * @param fingerprint of the key in {@code pkfp}; for another public half than the key's own, as systemd-measure allows it, see there
     * @param policyRef the policyref
     * @param hash with which hash
     */
    static Entry signed(
            Digest pcr11, PolicySigningKey key, Digest fingerprint, Optional<String> policyRef, SignatureHash hash) {
        Digest policy = policy(pcr11);
        byte[] signature = key.sign(hash.of(pcr11.algorithm()), PcrPolicy.toBeSigned(policy, policyRef));
        return new Entry(
                List.of(UKI_PCR),
                Optional.of(fingerprint),
                policyRef,
                policy,
                false,
                Optional.of(Base64.getEncoder().encodeToString(signature)));
    }

    /**
     * {@return the entry that a key signs for a PCR 11 value}
     *
     * @param pcr11 the value, in its bank
     * @param key signs
     * @param policyRef a text that is signed along, to tell signatures of one key apart; needs systemd 262
     * @param hash with which hash
     */
    public static Entry signed(Digest pcr11, PolicySigningKey key, Optional<String> policyRef, SignatureHash hash) {
        return signed(pcr11, key, key.publicKey().fingerprint(), policyRef, hash);
    }

    /**
     * {@return the entry that tells an external signer what to sign for a PCR 11 value}
     *
     * @param pcr11 the value, in its bank
     * @param key the key that will sign, if it is known
     * @param policyRef as for {@link #signed}
     */
    public static Entry unsigned(Digest pcr11, Optional<PolicyPublicKey> key, Optional<String> policyRef) {
        return new Entry(
                List.of(UKI_PCR),
                key.map(PolicyPublicKey::fingerprint),
                policyRef,
                policy(pcr11),
                true,
                Optional.empty());
    }

    /** {@return the policy digest of PCR 11 alone} */
    static Digest policy(Digest pcr11) {
        return PcrPolicy.policyPcr(new TreeMap<>(Map.of(UKI_PCR, pcr11)));
    }

    /**
     * {@return the signatures with one more; one that is there already is not added again}
     *
     * <p>The bank moves to the end of the file, as systemd-measure has it.
     *
     * @param bank its bank
     * @param entry the entry
     */
    public PcrSignature append(DigestAlgorithm bank, Entry entry) {
        Map<DigestAlgorithm, List<Entry>> more = new LinkedHashMap<>(banks);
        List<Entry> entries = new ArrayList<>(banks.getOrDefault(bank, List.of()));
        if (!entries.contains(entry)) {
            entries.add(entry);
        }
        more.remove(bank);
        more.put(bank, entries);
        return new PcrSignature(more);
    }

    /**
     * {@return the file, byte for byte as systemd-measure writes it}
     *
     * @param style its layout
     */
    public String toJson(JsonStyle style) {
        Map<String, Object> json = new LinkedHashMap<>();
        banks.forEach((bank, entries) ->
                json.put(bank.id(), entries.stream().map(Entry::json).toList()));
        return SystemdJson.text(json, style);
    }
}
