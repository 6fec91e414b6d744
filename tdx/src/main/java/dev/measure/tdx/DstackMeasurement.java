package dev.measure.tdx;

import dev.measure.Digest;
import dev.measure.DigestAlgorithm;
import dev.measure.MalformedInputException;
import dev.measure.Source;
import dev.measure.parse.Cursor;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * dstack's measurement.cbor: the digests that an image was published with.
 *
 * @param cmdline the digest of the LoadOptions event, with {@code initrd=initrd} behind the command line
 * @param kernel the Authenticode digest of the kernel as QEMU changes it for 2 GiB of memory, or for 2816 MiB or more
 * @param initrd the digest of the initrd
 * @param ovmf dstack's name of the firmware's generation, such as {@code pre202505}
 * @param mrtdPage MRTD in page order
 * @param mrtdSection MRTD in section order
 * @param hobAddress the address of the TD HOB
 * @param accepted the ranges that are added before the start, TD_HOB and TEMP_MEM sections, by rising address
 */
public record DstackMeasurement(
        Digest cmdline,
        Digest kernel,
        Digest initrd,
        String ovmf,
        Digest mrtdPage,
        Digest mrtdSection,
        long hobAddress,
        List<TdHob.Range> accepted) {
    private static final int VERSION = 3;

    /** A file has about 400 bytes. */
    private static final int MAX_SIZE = 65536;

    private static final int MAX_TEXT = 64;

    /** OVMF has four or five. */
    private static final int MAX_RANGES = 64;

    private static final int PAGE_SHIFT = 12;
    private static final int UNSIGNED = 0;
    private static final int BYTES = 2;
    private static final int TEXT = 3;
    private static final int MAP = 5;

    /** Copies the list. */
    public DstackMeasurement {
        accepted = List.copyOf(accepted);
    }

    /**
     * {@return the measurement in a file}
     *
     * @param source the whole file: CBOR (RFC 8949), definite lengths, keys in dstack's order
     * @throws MalformedInputException if it is anything else
     */
    public static DstackMeasurement read(Source source) {
        if (source.length() > MAX_SIZE) {
            throw new MalformedInputException(
                    source.name(),
                    source.start() + MAX_SIZE,
                    "at most " + MAX_SIZE + " bytes",
                    source.length() + " bytes",
                    "");
        }
        Cursor c = Cursor.of(source);
        map(c, 3);
        key(c, "version");
        int at = c.position();
        long version = head(c, UNSIGNED, "version");
        if (version != VERSION) {
            throw c.malformed(at, "version " + VERSION, Long.toString(version), "no other version is known");
        }
        key(c, "image");
        map(c, 3);
        Digest cmdline = digest(c, "cmdline_sha384");
        Digest kernel = digest(c, "kernel_authenticode");
        Digest initrd = digest(c, "initrd_sha384");
        key(c, "tdvf");
        map(c, 3);
        key(c, "ovmf");
        String ovmf = text(c, "ovmf");
        key(c, "mrtd");
        map(c, 2);
        Digest page = digest(c, "single_pass");
        Digest section = digest(c, "two_pass");
        key(c, "td_hob");
        at = c.position();
        long length = head(c, BYTES, "td_hob");
        if (length > c.remaining()) {
            throw c.malformed(at, "td_hob of at most " + c.remaining() + " bytes", Long.toString(length), "");
        }
        Cursor hob = Cursor.of(c.slice(length, "td_hob"));
        if (c.remaining() > 0) {
            throw c.malformed(c.position(), "the end of the file", c.remaining() + " bytes left", "");
        }
        long base = leb128(hob, "base");
        long address = leb128(hob, "TD_HOB") + base;
        int countAt = hob.position();
        long count = leb128(hob, "count");
        if (count > MAX_RANGES) {
            throw hob.malformed(countAt, "at most " + MAX_RANGES + " ranges", Long.toString(count), "");
        }
        List<TdHob.Range> ranges = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            long start = leb128(hob, "start") + base;
            long pages = leb128(hob, "pages");
            ranges.add(new TdHob.Range(start << PAGE_SHIFT, pages << PAGE_SHIFT, true));
        }
        if (hob.remaining() > 0) {
            throw hob.malformed(hob.position(), "the end of td_hob", hob.remaining() + " bytes left", "");
        }
        return new DstackMeasurement(cmdline, kernel, initrd, ovmf, page, section, address << PAGE_SHIFT, ranges);
    }

    /** The value of a data item's head, which must be of a type. */
    private static long head(Cursor c, int type, String what) {
        int start = c.position();
        int first = c.u8(what);
        int info = first & 0x1f;
        if (first >> 5 != type || info > 26) {
            throw c.malformed(
                    start,
                    what + " as CBOR of major type " + type + " and definite length",
                    String.format("0x%02x", first),
                    "is this dstack's measurement.cbor?");
        }
        if (info < 24) {
            return info;
        }
        long value = 0;
        for (int i = 0; i < 1 << info - 24; i++) {
            value = value << 8 | c.u8(what);
        }
        return value;
    }

    private static void map(Cursor c, int entries) {
        int start = c.position();
        long found = head(c, MAP, "map");
        if (found != entries) {
            throw c.malformed(start, "a map of " + entries + " entries", Long.toString(found), "");
        }
    }

    private static String text(Cursor c, String what) {
        int start = c.position();
        long length = head(c, TEXT, what);
        if (length > MAX_TEXT) {
            throw c.malformed(start, "a text of at most " + MAX_TEXT + " bytes", Long.toString(length), "");
        }
        byte[] bytes = c.bytes((int) length, what);
        return new String(bytes, StandardCharsets.UTF_8);
    }

    private static void key(Cursor c, String name) {
        int start = c.position();
        String found = text(c, name);
        if (!found.equals(name)) {
            throw c.malformed(start, "key " + name, AcpiTable.printable(found), "");
        }
    }

    private static Digest digest(Cursor c, String name) {
        key(c, name);
        int start = c.position();
        long length = head(c, BYTES, name);
        if (length != DigestAlgorithm.SHA384.length()) {
            throw c.malformed(start, name + " of 48 bytes", Long.toString(length), "");
        }
        return Digest.of(DigestAlgorithm.SHA384, c.bytes((int) length, name));
    }

    /** An unsigned LEB128 number of at most five bytes: pages of 4 KiB below 2^47. */
    private static long leb128(Cursor c, String what) {
        int start = c.position();
        long value = 0;
        for (int shift = 0; shift < 35; shift += 7) {
            int b = c.u8(what);
            value |= (long) (b & 0x7f) << shift;
            if ((b & 0x80) == 0) {
                return value;
            }
        }
        throw c.malformed(start, what + " as LEB128 of at most 5 bytes", "more", "");
    }
}
