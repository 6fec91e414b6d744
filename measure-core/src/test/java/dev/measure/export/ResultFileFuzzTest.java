package dev.measure.export;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.measure.MalformedInputException;
import dev.measure.Source;

class ResultFileFuzzTest {
    @FuzzTest(maxDuration = "30s")
    void rejectsOrReads(byte[] data) {
        try {
            ResultFile.read(Source.of("fuzz", data));
        } catch (MalformedInputException expected) {
            // the one answer to broken input
        }
    }
}
