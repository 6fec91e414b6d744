package dev.measure.boot;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.measure.MalformedInputException;
import dev.measure.Source;

class OptionRomFuzzTest {
    @FuzzTest(maxDuration = "30s")
    void rejectsOrReads(byte[] data) {
        try {
            OptionRom.read(Source.of("fuzz", data));
        } catch (MalformedInputException expected) {
            // the one answer to broken input
        }
    }

    @FuzzTest(maxDuration = "30s")
    void decompressesOrRefuses(byte[] data) {
        try {
            EfiDecompress.of(Source.of("fuzz", data));
        } catch (MalformedInputException expected) {
            // as above
        }
    }
}
