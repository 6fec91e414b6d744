package dev.measure.export;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.measure.MalformedInputException;
import dev.measure.Source;

class ReferenceFileFuzzTest {
    @FuzzTest(maxDuration = "30s")
    void rejectsOrReads(byte[] data) {
        Source source = Source.of("fuzz", data);
        ReferenceFile.looksLike(source);
        try {
            ReferenceFile.read(source);
        } catch (MalformedInputException expected) {
            // the one answer to broken input
        }
    }
}
