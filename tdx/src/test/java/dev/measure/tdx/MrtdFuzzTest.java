package dev.measure.tdx;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.measure.MalformedInputException;
import dev.measure.Prediction;
import dev.measure.Source;
import dev.measure.Strictness;
import dev.measure.firmware.Firmware;
import dev.measure.vectors.OvmfWriter;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;

final class MrtdFuzzTest {
    @FuzzTest(maxDuration = "30s")
    void measuresOrRefuses(byte[] data) {
        // The end of a good image, with what the fuzzer says over its tables: it would not find them by itself.
        byte[] image = OvmfWriter.ovmf(8192)
                .tdxMetadata()
                .tdxSection(0x1000, 0x1000, 0xfffff000L, 0x1000, 0, 1)
                .tdxSection(0, 0x1000, 0xffffe000L, 0x1000, 1, 0)
                .tdxSection(0, 0, 0x809000, 0x2000, 2, 0)
                .build();
        for (int i = 0; i + 2 < data.length; i += 3) {
            int at = image.length - 1 - ((data[i] & 0xff) | (data[i + 1] & 1) << 8);
            image[at] = data[i + 2];
        }
        check(image);
        check(data);
    }

    private static void check(byte[] image) {
        for (Strictness strictness : Strictness.values()) {
            try {
                Firmware firmware = Firmware.read(Source.of("fuzz", image), strictness);
                TdxLaunch launch = new TdxLaunch(firmware, Optional.empty(), Optional.empty(), strictness);
                Map<MrtdOrder, Prediction> all = Mrtd.of(launch, List.of(MrtdOrder.values()));
                long values = all.values().stream()
                        .filter(Prediction.Predicted.class::isInstance)
                        .count();
                if (values != 0 && values != all.size()) {
                    throw new AssertionError("one order is refused, another not");
                }
                all.values().forEach(prediction -> {
                    if (prediction instanceof Prediction.Predicted predicted) {
                        predicted.measurement().events();
                    }
                });
                TdHob.of(launch, Arrays.asList(1L << 30, 4L << 30));
                Cfv.of(launch).forEach(Cfv::digest);
            } catch (MalformedInputException expected) {
                // refused: fine
            }
        }
    }
}
