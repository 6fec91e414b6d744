package dev.measure.pe;

import dev.measure.Digest;
import dev.measure.DigestAlgorithm;
import dev.measure.MalformedInputException;
import dev.measure.Source;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** The digests of all sections of an image, from one pass over the file. */
final class SectionDigests {
    /** How often all bytes of a file may be hashed, for sections that share bytes: no real image has any. */
    private static final int MAX_PASSES = 4;

    /** The most zeros that all sections together may have behind their data: real images have some MiB, for {@code .bss}. */
    private static final long MAX_ZEROS = 1L << 26;

    private SectionDigests() {}

    private static final class Running {
        private final PeSection section;
        private final Map<DigestAlgorithm, MessageDigest> digests = new EnumMap<>(DigestAlgorithm.class);

        Running(PeSection section, Collection<DigestAlgorithm> algorithms) {
            this.section = section;
            for (DigestAlgorithm algorithm : algorithms) {
                digests.put(algorithm, algorithm.newMessageDigest());
            }
        }

        void update(byte[] array, int offset, int count) {
            for (MessageDigest digest : digests.values()) {
                digest.update(array, offset, count);
            }
        }

        Map<DigestAlgorithm, Digest> end() {
            Source content = section.content();
            content.slice(content.stored(), content.length() - content.stored()).stream(this::update);
            Map<DigestAlgorithm, Digest> ended = new EnumMap<>(DigestAlgorithm.class);
            digests.forEach((algorithm, digest) -> ended.put(algorithm, Digest.of(algorithm, digest)));
            return Collections.unmodifiableMap(ended);
        }
    }

    static List<Map<DigestAlgorithm, Digest>> of(PeImage image, Collection<DigestAlgorithm> algorithms) {
        checkLimits(image);
        List<PeSection> sorted = new ArrayList<>(image.sections());
        sorted.sort(Comparator.comparingLong(PeSection::pointerToRawData));
        Map<Integer, Map<DigestAlgorithm, Digest>> done = new TreeMap<>();
        List<Running> active = new ArrayList<>();
        long position = 0;
        for (PeSection section : sorted) {
            if (section.content().stored() == 0) {
                done.put(section.index(), new Running(section, algorithms).end());
                continue;
            }
            position = advance(image.source(), active, done, position, section.pointerToRawData());
            active.add(new Running(section, algorithms));
        }
        advance(image.source(), active, done, position, Long.MAX_VALUE);
        return List.copyOf(done.values());
    }

    /** Feeds the running digests from one position to another, ending each where its section ends. */
    private static long advance(
            Source file, List<Running> active, Map<Integer, Map<DigestAlgorithm, Digest>> done, long from, long to) {
        long position = from;
        while (!active.isEmpty() && position < to) {
            long next = to;
            for (Running running : active) {
                next = Math.min(next, end(running.section));
            }
            file.slice(position, next - position).stream((array, offset, count) -> {
                for (Running running : active) {
                    running.update(array, offset, count);
                }
            });
            position = next;
            for (int i = active.size() - 1; i >= 0; i--) {
                if (end(active.get(i).section) == position) {
                    Running ended = active.remove(i);
                    done.put(ended.section.index(), ended.end());
                }
            }
        }
        return to;
    }

    private static long end(PeSection section) {
        return section.pointerToRawData() + section.content().stored();
    }

    private static void checkLimits(PeImage image) {
        Source file = image.source();
        long stored = 0;
        long zeros = 0;
        for (PeSection section : image.sections()) {
            stored += section.content().stored();
            zeros += section.content().length() - section.content().stored();
            if (zeros > MAX_ZEROS) {
                throw new MalformedInputException(
                        file.name(),
                        section.headerOffset() + 8,
                        String.format("VirtualSize with at most 0x%x zeros behind the data of all sections", MAX_ZEROS),
                        String.format(
                                "0x%08x for 0x%x bytes of data",
                                section.virtualSize(), section.content().stored()),
                        "");
            }
        }
        if (stored / MAX_PASSES > file.length()) {
            throw new MalformedInputException(
                    file.name(),
                    file.start(),
                    "sections that do not lie over each other",
                    String.format("0x%x bytes of sections in a file of 0x%x bytes", stored, file.length()),
                    "");
        }
    }
}
