package dev.measure.export;

import dev.measure.DigestAlgorithm;
import dev.measure.golden.GoldenInput;
import dev.measure.sign.EcCurve;
import dev.measure.sign.EcSigningKey;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** A signed envelope around a statement: DSSE 1.0 (secure-systems-lab/dsse, envelope.md), with ECDSA signatures in DER as cosign has them. */
public final class Dsse {
    private static final String PAYLOAD_TYPE = "application/vnd.in-toto+json";

    private Dsse() {}

    /**
     * {@return the envelope}
     *
     * @param references the values of the statement
     * @param subjects what it is about
     * @param keyId a hint which key it is
     * @param key signs
     */
    public static String envelope(
            ReferenceSet references, List<GoldenInput> subjects, Optional<String> keyId, EcSigningKey key) {
        byte[] payload =
                JsonTree.compact(InToto.statementTree(references, subjects)).getBytes(StandardCharsets.UTF_8);
        Map<String, Object> signature = JsonTree.map();
        keyId.ifPresent(id -> signature.put("keyid", id));
        signature.put(
                "sig",
                Base64.getEncoder()
                        .encodeToString(key.signDer(hash(key.publicKey().curve()), preAuthEncoding(payload))));
        return JsonTree.pretty(JsonTree.map(
                "payloadType",
                PAYLOAD_TYPE,
                "payload",
                Base64.getEncoder().encodeToString(payload),
                "signatures",
                List.of(signature)));
    }

    private static DigestAlgorithm hash(EcCurve curve) {
        return switch (curve) {
            case P256 -> DigestAlgorithm.SHA256;
            case P384 -> DigestAlgorithm.SHA384;
            case P521 -> DigestAlgorithm.SHA512;
        };
    }

    /** PAE of DSSE 1.0. */
    static byte[] preAuthEncoding(byte[] payload) {
        ByteArrayOutputStream pae = new ByteArrayOutputStream();
        pae.writeBytes(("DSSEv1 " + PAYLOAD_TYPE.length() + " " + PAYLOAD_TYPE + " " + payload.length + " ")
                .getBytes(StandardCharsets.US_ASCII));
        pae.writeBytes(payload);
        return pae.toByteArray();
    }
}
