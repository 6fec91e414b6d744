package dev.measure.hash;

import java.util.Arrays;

/** The constants of SHA-512 and SHA-384, their padding and their schedule. FIPS 180-4, sections 4.2.3, 5.1.2, 5.3.4, 5.3.5 and 6.4.2. */
final class Sha512 {
    /** Bytes of a block. */
    static final int BLOCK = 128;

    /** Words of a block. */
    static final int BLOCK_WORDS = 16;

    /** Words of the hash value that is carried from block to block. */
    static final int STATE_WORDS = 8;

    /** Rounds, and words of the message schedule. */
    static final int ROUNDS = 80;

    /** Bytes at the end of the last block that hold the length of the message in bits. */
    private static final int LENGTH_BYTES = 16;

    // spotless:off
    private static final long[] K = {
        0x428a2f98d728ae22L, 0x7137449123ef65cdL, 0xb5c0fbcfec4d3b2fL, 0xe9b5dba58189dbbcL,
        0x3956c25bf348b538L, 0x59f111f1b605d019L, 0x923f82a4af194f9bL, 0xab1c5ed5da6d8118L,
        0xd807aa98a3030242L, 0x12835b0145706fbeL, 0x243185be4ee4b28cL, 0x550c7dc3d5ffb4e2L,
        0x72be5d74f27b896fL, 0x80deb1fe3b1696b1L, 0x9bdc06a725c71235L, 0xc19bf174cf692694L,
        0xe49b69c19ef14ad2L, 0xefbe4786384f25e3L, 0x0fc19dc68b8cd5b5L, 0x240ca1cc77ac9c65L,
        0x2de92c6f592b0275L, 0x4a7484aa6ea6e483L, 0x5cb0a9dcbd41fbd4L, 0x76f988da831153b5L,
        0x983e5152ee66dfabL, 0xa831c66d2db43210L, 0xb00327c898fb213fL, 0xbf597fc7beef0ee4L,
        0xc6e00bf33da88fc2L, 0xd5a79147930aa725L, 0x06ca6351e003826fL, 0x142929670a0e6e70L,
        0x27b70a8546d22ffcL, 0x2e1b21385c26c926L, 0x4d2c6dfc5ac42aedL, 0x53380d139d95b3dfL,
        0x650a73548baf63deL, 0x766a0abb3c77b2a8L, 0x81c2c92e47edaee6L, 0x92722c851482353bL,
        0xa2bfe8a14cf10364L, 0xa81a664bbc423001L, 0xc24b8b70d0f89791L, 0xc76c51a30654be30L,
        0xd192e819d6ef5218L, 0xd69906245565a910L, 0xf40e35855771202aL, 0x106aa07032bbd1b8L,
        0x19a4c116b8d2d0c8L, 0x1e376c085141ab53L, 0x2748774cdf8eeb99L, 0x34b0bcb5e19b48a8L,
        0x391c0cb3c5c95a63L, 0x4ed8aa4ae3418acbL, 0x5b9cca4f7763e373L, 0x682e6ff3d6b2b8a3L,
        0x748f82ee5defb2fcL, 0x78a5636f43172f60L, 0x84c87814a1f0ab72L, 0x8cc702081a6439ecL,
        0x90befffa23631e28L, 0xa4506cebde82bde9L, 0xbef9a3f7b2c67915L, 0xc67178f2e372532bL,
        0xca273eceea26619cL, 0xd186b8c721c0c207L, 0xeada7dd6cde0eb1eL, 0xf57d4f7fee6ed178L,
        0x06f067aa72176fbaL, 0x0a637dc5a2c898a6L, 0x113f9804bef90daeL, 0x1b710b35131c471bL,
        0x28db77f523047d84L, 0x32caab7b40c72493L, 0x3c9ebe0a15c9bebcL, 0x431d67c49c100d4cL,
        0x4cc5d4becb3e42b6L, 0x597f299cfc657e2aL, 0x5fcb6fab3ad6faecL, 0x6c44198c4a475817L,
    };
    private static final long[] H0_OF_384 = {
        0xcbbb9d5dc1059ed8L, 0x629a292a367cd507L, 0x9159015a3070dd17L, 0x152fecd8f70e5939L,
        0x67332667ffc00b31L, 0x8eb44a8768581511L, 0xdb0c2e0d64f98fa7L, 0x47b5481dbefa4fa4L,
    };
    private static final long[] H0_OF_512 = {
        0x6a09e667f3bcc908L, 0xbb67ae8584caa73bL, 0x3c6ef372fe94f82bL, 0xa54ff53a5f1d36f1L,
        0x510e527fade682d1L, 0x9b05688c2b3e6c1fL, 0x1f83d9abfb41bd6bL, 0x5be0cd19137e2179L,
    };
    // spotless:on

    private Sha512() {}

    /** The two algorithms that differ in their first hash value and in how much of the last one they give. */
    enum Variant {
        SHA384("SHA-384", 48, H0_OF_384),
        SHA512("SHA-512", 64, H0_OF_512);

        private final String name;
        private final int length;
        private final long[] first;

        Variant(String name, int length, long[] first) {
            this.name = name;
            this.length = length;
            this.first = first;
        }

        /** The name that Java knows it by. */
        String jcaName() {
            return name;
        }

        /** Bytes of a digest. */
        int length() {
            return length;
        }

        /** A word of the hash value that it begins with. */
        long first(int word) {
            return first[word];
        }
    }

    /**
     * The end of a message: what is left of it behind its last whole block, a one bit, zeros and the length; one or two blocks.
     *
     * @param array holds the rest
     * @param offset where it begins
     * @param rest its length, below 128
     * @param length the length of the whole message, bytes
     */
    static byte[] padded(byte[] array, int offset, int rest, long length) {
        byte[] end = new byte[rest + 1 + LENGTH_BYTES <= BLOCK ? BLOCK : 2 * BLOCK];
        System.arraycopy(array, offset, end, 0, rest);
        end[rest] = (byte) 0x80;
        // The length in bits has 128 bits; a long holds the lower 64, and the three bits that multiplying by 8 shifts
        // out of it.
        put(end, end.length - 16, length >>> 61);
        put(end, end.length - 8, length << 3);
        return end;
    }

    /** The message schedule of a block, each word with the constant of its round added: for blocks that are hashed again and again. */
    static long[] schedule(byte[] array, int offset) {
        long[] w = new long[ROUNDS];
        expand(array, offset, w);
        addConstants(w);
        return w;
    }

    /** Adds to each word of a schedule the constant of its round. */
    static void addConstants(long[] w) {
        for (int t = 0; t < ROUNDS; t++) {
            w[t] += K[t];
        }
    }

    /** A word, big-endian. By hand, because a VarHandle takes longer to set up than a short command to run. */
    static long get(byte[] array, int at) {
        return (long) array[at] << 56
                | (array[at + 1] & 0xffL) << 48
                | (array[at + 2] & 0xffL) << 40
                | (array[at + 3] & 0xffL) << 32
                | (array[at + 4] & 0xffL) << 24
                | (array[at + 5] & 0xffL) << 16
                | (array[at + 6] & 0xffL) << 8
                | array[at + 7] & 0xffL;
    }

    static void put(byte[] array, int at, long word) {
        for (int i = 0; i < 8; i++) {
            array[at + i] = (byte) (word >>> 56 - 8 * i);
        }
    }

    /** FIPS 180-4, section 6.4.2, step 1. Rotations are spelled out, because calls are dear in the interpreter. */
    static void expand(byte[] array, int offset, long[] w) {
        for (int t = 0; t < BLOCK_WORDS; t++) {
            w[t] = get(array, offset + 8 * t);
        }
        for (int t = BLOCK_WORDS; t < ROUNDS; t++) {
            long x = w[t - 15];
            long y = w[t - 2];
            w[t] = w[t - 16]
                    + ((x >>> 1 | x << 63) ^ (x >>> 8 | x << 56) ^ x >>> 7)
                    + w[t - 7]
                    + ((y >>> 19 | y << 45) ^ (y >>> 61 | y << 3) ^ y >>> 6);
        }
    }

    /** The constants of all rounds. */
    static long[] constants() {
        return Arrays.copyOf(K, ROUNDS);
    }
}
