package dev.measure.hash;

import static jdk.incubator.vector.VectorOperators.ADD;
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
 *
 * <p>Inside the vector classes the compiler goes by the classes that it has met there, which both widths share: which one it met last
 * when it compiled a kernel would decide how fast that is. Whatever is shifted, goes round a loop or is kept there is therefore cast to
 * the exact class, for which nothing has to be guessed; once compiled, these casts cost nothing. Hence also no {@code add}, and a vector
 * is the receiver rather than the argument. Words that the next round needs again stay in variables: arrays lie at any multiple of 8
 * bytes, so most loads of 64 cross a line of the cache.
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

    /** The class that all vectors of longs have here. */
    @SuppressWarnings("unchecked") // it is one of LongVector's, but the species does not say so
    private static final Class<LongVector> EXACT = (Class<LongVector>) (Class<?>) LONGS.vectorType();

    private static final long[] K = Sha512.constants();

    private final long[] w = new long[ALL];
    private final long[] v = new long[Sha512.STATE_WORDS * LANES];

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

    @Override
    int lanes() {
        return LANES;
    }

    @Override
    LaneKernel another() {
        return new VectorLanes();
    }

    @Override
    void blocks(long[] state, byte[][] arrays, int[] offsets, int plus, int blocks) {
        for (int block = 0; block < blocks; block++) {
            load(arrays, offsets, plus + block * Sha512.BLOCK);
            compress(state);
        }
    }

    @Override
    void words(long[] state, long[] words) {
        System.arraycopy(words, 0, w, 0, Sha512.BLOCK_WORDS * LANES);
        compress(state);
    }

    @Override
    void constant(long[] state, long[] schedule, int at, int stride) {
        withSameSchedule(state, schedule, at, stride);
    }

    @Override
    void schedules(byte[][] arrays, int[] offsets, long[] schedules) {
        load(arrays, offsets, 0);
        scheduleOnly(w);
        for (int i = 0, t = 0; i < ALL; i += LANES, t++) {
            LongVector.fromArray(LONGS, w, i)
                    .lanewise(ADD, LongVector.broadcast(LONGS, K[t]))
                    .intoArray(schedules, i);
        }
    }

    private void load(byte[][] arrays, int[] offsets, int at) {
        if (LANES == 8) {
            load8(arrays, offsets, at, w, 0);
            load8(arrays, offsets, at + 64, w, 64);
        } else {
            load4(arrays, offsets, at, w, 0);
            load4(arrays, offsets, at + 32, w, 16);
            load4(arrays, offsets, at + 64, w, 32);
            load4(arrays, offsets, at + 96, w, 48);
        }
    }

    private void compress(long[] state) {
        withSchedule(state, v, w);
        withoutSchedule(state, v, w);
    }

    /** The first 64 rounds, and with each of them the word of the schedule that is needed 16 rounds later. */
    private static void withSchedule(long[] state, long[] v, long[] w) {
        LongVector a = LongVector.fromArray(LONGS, state, 0);
        LongVector b = LongVector.fromArray(LONGS, state, LANES);
        LongVector c = LongVector.fromArray(LONGS, state, 2 * LANES);
        LongVector d = LongVector.fromArray(LONGS, state, 3 * LANES);
        LongVector e = LongVector.fromArray(LONGS, state, 4 * LANES);
        LongVector f = LongVector.fromArray(LONGS, state, 5 * LANES);
        LongVector g = LongVector.fromArray(LONGS, state, 6 * LANES);
        LongVector h = LongVector.fromArray(LONGS, state, 7 * LANES);
        LongVector u;
        LongVector now = LongVector.fromArray(LONGS, w, 0); // w[t]
        LongVector x; // w[t + 1]
        LongVector y = LongVector.fromArray(LONGS, w, 14 * LANES); // w[t + 14]
        LongVector z = LongVector.fromArray(LONGS, w, 15 * LANES); // w[t + 15]
        for (int i = 0, t = 0; i < WITH_SCHEDULE; i += 4 * LANES, t += 4) {
            a = EXACT.cast(a);
            b = EXACT.cast(b);
            c = EXACT.cast(c);
            d = EXACT.cast(d);
            e = EXACT.cast(e);
            f = EXACT.cast(f);
            g = EXACT.cast(g);
            h = EXACT.cast(h);
            now = EXACT.cast(now);
            y = EXACT.cast(y);
            z = EXACT.cast(z);
            u = h.lanewise(ADD, now.lanewise(ADD, LongVector.broadcast(LONGS, K[t])))
                    .lanewise(ADD, g.lanewise(XOR, e.lanewise(AND, f.lanewise(XOR, g))))
                    .lanewise(
                            ADD,
                            e.lanewise(ROR, 14)
                                    .lanewise(XOR, e.lanewise(ROR, 18))
                                    .lanewise(XOR, e.lanewise(ROR, 41)));
            d = EXACT.cast(d.lanewise(ADD, u));
            h = EXACT.cast(u.lanewise(
                    ADD,
                    a.lanewise(AND, b)
                            .lanewise(OR, c.lanewise(AND, a.lanewise(OR, b)))
                            .lanewise(
                                    ADD,
                                    a.lanewise(ROR, 28)
                                            .lanewise(XOR, a.lanewise(ROR, 34))
                                            .lanewise(XOR, a.lanewise(ROR, 39)))));
            x = EXACT.cast(LongVector.fromArray(LONGS, w, i + LANES));
            y = EXACT.cast(now.lanewise(
                            ADD,
                            x.lanewise(ROR, 1).lanewise(XOR, x.lanewise(ROR, 8)).lanewise(XOR, x.lanewise(LSHR, 7)))
                    .lanewise(ADD, LongVector.fromArray(LONGS, w, i + 9 * LANES))
                    .lanewise(
                            ADD,
                            y.lanewise(ROR, 19)
                                    .lanewise(XOR, y.lanewise(ROR, 61))
                                    .lanewise(XOR, y.lanewise(LSHR, 6))));
            y.intoArray(w, i + 16 * LANES);
            now = x;
            u = g.lanewise(ADD, now.lanewise(ADD, LongVector.broadcast(LONGS, K[t + 1])))
                    .lanewise(ADD, f.lanewise(XOR, d.lanewise(AND, e.lanewise(XOR, f))))
                    .lanewise(
                            ADD,
                            d.lanewise(ROR, 14)
                                    .lanewise(XOR, d.lanewise(ROR, 18))
                                    .lanewise(XOR, d.lanewise(ROR, 41)));
            c = EXACT.cast(c.lanewise(ADD, u));
            g = EXACT.cast(u.lanewise(
                    ADD,
                    h.lanewise(AND, a)
                            .lanewise(OR, b.lanewise(AND, h.lanewise(OR, a)))
                            .lanewise(
                                    ADD,
                                    h.lanewise(ROR, 28)
                                            .lanewise(XOR, h.lanewise(ROR, 34))
                                            .lanewise(XOR, h.lanewise(ROR, 39)))));
            x = EXACT.cast(LongVector.fromArray(LONGS, w, i + 2 * LANES));
            z = EXACT.cast(now.lanewise(
                            ADD,
                            x.lanewise(ROR, 1).lanewise(XOR, x.lanewise(ROR, 8)).lanewise(XOR, x.lanewise(LSHR, 7)))
                    .lanewise(ADD, LongVector.fromArray(LONGS, w, i + 10 * LANES))
                    .lanewise(
                            ADD,
                            z.lanewise(ROR, 19)
                                    .lanewise(XOR, z.lanewise(ROR, 61))
                                    .lanewise(XOR, z.lanewise(LSHR, 6))));
            z.intoArray(w, i + 17 * LANES);
            now = x;
            u = f.lanewise(ADD, now.lanewise(ADD, LongVector.broadcast(LONGS, K[t + 2])))
                    .lanewise(ADD, e.lanewise(XOR, c.lanewise(AND, d.lanewise(XOR, e))))
                    .lanewise(
                            ADD,
                            c.lanewise(ROR, 14)
                                    .lanewise(XOR, c.lanewise(ROR, 18))
                                    .lanewise(XOR, c.lanewise(ROR, 41)));
            b = EXACT.cast(b.lanewise(ADD, u));
            f = EXACT.cast(u.lanewise(
                    ADD,
                    g.lanewise(AND, h)
                            .lanewise(OR, a.lanewise(AND, g.lanewise(OR, h)))
                            .lanewise(
                                    ADD,
                                    g.lanewise(ROR, 28)
                                            .lanewise(XOR, g.lanewise(ROR, 34))
                                            .lanewise(XOR, g.lanewise(ROR, 39)))));
            x = EXACT.cast(LongVector.fromArray(LONGS, w, i + 3 * LANES));
            y = EXACT.cast(now.lanewise(
                            ADD,
                            x.lanewise(ROR, 1).lanewise(XOR, x.lanewise(ROR, 8)).lanewise(XOR, x.lanewise(LSHR, 7)))
                    .lanewise(ADD, LongVector.fromArray(LONGS, w, i + 11 * LANES))
                    .lanewise(
                            ADD,
                            y.lanewise(ROR, 19)
                                    .lanewise(XOR, y.lanewise(ROR, 61))
                                    .lanewise(XOR, y.lanewise(LSHR, 6))));
            y.intoArray(w, i + 18 * LANES);
            now = x;
            u = e.lanewise(ADD, now.lanewise(ADD, LongVector.broadcast(LONGS, K[t + 3])))
                    .lanewise(ADD, d.lanewise(XOR, b.lanewise(AND, c.lanewise(XOR, d))))
                    .lanewise(
                            ADD,
                            b.lanewise(ROR, 14)
                                    .lanewise(XOR, b.lanewise(ROR, 18))
                                    .lanewise(XOR, b.lanewise(ROR, 41)));
            a = EXACT.cast(a.lanewise(ADD, u));
            e = EXACT.cast(u.lanewise(
                    ADD,
                    f.lanewise(AND, g)
                            .lanewise(OR, h.lanewise(AND, f.lanewise(OR, g)))
                            .lanewise(
                                    ADD,
                                    f.lanewise(ROR, 28)
                                            .lanewise(XOR, f.lanewise(ROR, 34))
                                            .lanewise(XOR, f.lanewise(ROR, 39)))));
            x = EXACT.cast(LongVector.fromArray(LONGS, w, i + 4 * LANES));
            z = EXACT.cast(now.lanewise(
                            ADD,
                            x.lanewise(ROR, 1).lanewise(XOR, x.lanewise(ROR, 8)).lanewise(XOR, x.lanewise(LSHR, 7)))
                    .lanewise(ADD, LongVector.fromArray(LONGS, w, i + 12 * LANES))
                    .lanewise(
                            ADD,
                            z.lanewise(ROR, 19)
                                    .lanewise(XOR, z.lanewise(ROR, 61))
                                    .lanewise(XOR, z.lanewise(LSHR, 6))));
            z.intoArray(w, i + 19 * LANES);
            now = x;
            u = a;
            a = e;
            e = u;
            u = b;
            b = f;
            f = u;
            u = c;
            c = g;
            g = u;
            u = d;
            d = h;
            h = u;
        }
        EXACT.cast(a).intoArray(v, 0);
        EXACT.cast(b).intoArray(v, LANES);
        EXACT.cast(c).intoArray(v, 2 * LANES);
        EXACT.cast(d).intoArray(v, 3 * LANES);
        EXACT.cast(e).intoArray(v, 4 * LANES);
        EXACT.cast(f).intoArray(v, 5 * LANES);
        EXACT.cast(g).intoArray(v, 6 * LANES);
        EXACT.cast(h).intoArray(v, 7 * LANES);
    }

    /** The last 16 rounds, whose words are all there. FIPS 180-4, section 6.4.2, steps 3 and 4. */
    private static void withoutSchedule(long[] state, long[] v, long[] w) {
        LongVector a = LongVector.fromArray(LONGS, v, 0);
        LongVector b = LongVector.fromArray(LONGS, v, LANES);
        LongVector c = LongVector.fromArray(LONGS, v, 2 * LANES);
        LongVector d = LongVector.fromArray(LONGS, v, 3 * LANES);
        LongVector e = LongVector.fromArray(LONGS, v, 4 * LANES);
        LongVector f = LongVector.fromArray(LONGS, v, 5 * LANES);
        LongVector g = LongVector.fromArray(LONGS, v, 6 * LANES);
        LongVector h = LongVector.fromArray(LONGS, v, 7 * LANES);
        LongVector u;
        for (int i = WITH_SCHEDULE, t = Sha512.ROUNDS - Sha512.BLOCK_WORDS; i < ALL; i += 4 * LANES, t += 4) {
            a = EXACT.cast(a);
            b = EXACT.cast(b);
            c = EXACT.cast(c);
            d = EXACT.cast(d);
            e = EXACT.cast(e);
            f = EXACT.cast(f);
            g = EXACT.cast(g);
            h = EXACT.cast(h);
            u = h.lanewise(ADD, LongVector.fromArray(LONGS, w, i).lanewise(ADD, LongVector.broadcast(LONGS, K[t])))
                    .lanewise(ADD, g.lanewise(XOR, e.lanewise(AND, f.lanewise(XOR, g))))
                    .lanewise(
                            ADD,
                            e.lanewise(ROR, 14)
                                    .lanewise(XOR, e.lanewise(ROR, 18))
                                    .lanewise(XOR, e.lanewise(ROR, 41)));
            d = EXACT.cast(d.lanewise(ADD, u));
            h = EXACT.cast(u.lanewise(
                    ADD,
                    a.lanewise(AND, b)
                            .lanewise(OR, c.lanewise(AND, a.lanewise(OR, b)))
                            .lanewise(
                                    ADD,
                                    a.lanewise(ROR, 28)
                                            .lanewise(XOR, a.lanewise(ROR, 34))
                                            .lanewise(XOR, a.lanewise(ROR, 39)))));
            u = g.lanewise(
                            ADD,
                            LongVector.fromArray(LONGS, w, i + LANES)
                                    .lanewise(ADD, LongVector.broadcast(LONGS, K[t + 1])))
                    .lanewise(ADD, f.lanewise(XOR, d.lanewise(AND, e.lanewise(XOR, f))))
                    .lanewise(
                            ADD,
                            d.lanewise(ROR, 14)
                                    .lanewise(XOR, d.lanewise(ROR, 18))
                                    .lanewise(XOR, d.lanewise(ROR, 41)));
            c = EXACT.cast(c.lanewise(ADD, u));
            g = EXACT.cast(u.lanewise(
                    ADD,
                    h.lanewise(AND, a)
                            .lanewise(OR, b.lanewise(AND, h.lanewise(OR, a)))
                            .lanewise(
                                    ADD,
                                    h.lanewise(ROR, 28)
                                            .lanewise(XOR, h.lanewise(ROR, 34))
                                            .lanewise(XOR, h.lanewise(ROR, 39)))));
            u = f.lanewise(
                            ADD,
                            LongVector.fromArray(LONGS, w, i + 2 * LANES)
                                    .lanewise(ADD, LongVector.broadcast(LONGS, K[t + 2])))
                    .lanewise(ADD, e.lanewise(XOR, c.lanewise(AND, d.lanewise(XOR, e))))
                    .lanewise(
                            ADD,
                            c.lanewise(ROR, 14)
                                    .lanewise(XOR, c.lanewise(ROR, 18))
                                    .lanewise(XOR, c.lanewise(ROR, 41)));
            b = EXACT.cast(b.lanewise(ADD, u));
            f = EXACT.cast(u.lanewise(
                    ADD,
                    g.lanewise(AND, h)
                            .lanewise(OR, a.lanewise(AND, g.lanewise(OR, h)))
                            .lanewise(
                                    ADD,
                                    g.lanewise(ROR, 28)
                                            .lanewise(XOR, g.lanewise(ROR, 34))
                                            .lanewise(XOR, g.lanewise(ROR, 39)))));
            u = e.lanewise(
                            ADD,
                            LongVector.fromArray(LONGS, w, i + 3 * LANES)
                                    .lanewise(ADD, LongVector.broadcast(LONGS, K[t + 3])))
                    .lanewise(ADD, d.lanewise(XOR, b.lanewise(AND, c.lanewise(XOR, d))))
                    .lanewise(
                            ADD,
                            b.lanewise(ROR, 14)
                                    .lanewise(XOR, b.lanewise(ROR, 18))
                                    .lanewise(XOR, b.lanewise(ROR, 41)));
            a = EXACT.cast(a.lanewise(ADD, u));
            e = EXACT.cast(u.lanewise(
                    ADD,
                    f.lanewise(AND, g)
                            .lanewise(OR, h.lanewise(AND, f.lanewise(OR, g)))
                            .lanewise(
                                    ADD,
                                    f.lanewise(ROR, 28)
                                            .lanewise(XOR, f.lanewise(ROR, 34))
                                            .lanewise(XOR, f.lanewise(ROR, 39)))));
            u = a;
            a = e;
            e = u;
            u = b;
            b = f;
            f = u;
            u = c;
            c = g;
            g = u;
            u = d;
            d = h;
            h = u;
        }
        a.lanewise(ADD, LongVector.fromArray(LONGS, state, 0)).intoArray(state, 0);
        b.lanewise(ADD, LongVector.fromArray(LONGS, state, LANES)).intoArray(state, LANES);
        c.lanewise(ADD, LongVector.fromArray(LONGS, state, 2 * LANES)).intoArray(state, 2 * LANES);
        d.lanewise(ADD, LongVector.fromArray(LONGS, state, 3 * LANES)).intoArray(state, 3 * LANES);
        e.lanewise(ADD, LongVector.fromArray(LONGS, state, 4 * LANES)).intoArray(state, 4 * LANES);
        f.lanewise(ADD, LongVector.fromArray(LONGS, state, 5 * LANES)).intoArray(state, 5 * LANES);
        g.lanewise(ADD, LongVector.fromArray(LONGS, state, 6 * LANES)).intoArray(state, 6 * LANES);
        h.lanewise(ADD, LongVector.fromArray(LONGS, state, 7 * LANES)).intoArray(state, 7 * LANES);
    }

    /** All rounds with words, and the constants of the rounds in them, that are the same in all lanes. */
    private static void withSameSchedule(long[] state, long[] schedule, int first, int stride) {
        LongVector a = LongVector.fromArray(LONGS, state, 0);
        LongVector b = LongVector.fromArray(LONGS, state, LANES);
        LongVector c = LongVector.fromArray(LONGS, state, 2 * LANES);
        LongVector d = LongVector.fromArray(LONGS, state, 3 * LANES);
        LongVector e = LongVector.fromArray(LONGS, state, 4 * LANES);
        LongVector f = LongVector.fromArray(LONGS, state, 5 * LANES);
        LongVector g = LongVector.fromArray(LONGS, state, 6 * LANES);
        LongVector h = LongVector.fromArray(LONGS, state, 7 * LANES);
        LongVector u;
        int end = first + Sha512.ROUNDS * stride;
        for (int at = first; at < end; at += 4 * stride) {
            a = EXACT.cast(a);
            b = EXACT.cast(b);
            c = EXACT.cast(c);
            d = EXACT.cast(d);
            e = EXACT.cast(e);
            f = EXACT.cast(f);
            g = EXACT.cast(g);
            h = EXACT.cast(h);
            u = h.lanewise(ADD, LongVector.broadcast(LONGS, schedule[at]))
                    .lanewise(ADD, g.lanewise(XOR, e.lanewise(AND, f.lanewise(XOR, g))))
                    .lanewise(
                            ADD,
                            e.lanewise(ROR, 14)
                                    .lanewise(XOR, e.lanewise(ROR, 18))
                                    .lanewise(XOR, e.lanewise(ROR, 41)));
            d = EXACT.cast(d.lanewise(ADD, u));
            h = EXACT.cast(u.lanewise(
                    ADD,
                    a.lanewise(AND, b)
                            .lanewise(OR, c.lanewise(AND, a.lanewise(OR, b)))
                            .lanewise(
                                    ADD,
                                    a.lanewise(ROR, 28)
                                            .lanewise(XOR, a.lanewise(ROR, 34))
                                            .lanewise(XOR, a.lanewise(ROR, 39)))));
            u = g.lanewise(ADD, LongVector.broadcast(LONGS, schedule[at + stride]))
                    .lanewise(ADD, f.lanewise(XOR, d.lanewise(AND, e.lanewise(XOR, f))))
                    .lanewise(
                            ADD,
                            d.lanewise(ROR, 14)
                                    .lanewise(XOR, d.lanewise(ROR, 18))
                                    .lanewise(XOR, d.lanewise(ROR, 41)));
            c = EXACT.cast(c.lanewise(ADD, u));
            g = EXACT.cast(u.lanewise(
                    ADD,
                    h.lanewise(AND, a)
                            .lanewise(OR, b.lanewise(AND, h.lanewise(OR, a)))
                            .lanewise(
                                    ADD,
                                    h.lanewise(ROR, 28)
                                            .lanewise(XOR, h.lanewise(ROR, 34))
                                            .lanewise(XOR, h.lanewise(ROR, 39)))));
            u = f.lanewise(ADD, LongVector.broadcast(LONGS, schedule[at + 2 * stride]))
                    .lanewise(ADD, e.lanewise(XOR, c.lanewise(AND, d.lanewise(XOR, e))))
                    .lanewise(
                            ADD,
                            c.lanewise(ROR, 14)
                                    .lanewise(XOR, c.lanewise(ROR, 18))
                                    .lanewise(XOR, c.lanewise(ROR, 41)));
            b = EXACT.cast(b.lanewise(ADD, u));
            f = EXACT.cast(u.lanewise(
                    ADD,
                    g.lanewise(AND, h)
                            .lanewise(OR, a.lanewise(AND, g.lanewise(OR, h)))
                            .lanewise(
                                    ADD,
                                    g.lanewise(ROR, 28)
                                            .lanewise(XOR, g.lanewise(ROR, 34))
                                            .lanewise(XOR, g.lanewise(ROR, 39)))));
            u = e.lanewise(ADD, LongVector.broadcast(LONGS, schedule[at + 3 * stride]))
                    .lanewise(ADD, d.lanewise(XOR, b.lanewise(AND, c.lanewise(XOR, d))))
                    .lanewise(
                            ADD,
                            b.lanewise(ROR, 14)
                                    .lanewise(XOR, b.lanewise(ROR, 18))
                                    .lanewise(XOR, b.lanewise(ROR, 41)));
            a = EXACT.cast(a.lanewise(ADD, u));
            e = EXACT.cast(u.lanewise(
                    ADD,
                    f.lanewise(AND, g)
                            .lanewise(OR, h.lanewise(AND, f.lanewise(OR, g)))
                            .lanewise(
                                    ADD,
                                    f.lanewise(ROR, 28)
                                            .lanewise(XOR, f.lanewise(ROR, 34))
                                            .lanewise(XOR, f.lanewise(ROR, 39)))));
            u = a;
            a = e;
            e = u;
            u = b;
            b = f;
            f = u;
            u = c;
            c = g;
            g = u;
            u = d;
            d = h;
            h = u;
        }
        a.lanewise(ADD, LongVector.fromArray(LONGS, state, 0)).intoArray(state, 0);
        b.lanewise(ADD, LongVector.fromArray(LONGS, state, LANES)).intoArray(state, LANES);
        c.lanewise(ADD, LongVector.fromArray(LONGS, state, 2 * LANES)).intoArray(state, 2 * LANES);
        d.lanewise(ADD, LongVector.fromArray(LONGS, state, 3 * LANES)).intoArray(state, 3 * LANES);
        e.lanewise(ADD, LongVector.fromArray(LONGS, state, 4 * LANES)).intoArray(state, 4 * LANES);
        f.lanewise(ADD, LongVector.fromArray(LONGS, state, 5 * LANES)).intoArray(state, 5 * LANES);
        g.lanewise(ADD, LongVector.fromArray(LONGS, state, 6 * LANES)).intoArray(state, 6 * LANES);
        h.lanewise(ADD, LongVector.fromArray(LONGS, state, 7 * LANES)).intoArray(state, 7 * LANES);
    }

    /** FIPS 180-4, section 6.4.2, step 1. */
    private static void scheduleOnly(long[] w) {
        LongVector now = LongVector.fromArray(LONGS, w, 0); // w[t]
        LongVector x; // w[t + 1]
        LongVector y = LongVector.fromArray(LONGS, w, 14 * LANES); // w[t + 14]
        LongVector z = LongVector.fromArray(LONGS, w, 15 * LANES); // w[t + 15]
        for (int i = 0; i < WITH_SCHEDULE; i += 2 * LANES) {
            now = EXACT.cast(now);
            y = EXACT.cast(y);
            z = EXACT.cast(z);
            x = EXACT.cast(LongVector.fromArray(LONGS, w, i + LANES));
            y = EXACT.cast(now.lanewise(
                            ADD,
                            x.lanewise(ROR, 1).lanewise(XOR, x.lanewise(ROR, 8)).lanewise(XOR, x.lanewise(LSHR, 7)))
                    .lanewise(ADD, LongVector.fromArray(LONGS, w, i + 9 * LANES))
                    .lanewise(
                            ADD,
                            y.lanewise(ROR, 19)
                                    .lanewise(XOR, y.lanewise(ROR, 61))
                                    .lanewise(XOR, y.lanewise(LSHR, 6))));
            y.intoArray(w, i + 16 * LANES);
            now = EXACT.cast(LongVector.fromArray(LONGS, w, i + 2 * LANES));
            z = EXACT.cast(x.lanewise(
                            ADD,
                            now.lanewise(ROR, 1)
                                    .lanewise(XOR, now.lanewise(ROR, 8))
                                    .lanewise(XOR, now.lanewise(LSHR, 7)))
                    .lanewise(ADD, LongVector.fromArray(LONGS, w, i + 10 * LANES))
                    .lanewise(
                            ADD,
                            z.lanewise(ROR, 19)
                                    .lanewise(XOR, z.lanewise(ROR, 61))
                                    .lanewise(XOR, z.lanewise(LSHR, 6))));
            z.intoArray(w, i + 17 * LANES);
        }
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
