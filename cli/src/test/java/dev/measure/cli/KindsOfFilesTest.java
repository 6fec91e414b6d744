package dev.measure.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.networknt.schema.JsonSchema;
import com.networknt.schema.JsonSchemaFactory;
import com.networknt.schema.SpecVersion;
import dev.measure.vectors.Shared;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

/** What inspect takes files for: each is a file of others, whose kind and registers their index tells. */
class KindsOfFilesTest {
    private static final ObjectMapper JSON = new ObjectMapper();

    /** File, exit code, and how the first line of the answer begins behind the name. */
    private static final List<List<String>> KINDS = List.of(
            List.of(
                    "formats/nitro/dstack-nsm-qvl-nitro_attestation.cose",
                    "0",
                    "attestation document of an AWS Nitro system"),
            List.of(
                    "formats/nitro/dstack-dstack-attest-nitro_attestation.cose",
                    "0",
                    "attestation document of an AWS Nitro"),
            List.of(
                    "formats/nitro/dstack-dstack-attest-nitro_attestation_dbg.bin",
                    "0",
                    "attestation document of an AWS"),
            List.of("formats/nitro/kms-policy-condition.json", "0", "condition of an AWS KMS key policy"),
            List.of(
                    "formats/nitro/nitrotpm-measurements.json",
                    "0",
                    "measurements of a NitroTPM or of a Nitro enclave"),
            List.of("formats/keylime/tpm_policy.json", "0", "tpm_policy of Keylime"),
            List.of("formats/keylime/example_reference_state.json", "0", "measured boot reference state of Keylime"),
            List.of("formats/keylime/binary_bios_measurements-empty", "0", "empty file"),
            List.of("formats/in-toto/reference-1.json", "0", "in-toto statement, not signed"),
            List.of("formats/in-toto/github-attestation.sigstore.json", "0", "Sigstore bundle"),
            List.of("formats/maa/sampleAttestationToken.json", "0", "claims of a token of Microsoft Azure Attestation"),
            List.of("formats/tec/azure/20251013/fedora-42.20250929.3.0/all-pcrs.json", "0", "PCRs of compute-pcrs"),
            List.of("formats/tec/qemu-ovmf/fedora-42/rhel-9.6.20250523-0/pcr14.json", "0", "PCRs of compute-pcrs"),
            List.of(
                    "formats/trustee/eventlog/CCEL_data_grub_out.json",
                    "0",
                    "event log as Trustee's verifier shows it"),
            List.of(
                    "formats/trustee/verifier/parse_tdx_claims_expected.json",
                    "0",
                    "claims of Trustee's verifier about a TD"),
            List.of("formats/trustee/verifier/tpm_evidence.json", "0", "evidence of a TPM for Trustee"),
            List.of("formats/trustee/verifier/az-tdx-vtpm/evidence-v0.json", "0", "TD quote of Intel TDX, version 4"),
            List.of("formats/trustee/verifier/az-tdx-vtpm/evidence-v1.json", "0", "TD quote of Intel TDX, version 4"),
            List.of("tdx/evidence/dstack/tdx-lite-attestation.json", "0", "TD quote of Intel TDX, version 4"),
            List.of("tdx/evidence/dstack/guest-agent_attestation.bin", "0", "TD quote of Intel TDX, version 4"),
            List.of("tdx/evidence/dstack/quote-report.json", "0", "TD quote of Intel TDX, version 4, in an answer"),
            List.of("formats/corim/cocli/cots/rubbish.cbor", "0", "binary file that was converted to UTF-8"),
            List.of("formats/corim/veraison/corim/corim.json", "0", "template of cocli for a CoRIM"),
            List.of("formats/corim/cocli/comid/templates/comid-dice-refval.json", "0", "template of cocli for a CoMID"),
            List.of("formats/corim/ietf/corim-4.diag.tmpl", "0", "CBOR in diagnostic notation"),
            List.of("formats/corim/veraison/corim/ec-p256.pub.jwk", "0", "JSON Web Key"),
            List.of("formats/qemu/cmdline/ours-tdx-uki.args", "0", "command line of QEMU"),
            List.of("formats/qemu/cmdline/svsm-igvm.args", "0", "command line of QEMU"),
            List.of("formats/qemu/kubevirt/domcapabilities_tdx.xml", "0", "capabilities of a host, by libvirt"),
            List.of("snp/fixtures/go_ovmf_img_1.json", "0", "metadata of an OVMF firmware"),
            List.of("tpm/gpt.first-34-sectors.bin", "0", "disk, or its first sectors, with a GPT"),
            List.of("tdx/evidence/acpi/acpi_q72/etc_table-loader.bin", "0", "ACPI loader script of QEMU"),
            List.of("tdx/evidence/acpi/acpi_q72/etc_smbios_smbios-tables.bin", "0", "SMBIOS tables of a machine"),
            List.of("boots/a-v257-fw2025.02/pcrs.json", "0", "PCR values by bank"));

    private final JsonSchema schema = JsonSchemaFactory.getInstance(SpecVersion.VersionFlag.V202012)
            .getSchema(Version.resource("result-v1.schema.json"));

    @TempDir
    Path folder;

    @TestFactory
    Stream<DynamicTest> filesOfOthersAreKnown() {
        return KINDS.stream()
                .filter(kind -> Shared.file("vectors/" + kind.get(0)).isPresent())
                .map(kind -> DynamicTest.dynamicTest(kind.get(0), () -> {
                    String file =
                            Shared.file("vectors/" + kind.get(0)).orElseThrow().toString();
                    Session session = Session.in(Path.of(""), "inspect", file);
                    assertEquals(kind.get(1), Integer.toString(session.exit()), session.toString());
                    String line = session.out().lines().findFirst().orElse("");
                    assertTrue(line.startsWith(file) && line.contains(": " + kind.get(2)), line);
                    Session json = Session.in(Path.of(""), "inspect", file, "--json");
                    assertEquals(Set.of(), schema.validate(JSON.readTree(json.out())), json.out());
                }));
    }

    /** No file of the collection makes inspect fail in a way that is not told, and its JSON obeys the schema. */
    @Test
    void everyFileIsKnownOrRefusedWithItsPlace() throws IOException {
        Optional<Path> vectors = Shared.file("vectors/formats");
        if (vectors.isEmpty()) {
            return;
        }
        List<Path> files;
        try (Stream<Path> walk = Files.walk(vectors.get())) {
            files = walk.filter(Files::isRegularFile).sorted().toList();
        }
        for (Path file : files) {
            Session session = Session.in(Path.of(""), "inspect", file.toString(), "--json");
            if (session.exit() == 0) {
                assertEquals(Set.of(), schema.validate(JSON.readTree(session.out())), file.toString());
            } else {
                assertEquals(4, session.exit(), session.toString());
                assertTrue(session.err().startsWith("measure: error: " + file + ": offset 0x"), session.toString());
            }
        }
    }

    /** The registers as the index has them, and a signature that covers each byte. */
    @Test
    void documentsOfNitroSystemsAreReadAndVerified() throws IOException {
        Optional<Path> index = Shared.file("vectors/formats/nitro/index.json");
        if (index.isEmpty()) {
            return;
        }
        int compared = 0;
        for (JsonNode entry : JSON.readTree(index.get().toFile()).get("files")) {
            if (!entry.get("file").asText().endsWith(".cose")) {
                continue;
            }
            Path file = index.get().resolveSibling(entry.get("file").asText());
            JsonNode found = JSON.readTree(Session.in(Path.of(""), "inspect", file.toString(), "--json")
                            .out())
                    .get("found");
            JsonNode pcrs = entry.at("/facts/pcrs_nonzero");
            for (JsonNode value : found.get("referenceValues")) {
                String pcr = value.get("element").asText().substring(3);
                if (pcrs.has(pcr)) {
                    assertEquals(pcrs.get(pcr).asText(), value.get("value").asText(), pcr);
                    compared++;
                }
            }
            byte[] bytes = Files.readAllBytes(file);
            bytes[bytes.length - 1] ^= 1;
            Path changed = Files.write(folder.resolve("changed.cose"), bytes);
            Session session =
                    Session.in(folder, "inspect", changed.getFileName().toString());
            assertEquals(8, session.exit(), session.toString());
            Files.write(changed, Arrays.copyOf(bytes, bytes.length - 9));
            assertEquals(4, Session.in(folder, "inspect", "changed.cose").exit());
        }
        assertTrue(compared > 0, "no register was compared");
    }

    /** Reports and quotes are found where attesters put them, and are what those are by themselves. */
    @Test
    void evidenceInsideOfWhatCarriesItIsEvidence() throws IOException {
        Optional<Path> quote = Shared.file("vectors/tdx/evidence/quotes/az/td-quote.bin");
        Optional<Path> report = Shared.file("vectors/formats/snp-reports/dstack/report.bin");
        if (quote.isEmpty() || report.isEmpty()) {
            return;
        }
        String mrtd = JSON.readTree(
                        Session.in(Path.of(""), "inspect", quote.get().toString(), "--json")
                                .out())
                .at("/found/td/mrtd")
                .asText();
        for (String name : List.of("evidence-v0.json", "evidence-v1.json")) {
            String file = quote.get().resolveSibling(name).toString();
            Session right = Session.in(Path.of(""), "tdx", "verify-quote", file, "--mrtd", mrtd);
            assertEquals(0, right.exit(), right.toString());
            Session wrong = Session.in(Path.of(""), "tdx", "verify-quote", file, "--mrtd", "00".repeat(48));
            assertEquals(3, wrong.exit(), wrong.toString());
        }
        String measurement = JSON.readTree(
                        Session.in(Path.of(""), "inspect", report.get().toString(), "--json")
                                .out())
                .at("/found/measurement")
                .asText();
        for (String name : List.of("report.bin", "sev-snp-attestation.json", "sev_snp_attestation.bin")) {
            Session session = Session.in(
                    Path.of(""),
                    "snp",
                    "verify-report",
                    report.get().resolveSibling(name).toString(),
                    "--measurement",
                    measurement,
                    "--certificate",
                    report.get().resolveSibling("sev_snp_vcek.pem").toString(),
                    "--certificate",
                    report.get().resolveSibling("sev_snp_ask.pem").toString());
            assertTrue(session.out().contains(measurement), session.toString());
        }
    }
}
