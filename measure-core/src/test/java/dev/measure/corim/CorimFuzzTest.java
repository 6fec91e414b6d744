package dev.measure.corim;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.measure.MalformedInputException;
import dev.measure.Source;

class CorimFuzzTest {
    @FuzzTest(maxDuration = "30s")
    void rejectsOrReads(byte[] data) {
        try {
            CorimFile file = CorimFile.read(Source.of("fuzz", data));
            if (file instanceof CorimFile.Unsigned unsigned) {
                byte[] once = unsigned.corim().encode();
                assertArrayEquals(once, Corim.read(Source.of("again", once)).encode());
            }
        } catch (MalformedInputException expected) {
            // the one answer to broken input
        }
    }
}
