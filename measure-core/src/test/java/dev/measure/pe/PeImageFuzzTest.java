package dev.measure.pe;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.measure.DigestAlgorithm;
import dev.measure.MalformedInputException;
import dev.measure.Source;
import dev.measure.vectors.PeWriter;
import java.util.List;

class PeImageFuzzTest {
    private static final byte[] IMAGE = PeWriter.pe32Plus()
            .section(".text", "code")
            .section(".linux", new byte[1000])
            .section(".bss", new byte[0])
            .directory(6, 0x1000, 28)
            .trailing(new byte[3])
            .certificates(new byte[16])
            .build();

    @FuzzTest(maxDuration = "30s")
    void rejectsOrReads(byte[] data) {
        tryAll(data);
    }

    /** Each three bytes change one byte of the headers of a good image, so that the fuzzer need not learn PE. */
    @FuzzTest(maxDuration = "30s")
    void rejectsOrReadsADamagedImage(byte[] data) {
        byte[] image = IMAGE.clone();
        for (int i = 0; i + 2 < data.length; i += 3) {
            image[((data[i] & 0xff) << 8 | data[i + 1] & 0xff) % 0x240] = data[i + 2];
        }
        tryAll(image);
    }

    private static void tryAll(byte[] data) {
        try {
            PeImage image = PeImage.read(Source.of("fuzz", data));
            image.authenticode(List.of(DigestAlgorithm.SHA256));
            boolean small = image.sections().stream().allMatch(section -> section.virtualSize() < 1 << 20);
            if (small) { // zeros are streamed: right, but too slow to fuzz
                image.sectionDigests(List.of(DigestAlgorithm.SHA256));
            }
        } catch (MalformedInputException expected) {
            // the one answer to broken input
        }
    }
}
