package dev.measure.snp;

import java.security.MessageDigest;
import java.util.Arrays;
import java.util.HexFormat;

/**
 * Bytes of a field that is no number and no digest, such as FAMILY_ID, HOST_DATA or CHIP_ID. Immutable; bytes are copied in and
 * out, in the order in which they stand in the structure.
 */
public final class Octets {
    private final byte[] value;

    private Octets(byte[] value) {
        this.value = value;
    }

    /**
     * {@return these bytes}
     *
     * @param value the bytes; copied
     */
    public static Octets of(byte[] value) {
        return new Octets(value.clone());
    }

    /** {@return as many zero bytes} */
    public static Octets zero(int length) {
        return new Octets(new byte[length]);
    }

    /**
     * {@return the bytes written in hexadecimal}
     *
     * @param field what it is, for errors
     * @param length how many bytes it has
     * @param hex two digits a byte, either case, nothing else
     * @throws IllegalArgumentException if the text is not hexadecimal or has the wrong length
     */
    public static Octets parse(String field, int length, String hex) {
        if (hex.length() != 2 * length) {
            throw new IllegalArgumentException(
                    field + " has " + 2 * length + " hexadecimal digits, got " + hex.length());
        }
        try {
            return new Octets(HexFormat.of().parseHex(hex));
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException(field + " must be hexadecimal, got '" + hex + "'", e);
        }
    }

    /** {@return how many bytes there are} */
    public int length() {
        return value.length;
    }

    /** {@return whether all bytes are zero} */
    public boolean isZero() {
        for (byte b : value) {
            if (b != 0) {
                return false;
            }
        }
        return true;
    }

    /** {@return a copy of the bytes} */
    public byte[] toByteArray() {
        return value.clone();
    }

    /** {@return the bytes as lower-case hexadecimal} */
    public String hex() {
        return HexFormat.of().formatHex(value);
    }

    Octets checkLength(String field, int length) {
        if (value.length != length) {
            throw new IllegalArgumentException(field + " has " + length + " bytes, got " + value.length);
        }
        return this;
    }

    /** Compares the bytes; the time taken does not depend on where they differ. */
    @Override
    public boolean equals(Object other) {
        return other instanceof Octets octets && MessageDigest.isEqual(value, octets.value);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(value);
    }

    /** {@return {@link #hex()}} */
    @Override
    public String toString() {
        return hex();
    }
}
