package dev.measure.snp;

import dev.measure.MalformedInputException;
import dev.measure.Source;
import dev.measure.parse.Cursor;
import java.io.IOException;
import java.math.BigInteger;
import java.util.Arrays;
import java.util.Objects;
import org.bouncycastle.asn1.ASN1EncodableVector;
import org.bouncycastle.asn1.ASN1Encoding;
import org.bouncycastle.asn1.ASN1Integer;
import org.bouncycastle.asn1.ASN1Primitive;
import org.bouncycastle.asn1.ASN1Sequence;
import org.bouncycastle.asn1.DERSequence;

/**
 * An ECDSA signature on P-384 over SHA-384, as ID blocks and attestation reports carry it: 512 bytes, R and S little-endian with 72
 * bytes each, then zeros. AMD SEV-SNP Firmware ABI, #56860, "ECDSA P-384 with SHA-384 Signature".
 *
 * @param r the number R, 384 bits
 * @param s the number S, 384 bits
 */
public record EcdsaSignature(BigInteger r, BigInteger s) {
    /** Bytes of the structure. */
    public static final int SIZE = 512;

    private static final int NUMBER = 72;
    private static final int USED = 48;
    private static final BigInteger LIMIT = BigInteger.ONE.shiftLeft(8 * USED);

    /** Checks the ranges of the encoding; whether the numbers are a signature of anything is another question. */
    public EcdsaSignature {
        Objects.requireNonNull(r, "r");
        Objects.requireNonNull(s, "s");
        for (BigInteger number : new BigInteger[] {r, s}) {
            if (number.signum() < 0 || number.compareTo(LIMIT) >= 0) {
                throw new IllegalArgumentException("R and S of an ECDSA signature have at most 384 bits");
            }
        }
    }

    static EcdsaSignature read(Cursor c, String field) {
        BigInteger r = number(c, field + " R");
        BigInteger s = number(c, field + " S");
        Reserved.zero(c, SIZE - 2 * NUMBER, field + " reserved bytes");
        return new EcdsaSignature(r, s);
    }

    /** A little-endian number in 72 bytes of which the upper 24 are zero. */
    static BigInteger number(Cursor c, String field) {
        byte[] bytes = c.bytes(USED, field);
        Reserved.zero(c, NUMBER - USED, field + " upper bytes");
        return new BigInteger(1, reversed(bytes));
    }

    /**
     * {@return a signature from a file that some other signer wrote}
     *
     * @param source the 96 bytes of R and S, big-endian, or the DER form that OpenSSL writes, or the 512 bytes of the structure
     * @throws MalformedInputException if it is none of these
     */
    public static EcdsaSignature read(Source source) {
        if (source.length() == SIZE) {
            return read(Cursor.of(source), "signature");
        }
        if (source.length() == 2 * USED) {
            byte[] both = source.toByteArray();
            if (!looksLikeDer(both)) {
                return new EcdsaSignature(
                        new BigInteger(1, Arrays.copyOf(both, USED)),
                        new BigInteger(1, Arrays.copyOfRange(both, USED, both.length)));
            }
        }
        return der(source);
    }

    private static boolean looksLikeDer(byte[] bytes) {
        return bytes[0] == 0x30 && bytes[1] == bytes.length - 2 && bytes[2] == 2;
    }

    private static EcdsaSignature der(Source source) {
        // Two integers of at most 49 bytes and their headers.
        if (source.length() >= 8 && source.length() <= 2 * (USED + 3) + 3) {
            try {
                ASN1Primitive object = ASN1Primitive.fromByteArray(source.toByteArray());
                if (object instanceof ASN1Sequence sequence
                        && sequence.size() == 2
                        && sequence.getObjectAt(0) instanceof ASN1Integer r
                        && sequence.getObjectAt(1) instanceof ASN1Integer s) {
                    return new EcdsaSignature(r.getValue(), s.getValue());
                }
            } catch (IOException | RuntimeException e) {
                // said below
            }
        }
        throw new MalformedInputException(
                source.name(),
                source.start(),
                "an ECDSA P-384 signature: 96 bytes of R and S, DER, or the 512-byte structure",
                source.length() + " bytes of something else",
                "`openssl dgst -sha384 -sign KEY -out FILE` writes the DER form");
    }

    /** {@return the 512 bytes of the structure} */
    public byte[] toByteArray() {
        byte[] bytes = new byte[SIZE];
        put(r, bytes, 0);
        put(s, bytes, NUMBER);
        return bytes;
    }

    static void put(BigInteger number, byte[] into, int at) {
        byte[] big = number.toByteArray();
        for (int i = 0; i < big.length && i < USED; i++) {
            into[at + i] = big[big.length - 1 - i];
        }
    }

    /** {@return the DER form, SEQUENCE of two INTEGER, as OpenSSL reads it} */
    public byte[] toDer() {
        ASN1EncodableVector both = new ASN1EncodableVector();
        both.add(new ASN1Integer(r));
        both.add(new ASN1Integer(s));
        try {
            return new DERSequence(both).getEncoded(ASN1Encoding.DER);
        } catch (IOException e) {
            throw new AssertionError("two integers in memory", e);
        }
    }

    private static byte[] reversed(byte[] bytes) {
        byte[] reversed = new byte[bytes.length];
        for (int i = 0; i < bytes.length; i++) {
            reversed[i] = bytes[bytes.length - 1 - i];
        }
        return reversed;
    }
}
