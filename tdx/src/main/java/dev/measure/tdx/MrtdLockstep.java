package dev.measure.tdx;

import dev.measure.Digest;
import dev.measure.DigestAlgorithm;
import dev.measure.hash.Engine;
import dev.measure.hash.Sha384Lockstep;
import dev.measure.tdx.TdxPlan.MeasuredSection;
import java.util.ArrayList;
import java.util.List;

/**
 * MRTD of images whose sections lie at the same addresses, as the builds of one firmware do: their records differ in nothing but
 * the 256 bytes of an extension. The heads of the records are the same blocks in all streams, and the bytes are hashed where they lie.
 */
final class MrtdLockstep {
    private static final int PAGE = MrtdRecords.PAGE;
    private static final int HEAD = MrtdRecords.HEAD;
    private static final int CHUNK = MrtdRecords.CHUNK;

    private final Sha384Lockstep streams;
    private final Sha384Lockstep.SameBlocks adds;
    private final Sha384Lockstep.SameBlocks extensions;
    private final byte[] headsOfAdds;
    private final byte[] headsOfExtensions;
    private final MrtdPages[] pages;

    private MrtdLockstep(Engine engine, int images) {
        streams = Sha384Lockstep.of(engine, images);
        adds = streams.sameBlocks();
        extensions = streams.sameBlocks();
        headsOfAdds = MrtdRecords.heads(true, adds.room());
        headsOfExtensions = MrtdRecords.heads(false, extensions.room());
        pages = new MrtdPages[images];
        for (int image = 0; image < images; image++) {
            pages[image] = new MrtdPages();
        }
    }

    /** What two images must have in common. */
    record Shape(Mrtd.Step step, long gpa, long pages) {}

    static List<Shape> shape(List<MrtdStream.Part> parts) {
        return parts.stream()
                .map(part -> new Shape(
                        part.step(),
                        part.section().section().memoryAddress(),
                        part.section().pages()))
                .toList();
    }

    /** {@return MRTD of images of one shape, no more than the engine takes side by side} */
    static List<Digest> values(Engine engine, List<MrtdStream.Image> images) {
        MrtdLockstep lockstep = new MrtdLockstep(engine, images.size());
        List<List<MrtdStream.Part>> parts =
                images.stream().map(MrtdStream.Image::parts).toList();
        List<Shape> shape = shape(parts.get(0));
        for (int i = 0; i < shape.size(); i++) {
            int part = i;
            lockstep.part(
                    shape.get(i),
                    parts.stream().map(each -> each.get(part).section()).toList());
        }
        List<Digest> digests = new ArrayList<>();
        for (byte[] digest : lockstep.streams.digests()) {
            digests.add(Digest.of(DigestAlgorithm.SHA384, digest));
        }
        return digests;
    }

    private void part(Shape shape, List<MeasuredSection> sections) {
        for (MrtdPages each : pages) {
            each.begin();
        }
        for (long page = 0; page < shape.pages(); page++) {
            if (shape.step() != Mrtd.Step.EXTEND) {
                int add = (int) (page % adds.room());
                if (add == 0) {
                    int count = (int) Math.min(adds.room(), shape.pages() - page);
                    expand(adds, headsOfAdds, shape.gpa() + page * PAGE, PAGE, count);
                }
                streams.same(adds, add);
            }
            if (shape.step() != Mrtd.Step.ADD) {
                for (int image = 0; image < pages.length; image++) {
                    int at = pages[image].at(sections.get(image).contents(), page);
                    streams.at(image, pages[image].array(), at);
                }
                extend(shape.gpa() + page * PAGE);
            }
        }
    }

    /** TDH.MR.EXTEND of the 16 chunks of a page. */
    private void extend(long gpa) {
        int room = extensions.room();
        for (int chunk = 0; chunk < MrtdRecords.CHUNKS; chunk++) {
            if (chunk % room == 0) {
                expand(
                        extensions,
                        headsOfExtensions,
                        gpa + chunk * CHUNK,
                        CHUNK,
                        Math.min(room, MrtdRecords.CHUNKS - chunk));
            }
            streams.same(extensions, chunk % room);
            streams.each(chunk * CHUNK, CHUNK / HEAD);
        }
    }

    private static void expand(Sha384Lockstep.SameBlocks into, byte[] heads, long gpa, int distance, int count) {
        for (int head = 0; head < count; head++) {
            MrtdRecords.address(heads, head, gpa + (long) head * distance);
        }
        into.expand(heads, 0, count);
    }
}
