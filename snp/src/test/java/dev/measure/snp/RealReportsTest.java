package dev.measure.snp;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.measure.CallerData;
import dev.measure.DigestAlgorithm;
import dev.measure.FieldVerdict;
import dev.measure.MalformedInputException;
import dev.measure.Source;
import dev.measure.vectors.Shared;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** Reports that real processors signed, with their certificates; the facts about them were read by an independent program. */
class RealReportsTest {
    private static final String FOLDER = "vectors/formats/snp-reports/";

    private static List<JsonNode> index() throws IOException {
        Optional<Path> file = Shared.file(FOLDER + "index.json");
        if (file.isEmpty()) {
            return List.of();
        }
        JsonNode files = new JsonMapper().readTree(file.get().toFile()).get("files");
        return StreamSupport.stream(files.spliterator(), false).toList();
    }

    private static Source source(String name) throws IOException {
        Path file = Shared.file(FOLDER + name).orElseThrow();
        return Source.of(file.getFileName().toString(), Files.readAllBytes(file));
    }

    private static boolean here() {
        return Shared.file(FOLDER + "index.json").isPresent();
    }

    @TestFactory
    Stream<DynamicTest> everyFieldIsAsTheIndexSays() throws IOException {
        return index().stream()
                .filter(row -> facts(row).has("measurement"))
                .map(row -> dynamicTest(
                        name(row),
                        () -> checkFields(
                                facts(row), SnpEvidence.read(source(name(row))).report())));
    }

    /** Facts of a report; those of an HCL report are one level down. */
    private static JsonNode facts(JsonNode row) {
        JsonNode facts = row.path("facts");
        return facts.has("snp") ? facts.get("snp") : facts;
    }

    private static String name(JsonNode row) {
        return row.get("file").asText();
    }

    private static void checkFields(JsonNode facts, AttestationReport report) {
        assertEquals(facts.get("version").asInt(), report.version());
        assertEquals(facts.get("guest_svn").asLong(), report.guestSvn());
        assertEquals(
                facts.get("policy").asText(),
                String.format("0x%016x", report.policy().bits()));
        assertEquals(
                facts.get("policy_bits").get("debug").asBoolean(),
                report.policy().debug());
        assertEquals(facts.get("family_id").asText(), report.familyId().hex());
        assertEquals(facts.get("image_id").asText(), report.imageId().hex());
        assertEquals(facts.get("vmpl").asLong(), report.vmpl());
        checkTcb(facts.get("current_tcb"), report.currentTcb());
        assertEquals(facts.get("platform_info").asText(), report.platformInfo().hex());
        assertEquals(facts.get("author_key_en").asBoolean(), report.authorKeyEnabled());
        assertEquals(facts.get("mask_chip_key").asBoolean(), report.maskChipKey());
        assertEquals(facts.get("signing_key").asText(), report.signingKey().name());
        assertEquals(facts.get("report_data").asText(), report.reportData().hex());
        assertEquals(facts.get("measurement").asText(), report.measurement().hex());
        assertEquals(facts.get("host_data").asText(), report.hostData().hex());
        assertEquals(facts.get("id_key_digest").asText(), report.idKeyDigest().hex());
        assertEquals(
                facts.get("author_key_digest").asText(),
                report.authorKeyDigest().hex());
        assertEquals(facts.get("report_id").asText(), report.reportId().hex());
        assertEquals(facts.get("report_id_ma").asText(), report.reportIdMa().hex());
        checkTcb(facts.get("reported_tcb"), report.reportedTcb());
        assertEquals(facts.has("cpuid_family_id"), report.cpu().isPresent());
        report.cpu().ifPresent(cpu -> {
            assertEquals(facts.get("cpuid_family_id").asInt(), cpu.family());
            assertEquals(facts.get("cpuid_model_id").asInt(), cpu.model());
            assertEquals(facts.get("cpuid_stepping").asInt(), cpu.stepping());
            assertEquals(
                    facts.get("product").asText(),
                    report.product().orElseThrow().productName());
        });
        assertEquals(facts.get("chip_id").asText(), report.chipId().hex());
        checkTcb(facts.get("committed_tcb"), report.committedTcb());
        assertEquals(
                facts.get("current_version").asText(), report.currentVersion().text());
        assertEquals(
                facts.get("committed_version").asText(),
                report.committedVersion().text());
        checkTcb(facts.get("launch_tcb"), report.launchTcb());
        assertEquals(facts.has("launch_mit_vector"), report.launchMitVector().isPresent());
        report.launchMitVector()
                .ifPresent(vector ->
                        assertEquals(facts.get("launch_mit_vector").asText(), "0x" + Long.toHexString(vector)));
        report.currentMitVector()
                .ifPresent(vector ->
                        assertEquals(facts.get("current_mit_vector").asText(), "0x" + Long.toHexString(vector)));
        assertEquals(
                facts.get("signature_r_be").asText(),
                String.format("%096x", report.signature().r()));
        assertEquals(
                facts.get("signature_s_be").asText(),
                String.format("%096x", report.signature().s()));
    }

    private static void checkTcb(JsonNode facts, TcbVersion tcb) {
        facts.properties().forEach(fact -> {
            if (fact.getKey().equals("raw_le_u64")) {
                assertEquals(fact.getValue().asText(), tcb.hex());
            } else {
                assertEquals(fact.getValue().asInt(), tcb.parts().get(fact.getKey()), fact.getKey());
            }
        });
        assertEquals(facts.has("fmc"), tcb.fmc().isPresent());
    }

    @TestFactory
    Stream<DynamicTest> signedReportsLeadToAmdsRootKey() throws IOException {
        return index().stream()
                .filter(row -> row.path("facts").has("signed_by_file"))
                .map(row -> dynamicTest(name(row), () -> checkSigned(row.get("facts"), name(row))));
    }

    private static void checkSigned(JsonNode facts, String name) throws IOException {
        AttestationReport report = SnpEvidence.read(source(name)).report();
        EndorsementChain chain =
                chain(facts.get("product").asText(), facts.get("signed_by_file").asText());
        List<FieldVerdict> verdicts = chain.verify(report, Optional.empty());
        assertTrue(FieldVerdict.allGood(verdicts), verdicts.toString());
        String kind = report.signingKey().name();
        List<String> fields = verdicts.stream().map(FieldVerdict::field).toList();
        assertEquals(
                List.of(
                        "ARK",
                        kind.equals("VLEK") ? "ASVK" : "ASK",
                        kind,
                        "SIGNATURE",
                        "product",
                        "REPORTED_TCB",
                        kind.equals("VLEK") ? "CSP_ID" : "CHIP_ID"),
                fields);
        for (FieldVerdict verdict : verdicts) {
            boolean unnamed = verdict.field().equals("product") && report.version() == 2;
            assertEquals(!unnamed, verdict instanceof FieldVerdict.Matches, verdict.text());
        }
        assertEquals(
                "AMD's root key for " + facts.get("product").asText(),
                ((FieldVerdict.Matches) verdicts.get(0)).value());
        byte[] bytes = Files.readAllBytes(Shared.file(FOLDER + name).orElseThrow());
        bytes[0x90] ^= 1;
        List<FieldVerdict> flipped = chain.verify(AttestationReport.read(Source.of(name, bytes)), Optional.empty());
        assertTrue(flipped.contains(
                new FieldVerdict.Untrusted("SIGNATURE", "a signature by the " + kind, "one that does not verify")));
    }

    private static EndorsementChain chain(String product, String vek) throws IOException {
        String kind = vek.contains("vlek") ? "vlek" : "vcek";
        String lower = product.toLowerCase(Locale.ROOT);
        List<Source> files = new ArrayList<>();
        files.add(source(vek));
        files.add(source("roots/ask_" + lower + "_" + kind + ".pem"));
        files.add(source("roots/ark_" + lower + "_" + kind + ".pem"));
        return EndorsementChain.read(files);
    }

    @Test
    void refusesTheCertificatesThatAmdDidNotSign() throws IOException {
        if (!here()) {
            return;
        }
        AttestationReport report =
                SnpEvidence.read(source("trustee/test-report.bin")).report();
        for (String name : List.of("trustee/test-vcek-invalid-legacy.der", "trustee/test-vcek-invalid-new.der")) {
            List<FieldVerdict> verdicts = chain("Milan", name).verify(report, Optional.empty());
            assertTrue(
                    verdicts.contains(new FieldVerdict.Untrusted(
                            "VCEK", "a certificate signed by the ASK SEV-Milan", "one that it did not sign")),
                    verdicts.toString());
        }
    }

    @Test
    void refusesAVcekOfAnotherChip() throws IOException {
        if (!here()) {
            return;
        }
        AttestationReport report =
                SnpEvidence.read(source("hcl/kinvolk-hcl-report-snp.bin")).report();
        List<FieldVerdict> verdicts = chain("Milan", "hcl/kinvolk-vcek.pem").verify(report, Optional.empty());
        assertTrue(verdicts.contains(
                new FieldVerdict.Untrusted("SIGNATURE", "a signature by the VCEK", "one that does not verify")));
        assertTrue(verdicts.stream()
                .anyMatch(verdict -> verdict instanceof FieldVerdict.Untrusted
                        && verdict.field().equals("CHIP_ID")));
    }

    @Test
    void verifiesAReportInsideAzuresHclReport() throws IOException {
        if (!here()) {
            return;
        }
        SnpEvidence evidence = SnpEvidence.read(source("hcl/trustee-az-snp-hcl-report.bin"));
        assertEquals(SnpEvidence.Form.HCL, evidence.form());
        List<FieldVerdict> verdicts =
                chain("Milan", "hcl/trustee-vcek.pem").verify(evidence.report(), Optional.empty());
        assertTrue(FieldVerdict.allGood(verdicts), verdicts.toString());
        Source runtime = evidence.runtimeData().orElseThrow();
        assertEquals(1110, runtime.length());
        assertEquals(
                evidence.report().reportData().hex(),
                runtime.digest(DigestAlgorithm.SHA256).hex() + "00".repeat(32));
        CallerData bound = evidence.report().callerData().orElseThrow();
        assertTrue(bound.checkRuntimeData(runtime) instanceof FieldVerdict.Matches);
        assertTrue(bound.checkRuntimeData(runtime.slice(1, 1109)) instanceof FieldVerdict.Untrusted);
    }

    @Test
    void refusesATcbForWhichTheKeyWasNotDerived() throws IOException {
        if (!here()) {
            return;
        }
        byte[] bytes = Files.readAllBytes(
                Shared.file(FOLDER + "trustee/test-report.bin").orElseThrow());
        bytes[0x180] = 4;
        List<FieldVerdict> verdicts = chain("Milan", "trustee/test-vcek.der")
                .verify(AttestationReport.read(Source.of("r", bytes)), Optional.empty());
        assertTrue(verdicts.contains(new FieldVerdict.Untrusted(
                "REPORTED_TCB",
                "bootloader 3, tee 0, snp 8, microcode 115, for which the key was derived",
                "bootloader 4, tee 0, snp 8, microcode 115")));
    }

    @Test
    void asksForTheKindOfKeyThatSigned() throws IOException {
        if (!here()) {
            return;
        }
        AttestationReport report =
                SnpEvidence.read(source("trustee/test-vlek-report.bin")).report();
        assertEquals(
                List.of(new FieldVerdict.Untrusted("VLEK", "a certificate of the VLEK that signs", "SEV-VCEK")),
                chain("Milan", "trustee/test-vcek.der").verify(report, Optional.empty()));
    }

    @Test
    void looksAtDatesOnlyWhenAMomentIsGiven() throws IOException {
        if (!here()) {
            return;
        }
        AttestationReport report =
                SnpEvidence.read(source("trustee/test-vlek-report.bin")).report();
        EndorsementChain chain = chain("Milan", "trustee/test-vlek.der");
        assertTrue(FieldVerdict.allGood(chain.verify(report, Optional.of(Instant.parse("2025-06-01T00:00:00Z")))));
        List<FieldVerdict> late = chain.verify(report, Optional.of(Instant.parse("2026-01-01T00:00:00Z")));
        assertTrue(late.contains(new FieldVerdict.Untrusted(
                "validity of SEV-VLEK",
                "a certificate valid at 2026-01-01T00:00:00Z",
                "2024-12-10T22:14:21Z to 2025-12-10T22:14:21Z")));
    }

    @Test
    void readsTheTableOfCertificatesAfterAReport() throws IOException {
        if (!here()) {
            return;
        }
        SnpEvidence evidence = SnpEvidence.read(source("synthetic/extended-report.bin"));
        assertEquals(SnpEvidence.Form.EXTENDED, evidence.form());
        CertificateTable table = evidence.certificates().orElseThrow();
        assertEquals(
                List.of("VCEK 1360", "ASK 1677", "ARK 1639"),
                table.entries().stream()
                        .map(entry -> entry.name() + " " + entry.content().length())
                        .toList());
        // The root is one of AMD's, so it counts although nobody handed it in.
        List<FieldVerdict> verdicts =
                EndorsementChain.read(List.of()).with(table).verify(evidence.report(), Optional.empty());
        assertTrue(FieldVerdict.allGood(verdicts), verdicts.toString());
    }

    @Test
    void readsReportsInOtherWrappings() throws IOException {
        if (!here()) {
            return;
        }
        assertEquals(
                SnpEvidence.read(source("virtee/report_milan.bin")).report(),
                SnpEvidence.read(source("virtee/report_milan.hex")).report());
        SnpEvidence response = SnpEvidence.read(source("lit/snp_report_msg_resp.bin"));
        assertEquals(SnpEvidence.Form.RESPONSE, response.form());
        assertEquals(2, response.report().version());
    }

    @Test
    void refusesTheBrokenOnesWithTheReason() throws IOException {
        if (!here()) {
            return;
        }
        Source truncated = source("lit/guest_report_corrupt.bin");
        assertEquals(
                "guest_report_corrupt.bin: offset 0x0: expected an attestation report of 1184 bytes, found 793 bytes",
                assertThrows(MalformedInputException.class, () -> SnpEvidence.read(truncated))
                        .getMessage());
        Source oneTooMany = source("lit/guest_report_bad_sig.bin");
        String message = assertThrows(MalformedInputException.class, () -> SnpEvidence.read(oneTooMany))
                .getMessage();
        assertTrue(message.startsWith("guest_report_bad_sig.bin: offset 0x"), message);
        assertFalse(SnpEvidence.looksLike(truncated));
    }

    @Test
    void everyReportLooksLikeOne() throws IOException {
        for (JsonNode row : index()) {
            if (facts(row).has("measurement") || name(row).endsWith("report_milan.hex")) {
                assertTrue(SnpEvidence.looksLike(source(name(row))), name(row));
            }
            if (name(row).endsWith(".pem") || name(row).endsWith(".der")) {
                assertFalse(SnpEvidence.looksLike(source(name(row))), name(row));
            }
        }
    }

    @Test
    void refusesACertificateWhoseNamesAreNoTextOrWhoseKeyIsNoBytes() throws IOException {
        if (!here()) {
            return;
        }
        byte[] der = source("oak/turin-oc-vcek.der").toByteArray();
        String text = new String(der, StandardCharsets.ISO_8859_1);
        for (String name : List.of("SEV-VCEK", "SEV-Turin")) { // of the subject and of the issuer
            byte[] broken = der.clone();
            broken[text.indexOf(name)] = (byte) 0xff;
            refusesCertificate(broken);
        }
        byte[] bits = der.clone();
        bits[text.indexOf("\u0003\u0062\u0000\u0004") + 2] = 3; // unused bits of the key's BIT STRING
        refusesCertificate(bits);
    }

    private static void refusesCertificate(byte[] der) {
        assertEquals(
                "vcek: offset 0x0: expected an X.509 certificate (PEM or DER), found something else",
                assertThrows(
                                MalformedInputException.class,
                                () -> EndorsementChain.read(List.of(Source.of("vcek", der))))
                        .getMessage());
    }

    /** A key that names an unknown issuer proves nothing, whoever else's certificates lie beside it. */
    @Test
    void refusesAKeyThatTheCertificatesHandedInDoNotLeadTo() throws IOException {
        if (!here()) {
            return;
        }
        AttestationReport report =
                SnpEvidence.read(source("automata/report.bin")).report();
        byte[] der = source("automata/vcek.der").toByteArray();
        der[new String(der, StandardCharsets.ISO_8859_1).indexOf("SEV-Milan") + 4] = 'N';
        for (List<Source> above : List.of(
                List.of(source("roots/ask_milan_vcek.pem"), source("roots/ark_milan_vcek.pem")),
                List.of(source("roots/ask_milan_vcek.pem")),
                List.of(source("roots/ark_milan_vcek.pem")))) {
            List<Source> files = new ArrayList<>(above);
            files.add(Source.of("vcek.der", der));
            List<FieldVerdict> verdicts = EndorsementChain.read(files).verify(report, Optional.empty());
            assertTrue(
                    verdicts.get(1)
                            .text()
                            .matches("VCEK: expected a certificate of its issuer .*CN=SEV-Nilan, found none"),
                    verdicts.get(1).text());
            assertTrue(FieldVerdict.anyUntrusted(verdicts));
        }
    }

    @Test
    void refusesAKeyThatCameWithTheReportAndNoRoot() throws IOException {
        if (!here()) {
            return;
        }
        AttestationReport report =
                SnpEvidence.read(source("automata/report.bin")).report();
        byte[] vcek = source("automata/vcek.der").toByteArray();
        CertificateTable table = CertificateTable.read(Source.of("table", vcekTable(vcek)));
        List<FieldVerdict> verdicts =
                EndorsementChain.read(List.of()).with(table).verify(report, Optional.empty());
        assertEquals(
                new FieldVerdict.Untrusted("ARK", "a certificate of the one above the ASK", "none"), verdicts.get(0));
        assertInstanceOf(FieldVerdict.Untrusted.class, verdicts.get(1));
    }

    /** GHCB specification, section 4.1.8.1: GUID, offset and length of the VCEK, an entry of zeros, the certificate. */
    private static byte[] vcekTable(byte[] der) {
        ByteBuffer table = ByteBuffer.allocate(48 + der.length).order(ByteOrder.LITTLE_ENDIAN);
        table.put(HexFormat.of().parseHex("8d75da6364e66445adc5f4b93be8accd"))
                .putInt(48)
                .putInt(der.length);
        return table.position(48).put(der).array();
    }

    @Test
    void chainsNameTheCertificateThatIsMissing() throws IOException {
        if (!here()) {
            return;
        }
        AttestationReport report =
                SnpEvidence.read(source("oak/turin-oc-report.bin")).report();
        EndorsementChain alone = EndorsementChain.read(List.of(source("oak/turin-oc-vcek.der")));
        List<FieldVerdict> verdicts = alone.verify(report, Optional.empty());
        assertEquals(
                "ARK: not checked, no certificate of the one above the ASK",
                verdicts.get(0).text());
        assertTrue(verdicts.get(1).text().startsWith("VCEK: not checked, no certificate of its issuer "));
        assertTrue(verdicts.contains(new FieldVerdict.Matches("SIGNATURE", "by the VCEK")));
        assertEquals(Map.of(), ReportCheck.NOTHING.measurements());
    }
}
