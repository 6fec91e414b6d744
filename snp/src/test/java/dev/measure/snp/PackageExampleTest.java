package dev.measure.snp;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.measure.Digest;
import dev.measure.FieldVerdict;
import dev.measure.Prediction;
import dev.measure.Source;
import dev.measure.Strictness;
import dev.measure.firmware.Firmware;
import dev.measure.uki.Uki;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** The example of the package's documentation, compiled and run; the lines between the marks stand there as they stand here. */
class PackageExampleTest {
    /** Of the first firmware in the sample, by virtee/sev-snp-measure 0.0.13 (--mode snp --vcpus 1 --vcpu-type EPYC-v4). */
    private static final String DIGEST =
            "e0360108ef7b80988a9213000fa4f2dd00f34beffe60ec6e20c46ead17c3a1ec57b7df09655b4cf766048b16b241a10b";

    private static final String KEY = "-----BEGIN EC PRIVATE KEY-----\n"
            + "MIGkAgEBBDBrnT2tLhuMHAWxmHW2ZZ9N4jw7Znvyl7qapHdAeHE32JbVck5McKgl\n"
            + "+HLJ6mDS7fWgBwYFK4EEACKhZANiAATsOk5BW04ZpFaGGAKfQn+l2pqLxK6S4C4G\n"
            + "quUoazAMZN748OqQVYZgZKJUUVSAvBOAFdm3LX1XJE6o75rAxiGJZwilk2f537n1\n"
            + "TKhLPxydsSiLIxw64NT+c0T9JTMmRyA=\n"
            + "-----END EC PRIVATE KEY-----\n";

    // spotless:off
    // example begins
    static List<FieldVerdict> launchAndVerify(Source ovmf, Source idKey, Source report) {
        Firmware firmware = Firmware.read(ovmf, Strictness.STRICT);
        Prediction prediction = LaunchDigest.of(SnpLaunch.of(firmware), SnpGuest.qemu(1, CpuModel.parse("EPYC-v4")));
        if (!(prediction instanceof Prediction.Predicted predicted)) {
            throw new IllegalStateException(prediction.toString()); // it says why there is no digest
        }
        Digest digest = predicted.measurement().value();

        // what the owner signs: QEMU's id-block= and id-auth=
        IdBlock block = IdBlock.of(digest);
        IdAuth auth = IdAuth.sign(block, SigningKey.read(idKey, Optional.empty()), Optional.empty());
        List<FieldVerdict> verdicts = new ArrayList<>(IdBlockCheck.SIGNATURES.of(block, auth));

        // what the guest proves; EndorsementChain says who signed it
        verdicts.addAll(ReportCheck.of("guest", digest).of(SnpEvidence.read(report).report()));
        return verdicts;
    }
    // example ends
    // spotless:on

    @Test
    void verifiesAReportOfTheSample() throws IOException {
        Source ovmf;
        try (Source sample = Source.open(Path.of("../vectors/samples/fuki-sample.efi"))) {
            ovmf = Source.of(
                    "OVMF.fd",
                    Uki.read(sample).firmwares().get(0).firmware().payload().toByteArray());
        }
        byte[] report = ReportWriter.version(2).build();
        System.arraycopy(HexFormat.of().parseHex(DIGEST), 0, report, 0x90, 48);
        Source key = Source.of("id-key.pem", KEY.getBytes(StandardCharsets.US_ASCII));
        assertTrue(FieldVerdict.allGood(launchAndVerify(ovmf, key, Source.of("report.bin", report))));
        report[0x90] ^= 1;
        List<FieldVerdict> verdicts = launchAndVerify(ovmf, key, Source.of("report.bin", report));
        assertEquals(
                List.of("MEASUREMENT"),
                verdicts.stream()
                        .filter(FieldVerdict.Differs.class::isInstance)
                        .map(FieldVerdict::field)
                        .toList());
    }

    @Test
    void standsInThePackagesDocumentationAsItIsHere() throws IOException {
        String code = Files.readString(Path.of("src/test/java/dev/measure/snp/PackageExampleTest.java"));
        int begin = code.indexOf("// example begins\n") + "// example begins\n".length();
        String example = code.substring(begin, code.indexOf("    // example ends"))
                .replaceAll("(?m)^    ", "")
                .strip()
                .replaceAll("(?m)^", " * ")
                .replaceAll("(?m) $", "");
        assertTrue(
                Files.readString(Path.of("src/main/java/dev/measure/snp/package-info.java"))
                        .contains("<pre>{@code\n" + example + "\n * }</pre>"),
                example);
    }
}
