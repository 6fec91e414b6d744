package dev.measure;

import java.security.MessageDigest;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Objects;

/**
 * The bytes in evidence that whoever asked for it chose: REPORT_DATA of an SEV-SNP report, REPORTDATA of a TD report or quote, extraData
 * of a TPM's quote. If they are a nonce that was never used before, the evidence is no older than the nonce.
 *
 * @param field the field, in the specification's spelling
 * @param value what the evidence has there
 * @param padded whether the field has one length, so that shorter data has zeros behind it
 */
public record CallerData(String field, Source value, boolean padded) {
    /** Checks that nothing is missing. */
    public CallerData {
        Objects.requireNonNull(field, "field");
        Objects.requireNonNull(value, "value");
    }

    /**
     * {@return whether the evidence holds data, compared in a time that does not depend on the bytes}
     *
     * @param data what it must hold: a field of one length holds it in front, and zeros behind it; one of another length, nothing else
     * @throws IllegalArgumentException if the data is empty, or longer than a field of one length
     */
    public FieldVerdict check(byte[] data) {
        if (data.length == 0) {
            throw new IllegalArgumentException(field + " is bound to at least one byte");
        }
        if (padded && data.length > value.length()) {
            throw new IllegalArgumentException(field + " has " + value.length() + " bytes, got " + data.length);
        }
        byte[] expected = padded ? Arrays.copyOf(data, (int) value.length()) : data;
        byte[] found = value.toByteArray();
        return MessageDigest.isEqual(expected, found)
                ? new FieldVerdict.Matches(field, hex(found))
                : new FieldVerdict.Differs(field, hex(expected), found.length == 0 ? "nothing" : hex(found));
    }

    /**
     * {@return whether the evidence is bound to runtime data, as Azure's paravisor does it: has its SHA-256 in front}
     *
     * @param runtimeData the data, without padding
     */
    public FieldVerdict checkRuntimeData(Source runtimeData) {
        Digest expected = runtimeData.digest(DigestAlgorithm.SHA256);
        byte[] found = Arrays.copyOf(value.toByteArray(), DigestAlgorithm.SHA256.length());
        Digest half = Digest.of(DigestAlgorithm.SHA256, found);
        return half.equals(expected)
                ? new FieldVerdict.Matches(field, half.hex())
                : new FieldVerdict.Untrusted(field, expected.hex() + ", over the runtime data", half.hex());
    }

    private static String hex(byte[] bytes) {
        return HexFormat.of().formatHex(bytes);
    }
}
