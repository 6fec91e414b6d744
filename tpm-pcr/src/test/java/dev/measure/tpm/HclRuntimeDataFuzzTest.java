package dev.measure.tpm;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.measure.MalformedInputException;
import dev.measure.Source;

/** Any exception but {@link MalformedInputException} is a finding. */
class HclRuntimeDataFuzzTest {
    @FuzzTest(maxDuration = "20s")
    void rejectsOrReads(byte[] data) {
        try {
            HclRuntimeData.read(Source.of("fuzz", data));
        } catch (MalformedInputException expected) {
            // the one answer to broken input
        }
    }
}
