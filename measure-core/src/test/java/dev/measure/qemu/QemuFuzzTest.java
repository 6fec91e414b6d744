package dev.measure.qemu;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.measure.MalformedInputException;
import dev.measure.Source;

/** Whatever the bytes are, they are read or refused. */
class QemuFuzzTest {
    @FuzzTest(maxDuration = "30s")
    void readsOrRefusesACommandLine(byte[] data) {
        try {
            QemuCommandLine.read(Source.of("fuzz", data));
        } catch (MalformedInputException expected) {
            // refused
        }
    }

    @FuzzTest(maxDuration = "30s")
    void readsOrRefusesADomain(byte[] data) {
        try {
            LibvirtDomain.read(Source.of("fuzz", data));
        } catch (MalformedInputException expected) {
            // refused
        }
    }
}
