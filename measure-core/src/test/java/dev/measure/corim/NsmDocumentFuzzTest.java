package dev.measure.corim;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.measure.MalformedInputException;
import dev.measure.Source;

class NsmDocumentFuzzTest {
    @FuzzTest(maxDuration = "30s")
    void rejectsOrReads(byte[] data) {
        Source source = Source.of("fuzz", data);
        NsmDocument.looksLike(source);
        try {
            NsmDocument document = NsmDocument.read(source);
            document.isOfTpm();
            document.isSignedByItsCertificate();
        } catch (MalformedInputException expected) {
            // the one answer to broken input
        }
    }
}
