package dev.measure.uki;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.measure.MalformedInputException;
import dev.measure.Source;
import dev.measure.Strictness;
import dev.measure.vectors.PeWriter;
import java.util.Arrays;
import java.util.Map;
import java.util.UUID;

class UkiFuzzTest {
    private static final Map<String, UUID> CHIDS = Map.of("9", new UUID(0, 0), "14", new UUID(1, 1));

    @FuzzTest(maxDuration = "30s")
    void rejectsOrReads(byte[] data) {
        tryAll(data);
    }

    /** Each byte string between separators becomes a section, so that the fuzzer need not learn PE. */
    @FuzzTest(maxDuration = "30s")
    void rejectsOrReadsSections(byte[] data) {
        PeWriter writer = PeWriter.stub("262.1");
        String[] names = {".linux", ".hwids", ".efifw", ".profile", ".osrel", ".cmdline", ".sbat", ".uname", ".sdmagic"
        };
        int start = 0;
        while (start < data.length) {
            int name = data[start] & 0xff;
            int length = start + 1 < data.length ? data[start + 1] & 0xff : 0;
            int from = Math.min(data.length, start + 2);
            int to = Math.min(data.length, from + length);
            writer.section(names[name % names.length], Arrays.copyOfRange(data, from, to));
            start = Math.max(to, start + 1);
        }
        tryAll(writer.build());
    }

    private static void tryAll(byte[] data) {
        for (Strictness strictness : Strictness.values()) {
            try {
                Uki uki = Uki.read(Source.of("fuzz", data), strictness);
                for (Profile profile : uki.profiles()) {
                    FirmwareChoice.of(uki, profile.number(), CHIDS, StubVersion.parse("262.1"));
                    profile.sections();
                    profile.cmdline();
                    profile.osRelease();
                }
                FukiLint.of(uki, CHIDS);
                uki.sbat();
            } catch (MalformedInputException expected) {
                // the one answer to broken input
            }
        }
    }
}
