package dev.measure.hash;

import java.util.Arrays;

/**
 * The compression function of SHA-512 for several messages at once, one in each lane of a vector. Every message is at its own place
 * and has its own hash value; only the pace is common.
 *
 * <p>Hash values lie word by word: word {@code i} of lane {@code l} at {@code i * lanes() + l}. A kernel has working memory of its
 * own and is for one thread.
 */
abstract class LaneKernel {

    /** {@return how many messages are hashed side by side} */
    abstract int lanes();

    /** {@return a new kernel of the same kind} */
    abstract LaneKernel another();

    /**
     * Hashes blocks that lie in arrays.
     *
     * @param state the hash values, before and after
     * @param arrays for each lane the array that holds its blocks
     * @param offsets for each lane a place in its array
     * @param plus how far behind these places the first blocks begin
     * @param blocks how many blocks
     */
    abstract void blocks(long[] state, byte[][] arrays, int[] offsets, int plus, int blocks);

    /**
     * Hashes one block whose words lie like those of a hash value.
     *
     * @param state the hash values, before and after
     * @param words 16 times lanes() words
     */
    abstract void words(long[] state, long[] words);

    /**
     * Hashes a block that is the same in all lanes.
     *
     * @param state the hash values, before and after
     * @param schedule its message schedule, each word with the constant of its round added
     * @param at where the first of its 80 words lies
     * @param stride how far each word lies behind the one before
     */
    abstract void constant(long[] state, long[] schedule, int at, int stride);

    /**
     * Expands blocks to message schedules, for {@link #constant}.
     *
     * @param arrays for each lane the array that holds its block
     * @param offsets for each lane where its block begins
     * @param schedules takes 80 words of each lane, which lie like those of a hash value
     */
    abstract void schedules(byte[][] arrays, int[] offsets, long[] schedules);

    /** {@return new hash values, one for each lane, all of them the first of a variant} */
    final long[] first(Sha512.Variant variant) {
        long[] state = new long[Sha512.STATE_WORDS * lanes()];
        first(variant, state);
        return state;
    }

    /** Sets all lanes to the first hash value of a variant. */
    final void first(Sha512.Variant variant, long[] state) {
        int lanes = lanes();
        for (int word = 0; word < Sha512.STATE_WORDS; word++) {
            Arrays.fill(state, word * lanes, (word + 1) * lanes, variant.first(word));
        }
    }

    /** Writes the digest of a lane. */
    final void digest(Sha512.Variant variant, long[] state, int lane, byte[] out, int offset) {
        for (int word = 0; word < variant.length() / 8; word++) {
            Sha512.put(out, offset + 8 * word, state[word * lanes() + lane]);
        }
    }
}
