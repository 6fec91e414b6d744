package dev.measure.key;

import dev.measure.MalformedInputException;
import dev.measure.Source;
import java.io.IOException;
import java.util.Arrays;
import org.bouncycastle.asn1.ASN1Primitive;

/** DER from a file, read with limits: the depth of nesting is checked before anything recurses into it. */
public final class Asn1 {
    /** Keys nest less than 12 deep, Authenticode signatures with time stamps of time stamps 26. */
    private static final int MAX_DEPTH = 64;

    /** Tag, and a length of up to three bytes. */
    private static final int MAX_HEADER = 5;

    private Asn1() {}

    /** Makes an object of a known kind of what was read. */
    @FunctionalInterface
    public interface Kind<T> {
        /** {@return the object, or null if it is of another kind} */
        T of(ASN1Primitive object) throws IOException;
    }

    /**
     * {@return the one object that fills a source}
     *
     * @param source the DER
     * @param what its kind, for errors
     * @param kind makes it
     * @throws MalformedInputException if it is none; its message quotes nothing of it
     */
    public static <T> T read(Source source, String what, Kind<T> kind) {
        if (source.length() > Pem.MAX_FILE) {
            throw malformed(source, what, source.length() + " bytes");
        }
        byte[] der = source.toByteArray();
        if (!shallow(der, 0, der.length, 0)) {
            throw malformed(source, what, "no DER, or DER nested deeper than " + MAX_DEPTH);
        }
        try {
            T object = kind.of(ASN1Primitive.fromByteArray(der));
            if (object != null) {
                return object;
            }
        } catch (IOException | RuntimeException e) {
            // The messages of the library may quote the input, which may be a key.
        }
        throw malformed(source, what, "something else");
    }

    private static boolean shallow(byte[] der, int from, int to, int depth) {
        if (depth > MAX_DEPTH) {
            return false;
        }
        int at = from;
        while (at < to) {
            int tag = der[at++] & 0xff;
            if ((tag & 0x1f) == 0x1f || at == to) {
                return false; // no key and no certificate has tags of several bytes
            }
            int length = der[at++] & 0xff;
            if (length >= 0x80) {
                int bytes = length & 0x7f;
                if (bytes == 0 || bytes > 3 || bytes > to - at) {
                    return false;
                }
                length = 0;
                for (int i = 0; i < bytes; i++) {
                    length = length << 8 | der[at++] & 0xff;
                }
            }
            if (length > to - at || (tag & 0x20) != 0 && !shallow(der, at, at + length, depth + 1)) {
                return false;
            }
            at += length;
        }
        return true;
    }

    /**
     * {@return how many bytes the object at the start of some bytes takes, as far as its header tells}
     *
     * @param bytes perhaps with others behind it
     */
    public static int totalLength(byte[] bytes) {
        if (bytes.length < 2) {
            return bytes.length;
        }
        int start = contentStart(bytes, 0);
        if (start > bytes.length || start > MAX_HEADER) {
            return bytes.length; // read will refuse it
        }
        int length = contentLength(bytes, 0);
        return length > bytes.length - start ? bytes.length : start + length;
    }

    /**
     * {@return the contents of an object, without tag and length}
     *
     * @param der an object that was read with {@link #read} before, or encoded by the library
     */
    public static byte[] contents(byte[] der) {
        return Arrays.copyOfRange(der, contentStart(der, 0), der.length);
    }

    /**
     * {@return the first element of a sequence, byte for byte: what the signature of a certificate covers}
     *
     * @param der a sequence that was read with {@link #read} before
     */
    public static byte[] firstElement(byte[] der) {
        int start = contentStart(der, 0);
        return Arrays.copyOfRange(der, start, contentStart(der, start) + contentLength(der, start));
    }

    private static int contentStart(byte[] der, int at) {
        int length = der[at + 1] & 0xff;
        return at + 2 + (length < 0x80 ? 0 : length & 0x7f);
    }

    private static int contentLength(byte[] der, int at) {
        int first = der[at + 1] & 0xff;
        if (first < 0x80) {
            return first;
        }
        int length = 0;
        for (int i = 0; i < (first & 0x7f); i++) {
            length = length << 8 | der[at + 2 + i] & 0xff;
        }
        return length;
    }

    /**
     * {@return an exception about a whole source that quotes none of its bytes}
     *
     * @param source the source
     * @param expected what it should be
     * @param found what it is, in general terms
     */
    public static MalformedInputException malformed(Source source, String expected, String found) {
        return new MalformedInputException(source.name(), source.start(), expected, found, "");
    }
}
