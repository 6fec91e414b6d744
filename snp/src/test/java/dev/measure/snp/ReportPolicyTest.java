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
            assertEquals(
                    List.of("snp typo: expected 0x1, found a field that is not known"),
                    objections(report, Map.of("typo", "0x1")));
            report[POLICY + 2] |= 4;
            List<String> refused = List.of("POLICY.MIGRATE_MA: expected 0, found 1: the migration agent with REPORT_ID "
                    + "ff".repeat(32) + " can take the guest elsewhere");
            assertEquals(refused, objections(report, Map.of()));
            assertEquals(refused, objections(report, Map.of("allow-debug", "true")));
            assertEquals(List.of(), objections(report, Map.of("policy", "0x70000")));
        }
    }

    private static void checked(String file, Map<String, String> right, Map<String, List<String>> wrong)
            throws IOException {
        Optional<Path> report = Shared.file("vectors/formats/snp-reports/" + file);
        if (report.isPresent()) {
            byte[] bytes = Files.readAllBytes(report.get());
            assertEquals(List.of(), objections(bytes, right));
            for (Map.Entry<String, List<String>> each : wrong.entrySet()) {
                String value = each.getValue().get(0);
                assertEquals(List.of(each.getValue().get(1)), objections(bytes, Map.of(each.getKey(), value)));
            }
        }
    }

    /** What stands at 0x160, 0x180, 0x188, 0x1e0, 0x1e8, 0x1ec, 0x1f0, 0x1f8 and 0x200 of the reports, read with xxd. */
    @Test
    void comparesWhatTellsTheMachineAndItsFirmware() throws IOException {
        checked(
                "oak/genoa-oc-report.bin",
                Map.ofEntries(
                        Map.entry("report-id-ma", "ff".repeat(32)),
                        Map.entry("signing-key", "0x0"),
                        Map.entry("cpuid-fam", "0x19"),
                        Map.entry("cpuid-mod", "0x11"),
                        Map.entry("cpuid-step", "0x1"),
                        Map.entry("min-committed-tcb-bootloader", "0xa"),
                        Map.entry("min-committed-tcb-snp", "0x19"),
                        Map.entry("min-launch-tcb-microcode", "0x54"),
                        Map.entry("min-current-version", "0x01372b"),
                        Map.entry("min-committed-version", "0x0136ff"),
                        Map.entry("launch-mit-vector-set", "0x1"),
                        Map.entry("current-mit-vector-set", "0x1")),
                Map.of(
                        "report-id-ma",
                        List.of(
                                "00".repeat(32),
                                "REPORT_ID_MA: expected " + "00".repeat(32) + ", found " + "ff".repeat(32)),
                        "signing-key",
                        List.of("0x1", "SIGNING_KEY: expected 1 (VLEK), found 0 (VCEK)"),
                        "cpuid-mod",
                        List.of("0x1", "CPUID_MOD_ID: expected 0x1, found 0x11"),
                        "min-committed-tcb-snp",
                        List.of("0x1a", "COMMITTED_TCB.SNP: expected at least 26, found 25"),
                        "min-launch-tcb-microcode",
                        List.of("0x55", "LAUNCH_TCB.MICROCODE: expected at least 85, found 84"),
                        "min-launch-tcb-fmc",
                        List.of(
                                "0x0",
                                "LAUNCH_TCB.FMC: expected at least 0x0, found none: the processor has no such part"),
                        "min-current-version",
                        List.of("0x01372c", "CURRENT_VERSION: expected at least 1.55.44, found 1.55.43"),
                        "min-committed-version",
                        List.of("0x013800", "COMMITTED_VERSION: expected at least 1.56.0, found 1.55.43"),
                        "launch-mit-vector-set",
                        List.of("0x3", "LAUNCH_MIT_VECTOR: expected set: 0x3, found 0x1")));
        checked(
                "trustee/test-vlek-report.bin",
                Map.of("signing-key", "0x1", "min-committed-tcb-microcode", "0xdb", "min-tcb-microcode", "0xd9"),
                Map.of(
                        "min-tcb-microcode",
                        List.of("0xdb", "REPORTED_TCB.MICROCODE: expected at least 219, found 217"),
                        "current-mit-vector-set",
                        List.of(
                                "0x1",
                                "CURRENT_MIT_VECTOR: expected set: 0x1, found none: reports have it since version 5")));
        checked(
                "virtee/report_milan.bin",
                Map.of("min-current-version", "0x013404"),
                Map.of(
                        "cpuid-fam",
                        List.of("0x19", "CPUID_FAM_ID: expected 0x19, found none: reports have it since version 3")));
    }
}
