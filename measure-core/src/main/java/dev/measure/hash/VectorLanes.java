package dev.measure.hash;

import static jdk.incubator.vector.VectorOperators.AND;
import static jdk.incubator.vector.VectorOperators.LSHR;
import static jdk.incubator.vector.VectorOperators.OR;
import static jdk.incubator.vector.VectorOperators.ROR;
import static jdk.incubator.vector.VectorOperators.XOR;

import java.lang.constant.ConstantDescs;
import java.lang.invoke.MethodHandles;
import jdk.incubator.vector.ByteVector;
import jdk.incubator.vector.LongVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorShuffle;
import jdk.incubator.vector.VectorSpecies;

/**
 * SHA-512 in 8 lanes of 512 bits or 4 lanes of 256 bits. FIPS 180-4, section 6.4.2.
 *
 * <p>This file is compiled by itself, because every compilation that sees the incubator module warns; and it is only loaded by
 * {@link VectorModule}, as a hidden class whose class data is the number of lanes: the compiler takes the vector species for a
 * constant only in a static final field, so there is a class for each width, made from this one.
 *
 * <p>The shape of the code follows HotSpot. It inlines the vector operations themselves without limit, but small methods around them
 * only up to 8000 bytecodes in all, so rounds are spelled out. The loops take four rounds a turn: with eight, the first compiler gives
 * up and the method stays interpreted; and the last sixteen rounds, which need no further schedule, are a loop of their own.
 */
final class VectorLanes extends LaneKernel {
    private static final int LANES = lanesOfThisClass();
    private static final VectorSpecies<Long> LONGS = LANES == 8 ? LongVector.SPECIES_512 : LongVector.SPECIES_256;
    private static final VectorSpecies<Byte> BYTES = LANES == 8 ? ByteVector.SPECIES_512 : ByteVector.SPECIES_256;

    /** Turns the eight bytes of every word. */
    private static final VectorShuffle<Byte> BIG_ENDIAN = VectorShuffle.fromArray(BYTES, swapped(8 * LANES, 7), 0);

    private static final VectorShuffle<Long> SWAP_1 = VectorShuffle.fromArray(LONGS, swapped(LANES, 1), 0);
    private static final VectorShuffle<Long> SWAP_2 = VectorShuffle.fromArray(LONGS, swapped(LANES, 2), 0);
    private static final VectorShuffle<Long> SWAP_4 = VectorShuffle.fromArray(LONGS, swapped(LANES, 4 % LANES), 0);
    private static final VectorMask<Long> ODD_1 = VectorMask.fromLong(LONGS, 0xaaL);
    private static final VectorMask<Long> ODD_2 = VectorMask.fromLong(LONGS, 0xccL);
    private static final VectorMask<Long> ODD_4 = VectorMask.fromLong(LONGS, 0xf0L);

    private static final int WITH_SCHEDULE = (Sha512.ROUNDS - Sha512.BLOCK_WORDS) * LANES;
    private static final int ALL = Sha512.ROUNDS * LANES;

    /** The constants of the rounds, each in all lanes. */
    private static final long[] K = spread(Sha512.constants());

    private static final long[] NOTHING = new long[ALL];

    private final long[] w = new long[ALL];
    private final long[] v = new long[Sha512.STATE_WORDS * LANES];
    private long[] constantSchedule = {};
    private long[] constantWords = {};

    /** The first is made by {@link VectorModule}, the others by that one. */
    VectorLanes() {}

    private static int lanesOfThisClass() {
        try {
            return MethodHandles.classData(MethodHandles.lookup(), ConstantDescs.DEFAULT_NAME, Integer.class);
        } catch (IllegalAccessException e) {
            throw new IllegalStateException(e);
        }
    }

    /** The numbers from 0 on, with the bits of the mask turned; no lambda, which a hidden class cannot have on Java 17. */
    private static int[] swapped(int count, int mask) {
        int[] numbers = new int[count];
        for (int i = 0; i < count; i++) {
            numbers[i] = i ^ mask;
        }
        return numbers;
    }

    private static long[] spread(long[] words) {
        long[] all = new long[words.length * LANES];
        for (int i = 0; i < all.length; i++) {
            all[i] = words[i / LANES];
        }
        return all;
    }

    @Override
    int lanes() {
        return LANES;
    }

    @Override
    LaneKernel another() {
        return new VectorLanes();
    }

    @Override
    void blocks(long[] state, byte[][] arrays, int[] offsets, int blocks) {
        for (int block = 0; block < blocks; block++) {
            int at = block * Sha512.BLOCK;
            if (LANES == 8) {
                load8(arrays, offsets, at, w, 0);
                load8(arrays, offsets, at + 64, w, 64);
            } else {
                load4(arrays, offsets, at, w, 0);
                load4(arrays, offsets, at + 32, w, 16);
                load4(arrays, offsets, at + 64, w, 32);
                load4(arrays, offsets, at + 96, w, 48);
            }
            compress(state);
        }
    }

    @Override
    void words(long[] state, long[] words) {
        System.arraycopy(words, 0, w, 0, Sha512.BLOCK_WORDS * LANES);
        compress(state);
    }

    @Override
    void constant(long[] state, long[] schedule) {
        if (schedule != constantSchedule) {
            constantSchedule = schedule;
            constantWords = spread(schedule);
        }
        System.arraycopy(state, 0, v, 0, v.length);
        withoutSchedule(v, constantWords, NOTHING, 0, ALL);
        addTo(state);
    }

    private void compress(long[] state) {
        withSchedule(state, v, w);
        withoutSchedule(v, w, K, WITH_SCHEDULE, ALL);
        addTo(state);
    }

    /** FIPS 180-4, section 6.4.2, step 4. */
    private void addTo(long[] state) {
        for (int i = 0; i < Sha512.STATE_WORDS; i++) {
            word(state, i).add(word(v, i)).intoArray(state, i * LANES);
        }
    }

    /** The first 64 rounds, and with each of them the word of the schedule that is needed 16 rounds later. */
    private static void withSchedule(long[] state, long[] v, long[] w) {
        LongVector a = word(state, 0);
        LongVector b = word(state, 1);
        LongVector c = word(state, 2);
        LongVector d = word(state, 3);
        LongVector e = word(state, 4);
        LongVector f = word(state, 5);
        LongVector g = word(state, 6);
        LongVector h = word(state, 7);
        LongVector t;
        LongVector s;
        LongVector x;
        LongVector y;
        for (int i = 0; i < WITH_SCHEDULE; i += 4 * LANES) {
            t = h.add(LongVector.fromArray(LONGS, w, i).add(LongVector.fromArray(LONGS, K, i)))
                    .add(g.lanewise(XOR, e.lanewise(AND, f.lanewise(XOR, g))));
            s = e.lanewise(ROR, 14).lanewise(XOR, e.lanewise(ROR, 18)).lanewise(XOR, e.lanewise(ROR, 41));
            d = d.add(t).add(s);
            h = t.add(a.lanewise(AND, b).lanewise(OR, c.lanewise(AND, a.lanewise(OR, b))))
                    .add(s)
                    .add(a.lanewise(ROR, 28).lanewise(XOR, a.lanewise(ROR, 34)).lanewise(XOR, a.lanewise(ROR, 39)));
            x = LongVector.fromArray(LONGS, w, i + 1 * LANES);
            y = LongVector.fromArray(LONGS, w, i + 14 * LANES);
            LongVector.fromArray(LONGS, w, i)
                    .add(x.lanewise(ROR, 1).lanewise(XOR, x.lanewise(ROR, 8)).lanewise(XOR, x.lanewise(LSHR, 7)))
                    .add(LongVector.fromArray(LONGS, w, i + 9 * LANES))
                    .add(y.lanewise(ROR, 19).lanewise(XOR, y.lanewise(ROR, 61)).lanewise(XOR, y.lanewise(LSHR, 6)))
                    .intoArray(w, i + 16 * LANES);
            t = g.add(LongVector.fromArray(LONGS, w, i + LANES).add(LongVector.fromArray(LONGS, K, i + LANES)))
                    .add(f.lanewise(XOR, d.lanewise(AND, e.lanewise(XOR, f))));
            s = d.lanewise(ROR, 14).lanewise(XOR, d.lanewise(ROR, 18)).lanewise(XOR, d.lanewise(ROR, 41));
            c = c.add(t).add(s);
            g = t.add(h.lanewise(AND, a).lanewise(OR, b.lanewise(AND, h.lanewise(OR, a))))
                    .add(s)
                    .add(h.lanewise(ROR, 28).lanewise(XOR, h.lanewise(ROR, 34)).lanewise(XOR, h.lanewise(ROR, 39)));
            x = LongVector.fromArray(LONGS, w, i + 2 * LANES);
            y = LongVector.fromArray(LONGS, w, i + 15 * LANES);
            LongVector.fromArray(LONGS, w, i + LANES)
                    .add(x.lanewise(ROR, 1).lanewise(XOR, x.lanewise(ROR, 8)).lanewise(XOR, x.lanewise(LSHR, 7)))
                    .add(LongVector.fromArray(LONGS, w, i + 10 * LANES))
                    .add(y.lanewise(ROR, 19).lanewise(XOR, y.lanewise(ROR, 61)).lanewise(XOR, y.lanewise(LSHR, 6)))
                    .intoArray(w, i + 17 * LANES);
            t = f.add(LongVector.fromArray(LONGS, w, i + 2 * LANES).add(LongVector.fromArray(LONGS, K, i + 2 * LANES)))
                    .add(e.lanewise(XOR, c.lanewise(AND, d.lanewise(XOR, e))));
            s = c.lanewise(ROR, 14).lanewise(XOR, c.lanewise(ROR, 18)).lanewise(XOR, c.lanewise(ROR, 41));
            b = b.add(t).add(s);
            f = t.add(g.lanewise(AND, h).lanewise(OR, a.lanewise(AND, g.lanewise(OR, h))))
                    .add(s)
                    .add(g.lanewise(ROR, 28).lanewise(XOR, g.lanewise(ROR, 34)).lanewise(XOR, g.lanewise(ROR, 39)));
            x = LongVector.fromArray(LONGS, w, i + 3 * LANES);
            y = LongVector.fromArray(LONGS, w, i + 16 * LANES);
            LongVector.fromArray(LONGS, w, i + 2 * LANES)
                    .add(x.lanewise(ROR, 1).lanewise(XOR, x.lanewise(ROR, 8)).lanewise(XOR, x.lanewise(LSHR, 7)))
                    .add(LongVector.fromArray(LONGS, w, i + 11 * LANES))
                    .add(y.lanewise(ROR, 19).lanewise(XOR, y.lanewise(ROR, 61)).lanewise(XOR, y.lanewise(LSHR, 6)))
                    .intoArray(w, i + 18 * LANES);
            t = e.add(LongVector.fromArray(LONGS, w, i + 3 * LANES).add(LongVector.fromArray(LONGS, K, i + 3 * LANES)))
                    .add(d.lanewise(XOR, b.lanewise(AND, c.lanewise(XOR, d))));
            s = b.lanewise(ROR, 14).lanewise(XOR, b.lanewise(ROR, 18)).lanewise(XOR, b.lanewise(ROR, 41));
            a = a.add(t).add(s);
            e = t.add(f.lanewise(AND, g).lanewise(OR, h.lanewise(AND, f.lanewise(OR, g))))
                    .add(s)
                    .add(f.lanewise(ROR, 28).lanewise(XOR, f.lanewise(ROR, 34)).lanewise(XOR, f.lanewise(ROR, 39)));
            x = LongVector.fromArray(LONGS, w, i + 4 * LANES);
            y = LongVector.fromArray(LONGS, w, i + 17 * LANES);
            LongVector.fromArray(LONGS, w, i + 3 * LANES)
                    .add(x.lanewise(ROR, 1).lanewise(XOR, x.lanewise(ROR, 8)).lanewise(XOR, x.lanewise(LSHR, 7)))
                    .add(LongVector.fromArray(LONGS, w, i + 12 * LANES))
                    .add(y.lanewise(ROR, 19).lanewise(XOR, y.lanewise(ROR, 61)).lanewise(XOR, y.lanewise(LSHR, 6)))
                    .intoArray(w, i + 19 * LANES);
            t = a;
            a = e;
            e = t;
            t = b;
            b = f;
            f = t;
            t = c;
            c = g;
            g = t;
            t = d;
            d = h;
            h = t;
        }
        a.intoArray(v, 0);
        b.intoArray(v, LANES);
        c.intoArray(v, 2 * LANES);
        d.intoArray(v, 3 * LANES);
        e.intoArray(v, 4 * LANES);
        f.intoArray(v, 5 * LANES);
        g.intoArray(v, 6 * LANES);
        h.intoArray(v, 7 * LANES);
    }

    /** Rounds whose words are all there. */
    private static void withoutSchedule(long[] v, long[] w, long[] k, int from, int to) {
        LongVector a = word(v, 0);
        LongVector b = word(v, 1);
        LongVector c = word(v, 2);
        LongVector d = word(v, 3);
        LongVector e = word(v, 4);
        LongVector f = word(v, 5);
        LongVector g = word(v, 6);
        LongVector h = word(v, 7);
        LongVector t;
        LongVector s;
        for (int i = from; i < to; i += 4 * LANES) {
            t = h.add(LongVector.fromArray(LONGS, w, i).add(LongVector.fromArray(LONGS, k, i)))
                    .add(g.lanewise(XOR, e.lanewise(AND, f.lanewise(XOR, g))));
            s = e.lanewise(ROR, 14).lanewise(XOR, e.lanewise(ROR, 18)).lanewise(XOR, e.lanewise(ROR, 41));
            d = d.add(t).add(s);
            h = t.add(a.lanewise(AND, b).lanewise(OR, c.lanewise(AND, a.lanewise(OR, b))))
                    .add(s)
                    .add(a.lanewise(ROR, 28).lanewise(XOR, a.lanewise(ROR, 34)).lanewise(XOR, a.lanewise(ROR, 39)));
            t = g.add(LongVector.fromArray(LONGS, w, i + LANES).add(LongVector.fromArray(LONGS, k, i + LANES)))
                    .add(f.lanewise(XOR, d.lanewise(AND, e.lanewise(XOR, f))));
            s = d.lanewise(ROR, 14).lanewise(XOR, d.lanewise(ROR, 18)).lanewise(XOR, d.lanewise(ROR, 41));
            c = c.add(t).add(s);
            g = t.add(h.lanewise(AND, a).lanewise(OR, b.lanewise(AND, h.lanewise(OR, a))))
                    .add(s)
                    .add(h.lanewise(ROR, 28).lanewise(XOR, h.lanewise(ROR, 34)).lanewise(XOR, h.lanewise(ROR, 39)));
            t = f.add(LongVector.fromArray(LONGS, w, i + 2 * LANES).add(LongVector.fromArray(LONGS, k, i + 2 * LANES)))
                    .add(e.lanewise(XOR, c.lanewise(AND, d.lanewise(XOR, e))));
            s = c.lanewise(ROR, 14).lanewise(XOR, c.lanewise(ROR, 18)).lanewise(XOR, c.lanewise(ROR, 41));
            b = b.add(t).add(s);
            f = t.add(g.lanewise(AND, h).lanewise(OR, a.lanewise(AND, g.lanewise(OR, h))))
                    .add(s)
                    .add(g.lanewise(ROR, 28).lanewise(XOR, g.lanewise(ROR, 34)).lanewise(XOR, g.lanewise(ROR, 39)));
            t = e.add(LongVector.fromArray(LONGS, w, i + 3 * LANES).add(LongVector.fromArray(LONGS, k, i + 3 * LANES)))
                    .add(d.lanewise(XOR, b.lanewise(AND, c.lanewise(XOR, d))));
            s = b.lanewise(ROR, 14).lanewise(XOR, b.lanewise(ROR, 18)).lanewise(XOR, b.lanewise(ROR, 41));
            a = a.add(t).add(s);
            e = t.add(f.lanewise(AND, g).lanewise(OR, h.lanewise(AND, f.lanewise(OR, g))))
                    .add(s)
                    .add(f.lanewise(ROR, 28).lanewise(XOR, f.lanewise(ROR, 34)).lanewise(XOR, f.lanewise(ROR, 39)));
            t = a;
            a = e;
            e = t;
            t = b;
            b = f;
            f = t;
            t = c;
            c = g;
            g = t;
            t = d;
            d = h;
            h = t;
        }
        a.intoArray(v, 0);
        b.intoArray(v, LANES);
        c.intoArray(v, 2 * LANES);
        d.intoArray(v, 3 * LANES);
        e.intoArray(v, 4 * LANES);
        f.intoArray(v, 5 * LANES);
        g.intoArray(v, 6 * LANES);
        h.intoArray(v, 7 * LANES);
    }

    private static LongVector word(long[] words, int i) {
        return LongVector.fromArray(LONGS, words, i * LANES);
    }

    /**
     * Half a block of each of 8 messages, as 8 words of 8 lanes. The square is turned about its diagonal in three steps, each of which
     * swaps the odd columns of one row with the even columns of another, columns being 1, 2 and 4 words wide.
     */
    private static void load8(byte[][] arrays, int[] offsets, int at, long[] w, int into) {
        LongVector a = ByteVector.fromArray(BYTES, arrays[0], offsets[0] + at)
                .rearrange(BIG_ENDIAN)
                .reinterpretAsLongs();
        LongVector b = ByteVector.fromArray(BYTES, arrays[1], offsets[1] + at)
                .rearrange(BIG_ENDIAN)
                .reinterpretAsLongs();
        LongVector c = ByteVector.fromArray(BYTES, arrays[2], offsets[2] + at)
                .rearrange(BIG_ENDIAN)
                .reinterpretAsLongs();
        LongVector d = ByteVector.fromArray(BYTES, arrays[3], offsets[3] + at)
                .rearrange(BIG_ENDIAN)
                .reinterpretAsLongs();
        LongVector e = ByteVector.fromArray(BYTES, arrays[4], offsets[4] + at)
                .rearrange(BIG_ENDIAN)
                .reinterpretAsLongs();
        LongVector f = ByteVector.fromArray(BYTES, arrays[5], offsets[5] + at)
                .rearrange(BIG_ENDIAN)
                .reinterpretAsLongs();
        LongVector g = ByteVector.fromArray(BYTES, arrays[6], offsets[6] + at)
                .rearrange(BIG_ENDIAN)
                .reinterpretAsLongs();
        LongVector h = ByteVector.fromArray(BYTES, arrays[7], offsets[7] + at)
                .rearrange(BIG_ENDIAN)
                .reinterpretAsLongs();
        LongVector x;
        x = a.blend(b.rearrange(SWAP_1), ODD_1);
        b = a.rearrange(SWAP_1).blend(b, ODD_1);
        a = x;
        x = c.blend(d.rearrange(SWAP_1), ODD_1);
        d = c.rearrange(SWAP_1).blend(d, ODD_1);
        c = x;
        x = e.blend(f.rearrange(SWAP_1), ODD_1);
        f = e.rearrange(SWAP_1).blend(f, ODD_1);
        e = x;
        x = g.blend(h.rearrange(SWAP_1), ODD_1);
        h = g.rearrange(SWAP_1).blend(h, ODD_1);
        g = x;
        x = a.blend(c.rearrange(SWAP_2), ODD_2);
        c = a.rearrange(SWAP_2).blend(c, ODD_2);
        a = x;
        x = b.blend(d.rearrange(SWAP_2), ODD_2);
        d = b.rearrange(SWAP_2).blend(d, ODD_2);
        b = x;
        x = e.blend(g.rearrange(SWAP_2), ODD_2);
        g = e.rearrange(SWAP_2).blend(g, ODD_2);
        e = x;
        x = f.blend(h.rearrange(SWAP_2), ODD_2);
        h = f.rearrange(SWAP_2).blend(h, ODD_2);
        f = x;
        x = a.blend(e.rearrange(SWAP_4), ODD_4);
        e = a.rearrange(SWAP_4).blend(e, ODD_4);
        a = x;
        x = b.blend(f.rearrange(SWAP_4), ODD_4);
        f = b.rearrange(SWAP_4).blend(f, ODD_4);
        b = x;
        x = c.blend(g.rearrange(SWAP_4), ODD_4);
        g = c.rearrange(SWAP_4).blend(g, ODD_4);
        c = x;
        x = d.blend(h.rearrange(SWAP_4), ODD_4);
        h = d.rearrange(SWAP_4).blend(h, ODD_4);
        d = x;
        a.intoArray(w, into);
        b.intoArray(w, into + LANES);
        c.intoArray(w, into + 2 * LANES);
        d.intoArray(w, into + 3 * LANES);
        e.intoArray(w, into + 4 * LANES);
        f.intoArray(w, into + 5 * LANES);
        g.intoArray(w, into + 6 * LANES);
        h.intoArray(w, into + 7 * LANES);
    }

    /** A quarter of a block of each of 4 messages, as 4 words of 4 lanes, likewise. */
    private static void load4(byte[][] arrays, int[] offsets, int at, long[] w, int into) {
        LongVector a = ByteVector.fromArray(BYTES, arrays[0], offsets[0] + at)
                .rearrange(BIG_ENDIAN)
                .reinterpretAsLongs();
        LongVector b = ByteVector.fromArray(BYTES, arrays[1], offsets[1] + at)
                .rearrange(BIG_ENDIAN)
                .reinterpretAsLongs();
        LongVector c = ByteVector.fromArray(BYTES, arrays[2], offsets[2] + at)
                .rearrange(BIG_ENDIAN)
                .reinterpretAsLongs();
        LongVector d = ByteVector.fromArray(BYTES, arrays[3], offsets[3] + at)
                .rearrange(BIG_ENDIAN)
                .reinterpretAsLongs();
        LongVector x;
        x = a.blend(b.rearrange(SWAP_1), ODD_1);
        b = a.rearrange(SWAP_1).blend(b, ODD_1);
        a = x;
        x = c.blend(d.rearrange(SWAP_1), ODD_1);
        d = c.rearrange(SWAP_1).blend(d, ODD_1);
        c = x;
        x = a.blend(c.rearrange(SWAP_2), ODD_2);
        c = a.rearrange(SWAP_2).blend(c, ODD_2);
        a = x;
        x = b.blend(d.rearrange(SWAP_2), ODD_2);
        d = b.rearrange(SWAP_2).blend(d, ODD_2);
        b = x;
        a.intoArray(w, into);
        b.intoArray(w, into + LANES);
        c.intoArray(w, into + 2 * LANES);
        d.intoArray(w, into + 3 * LANES);
    }
}
