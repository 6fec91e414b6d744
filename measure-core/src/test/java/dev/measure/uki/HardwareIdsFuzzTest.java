package dev.measure.uki;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.measure.MalformedInputException;
import dev.measure.Source;

class HardwareIdsFuzzTest {
    @FuzzTest(maxDuration = "30s")
    void rejectsOrReads(byte[] data) {
        try {
            HardwareIds.read(Source.of("fuzz", data));
        } catch (MalformedInputException expected) {
            // the one answer to broken input
        }
    }

    @FuzzTest(maxDuration = "30s")
    void findsCompatibleOrNothing(byte[] data) {
        DeviceTree.compatible(Source.of("fuzz", data));
    }
}
