package dev.measure.tdx;

import dev.measure.Digest;
import dev.measure.DigestAlgorithm;
import dev.measure.Source;
import dev.measure.hash.Engine;
import dev.measure.hash.Sha512Streams;
import dev.measure.tdx.TdxPlan.MeasuredSection;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * The records of one MRTD, a page or a run of added pages at a time, so that several streams can be hashed side by side: other
 * images, other orders.
 */
final class MrtdStream {
    private static final int PAGE = MrtdRecords.PAGE;

    /** Pages that are read from the image at a time. */
    private static final int WINDOW = 16;

    private final List<Part> parts = new ArrayList<>();
    private final MrtdRecords records;
    private final byte[] window = new byte[WINDOW * PAGE];
    private int part;
    private long page; // of the part
    private long windowAt = -1; // the page that the window begins with

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
            windowAt = -1;
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
            case EXTEND -> records.extend(gpa, window, read(section.contents()));
            case ADD_AND_EXTEND -> records.addAndExtend(gpa, window, read(section.contents()));
        }
        return true;
    }

    /** Brings a page into the window, with the zeros that follow an image shorter than its section; says where it is. */
    private int read(Source contents) {
        if (windowAt < 0 || page == windowAt + WINDOW) {
            windowAt = page;
            long left = Math.max(0, contents.length() - page * PAGE);
            int count = (int) Math.min(window.length, left);
            if (count > 0) {
                contents.read(page * PAGE, window, 0, count);
            }
            Arrays.fill(window, count, window.length, (byte) 0);
        }
        return (int) (page++ - windowAt) * PAGE;
    }
}
