package dev.measure.tdx;

import dev.measure.Digest;
import dev.measure.DigestAlgorithm;
import dev.measure.Source;
import dev.measure.hash.Engine;
import dev.measure.hash.Sha512Streams;
import dev.measure.tdx.TdxPlan.MeasuredSection;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.List;

/**
 * The records of one MRTD, a page or a run of added pages at a time, so that several streams can be hashed side by side: other
 * images, other orders.
 */
final class MrtdStream {
    private static final int PAGE = MrtdRecords.PAGE;

    /** Pages that are read from the image at a time. */
    private static final int WINDOW = 16;

    private static final byte[] NOTHING = {};

    private final List<Part> parts = new ArrayList<>();
    private final MrtdRecords records;
    private int part;
    private long page; // of the part

    // Pages as the image hands them over: where they lie if it is in memory.
    private byte[] window = NOTHING;
    private int windowOffset;
    private long windowFrom; // the page that the window begins with
    private long windowTo; // and the one behind it

    /** A step with a section. */
    private record Part(Mrtd.Step step, MeasuredSection section) {}

    private MrtdStream(List<MeasuredSection> sections, MrtdOrder order, MrtdRecords.Sink sink) {
        this.records = new MrtdRecords(sink);
        Mrtd.inOrder(sections, order, (step, section) -> parts.add(new Part(step, section)));
    }

    /** The sections of an image in an order. */
    record Image(List<MeasuredSection> sections, MrtdOrder order) {}

    /** {@return MRTD of each image, side by side where this machine gains by it} */
    static List<Digest> values(List<Image> images) {
        Engine engine = Engine.current();
        return engine.sideBySide() && engine.cost(images.size()) < images.size()
                ? sideBySide(engine, images)
                : images.stream().map(MrtdStream::alone).toList();
    }

    static Digest alone(Image image) {
        MessageDigest sha384 = DigestAlgorithm.SHA384.newMessageDigest();
        MrtdStream stream = new MrtdStream(image.sections(), image.order(), sha384::update);
        while (stream.next()) {
            // the record has gone to the digest
        }
        return Digest.of(DigestAlgorithm.SHA384, sha384);
    }

    private static List<Digest> sideBySide(Engine engine, List<Image> images) {
        Sha512Streams lanes = Sha512Streams.of(engine);
        List<Sha512Streams.Stream> digests = new ArrayList<>();
        List<MrtdStream> running = new ArrayList<>();
        for (Image image : images) {
            Sha512Streams.Stream digest = lanes.sha384();
            digests.add(digest);
            running.add(new MrtdStream(image.sections(), image.order(), digest::update));
        }
        while (!running.isEmpty()) {
            running.removeIf(stream -> !stream.next());
            lanes.flush(); // each stream uses its record again
        }
        digests.forEach(Sha512Streams.Stream::end);
        lanes.flush();
        return digests.stream()
                .map(digest -> Digest.of(DigestAlgorithm.SHA384, digest.digest()))
                .toList();
    }

    /** Hands over the next record, or as many records of added pages as fit; says whether there was one. */
    private boolean next() {
        while (part < parts.size() && page == parts.get(part).section().pages()) {
            part++;
            page = 0;
            windowTo = 0;
        }
        if (part == parts.size()) {
            return false;
        }
        MeasuredSection section = parts.get(part).section();
        long gpa = section.section().memoryAddress() + page * PAGE;
        switch (parts.get(part).step()) {
            case ADD -> {
                long count = Math.min(MrtdRecords.ADDS, section.pages() - page);
                records.add(gpa, count);
                page += count;
            }
            case EXTEND -> {
                int at = read(section.contents());
                records.extend(gpa, window, at);
            }
            case ADD_AND_EXTEND -> {
                int at = read(section.contents());
                records.addAndExtend(gpa, window, at);
            }
        }
        return true;
    }

    /** Brings a page into the window; says where it is. Behind the image are zeros. */
    private int read(Source contents) {
        if (page >= windowTo) {
            long left = Math.max(0, contents.length() - page * PAGE);
            int count = (int) Math.min(WINDOW * PAGE, left / PAGE * PAGE);
            if (count > 0) {
                window = NOTHING;
                contents.slice(page * PAGE, count).stream((array, offset, piece) -> take(array, offset, piece, count));
            }
            if (count == 0 || window == NOTHING) {
                // The last bytes, with zeros behind them; or pages that lie in two places.
                window = new byte[Math.max(count, PAGE)];
                windowOffset = 0;
                contents.read(left == 0 ? 0 : page * PAGE, window, 0, (int) Math.min(left, window.length));
            }
            windowFrom = page;
            windowTo = page + Math.max(1, count / PAGE);
        }
        return windowOffset + (int) (page++ - windowFrom) * PAGE;
    }

    private void take(byte[] array, int offset, int count, int wanted) {
        if (count == wanted) {
            window = array;
            windowOffset = offset;
        }
    }
}
