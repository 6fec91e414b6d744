package dev.measure.tpm;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.measure.MalformedInputException;
import dev.measure.Source;

class TpmQuoteFuzzTest {
    @FuzzTest
    void readsOrRefuses(byte[] data) {
        Source source = Source.of("fuzz", data);
        TpmQuote.isQuote(source);
        PcrListing.recognises(source);
        run(() -> TpmQuote.read(source));
        run(() -> PcrListing.read(source));
        run(() -> AttestationKey.read(source));
        run(() -> TpmSignature.read(source));
    }

    private static void run(Runnable reading) {
        try {
            reading.run();
        } catch (MalformedInputException e) {
            // refused
        }
    }
}
