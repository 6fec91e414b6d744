package dev.measure.hash;

/** Four lanes in plain Java, one after another; one of them may be wrong in a bit. */
final class OneByOne extends LaneKernel {
    /** None of them is wrong. */
    static final int NO_LANE = -1;

    private final int wrongLane;

    OneByOne(int wrongLane) {
        this.wrongLane = wrongLane;
    }

    @Override
    int lanes() {
        return 4;
    }

    @Override
    LaneKernel another() {
        return new OneByOne(wrongLane);
    }

    @Override
    void blocks(long[] state, byte[][] arrays, int[] offsets, int plus, int blocks) {
        for (int lane = 0; lane < 4; lane++) {
            for (int block = 0; block < blocks; block++) {
                compress(state, lane, Sha512.schedule(arrays[lane], offsets[lane] + plus + 128 * block));
            }
        }
    }

    @Override
    void words(long[] state, long[] words) {
        for (int lane = 0; lane < 4; lane++) {
            byte[] block = new byte[128];
            for (int word = 0; word < 16; word++) {
                Sha512.put(block, 8 * word, words[4 * word + lane]);
            }
            compress(state, lane, Sha512.schedule(block, 0));
        }
    }

    @Override
    void constant(long[] state, long[] schedule, int at, int stride) {
        long[] words = new long[80];
        for (int word = 0; word < 80; word++) {
            words[word] = schedule[at + word * stride];
        }
        for (int lane = 0; lane < 4; lane++) {
            compress(state, lane, words);
        }
    }

    @Override
    void schedules(byte[][] arrays, int[] offsets, long[] schedules) {
        for (int lane = 0; lane < 4; lane++) {
            long[] schedule = Sha512.schedule(arrays[lane], offsets[lane]);
            for (int word = 0; word < 80; word++) {
                schedules[4 * word + lane] = schedule[word];
            }
        }
    }

    private void compress(long[] state, int lane, long[] schedule) {
        long[] v = new long[8];
        for (int i = 0; i < 8; i++) {
            v[i] = state[4 * i + lane];
        }
        for (long wk : schedule) {
            long s1 = Long.rotateRight(v[4], 14) ^ Long.rotateRight(v[4], 18) ^ Long.rotateRight(v[4], 41);
            long t1 = v[7] + s1 + (v[4] & v[5] ^ ~v[4] & v[6]) + wk;
            long s0 = Long.rotateRight(v[0], 28) ^ Long.rotateRight(v[0], 34) ^ Long.rotateRight(v[0], 39);
            long t2 = s0 + (v[0] & v[1] ^ v[0] & v[2] ^ v[1] & v[2]);
            System.arraycopy(v, 0, v, 1, 7);
            v[4] += t1;
            v[0] = t1 + t2;
        }
        for (int i = 0; i < 8; i++) {
            state[4 * i + lane] += v[i];
        }
        if (lane == wrongLane) {
            state[lane] ^= 1;
        }
    }
}
