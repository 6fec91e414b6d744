package dev.measure.tdx;

import dev.measure.Digest;
import dev.measure.DigestAlgorithm;
import dev.measure.hash.Engine;
import dev.measure.hash.Sha384Lockstep;
import dev.measure.hash.Sha512Streams;
import dev.measure.tdx.TdxPlan.MeasuredSection;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.IntStream;

/**
 * The records of one MRTD, a page or a run of added pages at a time, so that several streams can be hashed side by side: other
 * images, other orders.
 */
final class MrtdStream {
    private static final int PAGE = MrtdRecords.PAGE;

    private final List<Part> parts;
    private final MrtdRecords records;
    private int part;
    private long page; // of the part

    private final MrtdPages pages = new MrtdPages();

    private MrtdStream(Image image, MrtdRecords.Sink sink) {
        this.parts = image.parts();
        this.records = new MrtdRecords(sink);
    }

    /** A step with a section. */
    record Part(Mrtd.Step step, MeasuredSection section) {}

    /** The sections of an image in an order. */
    record Image(List<MeasuredSection> sections, MrtdOrder order) {
        /** {@return the steps, one behind the other} */
        List<Part> parts() {
            List<Part> parts = new ArrayList<>();
            Mrtd.inOrder(sections, order, (step, section) -> parts.add(new Part(step, section)));
            return parts;
        }
    }

    /** {@return MRTD of each image, side by side where this machine gains by it} */
    static List<Digest> values(List<Image> images) {
        Engine engine = Engine.current();
        Map<Integer, Digest> values = new TreeMap<>();
        Map<List<MrtdLockstep.Shape>, List<Integer>> alike = new LinkedHashMap<>();
        for (int i = 0; i < images.size() && engine.sideBySide(); i++) {
            alike.computeIfAbsent(MrtdLockstep.shape(images.get(i).parts()), shape -> new ArrayList<>())
                    .add(i);
        }
        for (List<Integer> indexes : alike.values()) {
            int most = Sha384Lockstep.most(engine);
            for (int from = 0; from < indexes.size(); from += most) {
                List<Integer> some = indexes.subList(from, Math.min(from + most, indexes.size()));
                if (engine.cost(some.size()) < some.size()) {
                    List<Digest> digests = MrtdLockstep.values(
                            engine, some.stream().map(images::get).toList());
                    for (int i = 0; i < digests.size(); i++) {
                        values.put(some.get(i), digests.get(i));
                    }
                }
            }
        }
        List<Integer> rest = IntStream.range(0, images.size())
                .boxed()
                .filter(i -> !values.containsKey(i))
                .toList();
        List<Image> others = rest.stream().map(images::get).toList();
        List<Digest> digests = engine.sideBySide() && engine.cost(others.size()) < others.size()
                ? sideBySide(engine, others)
                : others.stream().map(MrtdStream::alone).toList();
        for (int i = 0; i < digests.size(); i++) {
            values.put(rest.get(i), digests.get(i));
        }
        return List.copyOf(values.values());
    }

    static Digest alone(Image image) {
        MessageDigest sha384 = DigestAlgorithm.SHA384.newMessageDigest();
        MrtdStream stream = new MrtdStream(image, sha384::update);
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
            running.add(new MrtdStream(image, digest::update));
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
            pages.begin();
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
                int at = pages.at(section.contents(), page++);
                records.extend(gpa, pages.array(), at);
            }
            case ADD_AND_EXTEND -> {
                int at = pages.at(section.contents(), page++);
                records.addAndExtend(gpa, pages.array(), at);
            }
        }
        return true;
    }
}
