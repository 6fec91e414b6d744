package dev.measure.boot;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.measure.MalformedInputException;
import dev.measure.Source;
import dev.measure.pe.PeImage;

class ShimImageFuzzTest {
    @FuzzTest(maxDuration = "30s")
    void rejectsOrReads(byte[] data) {
        try {
            ShimImage.read(PeImage.read(Source.of("fuzz", data)));
        } catch (MalformedInputException expected) {
            // the one answer to broken input
        }
    }
}
