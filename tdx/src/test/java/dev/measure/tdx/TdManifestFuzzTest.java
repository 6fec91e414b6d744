package dev.measure.tdx;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.measure.MalformedInputException;
import dev.measure.Source;
import java.util.Arrays;

/** The two parsers for td-shim: a manifest, and the volume with its payload. */
final class TdManifestFuzzTest {
    @FuzzTest(maxDuration = "30s")
    void readsOrRefuses(byte[] data) {
        try {
            TdManifest.read(Source.of("fuzz", data));
        } catch (MalformedInputException expected) {
            // refused: fine
        }
        byte[] volume = TdShimImages.volume(200, new byte[] {1, 2, 3});
        for (int i = 0; i + 1 < data.length; i += 2) {
            volume[(data[i] & 0xff) % volume.length] = data[i + 1];
        }
        for (byte[] each : new byte[][] {volume, data, Arrays.copyOf(volume, data.length % volume.length)}) {
            try {
                TdShimPayload.find(Source.of("fuzz", each)).toByteArray();
            } catch (MalformedInputException expected) {
                // refused: fine
            }
        }
    }
}
