package dev.measure.sign;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.measure.MalformedInputException;
import dev.measure.Source;
import java.util.Optional;

class EcKeyFuzzTest {
    @FuzzTest(maxDuration = "30s")
    void rejectsOrReads(byte[] data) {
        Source source = Source.of("fuzz", data);
        try {
            VerificationKey.read(source);
        } catch (MalformedInputException expected) {
            // the one answer to broken input
        }
        try {
            EcSigningKey.read(source, Optional.empty());
        } catch (MalformedInputException expected) {
            // likewise
        }
    }
}
