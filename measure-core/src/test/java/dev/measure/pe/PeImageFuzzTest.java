package dev.measure.pe;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.measure.DigestAlgorithm;
import dev.measure.MalformedInputException;
import dev.measure.Source;
import java.util.List;

class PeImageFuzzTest {
    @FuzzTest(maxDuration = "30s")
    void rejectsOrReads(byte[] data) {
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
