package dev.measure.tdx;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

/**
 * The byte stream whose SHA-384 is MRTD: for every page a record of TDH.MEM.PAGE.ADD, and for every 256 bytes of a measured page
 * a record of TDH.MR.EXTEND. Little-endian.
 *
 * <p>A record begins with 128 bytes: the name of the instruction in ASCII, zeros up to 16, the guest-physical address at 16, zeros.
 * That of TDH.MR.EXTEND is followed by the 256 bytes. Intel TDX Module Base Architecture Specification, "MRTD: Build-Time
 * Measurement Register".
 *
 * <p>The records of a page lie ready in one buffer, in which only addresses and contents change: one update of 6272 bytes, a whole
 * number of blocks of the hash, in place of 33 small ones.
 */
final class MrtdRecords {
    static final int PAGE = 4096;
    static final int HEAD = 128;
    static final int CHUNK = 256;
    static final int CHUNKS = PAGE / CHUNK;

    /** The records of one measured page. */
    static final int RECORD = HEAD + CHUNKS * (HEAD + CHUNK);

    private static final int GPA = 16;
    static final int ADDS = 64;
    private static final VarHandle U64 = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

    /** Takes records, whole blocks of the hash. */
    @FunctionalInterface
    interface Sink {
        /** Takes the next of them. */
        void update(byte[] array, int offset, int count);
    }

    private final Sink sha384;
    private final byte[] page = new byte[RECORD];
    private final byte[] adds = heads(true, ADDS);

    MrtdRecords(Sink sha384) {
        this.sha384 = sha384;
        name(true, page, 0);
        for (int chunk = 0; chunk < CHUNKS; chunk++) {
            name(false, page, extendAt(chunk));
        }
    }

    /** {@return the first 128 bytes of records of TDH.MEM.PAGE.ADD or TDH.MR.EXTEND, still without addresses} */
    static byte[] heads(boolean add, int count) {
        byte[] heads = new byte[count * HEAD];
        for (int head = 0; head < count; head++) {
            name(add, heads, head * HEAD);
        }
        return heads;
    }

    /** Sets the address of one of these heads. */
    static void address(byte[] heads, int head, long gpa) {
        U64.set(heads, head * HEAD + GPA, gpa);
    }

    private static void name(boolean add, byte[] into, int at) {
        byte[] ascii = (add ? "MEM.PAGE.ADD" : "MR.EXTEND").getBytes(StandardCharsets.US_ASCII);
        System.arraycopy(ascii, 0, into, at, ascii.length);
    }

    private static int extendAt(int chunk) {
        return HEAD + chunk * (HEAD + CHUNK);
    }

    /** TDH.MEM.PAGE.ADD of adjacent pages. */
    void add(long gpa, long pages) {
        long done = 0;
        while (done < pages) {
            int count = (int) Math.min(ADDS, pages - done);
            for (int add = 0; add < count; add++) {
                address(adds, add, gpa + (done + add) * PAGE);
            }
            sha384.update(adds, 0, count * HEAD);
            done += count;
        }
    }

    /** TDH.MEM.PAGE.ADD of a page, and TDH.MR.EXTEND of its 16 chunks. */
    void addAndExtend(long gpa, byte[] contents, int at) {
        fill(gpa, contents, at);
        U64.set(page, GPA, gpa);
        sha384.update(page, 0, RECORD);
    }

    /** TDH.MR.EXTEND of the 16 chunks of a page. */
    void extend(long gpa, byte[] contents, int at) {
        fill(gpa, contents, at);
        sha384.update(page, HEAD, RECORD - HEAD);
    }

    private void fill(long gpa, byte[] contents, int at) {
        for (int chunk = 0; chunk < CHUNKS; chunk++) {
            int head = extendAt(chunk);
            U64.set(page, head + GPA, gpa + chunk * CHUNK);
            System.arraycopy(contents, at + chunk * CHUNK, page, head + HEAD, CHUNK);
        }
    }
}
