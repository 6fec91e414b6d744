package dev.measure.smbios;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.measure.MalformedInputException;
import dev.measure.Source;
import dev.measure.Strictness;

final class SmbiosTableFuzzTest {
    @FuzzTest(maxDuration = "30s")
    void readsOrRefuses(byte[] data) {
        try {
            SmbiosTable table = SmbiosTable.read(Source.of("fuzz", data), Strictness.LENIENT);
            MachineIdentity machine = MachineIdentity.of(table);
            for (ChidMode mode : ChidMode.values()) {
                Chids.of(machine, mode).collisions();
            }
            if (table.bytesUsed() > data.length) {
                throw new AssertionError("more used than there is");
            }
            SmbiosTable.read(Source.of("fuzz", data), Strictness.STRICT);
            if (!table.warnings().isEmpty()) {
                throw new AssertionError("strict reading takes what lenient reading warns of");
            }
        } catch (MalformedInputException expected) {
            // refused: fine
        }
    }
}
