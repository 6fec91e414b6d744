package dev.measure.snp;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.measure.Digest;
import dev.measure.DigestAlgorithm;
import dev.measure.FieldVerdict;
import dev.measure.MalformedInputException;
import dev.measure.Source;
import dev.measure.vectors.Shared;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** Launch endorsements of Compute Engine, against one that an independent program made and signed. */
class GceEndorsementTest {
    private static final String FOLDER = "vectors/formats/gce/";

    private static boolean here() {
        return Shared.file(FOLDER + "index.json").isPresent();
    }

    private static Source source(String name) throws IOException {
        Path file = Shared.file(FOLDER + name).orElseThrow();
        return Source.of(name, Files.readAllBytes(file));
    }

    @Test
    void everyFieldIsAsTheIndexSays() throws IOException {
        if (!here()) {
            return;
        }
        JsonNode facts = new JsonMapper()
                .readTree(Shared.file(FOLDER + "index.json").orElseThrow().toFile())
                .get("files")
                .get(0)
                .get("facts");
        GceEndorsement endorsement = GceEndorsement.read(source("synthetic-endorsement.binarypb"));
        assertEquals(Instant.parse(facts.get("timestamp").asText()), Instant.ofEpochSecond(endorsement.timestamp()));
        assertEquals(facts.get("cl_spec").asLong(), endorsement.clSpec());
        assertEquals(facts.get("commit").asText(), endorsement.commit().hex());
        assertEquals(facts.get("digest").asText(), endorsement.firmwareDigest().hex());
        GceEndorsement.SevSnp snp = endorsement.sevSnp().orElseThrow();
        assertEquals(facts.get("sev_snp").get("svn").asLong(), snp.svn());
        assertEquals(facts.get("sev_snp").get("policy").asText(), snp.policy().hex());
        assertEquals(
                facts.get("sev_snp").get("family_id").asText(), snp.familyId().hex());
        assertEquals(
                facts.get("sev_snp").get("image_id").asText(), snp.imageId().hex());
        JsonNode measurements = facts.get("sev_snp").get("measurements");
        assertEquals(measurements.size(), snp.measurements().size());
        snp.measurements()
                .forEach((vcpus, digest) ->
                        assertEquals(measurements.get(vcpus.toString()).asText(), digest.hex()));
        JsonNode tdx = facts.get("tdx").get("measurements");
        assertEquals(tdx.size(), endorsement.tdx().size());
        for (int i = 0; i < tdx.size(); i++) {
            assertEquals(
                    tdx.get(i).get("ram_gib").asLong(), endorsement.tdx().get(i).ramGib());
            assertEquals(
                    tdx.get(i).get("early_accept").asBoolean(),
                    endorsement.tdx().get(i).earlyAccept());
            assertEquals(
                    tdx.get(i).get("mrtd").asText(),
                    endorsement.tdx().get(i).mrtd().hex());
        }
    }

    @Test
    void verifiesTheSignatureUpToTheRootThatIsHandedIn() throws IOException {
        if (!here()) {
            return;
        }
        GceEndorsement endorsement = GceEndorsement.read(source("synthetic-endorsement.binarypb"));
        List<FieldVerdict> good = endorsement.verify(List.of(source("synthetic-root.pem")), Optional.empty());
        assertEquals(2, good.size());
        assertTrue(good.stream().allMatch(FieldVerdict.Matches.class::isInstance), good.toString());
        List<FieldVerdict> stranger = endorsement.verify(List.of(source("devkeys-root.crt")), Optional.empty());
        assertTrue(stranger.get(0) instanceof FieldVerdict.Matches);
        assertTrue(stranger.get(1) instanceof FieldVerdict.Untrusted);
        List<FieldVerdict> rootless = endorsement.verify(List.of(), Optional.empty());
        assertTrue(rootless.get(1) instanceof FieldVerdict.NotChecked);
        List<FieldVerdict> bad = GceEndorsement.read(source("synthetic-endorsement-badsig.binarypb"))
                .verify(List.of(source("synthetic-root.pem")), Optional.empty());
        assertTrue(bad.get(0) instanceof FieldVerdict.Untrusted);
        List<FieldVerdict> late = endorsement.verify(
                List.of(source("synthetic-root.pem")), Optional.of(Instant.parse("2200-01-01T00:00:00Z")));
        assertTrue(late.get(2) instanceof FieldVerdict.Untrusted);
    }

    @Test
    void googlesDevelopmentRootSignsItsSigningKey() throws IOException {
        if (!here()) {
            return;
        }
        SigningCertificate leaf = SigningCertificate.readAll(source("devkeys-primarySigningKey.crt"))
                .get(0);
        SigningCertificate root =
                SigningCertificate.readAll(source("devkeys-root.crt")).get(0);
        assertTrue(leaf.isSignedBy(root));
    }

    @Test
    void comparesEachNumberOfVcpus() {
        String ld = "aa".repeat(48);
        // sev_snp { measurements { 1: aa.. } measurements { 4: aa.. } }
        String entry1 = "1234" + "0801" + "1230" + ld;
        String entry4 = "1234" + "0804" + "1230" + ld;
        GceEndorsement endorsement = GceEndorsement.read(golden("3a6c" + entry1 + entry4));
        Digest same = Digest.parse(DigestAlgorithm.SHA384, ld);
        Digest other = Digest.zero(DigestAlgorithm.SHA384);
        assertEquals(
                List.of(
                        "measurement for 1 vCPU: " + ld,
                        "measurement for 2 vCPUs: not checked, the endorsement has none",
                        "measurement for 4 vCPUs: expected " + ld + ", found " + other.hex()),
                endorsement.compare(Map.of(1, same, 2, same, 4, other)).stream()
                        .map(FieldVerdict::text)
                        .toList());
    }

    @Test
    void refusesBrokenMessages() {
        assertEquals(
                "pb: offset 0x0: expected serialized_uefi_golden, found a message without it",
                message(Source.of("pb", new byte[0])));
        assertEquals(
                "pb: offset 0x1: expected length of serialized_uefi_golden of at most 1, found 2",
                message(bytes("0a0200")));
        assertEquals(
                "pb: offset 0x0: expected serialized_uefi_golden with wire type 2, found 0", message(bytes("0800")));
        assertEquals(
                "pb: offset 0x1: expected field 9 of at most 64 bits, found a longer number",
                message(bytes("48ffffffffffffffffffff01")));
        assertEquals("pb: offset 0x0: expected wire type 0, 1, 2 or 5, found 3", message(bytes("4b")));
        assertEquals("pb: offset 0x0: expected a field number 1..536870911, found 0", message(bytes("00")));
        assertEquals("pb: offset 0x2: expected digest of 48 bytes, found 1 bytes", message(bytes("0a032a0100")));
        String entry = "1234" + "0801" + "1230" + "aa".repeat(48);
        assertEquals(
                "pb: offset 0x6f: expected one launch digest for 1 vCPUs, found two",
                message(golden("3a6c" + entry + entry)));
    }

    private static Source bytes(String hex) {
        return Source.of("pb", HexFormat.of().parseHex(hex));
    }

    /** An endorsement whose golden measurement has a digest of zeros and these fields. */
    private static Source golden(String fields) {
        String golden = "2a30" + "00".repeat(48) + fields;
        int length = golden.length() / 2;
        return bytes(String.format("0a%02x%02x", length & 0x7f | 0x80, length >> 7) + golden);
    }

    private static String message(Source source) {
        return assertThrows(MalformedInputException.class, () -> GceEndorsement.read(source))
                .getMessage();
    }
}
