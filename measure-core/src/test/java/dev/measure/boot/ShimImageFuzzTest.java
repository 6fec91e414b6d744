package dev.measure.boot;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.measure.MalformedInputException;
import dev.measure.Source;

class ShimImageFuzzTest {
    @FuzzTest(maxDuration = "30s")
    void rejectsOrReads(byte[] data) {
        try {
            ShimImage.read(dev.measure.pe.PeImage.read(Source.of("fuzz", data)));
        } catch (MalformedInputException expected) {
            // the one answer to broken input
        }
    }
}
