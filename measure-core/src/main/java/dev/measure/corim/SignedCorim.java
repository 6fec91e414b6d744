package dev.measure.corim;

import dev.measure.Source;
import dev.measure.sign.EcSigningKey;
import dev.measure.sign.VerificationKey;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Objects;
import java.util.Optional;

/**
 * A signed manifest: COSE_Sign1 (tag 18, RFC 9052) around a {@link Corim}. Reading it checks its form, not its signature: that is
 * {@link #verify}.
 */
public final class SignedCorim {
    static final long TAG = 18;

    static final String CONTENT_TYPE = "application/rim+cbor";
    private static final long ALG = 1;
    private static final long CRIT = 2;
    private static final long CONTENT = 3;
    private static final long KID = 4;
    private static final long CORIM_META = 8;
    private static final long CWT_CLAIMS = 15;
    private static final long PAYLOAD_HASH_ALG = 258;
    private static final long URI = 32;

    private final Corim corim;
    private final long algorithmId;
    private final Optional<Meta> meta;
    private final Optional<String> keyId;
    private final byte[] protectedHeader;
    private final CborItem unprotectedHeader;
    private final byte[] payload;
    private final byte[] signature;

    /**
     * Who signed ({@code corim-meta}).
     *
     * @param signer the name of the signer
     * @param uri where the signer is to be found
     * @param validity when the signature holds
     */
    public record Meta(String signer, Optional<String> uri, Optional<ValidityMap> validity) {
        private static Meta read(CborItem map) {
            CborItem signer = map.map("corim-meta").need(0, "signer").map("signer");
            return new Meta(
                    signer.need(0, "name of the signer").text("name of the signer"),
                    signer.get(1)
                            .map(uri -> uri.tagged(URI, "URI of the signer").text("URI of the signer")),
                    map.get(1).map(ValidityMap::read));
        }

        private CborItem item() {
            List<CborItem> who = new ArrayList<>(List.of(CborItem.of(0), CborItem.of(signer)));
            uri.ifPresent(text -> who.addAll(List.of(CborItem.of(1), CborItem.tag(URI, CborItem.of(text)))));
            List<CborItem> map = new ArrayList<>(List.of(CborItem.of(0), CborItem.map(who)));
            validity.ifPresent(times -> map.addAll(List.of(CborItem.of(1), times.item())));
            return CborItem.map(map);
        }
    }

    private SignedCorim(
            Corim corim,
            long algorithmId,
            Optional<Meta> meta,
            Optional<String> keyId,
            byte[] protectedHeader,
            CborItem unprotectedHeader,
            byte[] payload,
            byte[] signature) {
        this.corim = corim;
        this.algorithmId = algorithmId;
        this.meta = meta;
        this.keyId = keyId;
        this.protectedHeader = protectedHeader;
        this.unprotectedHeader = unprotectedHeader;
        this.payload = payload;
        this.signature = signature;
    }

    /** {@return the signed manifest that fills a source} */
    public static SignedCorim read(Source source) {
        return ofItem(CborReader.read(source, "signed CoRIM"));
    }

    static SignedCorim ofItem(CborItem item) {
        CborItem sign1 = item.tagged(TAG, "COSE_Sign1");
        List<CborItem> parts = sign1.array(4, "COSE_Sign1");
        if (parts.size() != 4) {
            throw sign1.malformed("COSE_Sign1 with 4 elements", parts.size() + " elements");
        }
        CborItem header = parts.get(0).embedded("protected header").map("protected header");
        CborItem unprotected = parts.get(1).map("unprotected header");
        apart(header, unprotected);
        long algorithm = header.need(ALG, "algorithm").integer("algorithm");
        header.get(CRIT).ifPresent(critical -> {
            throw critical.malformed("a header without critical parameters (key 2)");
        });
        header.get(PAYLOAD_HASH_ALG).ifPresent(hash -> {
            throw hash.malformed("a manifest as payload", "a hash of one (COSE hash envelope)");
        });
        CborItem type = header.need(CONTENT, "content type");
        if (!type.text("content type").equals(CONTENT_TYPE)) {
            throw type.malformed("content type \"" + CONTENT_TYPE + "\"");
        }
        Optional<CborItem> meta = header.get(CORIM_META);
        if (meta.isEmpty() && header.get(CWT_CLAIMS).isEmpty()) {
            throw header.malformed("corim-meta (key 8) or CWT claims (key 15)", "a header without them");
        }
        header.get(CWT_CLAIMS).ifPresent(claims -> claims.map("CWT claims"));
        CborItem payload = parts.get(2);
        return new SignedCorim(
                Corim.ofItem(payload.embedded("payload, a CoRIM")),
                algorithm,
                meta.map(bytes -> Meta.read(bytes.embedded("corim-meta"))),
                header.get(KID)
                        .or(() -> unprotected.get(KID))
                        .map(kid -> HexFormat.of().formatHex(kid.bytes("key id"))),
                parts.get(0).bytes("protected header"),
                unprotected,
                payload.bytes("payload"),
                parts.get(3).bytes("signature"));
    }

    /** RFC 9052, section 3: a label stands in one of the headers; what a verifier must heed stands in the one that is signed. */
    private static void apart(CborItem header, CborItem unprotected) {
        for (int i = 0; i < unprotected.entries().size(); i += 2) {
            CborItem label = unprotected.entries().get(i);
            for (int j = 0; j < header.entries().size(); j += 2) {
                if (header.entries().get(j).equals(label)) {
                    throw label.malformed("a label in one header", label.shown() + " in both");
                }
            }
        }
        unprotected.get(CRIT).ifPresent(critical -> {
            throw critical.malformed("critical parameters (key 2) in the protected header");
        });
    }

    /**
     * {@return a manifest, signed; ECDSA with nonces after RFC 6979, so the same key and manifest give the same bytes}
     *
     * @param corim the manifest
     * @param meta who signs
     * @param keyId an id of the key, for verifiers that have several
     * @param key the key; its curve says which algorithm is used
     */
    public static SignedCorim sign(Corim corim, Meta meta, Optional<byte[]> keyId, EcSigningKey key) {
        CoseAlgorithm algorithm = CoseAlgorithm.of(key.publicKey().curve());
        List<CborItem> header = new ArrayList<>(List.of(
                CborItem.of(ALG),
                CborItem.of(algorithm.id()),
                CborItem.of(CONTENT),
                CborItem.of(CONTENT_TYPE),
                CborItem.of(CORIM_META),
                CborItem.of(Objects.requireNonNull(meta, "meta").item().encode())));
        keyId.ifPresent(id -> header.addAll(List.of(CborItem.of(KID), CborItem.of(id))));
        byte[] protectedHeader = CborItem.map(header).encode();
        byte[] payload = corim.encode();
        return new SignedCorim(
                corim,
                algorithm.id(),
                Optional.of(meta),
                keyId.map(id -> HexFormat.of().formatHex(id)),
                protectedHeader,
                CborItem.map(List.of()),
                payload,
                key.sign(algorithm.hash(), toBeSigned(protectedHeader, payload)));
    }

    /** Sig_structure of RFC 9052, section 4.4. */
    static byte[] toBeSigned(byte[] protectedHeader, byte[] payload) {
        return CborItem.array(List.of(
                        CborItem.of("Signature1"),
                        CborItem.of(protectedHeader),
                        CborItem.of(new byte[0]),
                        CborItem.of(payload)))
                .encode();
    }

    /**
     * {@return whether the signature is this key's}
     *
     * @param key the key; one of another kind than the algorithm asks for has signed nothing here
     */
    public boolean verify(VerificationKey key) {
        return algorithm()
                .filter(of -> of.verify(key, toBeSigned(protectedHeader, payload), signature))
                .isPresent();
    }

    /**
     * {@return why no key of this kind can have made the signature: the algorithm is not taken, or is of other keys}
     *
     * @param key the key
     */
    public Optional<String> refusal(VerificationKey key) {
        if (algorithm().isEmpty()) {
            return Optional.of(CoseAlgorithm.refusal(algorithmId));
        }
        return algorithm().get().takes(key)
                ? Optional.empty()
                : Optional.of("COSE algorithm " + algorithm().get() + " does not go with a key of " + key.kind());
    }

    /** {@return the manifest} */
    public Corim corim() {
        return corim;
    }

    /** {@return the algorithm, if it is one of these} */
    public Optional<CoseAlgorithm> algorithm() {
        return CoseAlgorithm.of(algorithmId);
    }

    /** {@return the number of the algorithm in the registry of COSE} */
    public long algorithmId() {
        return algorithmId;
    }

    /** {@return who signed, if it says so in corim-meta} */
    public Optional<Meta> meta() {
        return meta;
    }

    /** {@return the id of the key in lower-case hexadecimal; a hint only, it need not be signed} */
    public Optional<String> keyId() {
        return keyId;
    }

    /** {@return the signed manifest in CBOR, with tag 18; headers and payload stay as they were} */
    public byte[] encode() {
        return CborItem.tag(
                        TAG,
                        CborItem.array(List.of(
                                CborItem.of(protectedHeader),
                                unprotectedHeader,
                                CborItem.of(payload),
                                CborItem.of(signature))))
                .encode();
    }
}
