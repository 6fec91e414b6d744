package dev.measure.hash;

import java.security.DigestException;
import java.security.MessageDigest;
import java.util.Arrays;

/**
 * Chains of SHA-384: every message begins with the digest of the one before, the rest of it stays as it is. Each chain can only be
 * followed step by step, but several can be followed side by side.
 */
public final class Sha384Chains {
    private static final Sha512.Variant SHA384 = Sha512.Variant.SHA384;
    private static final int DIGEST = Sha384Messages.DIGEST;
    private static final int DIGEST_WORDS = DIGEST / 8;

    /** With one byte more the one bit of the padding would not fit into the first block. */
    private static final int MAX_LENGTH = Sha512.BLOCK - 1;

    private Sha384Chains() {}

    /**
     * {@return for each chain the digests after all of its steps, 48 bytes each}
     *
     * @param messages the first message of each chain, one behind the other; not changed
     * @param length bytes of a message, 48 to 127
     * @param steps how many steps each chain takes
     * @throws IllegalArgumentException if a length or a number does not fit
     */
    public static byte[][] advance(byte[] messages, int length, int[] steps) {
        return advance(Engine.current(), messages, length, steps);
    }

    static byte[][] advance(Engine engine, byte[] messages, int length, int[] steps) {
        if (length < DIGEST || length > MAX_LENGTH || messages.length != length * steps.length) {
            throw new IllegalArgumentException(
                    steps.length + " chains of messages of " + length + " bytes in " + messages.length + " bytes");
        }
        byte[][] digests = new byte[steps.length][];
        for (int chain = 0; chain < steps.length; chain++) {
            digests[chain] = new byte[Math.multiplyExact(steps[chain], DIGEST)];
        }
        // The longest chains go together, so that few lanes run empty.
        long[] keys = new long[steps.length];
        for (int chain = 0; chain < steps.length; chain++) {
            keys[chain] = -(long) steps[chain] << 32 | chain;
        }
        Arrays.sort(keys);
        int[] order = new int[steps.length];
        for (int i = 0; i < order.length; i++) {
            order[i] = (int) keys[i];
        }
        int done = 0;
        while (done < order.length) {
            int lanes = engine.lanes(order.length - done);
            int[] some = Arrays.copyOfRange(order, done, Math.min(done + lanes, order.length));
            if (lanes == 1) {
                alone(messages, some[0], length, digests[some[0]]);
            } else {
                sideBySide(engine.kernel(lanes), messages, some, length, digests);
            }
            done += some.length;
        }
        return digests;
    }

    private static void alone(byte[] messages, int chain, int length, byte[] digests) {
        MessageDigest sha384 = Digests.sha384();
        byte[] message = Arrays.copyOfRange(messages, chain * length, (chain + 1) * length);
        try {
            for (int at = 0; at < digests.length; at += DIGEST) {
                sha384.update(message, 0, length);
                sha384.digest(message, 0, DIGEST);
                System.arraycopy(message, 0, digests, at, DIGEST);
            }
        } catch (DigestException e) {
            throw new IllegalStateException("SHA-384 gives 48 bytes", e);
        }
    }

    private static void sideBySide(LaneKernel kernel, byte[] messages, int[] chains, int length, byte[][] digests) {
        int lanes = kernel.lanes();
        long[] words = new long[Sha512.BLOCK_WORDS * lanes];
        long[] end = null;
        for (int lane = 0; lane < lanes; lane++) {
            int chain = chains[lane < chains.length ? lane : 0];
            byte[] padded = Sha512.padded(messages, chain * length, length, length);
            for (int word = 0; word < Sha512.BLOCK_WORDS; word++) {
                words[word * lanes + lane] = Sha512.get(padded, 8 * word);
            }
            if (padded.length > Sha512.BLOCK && end == null) {
                end = Sha512.schedule(padded, Sha512.BLOCK); // zeros and the length: the same for all chains and steps
            }
        }
        long[] state = new long[Sha512.STATE_WORDS * lanes];
        for (int at = 0; at < digests[chains[0]].length; at += DIGEST) {
            kernel.first(SHA384, state);
            kernel.words(state, words);
            if (end != null) {
                kernel.constant(state, end, 0, 1);
            }
            System.arraycopy(state, 0, words, 0, DIGEST_WORDS * lanes);
            for (int lane = 0; lane < chains.length; lane++) {
                if (at < digests[chains[lane]].length) {
                    kernel.digest(SHA384, state, lane, digests[chains[lane]], at);
                }
            }
        }
    }
}
