package dev.measure.smbios;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.measure.MalformedInputException;
import dev.measure.Source;

final class DmidecodeTextFuzzTest {
    @FuzzTest(maxDuration = "30s")
    void readsOrRefuses(byte[] data) {
        try {
            DmidecodeText text = DmidecodeText.read(Source.of("fuzz", data));
            MachineIdentity.of(text);
            text.oemStrings();
        } catch (MalformedInputException expected) {
            // refused: fine
        }
    }
}
