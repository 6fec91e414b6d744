package dev.measure.hash;

import java.security.DigestException;
import java.security.MessageDigest;
import java.util.Arrays;

/**
 * SHA-384 and SHA-512 in plain Java, step by step. FIPS 180-4, section 6.4.
 *
 * <p>Slower than the Java runtime's own once that runs on the processor's instructions, but a process that hashes a few MiB and ends
 * is over before the runtime has found its providers.
 */
public final class PlainSha512 extends MessageDigest implements Cloneable {
    private final Sha512.Variant variant;
    private final long[] w = new long[Sha512.ROUNDS];
    private long[] state = new long[Sha512.STATE_WORDS];
    private byte[] rest = new byte[Sha512.BLOCK];
    private long length;

    private PlainSha512(Sha512.Variant variant) {
        super(variant.jcaName());
        this.variant = variant;
        engineReset();
    }

    /** {@return a new SHA-384} */
    public static PlainSha512 sha384() {
        return new PlainSha512(Sha512.Variant.SHA384);
    }

    /** {@return a new SHA-512} */
    public static PlainSha512 sha512() {
        return new PlainSha512(Sha512.Variant.SHA512);
    }

    @Override
    protected int engineGetDigestLength() {
        return variant.length();
    }

    @Override
    protected void engineUpdate(byte input) {
        engineUpdate(new byte[] {input}, 0, 1);
    }

    @Override
    protected void engineUpdate(byte[] input, int offset, int count) {
        int at = offset;
        int end = offset + count;
        int held = (int) (length % Sha512.BLOCK);
        length += count;
        if (held > 0) {
            int taken = Math.min(Sha512.BLOCK - held, count);
            System.arraycopy(input, at, rest, held, taken);
            at += taken;
            if (held + taken < Sha512.BLOCK) {
                return;
            }
            block(rest, 0);
        }
        for (; end - at >= Sha512.BLOCK; at += Sha512.BLOCK) {
            block(input, at);
        }
        System.arraycopy(input, at, rest, 0, end - at);
    }

    @Override
    protected byte[] engineDigest() {
        byte[] digest = new byte[variant.length()];
        digest(digest, 0);
        return digest;
    }

    @Override
    protected int engineDigest(byte[] into, int offset, int count) throws DigestException {
        if (count < variant.length()) {
            throw new DigestException(
                    variant.jcaName() + " gives " + variant.length() + " bytes, there is room for " + count);
        }
        digest(into, offset);
        return variant.length();
    }

    private void digest(byte[] into, int offset) {
        byte[] end = Sha512.padded(rest, 0, (int) (length % Sha512.BLOCK), length);
        for (int at = 0; at < end.length; at += Sha512.BLOCK) {
            block(end, at);
        }
        for (int word = 0; word < variant.length() / 8; word++) {
            Sha512.put(into, offset + 8 * word, state[word]);
        }
        engineReset();
    }

    @Override
    protected void engineReset() {
        for (int word = 0; word < Sha512.STATE_WORDS; word++) {
            state[word] = variant.first(word);
        }
        length = 0;
    }

    @Override
    public PlainSha512 clone() {
        PlainSha512 copy = new PlainSha512(variant);
        copy.state = Arrays.copyOf(state, state.length);
        copy.rest = Arrays.copyOf(rest, rest.length);
        copy.length = length;
        return copy;
    }

    private void block(byte[] array, int offset) {
        Sha512.expand(array, offset, w);
        Sha512.addConstants(w);
        rounds(state, w);
    }

    /**
     * FIPS 180-4, section 6.4.2, steps 2 to 4. Small, and without a call, because the interpreter runs it at first: calls are most of
     * what it takes there, and the quick compiler needs milliseconds for several rounds in a row.
     *
     * @param w the schedule with the constants
     */
    private static void rounds(long[] state, long[] w) {
        long a = state[0];
        long b = state[1];
        long c = state[2];
        long d = state[3];
        long e = state[4];
        long f = state[5];
        long g = state[6];
        long h = state[7];
        for (int t = 0; t < Sha512.ROUNDS; t++) {
            long bigSigma1 = (e >>> 14 | e << 50) ^ (e >>> 18 | e << 46) ^ (e >>> 41 | e << 23);
            long bigSigma0 = (a >>> 28 | a << 36) ^ (a >>> 34 | a << 30) ^ (a >>> 39 | a << 25);
            long t1 = h + bigSigma1 + (g ^ e & (f ^ g)) + w[t];
            long t2 = bigSigma0 + (a & b | c & (a | b));
            h = g;
            g = f;
            f = e;
            e = d + t1;
            d = c;
            c = b;
            b = a;
            a = t1 + t2;
        }
        state[0] += a;
        state[1] += b;
        state[2] += c;
        state[3] += d;
        state[4] += e;
        state[5] += f;
        state[6] += g;
        state[7] += h;
    }
}
