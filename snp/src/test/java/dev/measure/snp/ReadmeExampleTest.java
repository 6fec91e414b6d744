package dev.measure.snp;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.measure.Prediction;
import dev.measure.Source;
import dev.measure.Strictness;
import dev.measure.firmware.Firmware;
import dev.measure.uki.Uki;
import dev.measure.uki.UkiFirmware;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** README's example, compiled and run; the lines between the marks stand in README as they stand here. */
class ReadmeExampleTest {
    private static List<String> launchDigests(Path file) throws IOException {
        List<String> digests = new ArrayList<>();
        // spotless:off
        // README begins
        try (Source source = Source.open(file)) {
            Uki uki = Uki.read(source);
            for (UkiFirmware embedded : uki.firmwares()) {
                Firmware firmware = Firmware.read(embedded.firmware().payload(), Strictness.STRICT);
                Prediction prediction = LaunchDigest.of(SnpLaunch.of(firmware), SnpGuest.qemu(1, CpuModel.parse("EPYC-v4")));
                if (prediction instanceof Prediction.Predicted predicted) {
                    digests.add(predicted.measurement().value().hex());
                }
            }
        }
        // README ends
        // spotless:on
        return digests;
    }

    /** The values are virtee/sev-snp-measure 0.0.13's for the two payloads (--mode snp --vcpus 1 --vcpu-type EPYC-v4). */
    @Test
    void givesTheLaunchDigestsOfTheSample() throws IOException {
        assertEquals(
                List.of(
                        "e0360108ef7b80988a9213000fa4f2dd00f34beffe60ec6e20c46ead17c3a1ec57b7df09655b4cf766048b16b241a10b",
                        "b6b4bef2feaf41f5e1f9ea384ed263232de457370ff4c7e5c771ebbd9814674ee1fa1bd35f193dbb93b93ffa6f05493e"),
                launchDigests(Path.of("../vectors/samples/fuki-sample.efi")));
    }

    @Test
    void standsInReadmeAsItIsHere() throws IOException {
        String code = Files.readString(Path.of("src/test/java/dev/measure/snp/ReadmeExampleTest.java"));
        int begin = code.indexOf("// README begins\n") + "// README begins\n".length();
        String example = code.substring(begin, code.indexOf("        // README ends"))
                .replace("\n        ", "\n")
                .strip();
        assertTrue(Files.readString(Path.of("../README.md")).contains("```java\n" + example + "\n```"), example);
    }
}
