package dev.measure.boot;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.measure.MalformedInputException;
import dev.measure.Source;

class GrubTranscriptFuzzTest {
    @FuzzTest(maxDuration = "30s")
    void rejectsOrReads(byte[] data) {
        try {
            GrubTranscript.read(Source.of("fuzz", data));
        } catch (MalformedInputException expected) {
            // the one answer to broken input
        }
    }
}
