package dev.measure.corim;

import dev.measure.Digest;
import dev.measure.DigestAlgorithm;
import dev.measure.MalformedInputException;
import dev.measure.Source;
import dev.measure.sign.EcPublicKey;
import java.util.Collections;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * An attestation document of an AWS Nitro system: COSE_Sign1 with ES384 and, usually, without its tag, around a map in CBOR (AWS Nitro
 * Enclaves, "Cryptographic attestation"). Of an enclave its registers are {@code pcrs}, of an instance with a NitroTPM
 * {@code nitrotpm_pcrs}, which are those of the TPM.
 */
public final class NsmDocument {
    private static final int ALG = 1;
    private static final int MAX_PCR = 31;

    /** Four elements, then the protected header {1: -35} as it is always written. */
    private static final String START = "8444a1013822";

    private final String moduleId;
    private final long timestamp;
    private final boolean ofTpm;
    private final Map<Integer, Digest> pcrs;
    private final byte[] certificate;
    private final int authorities;
    private final byte[] signed;
    private final byte[] signature;
    private final Source source;

    private NsmDocument(Source source, List<CborItem> parts, CborItem body) {
        this.source = source;
        moduleId = need(body, "module_id").text("module_id");
        timestamp = need(body, "timestamp").unsigned("timestamp");
        CborItem digest = need(body, "digest");
        if (!digest.text("digest").equals("SHA384")) {
            throw digest.malformed("digest \"SHA384\"");
        }
        Optional<CborItem> tpm = get(body, "nitrotpm_pcrs");
        ofTpm = tpm.isPresent();
        pcrs = pcrs(tpm.orElseGet(() -> need(body, "pcrs")));
        certificate = need(body, "certificate").bytes("certificate");
        authorities = need(body, "cabundle").array(1, "cabundle").size();
        signed = SignedCorim.toBeSigned(
                parts.get(0).bytes("protected header"), parts.get(2).bytes("payload"));
        signature = parts.get(3).bytes("signature");
    }

    /**
     * {@return whether a file begins as such a document does}
     *
     * @param source the file
     */
    public static boolean looksLike(Source source) {
        String start = HexFormat.of()
                .formatHex(source.slice(0, Math.min(7, source.length())).toByteArray());
        return start.startsWith(START) || start.startsWith("d2" + START);
    }

    /**
     * {@return the document in a file}
     *
     * @param source the file
     * @throws MalformedInputException if it is of another form
     */
    public static NsmDocument read(Source source) {
        CborItem item = CborReader.read(source, "attestation document");
        CborItem sign1 = item.isTag(SignedCorim.TAG) ? item.tagContent() : item;
        List<CborItem> parts = sign1.array(4, "COSE_Sign1");
        if (parts.size() != 4) {
            throw sign1.malformed("COSE_Sign1 with 4 elements", parts.size() + " elements");
        }
        CborItem algorithm = parts.get(0)
                .embedded("protected header")
                .map("protected header")
                .need(ALG, "algorithm");
        if (algorithm.integer("algorithm") != CoseAlgorithm.ES384.id()) {
            throw algorithm.malformed("algorithm ES384 (" + CoseAlgorithm.ES384.id() + ")");
        }
        return new NsmDocument(source, parts, parts.get(2).embedded("payload").map("payload"));
    }

    private static Map<Integer, Digest> pcrs(CborItem item) {
        Map<Integer, Digest> pcrs = new TreeMap<>();
        List<CborItem> entries = item.map("PCRs").entries();
        for (int i = 0; i < entries.size(); i += 2) {
            long pcr = entries.get(i).unsigned("PCR index");
            byte[] value = entries.get(i + 1).bytes("PCR value");
            if (pcr > MAX_PCR || value.length != DigestAlgorithm.SHA384.length()) {
                throw entries.get(i)
                        .malformed(
                                "PCR index 0..31 with a SHA-384 digest",
                                "PCR " + Long.toUnsignedString(pcr) + " with " + value.length + " bytes");
            }
            pcrs.put((int) pcr, Digest.of(DigestAlgorithm.SHA384, value));
        }
        return Collections.unmodifiableMap(pcrs);
    }

    private static Optional<CborItem> get(CborItem map, String key) {
        List<CborItem> entries = map.entries();
        for (int i = 0; i < entries.size(); i += 2) {
            if (entries.get(i).equals(CborItem.of(key))) {
                return Optional.of(entries.get(i + 1));
            }
        }
        return Optional.empty();
    }

    private static CborItem need(CborItem map, String key) {
        return get(map, key).orElseThrow(() -> map.malformed(key, "a map without it"));
    }

    /**
     * {@return whether the signature is by the certificate in the document; whether that certificate is AWS's, nobody looks here}
     *
     * @throws MalformedInputException if the certificate is none
     */
    public boolean isSignedByItsCertificate() {
        return EcPublicKey.read(Source.of(source.name() + " (certificate)", certificate))
                .verify(DigestAlgorithm.SHA384, signed, signature);
    }

    /** {@return the name of the instance and enclave} */
    public String moduleId() {
        return moduleId;
    }

    /** {@return when it was made, milliseconds since 1970, unsigned} */
    public long timestamp() {
        return timestamp;
    }

    /** {@return whether its registers are those of a NitroTPM, not of an enclave} */
    public boolean isOfTpm() {
        return ofTpm;
    }

    /** {@return its registers by index} */
    public Map<Integer, Digest> pcrs() {
        return pcrs;
    }

    /** {@return the DER of the certificate that signs it} */
    public Source certificate() {
        return Source.of(source.name() + " (certificate)", certificate);
    }

    /** {@return how many certificates above it come along} */
    public int authorities() {
        return authorities;
    }
}
