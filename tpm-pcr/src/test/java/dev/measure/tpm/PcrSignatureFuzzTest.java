package dev.measure.tpm;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.measure.MalformedInputException;
import dev.measure.Source;
import java.nio.charset.StandardCharsets;
import java.util.Optional;

/** Any exception but {@link MalformedInputException} is a finding. */
class PcrSignatureFuzzTest {
    @FuzzTest(maxDuration = "60s")
    void readsOrRefusesSignatures(byte[] data) {
        try {
            PcrSignature read = PcrSignature.read(Source.of("fuzz", data));
            byte[] again = read.toJson(JsonStyle.PRETTY).getBytes(StandardCharsets.UTF_8);
            assertEquals(read, PcrSignature.read(Source.of("again", again)));
        } catch (MalformedInputException expected) {
            // the only exception there is
        }
    }

    @FuzzTest(maxDuration = "60s")
    void readsOrRefusesPcrlockFiles(byte[] data) {
        try {
            PcrlockComponent read = PcrlockComponent.read(Source.of("fuzz", data));
            byte[] again = read.toJson().getBytes(StandardCharsets.UTF_8);
            assertEquals(read, PcrlockComponent.read(Source.of("again", again)));
        } catch (MalformedInputException expected) {
            // the only exception there is
        }
    }

    @FuzzTest(maxDuration = "60s")
    void readsOrRefusesKeys(byte[] data) {
        try {
            PolicyPublicKey.read(Source.of("fuzz", data)).tpmName();
        } catch (MalformedInputException expected) {
            // the only exception there is
        }
        try {
            PolicySigningKey.read(Source.of("fuzz", data), Optional.empty());
        } catch (MalformedInputException expected) {
            // the only exception there is
        }
    }
}
