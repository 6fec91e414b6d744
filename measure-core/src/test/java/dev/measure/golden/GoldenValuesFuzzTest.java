package dev.measure.golden;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.measure.MalformedInputException;
import dev.measure.Source;
import java.io.ByteArrayOutputStream;
import java.io.IOException;

/** Any exception but {@link MalformedInputException} is a finding. */
class GoldenValuesFuzzTest {
    @FuzzTest(maxDuration = "60s")
    void readsOrRefusesLocks(byte[] data) throws IOException {
        GoldenValues read;
        try {
            read = GoldenValues.read(Source.of("fuzz", data));
        } catch (MalformedInputException expected) {
            return; // the only exception there is
        }
        ByteArrayOutputStream again = new ByteArrayOutputStream();
        read.write(again);
        assertEquals(read, GoldenValues.read(Source.of("again", again.toByteArray())));
    }
}
