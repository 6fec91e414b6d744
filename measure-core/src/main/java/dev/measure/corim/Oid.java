package dev.measure.corim;

import java.math.BigInteger;

/** Object identifiers in tag 111 (RFC 9090): the contents of the BER encoding, or, as many profiles have it, with its tag and length. */
final class Oid {
    static final long TAG = 111;

    private Oid() {}

    /** {@return the identifier in dots; empty if the bytes are none} */
    static String text(byte[] bytes) {
        int from = bytes.length > 2 && bytes[0] == 6 && bytes[1] == bytes.length - 2 ? 2 : 0;
        if (from == bytes.length || bytes[bytes.length - 1] < 0) {
            return "";
        }
        StringBuilder text = new StringBuilder();
        BigInteger arc = BigInteger.ZERO;
        for (int i = from; i < bytes.length; i++) {
            arc = arc.shiftLeft(7).or(BigInteger.valueOf(bytes[i] & 0x7f));
            if (bytes[i] >= 0) {
                if (text.length() == 0) {
                    int first = Math.min(2, arc.divide(BigInteger.valueOf(40)).intValue());
                    text.append(first).append('.').append(arc.subtract(BigInteger.valueOf(40L * first)));
                } else {
                    text.append('.').append(arc);
                }
                arc = BigInteger.ZERO;
            } else if (arc.bitLength() > 128) {
                return ""; // no arc is longer than a UUID
            }
        }
        return text.toString();
    }
}
