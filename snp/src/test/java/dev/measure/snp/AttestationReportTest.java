package dev.measure.snp;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.measure.Digest;
import dev.measure.DigestAlgorithm;
import dev.measure.FieldVerdict;
import dev.measure.MalformedInputException;
import dev.measure.Source;
import java.math.BigInteger;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;

/** Attestation reports byte by byte, right and wrong. */
class AttestationReportTest {
    private static final SigningKey KEY = new SigningKey("test", BigInteger.valueOf(0x5e7));

    /** Version 4, SYNTHETIC: no real report of this version is at hand, so a writer of the tests made it. */
    @Test
    void readsASyntheticReportOfVersion4() {
        byte[] bytes = ReportWriter.version(4)
                .u32(0x004, 7)
                .fill(0x010, 16, 0x11)
                .fill(0x020, 16, 0x22)
                .u32(0x030, 2)
                .u64(0x038, 0xdb18000000000004L)
                .u64(0x040, 0x1ff)
                .u32(0x048, 3)
                .fill(0x050, 64, 0x55)
                .fill(0x090, 48, 0x99)
                .fill(0x0c0, 32, 0xcc)
                .fill(0x0e0, 48, 0xee)
                .fill(0x110, 48, 0x12)
                .fill(0x140, 32, 0x14)
                .fill(0x160, 32, 0x16)
                .u64(0x180, 0xda17000000000103L)
                .u8(0x188, 25)
                .u8(0x189, 17)
                .u8(0x18a, 1)
                .fill(0x1a0, 64, 0x1a)
                .u64(0x1e0, 0xd916000000000002L)
                .u8(0x1e8, 40)
                .u8(0x1e9, 56)
                .u8(0x1ea, 1)
                .u8(0x1ec, 39)
                .u8(0x1ed, 55)
                .u8(0x1ee, 2)
                .u64(0x1f0, 0xd815000000000001L)
                .signedBy(KEY)
                .build();
        AttestationReport report = AttestationReport.read(Source.of("v4", bytes));
        assertEquals(4, report.version());
        assertEquals(7, report.guestSvn());
        assertEquals(0x30000, report.policy().bits());
        assertEquals("11".repeat(16), report.familyId().hex());
        assertEquals("22".repeat(16), report.imageId().hex());
        assertEquals(2, report.vmpl());
        assertEquals(
                "bootloader 4, tee 0, snp 24, microcode 219",
                report.currentTcb().text());
        assertEquals(
                "0x1ff (SMT_EN, TSME_EN, ECC_EN, RAPL_DIS, CIPHERTEXT_HIDING_DRAM_EN, ALIAS_CHECK_COMPLETE,"
                        + " IOMMU_WRITE_SAFE, TIO_EN, bit8)",
                report.platformInfo().text());
        assertTrue(report.authorKeyEnabled());
        assertTrue(report.maskChipKey());
        assertEquals(ReportSigner.VCEK, report.signingKey());
        assertEquals("55".repeat(64), report.reportData().hex());
        assertEquals("99".repeat(48), report.measurement().hex());
        assertEquals("cc".repeat(32), report.hostData().hex());
        assertEquals("ee".repeat(48), report.idKeyDigest().hex());
        assertEquals("12".repeat(48), report.authorKeyDigest().hex());
        assertEquals("14".repeat(32), report.reportId().hex());
        assertEquals("16".repeat(32), report.reportIdMa().hex());
        assertEquals(
                Map.of("bootloader", 3, "tee", 1, "snp", 23, "microcode", 218),
                report.reportedTcb().parts());
        assertEquals(Optional.of(SevProduct.GENOA), report.product());
        assertEquals("0x00a10f11", report.cpu().orElseThrow().name());
        assertEquals("1a".repeat(64), report.chipId().hex());
        assertEquals("0xd916000000000002", report.committedTcb().hex());
        assertEquals("1.56.40", report.currentVersion().text());
        assertEquals("2.55.39", report.committedVersion().text());
        assertEquals("0xd815000000000001", report.launchTcb().hex());
        assertEquals(OptionalLong.empty(), report.launchMitVector());
        assertEquals(OptionalLong.empty(), report.currentMitVector());
        assertTrue(KEY.publicKey().verifies(report.signed().toByteArray(), report.signature()));
    }

    @Test
    void tcbVersionsOfTurinBeginWithFmc() {
        byte[] bytes = ReportWriter.version(5)
                .u8(0x188, 26)
                .u8(0x189, 2)
                .u64(0x180, 0x4700000003020100L | 4)
                .u64(0x1f8, 1)
                .u64(0x200, 3)
                .build();
        AttestationReport report = AttestationReport.read(Source.of("v5", bytes));
        assertEquals(
                "fmc 4, bootloader 1, tee 2, snp 3, microcode 71",
                report.reportedTcb().text());
        assertEquals(OptionalLong.of(1), report.launchMitVector());
        assertEquals(OptionalLong.of(3), report.currentMitVector());
        assertEquals(Optional.of(SevProduct.TURIN), report.product());
    }

    @Test
    void refusesWhatAVersionKeepsReserved() {
        refused(ReportWriter.version(1), "0x0: expected VERSION = 2..5, found 1");
        refused(ReportWriter.version(6), "0x0: expected VERSION = 2..5, found 6");
        refused(
                ReportWriter.version(2).u64(0x008, 0x10000),
                "0x8: expected a POLICY that a guest can have, found 0x10000: bit 17 is clear, it must be one");
        refused(
                ReportWriter.version(2).u64(0x008, 0x4030000),
                "0x8: expected a POLICY that a guest can have, found 0x4030000: reserved bits 26..63 are not zero");
        refused(ReportWriter.version(2).u32(0x030, 4), "0x30: expected VMPL = 0..3, or 0xffffffff, found 4");
        refused(
                ReportWriter.version(2).u32(0x034, 2),
                "0x34: expected SIGNATURE_ALGO = 1 (ECDSA P-384 with SHA-384), found 2");
        refused(
                ReportWriter.version(2).u64(0x038, 0x100000),
                "0x38: expected reserved bytes of CURRENT_TCB = 0, found 0x0000000000100000");
        refused(
                ReportWriter.version(2).u32(0x048, 0x20),
                "0x48: expected bits 5..31 of the signer flags = 0, found 0x00000020");
        refused(
                ReportWriter.version(2).u32(0x048, 2 << 2),
                "0x48: expected SIGNING_KEY = 0 (VCEK), 1 (VLEK) or 7 (none), found 2");
        refused(ReportWriter.version(2).u8(0x04f, 1), "0x4f: expected reserved bytes = 0, found 0x01");
        refused(
                ReportWriter.version(2).u8(0x188, 25),
                "0x188: expected reserved bytes of a version 2 report = 0, found 0x19");
        refused(ReportWriter.version(3).u8(0x18b, 1), "0x18b: expected reserved bytes = 0, found 0x01");
        refused(ReportWriter.version(3).u8(0x18a, 16), "0x18a: expected CPUID_STEP = 0..15, found 16");
        refused(
                ReportWriter.version(3).u8(0x188, 26).u64(0x180, 1L << 32),
                "0x180: expected reserved bytes of REPORTED_TCB = 0, found 0x0000000100000000");
        refused(ReportWriter.version(3).u8(0x1eb, 1), "0x1eb: expected reserved byte = 0, found 0x01");
        refused(ReportWriter.version(3).u8(0x1ef, 1), "0x1ef: expected reserved byte = 0, found 0x01");
        refused(ReportWriter.version(4).u8(0x1f8, 1), "0x1f8: expected reserved bytes = 0, found 0x01");
        refused(ReportWriter.version(5).u8(0x208, 1), "0x208: expected reserved bytes = 0, found 0x01");
        refused(ReportWriter.version(5).u8(0x2a0 + 48, 1), "0x2d0: expected SIGNATURE R upper bytes = 0, found 0x01");
        refused(ReportWriter.version(5).u8(0x4a0 - 1, 1), "0x49f: expected SIGNATURE reserved bytes = 0, found 0x01");
    }

    private static void refused(ReportWriter writer, String message) {
        Source source = Source.of("report", writer.build());
        MalformedInputException refused =
                assertThrows(MalformedInputException.class, () -> AttestationReport.read(source));
        assertEquals("report: offset " + message, refused.getMessage());
    }

    @Test
    void refusesAnotherLength() {
        byte[] report = ReportWriter.version(2).build();
        assertEquals(
                "report: offset 0x0: expected an attestation report of 1184 bytes, found 1183 bytes",
                message(() -> AttestationReport.read(Source.of("report", Arrays.copyOf(report, 1183)))));
        assertEquals(
                "report: offset 0x0: expected an attestation report of 1184 bytes, found 793 bytes",
                message(() -> SnpEvidence.read(Source.of("report", Arrays.copyOf(report, 793)))));
        assertEquals(
                "report: offset 0x4a0: expected GUID of a certificate (16 bytes), found 1 bytes left",
                message(() -> SnpEvidence.read(Source.of("report", Arrays.copyOf(report, 1185)))));
    }

    @Test
    void refusesTablesOfCertificatesThatPointAstray() {
        byte[] report = ReportWriter.version(2).build();
        byte[] table = Arrays.copyOf(report, 1184 + 56);
        table[1184] = 1;
        table[1184 + 16] = 48;
        table[1184 + 20] = 8;
        assertEquals(
                1,
                SnpEvidence.read(Source.of("e", table))
                        .certificates()
                        .orElseThrow()
                        .entries()
                        .size());
        byte[] past = table.clone();
        past[1184 + 20] = 9;
        assertEquals(
                "e: offset 0x4b0: expected a certificate inside the table of 56 bytes, found offset 48, length 9",
                message(() -> SnpEvidence.read(Source.of("e", past))));
        byte[] inside = table.clone();
        inside[1184 + 16] = 47;
        assertEquals(
                "e: offset 0x4cf: expected certificates after the table's 48 bytes of entries, found one inside them",
                message(() -> SnpEvidence.read(Source.of("e", inside))));
    }

    @Test
    void refusesAResponseThatTellsOfAFailure() {
        byte[] response = new byte[4000];
        System.arraycopy(ReportWriter.version(2).build(), 0, response, 32, 1184);
        response[4] = (byte) 0xa0;
        response[5] = 4;
        assertEquals(
                SnpEvidence.Form.RESPONSE,
                SnpEvidence.read(Source.of("r", response)).form());
        byte[] failed = response.clone();
        failed[0] = 0x16;
        assertEquals(
                "r: offset 0x0: expected STATUS = 0 (success), found 0x16",
                message(() -> SnpEvidence.read(Source.of("r", failed))));
        byte[] trailing = response.clone();
        trailing[3999] = 1;
        assertEquals(
                "r: offset 0xf9f: expected bytes after the report = 0, found 0x01",
                message(() -> SnpEvidence.read(Source.of("r", trailing))));
    }

    private static String message(Executable reading) {
        return assertThrows(MalformedInputException.class, reading).getMessage();
    }

    @Test
    void namesEachFieldThatIsNotAsExpected() {
        AttestationReport report = AttestationReport.read(
                Source.of("r", ReportWriter.version(2).fill(0x90, 48, 0x99).build()));
        Digest other = Digest.parse(DigestAlgorithm.SHA384, "88".repeat(48));
        ReportCheck check = new ReportCheck(
                Map.of("b", other, "a", Digest.zero(DigestAlgorithm.SHA384)),
                Optional.of(new GuestPolicy(0xb0000)),
                Optional.of(Octets.zero(64)),
                Optional.of(Octets.parse("host data", 32, "01".repeat(32))),
                Optional.of(other),
                Optional.empty(),
                Optional.of(Octets.zero(16)),
                Optional.empty(),
                OptionalLong.of(1));
        List<FieldVerdict> verdicts = check.of(report);
        assertEquals(
                List.of(
                        "GUEST_SVN: expected 1, found 0",
                        "POLICY: expected 0xb0000, found 0x30000",
                        "FAMILY_ID: " + "00".repeat(16),
                        "IMAGE_ID: not checked, no value to compare " + "00".repeat(16) + " with",
                        "REPORT_DATA: " + "00".repeat(64),
                        "MEASUREMENT: expected " + "00".repeat(48) + " (a), or " + "88".repeat(48) + " (b), found "
                                + "99".repeat(48),
                        "HOST_DATA: expected " + "01".repeat(32) + ", found " + "00".repeat(32),
                        "ID_KEY_DIGEST: expected " + "88".repeat(48) + ", found " + "00".repeat(48),
                        "AUTHOR_KEY_DIGEST: not checked, no value to compare " + "00".repeat(48) + " with"),
                verdicts.stream().map(FieldVerdict::text).toList());
        assertFalse(FieldVerdict.allGood(verdicts));
        assertTrue(
                FieldVerdict.allGood(ReportCheck.of("x", report.measurement()).of(report)));
    }
}
