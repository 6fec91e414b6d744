package dev.measure.pe;

import dev.measure.Digest;
import dev.measure.DigestAlgorithm;
import dev.measure.DigestPass;
import dev.measure.MalformedInputException;
import dev.measure.Source;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;

/** The digests of all sections of an image, from one pass over the file. */
final class SectionDigests {
    /** How often all bytes of a file may be hashed, for sections that share bytes: no real image has any. */
    private static final int MAX_PASSES = 4;

    /** The most zeros that all sections together may have behind their data: real images have some MiB, for {@code .bss}. */
    private static final long MAX_ZEROS = 1L << 26;

    private SectionDigests() {}

    static List<Map<DigestAlgorithm, Digest>> of(PeImage image, Collection<DigestAlgorithm> algorithms) {
        return DigestPass.of(contents(image), algorithms);
    }

    /** With the Authenticode digests behind those of the sections; without them if no firmware would start the image. */
    static List<Map<DigestAlgorithm, Digest>> withAuthenticode(PeImage image, Collection<DigestAlgorithm> algorithms) {
        List<List<Source>> contents = contents(image);
        try {
            contents.add(image.authenticodeRanges());
        } catch (MalformedInputException notStarted) {
            // then it has none
        }
        return DigestPass.of(contents, algorithms);
    }

    /** With the digests of the whole file behind those of the sections. */
    static List<Map<DigestAlgorithm, Digest>> withFile(PeImage image, Collection<DigestAlgorithm> algorithms) {
        List<List<Source>> contents = contents(image);
        contents.add(List.of(image.source()));
        return DigestPass.of(contents, algorithms);
    }

    private static List<List<Source>> contents(PeImage image) {
        checkLimits(image);
        List<List<Source>> contents = new ArrayList<>();
        image.sections().forEach(section -> contents.add(List.of(section.content())));
        return contents;
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
