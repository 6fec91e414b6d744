package dev.measure.snp;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.measure.Digest;
import dev.measure.DigestAlgorithm;
import dev.measure.Source;
import dev.measure.golden.GoldenValue;
import dev.measure.golden.GoldenValues;
import dev.measure.vectors.Shared;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** A report of a real machine with bits of POLICY that a guest should not have. */
class ReportPolicyTest {
    private static final int POLICY = 8;
    private static final int MEASUREMENT = 0x90;

    private static List<String> objections(byte[] report, Map<String, String> policy) {
        String measurement = HexFormat.of().formatHex(Arrays.copyOfRange(report, MEASUREMENT, MEASUREMENT + 48));
        GoldenValues golden = new GoldenValues(
                "",
                List.of(),
                List.of(),
                List.of(),
                Map.of("snp", policy),
                List.of(GoldenValue.of("snp", Digest.parse(DigestAlgorithm.SHA384, measurement))),
                List.of());
        return golden.check(AttestationReport.read(Source.of("report", report))).objections();
    }

    /** AMD SEV-SNP Firmware ABI, guest policy: bit 18, MIGRATE_MA, association with a migration agent is allowed. */
    @Test
    void refusesAGuestWithAMigrationAgentUnlessThePolicyHasTheBit() throws IOException {
        Optional<Path> file = Shared.file("vectors/formats/snp-reports/oak/turin-oc-report.bin");
        if (file.isPresent()) {
            byte[] report = Files.readAllBytes(file.get());
            assertEquals(List.of(), objections(report, Map.of()));
            report[POLICY + 2] |= 4;
            List<String> refused = List.of("POLICY.MIGRATE_MA: expected 0, found 1: the migration agent with REPORT_ID "
                    + "ff".repeat(32) + " can take the guest elsewhere");
            assertEquals(refused, objections(report, Map.of()));
            assertEquals(refused, objections(report, Map.of("allow-debug", "true")));
            assertEquals(List.of(), objections(report, Map.of("policy", "0x70000")));
        }
    }
}
