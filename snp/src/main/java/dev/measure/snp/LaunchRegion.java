package dev.measure.snp;

import dev.measure.Digest;
import dev.measure.DigestAlgorithm;
import dev.measure.Evidence;
import dev.measure.MeasuredEvent;
import dev.measure.Measurement;
import dev.measure.Provenance;
import dev.measure.Source;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Consumer;
import org.apache.commons.codec.binary.Hex;

/**
 * Pages that are measured one after another and alike.
 *
 * @param type their page type
 * @param gpa the address of the first, 4096-aligned
 * @param stride the distance from one to the next: 4096, or 0 for VMSAs, which all have one address
 * @param pages how many
 * @param contents the SHA-384 of their contents, 48 bytes each, or 48 bytes for all if they are the same; empty for page types
 *     whose contents do not count
 * @param name what they are, for people
 * @param provenance where the bytes come from
 * @param evidence how the rule is known
 */
record LaunchRegion(
        PageType type,
        long gpa,
        long stride,
        long pages,
        byte[] contents,
        String name,
        Provenance provenance,
        Evidence evidence) {

    static final byte[] NO_CONTENTS = {};

    /** The pages of a file, as NORMAL pages from an address on. */
    static LaunchRegion ofFile(Source file, long gpa, String name, Evidence evidence) {
        return ofFile(file, gpa, PageDigests.of(file), name, evidence);
    }

    /** The pages of a file whose digests are known. */
    static LaunchRegion ofFile(Source file, long gpa, byte[] digests, String name, Evidence evidence) {
        return new LaunchRegion(
                PageType.NORMAL,
                gpa,
                PageInfo.PAGE,
                file.length() / PageInfo.PAGE,
                digests,
                name,
                Provenance.FileRange.of(file),
                evidence);
    }

    /** A page of a vCPU, given several times. */
    static LaunchRegion ofVmsa(
            long gpa, byte[] page, int count, String name, Provenance provenance, Evidence evidence) {
        byte[] digest = DigestAlgorithm.SHA384.newMessageDigest().digest(page);
        return ofVmsaDigest(gpa, digest, count, name, provenance, evidence);
    }

    /** The same, of a page whose digest is known. */
    static LaunchRegion ofVmsaDigest(
            long gpa, byte[] digest, int count, String name, Provenance provenance, Evidence evidence) {
        return new LaunchRegion(PageType.VMSA, gpa, 0, count, digest, name, provenance, evidence);
    }

    /** The same pages under another name, and only so many of them. */
    LaunchRegion first(int count, String otherName) {
        return new LaunchRegion(type, gpa, stride, count, contents, otherName, provenance, evidence);
    }

    /** Extends a chain by all pages. */
    void extend(PageInfo chain) {
        if (contents.length <= PageInfo.DIGEST) {
            chain.extend(type, gpa, stride, pages, contents);
            return;
        }
        for (int page = 0; page < pages; page++) {
            chain.extend(type, gpa + page * stride, contents, page * PageInfo.DIGEST);
        }
    }

    /** Extends a chain and tells of it. */
    void replay(PageInfo chain, Measurement.Detail detail, Consumer<MeasuredEvent> sink) {
        if (detail == Measurement.Detail.REGIONS) {
            extend(chain);
            sink.accept(event(chain, 0, pages, ""));
            return;
        }
        for (long page = 0; page < pages; page++) {
            int at = contentsOffset(page);
            String pageInfo = Hex.encodeHexString(chain.describe(type, gpa + page * stride, contents, at));
            chain.extend(type, gpa + page * stride, contents, at);
            sink.accept(event(chain, page, 1, pageInfo));
        }
    }

    private int contentsOffset(long page) {
        return contents.length <= PageInfo.DIGEST ? 0 : (int) page * PageInfo.DIGEST;
    }

    private MeasuredEvent event(PageInfo chain, long first, long count, String pageInfo) {
        Map<String, String> details = new LinkedHashMap<>();
        details.put("pageType", type.name());
        details.put("gpa", "0x" + Long.toHexString(gpa + first * stride));
        details.put("pages", Long.toString(count));
        if (!pageInfo.isEmpty()) {
            details.put("pageInfo", pageInfo);
        }
        int at = contentsOffset(first + count - 1);
        Digest digest = contents.length == 0
                ? Digest.zero(DigestAlgorithm.SHA384)
                : Digest.of(DigestAlgorithm.SHA384, Arrays.copyOfRange(contents, at, at + PageInfo.DIGEST));
        return new MeasuredEvent(name, digest, chain.launchDigest(), where(first, count), evidence, details);
    }

    /** The pages' own part of a file range. */
    private Provenance where(long first, long count) {
        if (provenance instanceof Provenance.FileRange range && range.length() == pages * PageInfo.PAGE) {
            return new Provenance.FileRange(
                    range.file(), range.offset() + first * PageInfo.PAGE, count * PageInfo.PAGE);
        }
        return provenance;
    }
}
