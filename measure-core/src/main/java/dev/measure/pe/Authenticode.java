package dev.measure.pe;

import dev.measure.MalformedInputException;
import dev.measure.Source;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * The Authenticode digest of a PE image as EDK2 measures it, step by step.
 *
 * <p>SecurityPkg/Tcg/Tcg2Dxe/MeasureBootPeCoff.c, {@code MeasurePeImageAndExtend}; the step numbers
 * are those of its comments. Two rules differ from what signing tools do: nothing is padded, and the data behind the sections are
 * hashed from the <em>sum</em> of all lengths on, not from the end of the last section.
 */
final class Authenticode {
    /** How often all bytes of a file may be hashed. No real image has sections that share bytes; a hostile one has 65535 of them. */
    private static final int MAX_PASSES = 4;

    private Authenticode() {}

    /** {@return the parts of the file that are hashed, in order} */
    static List<Source> ranges(PeImage image) {
        Source file = image.source();
        OptionalHeader header = image.optionalHeader();
        List<Source> ranges = new ArrayList<>();

        // 3, 4: from the start to CheckSum
        long optionalAt = image.peOffset() + 4 + CoffHeader.LENGTH;
        long checkSum = optionalAt + OptionalHeader.CHECK_SUM;
        ranges.add(file.slice(0, checkSum));

        // 5 to 9: the other headers, without CheckSum and the entry of the certificate table
        long afterCheckSum = checkSum + 4;
        boolean hasCertificateEntry = header.dataDirectories().size() > DataDirectory.SECURITY;
        if (hasCertificateEntry) {
            long entry =
                    optionalAt + OptionalHeader.lengthWithoutDirectories(header.magic()) + 8L * DataDirectory.SECURITY;
            ranges.add(between(file, afterCheckSum, entry));
            ranges.add(between(file, entry + 8, header.sizeOfHeaders()));
        } else {
            ranges.add(between(file, afterCheckSum, header.sizeOfHeaders()));
        }

        // 10 to 15: raw data in the order of their place in the file; EDK2's insertion sort keeps equals in table order
        long sum = header.sizeOfHeaders();
        List<PeSection> sorted = new ArrayList<>(image.sections());
        sorted.sort(Comparator.comparingLong(PeSection::pointerToRawData));
        for (PeSection section : sorted) {
            if (section.sizeOfRawData() > 0) {
                ranges.add(file.slice(section.pointerToRawData(), section.sizeOfRawData()));
                sum += section.sizeOfRawData();
            }
        }
        if (sum / MAX_PASSES > file.length()) {
            throw new MalformedInputException(
                    file.name(),
                    file.start(),
                    "sections that do not lie over each other",
                    String.format("0x%x bytes of raw data in a file of 0x%x bytes", sum, file.length()),
                    "");
        }

        // 16: what follows, without the certificates
        if (file.length() > sum) {
            long certificates = hasCertificateEntry ? header.certificateTable().size() : 0;
            if (file.length() < sum + certificates) {
                throw new MalformedInputException(
                        file.name(),
                        file.start() + sum,
                        String.format("at least 0x%x bytes for the certificate table", certificates),
                        String.format("0x%x bytes behind headers and sections", file.length() - sum),
                        "EDK2 does not measure an image whose certificate table lies inside a section");
            }
            ranges.add(file.slice(sum, file.length() - certificates - sum));
        }
        return ranges;
    }

    private static Source between(Source file, long from, long to) {
        return file.slice(from, to - from);
    }
}
