package dev.measure;

import java.security.MessageDigest;
import java.util.Arrays;
import org.apache.commons.codec.DecoderException;
import org.apache.commons.codec.binary.Hex;

/** A digest value: an algorithm and exactly its number of bytes. Immutable; bytes are copied in and out. */
public final class Digest {
    private final DigestAlgorithm algorithm;
    private final byte[] value;

    private Digest(DigestAlgorithm algorithm, byte[] value) {
        this.algorithm = algorithm;
        this.value = value;
    }

    /**
     * {@return the digest with these bytes}
     *
     * @param algorithm the algorithm that made them
     * @param value the bytes, as many as the algorithm gives
     * @throws IllegalArgumentException if the length is another
     */
    public static Digest of(DigestAlgorithm algorithm, byte[] value) {
        if (value.length != algorithm.length()) {
            throw new IllegalArgumentException(
                    "a " + algorithm.id() + " digest has " + algorithm.length() + " bytes, got " + value.length);
        }
        return new Digest(algorithm, value.clone());
    }

    /**
     * {@return the digest that a message digest gives for what it was fed; the message digest is reset}
     *
     * @param algorithm the algorithm of the message digest
     * @param fed the message digest
     */
    public static Digest of(DigestAlgorithm algorithm, MessageDigest fed) {
        return of(algorithm, fed.digest());
    }

    /** {@return the digest of all zero bits, the value that launch digests, RTMRs and most PCRs start from} */
    public static Digest zero(DigestAlgorithm algorithm) {
        return new Digest(algorithm, new byte[algorithm.length()]);
    }

    /**
     * {@return the digest written in hexadecimal}
     *
     * @param algorithm the algorithm
     * @param hex two digits a byte, either case, nothing else
     * @throws IllegalArgumentException if the text is not hexadecimal or has the wrong length
     */
    public static Digest parse(DigestAlgorithm algorithm, String hex) {
        if (hex.length() != 2 * algorithm.length()) {
            throw new IllegalArgumentException("a " + algorithm.id() + " digest has " + 2 * algorithm.length()
                    + " hexadecimal digits, got " + hex.length());
        }
        try {
            return new Digest(algorithm, Hex.decodeHex(hex));
        } catch (DecoderException e) {
            throw new IllegalArgumentException("not a hexadecimal digest: '" + hex + "'", e);
        }
    }

    /** {@return the algorithm} */
    public DigestAlgorithm algorithm() {
        return algorithm;
    }

    /** {@return a copy of the bytes} */
    public byte[] toByteArray() {
        return value.clone();
    }

    /** {@return the bytes as lower-case hexadecimal} */
    public String hex() {
        return Hex.encodeHexString(value);
    }

    /** Compares algorithm and bytes; the time taken does not depend on where the bytes differ. */
    @Override
    public boolean equals(Object other) {
        return other instanceof Digest digest
                && algorithm == digest.algorithm
                && MessageDigest.isEqual(value, digest.value);
    }

    @Override
    public int hashCode() {
        return 31 * algorithm.ordinal() + Arrays.hashCode(value);
    }

    /** {@return algorithm and bytes, as {@code sha256:00ff...}} */
    @Override
    public String toString() {
        return algorithm.id() + ":" + hex();
    }
}
