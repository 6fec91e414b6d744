package dev.measure.snp;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.measure.Digest;
import dev.measure.DigestAlgorithm;
import dev.measure.FieldVerdict;
import dev.measure.Prediction;
import dev.measure.Provenance;
import dev.measure.Source;
import dev.measure.Strictness;
import dev.measure.firmware.Firmware;
import dev.measure.vectors.OvmfWriter;
import dev.measure.vectors.Shared;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/**
 * A guest of a cloud end to end: the launch digest is computed from what its owner knew, and a Milan processor signed the same. The
 * firmware itself is not there; its digest, sections and reset address are, and they are all that counts of it.
 */
class DstackReportTest {
    private static final String FOLDER = "vectors/formats/snp-reports/dstack/";

    @Test
    void aProcessorSignedTheLaunchDigestThatIsComputed() throws IOException {
        Optional<Path> file = Shared.file(FOLDER + "sev_snp_attestation.bin");
        if (file.isEmpty()) {
            return;
        }
        JsonMapper json = new JsonMapper();
        // The attestation is one report in SCALE with JSON at its end; the last object is the guest's configuration.
        String attestation = Files.readString(file.get(), StandardCharsets.ISO_8859_1);
        JsonNode config = json.readTree(attestation.substring(attestation.lastIndexOf("{\"os_image_hash\"")));
        JsonNode known = json.readTree(config.get("sev_snp_measurement").asText());
        SnpLaunch launch = new SnpLaunch(
                firmware(known),
                Optional.of(hashes(known)),
                Optional.of(Digest.parse(
                        DigestAlgorithm.SHA384, known.get("ovmf_hash").asText())),
                Strictness.STRICT);
        SnpGuest guest = new SnpGuest(
                Vmm.QEMU,
                known.get("vcpus").asInt(),
                CpuModel.parse(known.get("vcpu_type").asText()),
                new SevFeatures(known.get("guest_features").asLong()));
        Prediction.Predicted predicted = assertInstanceOf(Prediction.Predicted.class, LaunchDigest.of(launch, guest));
        AttestationReport report = AttestationReport.read(source("report.bin"));
        assertEquals(report.measurement().hex(), predicted.measurement().value().hex());
        List<FieldVerdict> verdicts = EndorsementChain.read(
                        List.of(source("sev_snp_vcek.pem"), source("sev_snp_ask.pem"), root()))
                .verify(report, Optional.empty());
        assertTrue(verdicts.stream().allMatch(FieldVerdict.Matches.class::isInstance), verdicts.toString());
    }

    private static Firmware firmware(JsonNode known) {
        long table = known.get("sev_hashes_table_gpa").asLong();
        OvmfWriter writer = OvmfWriter.ovmf(0x10000)
                .resetBlock(known.get("sev_es_reset_eip").asLong())
                // Only the address of the area counts; its size is the one of edk2, 0x400.
                .hashTable(table, 0x400)
                .sevMetadata();
        for (JsonNode section : known.get("ovmf_sections")) {
            writer.section(
                    section.get("gpa").asLong(),
                    section.get("size").asLong(),
                    section.get("section_type").asLong());
        }
        return Firmware.read(Source.of("firmware", writer.build()), Strictness.STRICT);
    }

    private static KernelHashes hashes(JsonNode known) {
        MessageDigest line = DigestAlgorithm.SHA256.newMessageDigest();
        line.update((known.get("base_cmdline").asText() + "\0").getBytes(StandardCharsets.UTF_8));
        return new KernelHashes(
                Digest.parse(DigestAlgorithm.SHA256, known.get("kernel_hash").asText()),
                Digest.parse(DigestAlgorithm.SHA256, known.get("initrd_hash").asText()),
                Digest.of(DigestAlgorithm.SHA256, line),
                new Provenance.Constant("dstack", "sev_snp_measurement"));
    }

    private static Source source(String name) throws IOException {
        return Source.of(name, Files.readAllBytes(Shared.file(FOLDER + name).orElseThrow()));
    }

    private static Source root() throws IOException {
        return Source.open(Shared.file("vectors/formats/snp-reports/roots/ark_milan_vcek.pem")
                .orElseThrow());
    }
}
