package dev.measure.smbios;

import com.code_intelligence.jazzer.api.FuzzedDataProvider;
import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.measure.MalformedInputException;
import dev.measure.Source;

final class MachineIdentityFuzzTest {
    @FuzzTest(maxDuration = "30s")
    void readsOrRefusesFilesAndText(FuzzedDataProvider data) {
        boolean file = data.consumeBoolean();
        try {
            MachineIdentity machine = file
                    ? MachineIdentity.read(Source.of("fuzz", data.consumeRemainingAsBytes()))
                    : MachineIdentity.parse(data.consumeRemainingAsString());
            if (!file && !MachineIdentity.parse(machine.toString()).equals(machine)) {
                throw new AssertionError("does not read what it prints: " + machine);
            }
        } catch (MalformedInputException expected) {
            if (!file) {
                throw new AssertionError("an argument is no input file", expected);
            }
        } catch (IllegalArgumentException expected) {
            if (file) {
                throw new AssertionError("an input file is no argument", expected);
            }
        }
    }
}
