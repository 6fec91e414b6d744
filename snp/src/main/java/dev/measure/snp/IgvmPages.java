package dev.measure.snp;

import dev.measure.DigestAlgorithm;
import dev.measure.Evidence;
import dev.measure.Provenance;
import dev.measure.Source;
import java.security.DigestException;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Collects pages in the order in which they are measured. Adjacent pages of one kind, whose bytes are adjacent in the file too,
 * become one region, so that a trace of thousands of pages has a few lines.
 */
final class IgvmPages {
    private static final int PAGE = PageInfo.PAGE;
    private static final int DIGEST = PageInfo.DIGEST;
    private static final Source NOTHING = Source.of("zeros", new byte[0]);

    /** What the contents of a region's pages are. */
    private enum Contents {
        NONE,
        ZEROS,
        DATA
    }

    private final List<LaunchRegion> regions = new ArrayList<>();

    // The region that grows.
    private PageType type = PageType.NORMAL;
    private Contents kind = Contents.NONE;
    private long gpa;
    private long pages;
    private String name = "";
    private String file = "";
    private long start;
    private long end;
    private boolean lastIsWhole;
    private byte[] digests = LaunchRegion.NO_CONTENTS;
    private int digestsLength;

    // The page that was hashed last; the next is often the same.
    private final MessageDigest sha384 = DigestAlgorithm.SHA384.newMessageDigest();
    private final byte[] page = new byte[PAGE];
    private final byte[] last = new byte[PAGE];
    private final byte[] lastDigest = sha384.digest(last);

    /** Adds pages whose contents do not count. */
    void add(PageType pageType, long address, long count, String what, Provenance.FileRange header) {
        grow(Contents.NONE, pageType, address, what, header);
        pages += count;
    }

    /** Adds pages of zeros whose contents count. */
    void addZeros(long address, long count, String what, Provenance.FileRange header) {
        if (grow(Contents.ZEROS, PageType.NORMAL, address, what, header)) {
            append(digest(NOTHING));
        }
        pages += count;
    }

    /** Adds one page of contents, which are padded with zeros. */
    void addData(long address, String what, Source data) {
        grow(Contents.DATA, PageType.NORMAL, address, what, Provenance.FileRange.of(data));
        append(digest(data));
        pages++;
        lastIsWhole = data.length() == PAGE;
    }

    /** Adds a region that stays as it is. */
    void add(LaunchRegion region) {
        flush();
        regions.add(region);
    }

    List<LaunchRegion> regions() {
        flush();
        return List.copyOf(regions);
    }

    /** The SHA-384 of a page. */
    byte[] digest(Source data) {
        int length = (int) data.length();
        data.read(0, page, 0, length);
        Arrays.fill(page, length, PAGE, (byte) 0);
        if (!Arrays.equals(page, last)) {
            sha384.update(page);
            try {
                sha384.digest(lastDigest, 0, DIGEST);
            } catch (DigestException e) {
                throw new IllegalStateException("SHA-384 gives 48 bytes", e);
            }
            System.arraycopy(page, 0, last, 0, PAGE);
        }
        return lastDigest.clone();
    }

    /** Goes on with the region if the pages continue it, else begins another; says whether it did. */
    private boolean grow(Contents contents, PageType pageType, long address, String what, Provenance.FileRange bytes) {
        boolean continues = pages > 0
                && kind == contents
                && type == pageType
                && lastIsWhole
                && gpa + pages * PAGE == address
                && name.equals(what)
                && file.equals(bytes.file())
                && end == bytes.offset();
        if (!continues) {
            flush();
            type = pageType;
            kind = contents;
            gpa = address;
            name = what;
            file = bytes.file();
            start = bytes.offset();
            lastIsWhole = true;
        }
        end = bytes.offset() + bytes.length();
        return !continues;
    }

    private void append(byte[] digest) {
        if (digestsLength + DIGEST > digests.length) {
            digests = Arrays.copyOf(digests, Math.max(DIGEST, digests.length * 2));
        }
        System.arraycopy(digest, 0, digests, digestsLength, DIGEST);
        digestsLength += DIGEST;
    }

    private void flush() {
        if (pages > 0) {
            regions.add(new LaunchRegion(
                    type,
                    gpa,
                    PAGE,
                    pages,
                    Arrays.copyOf(digests, digestsLength),
                    name,
                    new Provenance.FileRange(file, start, end - start),
                    Evidence.SOURCE));
        }
        pages = 0;
        digests = LaunchRegion.NO_CONTENTS;
        digestsLength = 0;
    }
}
