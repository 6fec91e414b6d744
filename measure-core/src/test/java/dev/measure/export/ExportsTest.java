package dev.measure.export;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.measure.Digest;
import dev.measure.DigestAlgorithm;
import dev.measure.Register;
import dev.measure.Source;
import dev.measure.corim.Corim;
import dev.measure.corim.CorimDigest;
import dev.measure.corim.EntityMap;
import dev.measure.corim.MeasurementMap;
import dev.measure.corim.ReferenceTriple;
import dev.measure.golden.GoldenInput;
import dev.measure.golden.GoldenValue;
import dev.measure.golden.GoldenValues;
import dev.measure.sign.EcSigningKey;
import dev.measure.vectors.Shared;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.Signature;
import java.security.cert.CertificateFactory;
import java.security.spec.ECGenParameterSpec;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.function.Executable;

/** The forms against examples, parsers and rules of those who read them. */
class ExportsTest {
    private static final ObjectMapper JSON = new ObjectMapper();

    private static GoldenValue value(String id, DigestAlgorithm algorithm, String hex) {
        return GoldenValue.of(id, Digest.parse(algorithm, hex));
    }

    private static GoldenValue snp(int vcpus, String hex) {
        return value("snp/vcpus=" + vcpus, DigestAlgorithm.SHA384, hex);
    }

    private static GoldenValue td(String register, String hex) {
        return value(register + "/fw=x", DigestAlgorithm.SHA384, hex);
    }

    private static GoldenValue pcr(int index, String phase, DigestAlgorithm bank, String hex) {
        return value("pcr" + index + "/bank=" + bank.id() + "/phase=" + phase, bank, hex);
    }

    private static GoldenValue pcr(int index, String hex) {
        return pcr(index, "none", DigestAlgorithm.SHA256, hex);
    }

    private static ReferenceSet set(GoldenValue... values) {
        return new ReferenceSet(GoldenValues.of(List.of(values)));
    }

    private static String bytes(int value, int count) {
        return String.format("%02x", value).repeat(count);
    }

    private static Optional<JsonNode> shared(String path) throws IOException {
        Optional<Path> file = Shared.file("vectors/formats/" + path);
        return file.isEmpty() ? Optional.empty() : Optional.of(JSON.readTree(Files.readAllBytes(file.get())));
    }

    private static Rvps rvps(GoldenValue... values) {
        return new Rvps(set(values), Rvps.Evidence.PLAIN, Map.of(), Map.of());
    }

    @Test
    void recordsOfRvpsAreThoseOfTheExamples() throws IOException {
        Rvps rvps = rvps(pcr(4, "551bbd142a716c67cd78336593c2eb3b547b575e810ced4501d761082b5cd4a8"));
        Instant expires = Instant.parse("2026-10-02T13:00:13Z");
        Optional<JsonNode> array = shared("trustee/rvps/configmap-array.json");
        if (array.isPresent()) {
            assertEquals(array.get(), JSON.readTree(rvps.records(expires)));
            assertEquals(
                    shared("trustee/rvps/stored-record.json").orElseThrow(),
                    JSON.readTree(rvps.records(expires)).get(0));
            assertEquals(
                    shared("trustee/rvps/stored-record-legacy.json").orElseThrow(),
                    JSON.readTree(rvps.legacyRecords(expires)).get(0));
        }
    }

    @Test
    void theMessageOfRvpsIsThatOfTheExample() throws IOException {
        JsonNode message = JSON.readTree(rvps(snp(1, "a1f3930413247bb3" + "00".repeat(40)), pcr(11, bytes(0x11, 32)))
                .message());
        // The code of RVPS asks for "payload" (rvps/src/lib.rs, struct Message), its README for "provenance".
        assertEquals(message.get("payload"), message.get("provenance"));
        Optional<JsonNode> example = shared("trustee/rvps/register-sample.json");
        if (example.isPresent()) {
            assertEquals(example.get().get("version"), message.get("version"));
            assertEquals(example.get().get("type"), message.get("type"));
            assertEquals(provenance(example.get()), provenance(message));
        }
    }

    private static JsonNode provenance(JsonNode message) throws IOException {
        return JSON.readTree(
                Base64.getDecoder().decode(message.get("provenance").asText()));
    }

    /** Every comparison of the default policy that a register of ours can meet stands in our rules, claim by claim. */
    @Test
    void rulesAreThoseOfTheDefaultPolicy() throws IOException {
        Optional<JsonNode> facts = shared("trustee/default-policy-reference-values.json");
        if (facts.isEmpty()) {
            return;
        }
        List<GoldenValue> values = new ArrayList<>(List.of(snp(1, bytes(1, 48)), td("mrtd", bytes(2, 48))));
        for (int i = 0; i < 4; i++) {
            values.add(td("rtmr" + i, bytes(3 + i, 48)));
        }
        values.add(pcr(11, bytes(9, 32)));
        Map<String, String> sections = Map.of(
                "SNP",
                "plain",
                "TDX",
                "plain",
                "TPM",
                "plain",
                "Azure vTPM SNP",
                "az-snp-vtpm",
                "Azure vTPM TDX",
                "az-tdx-vtpm");
        Set<String> registers = Set.of("measurement", "rtmr_1", "rtmr_2", "mr_td", "pcr11");
        int compared = 0;
        for (JsonNode fact : facts.get()) {
            String claim = fact.get("claim").asText();
            String section = fact.get("section").asText();
            boolean ours = registers.stream().anyMatch(claim::endsWith) && sections.containsKey(section);
            if (!ours || !fact.get("active").asBoolean()) {
                continue;
            }
            for (Rvps.Evidence evidence : Rvps.Evidence.values()) {
                if (evidence.id().equals(sections.get(section))) {
                    Rvps rvps = new Rvps(set(values.toArray(GoldenValue[]::new)), evidence, Map.of(), Map.of());
                    String name = fact.get("reference_value").asText();
                    String rule = "\t" + claim + " " + fact.get("operator").asText() + " query_reference_value(\""
                            + name + "\")\n";
                    assertTrue(rvps.rego().contains(rule), rule + rvps.rego());
                    assertTrue(rvps.values().containsKey(name), name);
                    compared++;
                }
            }
        }
        assertEquals(11, compared);
    }

    @Test
    void rvpsHoldsSetsAndFurtherValuesUnderOtherNames() {
        Map<String, Object> others = new LinkedHashMap<>();
        others.put("snp_bootloader", List.of(3L, 4L));
        Rvps rvps = new Rvps(
                set(
                        snp(1, bytes(1, 48)),
                        snp(2, bytes(2, 48)),
                        value("svsm/vcpus=1", DigestAlgorithm.SHA384, bytes(1, 48)),
                        pcr(11, "none", DigestAlgorithm.SHA384, bytes(3, 48))),
                Rvps.Evidence.PLAIN,
                Map.of("snp", "rvps:///github.com/acme/image:1"),
                others);
        assertEquals(
                Map.of(
                        "rvps:///github.com/acme/image:1",
                        List.of(bytes(1, 48), bytes(2, 48)),
                        "snp_bootloader",
                        List.of(3L, 4L)),
                rvps.values());
        assertRefused(
                "two reference values have the name x",
                () -> new Rvps(
                        set(snp(1, bytes(1, 48)), pcr(4, bytes(2, 32))),
                        Rvps.Evidence.PLAIN,
                        Map.of("snp", "x", "pcr4", "x"),
                        Map.of()));
        assertRefused(
                "there is no value of pcr5 to be renamed",
                () -> new Rvps(set(snp(1, bytes(1, 48))), Rvps.Evidence.PLAIN, Map.of("pcr5", "x"), Map.of()));
        assertRefused(
                "there is no value that evidence of az-snp-vtpm shows: sha256 is the bank of its PCRs",
                () -> new Rvps(set(td("mrtd", bytes(1, 48))), Rvps.Evidence.AZ_SNP_VTPM, Map.of(), Map.of()));
        assertRefused(
                "records of this form hold digests only, not [snp_bootloader]",
                () -> rvps.legacyRecords(Instant.EPOCH));
    }

    private static CorimExport corim(CorimExport.Reader reader, Optional<String> maker, Optional<Long> policy) {
        return new CorimExport(
                reader,
                Optional.of("urn:x"),
                maker.map(name -> new EntityMap(name, Optional.empty(), List.of())),
                Optional.empty(),
                false,
                policy);
    }

    /** The expected bytes were put together with another encoder, from the shapes of AMD's profile. */
    @Test
    void corimOfAmdsProfile() {
        Corim made = corim(CorimExport.Reader.AMD, Optional.of("ACME"), Optional.of(0x30000L))
                .corim(set(snp(1, bytes(0x11, 48)), snp(2, bytes(0x22, 48)), pcr(4, bytes(1, 32))));
        assertEquals(
                "d901f5a4006575726e3a780181d901fa58e0a301a1006575726e3a780281a2006441434d4502810004a1008282a100a100d86f4b"
                        + "06092b060104019c78030182a20019028101a10281820758301111111111111111111111111111111111111111111111111111"
                        + "11111111111111111111111111111111111111111111a2000201a104d9023048000003000000000082a100a100d86f4b06092b"
                        + "060104019c78030182a20019028101a10281820758302222222222222222222222222222222222222222222222222222222222"
                        + "22222222222222222222222222222222222222a2000201a104d9023048000003000000000003d82078227461673a616d642e63"
                        + "6f6d2c323032353a736e702d636f72696d2d70726f66696c650581a2006441434d45028101",
                HexFormat.of().formatHex(made.encode()));
    }

    /** Likewise, from the draft's example of integrity registers: banks of one boot together, other boots apart. */
    @Test
    void corimOfIntegrityRegisters() {
        Corim made = corim(CorimExport.Reader.VERAISON, Optional.empty(), Optional.empty())
                .corim(set(
                        td("mrtd", bytes(0x33, 48)),
                        td("rtmr1", bytes(0x44, 48)),
                        pcr(4, bytes(0x55, 32)),
                        pcr(4, "none", DigestAlgorithm.SHA384, bytes(0x66, 48)),
                        pcr(4, "none", DigestAlgorithm.SHA1, bytes(0x66, 20)),
                        pcr(11, "a", DigestAlgorithm.SHA256, bytes(0x77, 32)),
                        pcr(11, "b", DigestAlgorithm.SHA256, bytes(0x88, 32))));
        assertEquals(
                "d901f5a2006575726e3a780181d901fa5901afa201a1006575726e3a7804a1008482a100a20171496e74656c20436f72706f7261"
                        + "74696f6e026654445820544481a20062746401a10ea2646d72746481820758303333333333333333333333333333333333333333"
                        + "333333333333333333333333333333333333333333333333333333336572746d72318182075830444444444444444444444444"
                        + "44444444444444444444444444444444444444444444444444444444444444444444444482a100a20163544347026854504d32"
                        + "2050435281a200647063727301a10ea1048282015820555555555555555555555555555555555555555555555555555555555555"
                        + "555582075830666666666666666666666666666666666666666666666666666666666666666666666666666666666666666666"
                        + "66666682a100a20163544347026854504d322050435281a200647063727301a10ea10b81820158207777777777777777777777"
                        + "77777777777777777777777777777777777777777782a100a20163544347026854504d322050435281a200647063727301a10e"
                        + "a10b81820158208888888888888888888888888888888888888888888888888888888888888888",
                HexFormat.of().formatHex(made.encode()));
    }

    /** Names and values as Trustee's extractor makes them (rvps/src/extractors/corim/README.md): a later one replaces an earlier one. */
    @Test
    void corimForTrusteesExtractor() {
        Corim made = corim(CorimExport.Reader.TRUSTEE, Optional.empty(), Optional.empty())
                .corim(set(
                        snp(1, bytes(1, 48)),
                        snp(2, bytes(2, 48)),
                        td("mrtd", bytes(3, 48)),
                        pcr(11, "a", DigestAlgorithm.SHA256, bytes(4, 32)),
                        pcr(11, "b", DigestAlgorithm.SHA256, bytes(5, 32))));
        Map<String, List<String>> extracted = new TreeMap<>();
        for (ReferenceTriple triple :
                Corim.read(Source.of("x", made.encode())).comids().get(0).referenceTriples()) {
            for (MeasurementMap measurement : triple.measurements()) {
                var of = triple.environment().classMap().orElseThrow();
                extracted.put(
                        String.join(
                                "/",
                                of.vendor().orElseThrow(),
                                of.model().orElseThrow(),
                                measurement.keyText(),
                                "digests"),
                        measurement.digests().stream().map(CorimDigest::hex).toList());
            }
        }
        assertEquals(
                Map.of(
                        "AMD/SEV-SNP/measurement/digests",
                        List.of(bytes(1, 48), bytes(2, 48)),
                        "Intel Corporation/TDX TD/mrtd/digests",
                        List.of(bytes(3, 48)),
                        "TCG/TPM2 PCR/pcr11_sha256/digests",
                        List.of(bytes(4, 32), bytes(5, 32))),
                extracted);
    }

    @Test
    void corimRefusesWhatItCannotHold() {
        assertRefused(
                "AMD's profile is about SEV-SNP launch digests, and there is none",
                () -> corim(CorimExport.Reader.AMD, Optional.empty(), Optional.empty())
                        .corim(set(td("mrtd", bytes(1, 48)))));
        assertRefused(
                "there is no value of SHA-256, SHA-384 or SHA-512",
                () -> corim(CorimExport.Reader.VERAISON, Optional.empty(), Optional.empty())
                        .corim(set(pcr(4, "none", DigestAlgorithm.SHA1, bytes(1, 20)))));
    }

    @Test
    void keylimesPolicyIsTheExampleByteForByte() throws IOException {
        String made = TpmPolicies.keylime(
                set(pcr(4, "55cafe51" + "00".repeat(28)), pcr(11, bytes(0x11, 32)), pcr(10, bytes(1, 32))));
        Optional<Path> file = Shared.file("vectors/formats/keylime/tpm_policy.json");
        if (file.isPresent()) {
            assertEquals(Files.readString(file.get()), made);
        }
        // What keylime_tenant --tpm_policy takes: its readPolicy refuses every key that is no number.
        assertEquals(
                "{\"4\": [\"" + bytes(1, 32) + "\", \"" + bytes(2, 32) + "\"], \"11\": [\"" + bytes(3, 32) + "\"]}\n",
                TpmPolicies.keylimeTenant(set(
                        pcr(4, "a", DigestAlgorithm.SHA256, bytes(1, 32)),
                        pcr(4, "b", DigestAlgorithm.SHA256, bytes(2, 32)),
                        pcr(11, bytes(3, 32)),
                        pcr(16, bytes(4, 32)))));
        assertRefused(
                "this form holds PCRs of one bank, and there are sha256, sha384; they differ in bank",
                () -> TpmPolicies.keylime(
                        set(pcr(4, bytes(1, 32)), pcr(4, "none", DigestAlgorithm.SHA384, bytes(1, 48)))));
    }

    @Test
    void theConditionOfKmsHasTheKeysOfTheExample() throws IOException {
        JsonNode made = JSON.readTree(TpmPolicies.kmsCondition(set(
                pcr(4, "none", DigestAlgorithm.SHA384, bytes(1, 48)),
                pcr(7, "none", DigestAlgorithm.SHA384, bytes(2, 48)),
                pcr(12, "none", DigestAlgorithm.SHA384, bytes(3, 48)),
                pcr(12, "later", DigestAlgorithm.SHA384, bytes(4, 48)))));
        JsonNode keys = made.get("Condition").get("StringEqualsIgnoreCase");
        assertEquals(
                bytes(1, 48), keys.get("kms:RecipientAttestation:NitroTPMPCR4").asText());
        assertEquals(2, keys.get("kms:RecipientAttestation:NitroTPMPCR12").size());
        Optional<JsonNode> example = shared("nitro/kms-policy-condition.json");
        if (example.isPresent()) {
            Set<String> names = new LinkedHashSet<>();
            example.get()
                    .get("Condition")
                    .get("StringEqualsIgnoreCase")
                    .properties()
                    .forEach(entry -> names.add(entry.getKey()));
            Set<String> ours = new LinkedHashSet<>();
            keys.properties().forEach(entry -> ours.add(entry.getKey()));
            assertEquals(names, ours);
        }
    }

    @TestFactory
    Stream<DynamicTest> computePcrsPrintsItsOwnFilesByteForByte() throws IOException {
        Optional<Path> folder = Shared.file("vectors/formats/tec");
        if (folder.isEmpty()) {
            return Stream.empty();
        }
        List<Path> files;
        try (Stream<Path> walk = Files.walk(folder.get())) {
            files = walk.filter(file -> file.getFileName().toString().matches("(pcr|all-).*\\.json"))
                    .sorted()
                    .toList();
        }
        assertEquals(19, files.size());
        return files.stream()
                .map(file ->
                        DynamicTest.dynamicTest(folder.get().relativize(file).toString(), () -> {
                            JsonNode tree = JSON.readTree(Files.readAllBytes(file));
                            List<ComputePcrs.Pcr> pcrs = new ArrayList<>();
                            (tree.has("pcrs")
                                            ? tree.get("pcrs")
                                            : JSON.createArrayNode().add(tree))
                                    .forEach(pcr -> {
                                        List<ComputePcrs.Event> events = new ArrayList<>();
                                        pcr.get("events")
                                                .forEach(event -> events.add(new ComputePcrs.Event(
                                                        event.get("name").asText(),
                                                        event.get("pcr").asInt(),
                                                        Digest.parse(
                                                                DigestAlgorithm.SHA256,
                                                                event.get("hash")
                                                                        .asText()),
                                                        event.get("id").asText())));
                                        pcrs.add(new ComputePcrs.Pcr(
                                                pcr.get("id").asInt(),
                                                Digest.parse(
                                                        DigestAlgorithm.SHA256,
                                                        pcr.get("value").asText()),
                                                events));
                                    });
                            assertEquals(Files.readString(file), ComputePcrs.json(pcrs, tree.has("pcrs")));
                        }));
    }

    @Test
    void computePcrsHasNamesForEventsOfPcr4And7AsItsFilesDo() throws IOException {
        Optional<JsonNode> file = shared("tec/qemu-ovmf/fedora-42/fedora-42.20250929.3.0/pcr7-sb-enabled.json");
        if (file.isEmpty()) {
            return;
        }
        List<String> names = List.of("SecureBoot", "PK", "KEK", "db", "dbx", "separator");
        GoldenValue value = pcr(7, file.get().get("value").asText());
        List<ResultFile.Event> events = new ArrayList<>();
        for (int i = 0; i < names.size(); i++) {
            JsonNode event = file.get().get("events").get(i);
            events.add(new ResultFile.Event(
                    value.id(),
                    names.get(i),
                    event.get("name").asText(),
                    Digest.parse(DigestAlgorithm.SHA256, event.get("hash").asText())));
        }
        List<ComputePcrs.Event> made = ComputePcrs.of(set(value), events).get(0).events();
        for (int i = 0; i < names.size(); i++) {
            assertEquals(
                    file.get().get("events").get(i).get("id").asText(),
                    made.get(i).id());
        }
        assertRefused(
                "this form holds the events of a PCR, and there are none of pcr7",
                () -> ComputePcrs.of(set(value), List.of()));
        events.add(new ResultFile.Event(value.id(), "MokListRT", "EV_IPL", value.digest()));
        assertRefused(
                "compute-pcrs has no name for the event 'MokListRT' of pcr7, and would not read the file",
                () -> ComputePcrs.of(set(value), events));
    }

    @Test
    void constellationsFileIsThatOfItsTest() throws IOException {
        // internal/attestation/measurements/fetchmeasurements_test.go of edgelesssys/constellation
        String example =
                "{\"version\": \"v0.0.0\",\"ref\": \"-\",\"stream\": \"stable\",\"list\": [{\"csp\": \"Azure\","
                        + "\"attestationVariant\": \"azure-sev-snp\",\"measurements\": {\"0\": {\"expected\":"
                        + " \"0000000000000000000000000000000000000000000000000000000000000000\",\"warnOnly\": false}}}]}";
        Constellation file = new Constellation("v0.0.0", "-", "stable", "Azure");
        assertEquals(JSON.readTree(example), JSON.readTree(file.json(set(pcr(0, bytes(0, 32))), "azure-sev-snp")));
        JsonNode both = JSON.readTree(new Constellation("v1", "-", "stable", "QEMU")
                .json(set(pcr(4, bytes(1, 32)), td("mrtd", bytes(2, 48)), td("rtmr2", bytes(3, 48))), ""));
        assertEquals(
                "qemu-vtpm", both.get("list").get(0).get("attestationVariant").asText());
        assertEquals(
                "qemu-tdx", both.get("list").get(1).get("attestationVariant").asText());
        assertEquals(
                bytes(3, 48),
                both.get("list")
                        .get(1)
                        .get("measurements")
                        .get("3")
                        .get("expected")
                        .asText());
        assertRefused(
                "pcr11 has 2 right values, and this form holds one; they differ in phase (a, b)",
                () -> file.json(
                        set(
                                pcr(11, "a", DigestAlgorithm.SHA256, bytes(1, 32)),
                                pcr(11, "b", DigestAlgorithm.SHA256, bytes(2, 32))),
                        ""));
    }

    @Test
    void contrastsPatchesTestBeforeTheyReplace() throws IOException {
        JsonNode patches = JSON.readTree(new Contrast("Metal-QEMU-SNP", Optional.of("Genoa"))
                .json(set(snp(1, bytes(1, 48)), snp(2, bytes(2, 48)))));
        assertEquals(
                JSON.readTree("[{\"op\":\"test\",\"path\":\"/Platform\",\"value\":\"Metal-QEMU-SNP\"},"
                        + "{\"op\":\"test\",\"path\":\"/ProductName\",\"value\":\"Genoa\"},"
                        + "{\"op\":\"test\",\"path\":\"/CPUs\",\"value\":2},"
                        + "{\"op\":\"replace\",\"path\":\"/TrustedMeasurement\",\"value\":\"" + bytes(2, 48) + "\"}]"),
                patches.get(1));
        JsonNode td = JSON.readTree(new Contrast("Metal-QEMU-TDX", Optional.empty())
                .json(set(td("mrtd", bytes(1, 48)), td("rtmr1", bytes(2, 48)))));
        assertEquals("/MrTd", td.get(0).get(1).get("path").asText());
        assertEquals("/Rtmrs/1", td.get(0).get(2).get("path").asText());
        // RTMR0 depends on the number of vCPUs, which each entry of a manifest has; MRTD does not.
        JsonNode counts = JSON.readTree(new Contrast("Metal-QEMU-TDX", Optional.empty())
                .json(set(
                        td("mrtd", bytes(1, 48)),
                        value("rtmr0/vcpus=1", DigestAlgorithm.SHA384, bytes(2, 48)),
                        value("rtmr0/vcpus=8", DigestAlgorithm.SHA384, bytes(3, 48)),
                        value("rtmr1/vcpus=1", DigestAlgorithm.SHA384, bytes(4, 48)),
                        value("rtmr1/vcpus=8", DigestAlgorithm.SHA384, bytes(4, 48)))));
        assertEquals(2, counts.size());
        assertEquals(
                JSON.readTree("[{\"op\":\"test\",\"path\":\"/Platform\",\"value\":\"Metal-QEMU-TDX\"},"
                        + "{\"op\":\"test\",\"path\":\"/CPUs\",\"value\":8},"
                        + "{\"op\":\"replace\",\"path\":\"/MrTd\",\"value\":\"" + bytes(1, 48) + "\"},"
                        + "{\"op\":\"replace\",\"path\":\"/Rtmrs/0\",\"value\":\"" + bytes(3, 48) + "\"},"
                        + "{\"op\":\"replace\",\"path\":\"/Rtmrs/1\",\"value\":\"" + bytes(4, 48) + "\"}]"),
                counts.get(1));
        assertRefused(
                "rtmr0 has 2 right values, and this form holds one; they differ in memory (1G, 2G)",
                () -> new Contrast("x", Optional.empty())
                        .json(set(
                                value("rtmr0/memory=1G/vcpus=8", DigestAlgorithm.SHA384, bytes(1, 48)),
                                value("rtmr0/memory=2G/vcpus=8", DigestAlgorithm.SHA384, bytes(2, 48)),
                                value("rtmr0/memory=2G/vcpus=4", DigestAlgorithm.SHA384, bytes(3, 48)))));
        assertRefused(
                "snp has 2 right values, and this form holds one; they differ in cpu (a, b)",
                () -> new Contrast("x", Optional.empty())
                        .json(set(
                                value("snp/cpu=a/vcpus=1", DigestAlgorithm.SHA384, bytes(1, 48)),
                                value("snp/cpu=b/vcpus=1", DigestAlgorithm.SHA384, bytes(2, 48)),
                                value("snp/cpu=a/vcpus=2", DigestAlgorithm.SHA384, bytes(3, 48)))));
        assertRefused(
                "a patch is for one platform, and there are values of SNP and of a TD; they differ in register",
                () -> new Contrast("x", Optional.empty()).json(set(snp(1, bytes(1, 48)), td("mrtd", bytes(1, 48)))));
    }

    /** The matrix of an endorsement as the fixture's index has it. */
    @Test
    void gceGoldenMeasurements() throws IOException {
        Optional<JsonNode> index = shared("gce/index.json");
        if (index.isEmpty()) {
            return;
        }
        JsonNode facts = index.get().get("files").get(0).get("facts");
        List<GoldenValue> values = new ArrayList<>();
        facts.get("sev_snp")
                .get("measurements")
                .properties()
                .forEach(entry -> values.add(
                        snp(Integer.parseInt(entry.getKey()), entry.getValue().asText())));
        JsonNode made = JSON.readTree(CloudPolicies.gce(set(values.toArray(GoldenValue[]::new))));
        assertEquals(5, made.get("sevSnp").get("measurements").size());
        made.get("sevSnp").get("measurements").properties().forEach(entry -> {
            try {
                assertEquals(
                        facts.get("sev_snp")
                                .get("measurements")
                                .get(entry.getKey())
                                .asText(),
                        HexFormat.of().formatHex(entry.getValue().binaryValue()));
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        });
    }

    @Test
    void azuresPolicyHasARuleForEachCombination() {
        String policy = CloudPolicies.azure(set(
                snp(1, bytes(1, 48)),
                td("mrtd", bytes(2, 48)),
                value("rtmr1/a=1", DigestAlgorithm.SHA384, bytes(3, 48)),
                value("rtmr1/a=2", DigestAlgorithm.SHA384, bytes(4, 48))));
        assertEquals(
                "version= 1.0;\nauthorizationrules\n{\n"
                        + "    [ type==\"x-ms-sevsnpvm-is-debuggable\", value==false ]\n"
                        + "    && [ type==\"x-ms-sevsnpvm-launchmeasurement\", value==\"" + bytes(1, 48) + "\" ]\n"
                        + "    => permit();\n"
                        + "    [ type==\"tdx_td_attributes_debug\", value==false ]\n"
                        + "    && [ type==\"tdx_mrtd\", value==\"" + bytes(2, 48) + "\" ]\n"
                        + "    && [ type==\"tdx_rtmr1\", value==\"" + bytes(3, 48) + "\" ]\n    => permit();\n"
                        + "    [ type==\"tdx_td_attributes_debug\", value==false ]\n"
                        + "    && [ type==\"tdx_mrtd\", value==\"" + bytes(2, 48) + "\" ]\n"
                        + "    && [ type==\"tdx_rtmr1\", value==\"" + bytes(4, 48) + "\" ]\n    => permit();\n"
                        + "};\nissuancerules\n{\n};\n",
                policy);
    }

    @Test
    void trustAuthoritysPolicyHasSets() {
        assertEquals(
                "import rego.v1\n\ndefault match := false\n\nmatch if {\n\tinput.tdx.tdx_is_debuggable == false\n"
                        + "\tmeasured_mrtd\n\tmeasured_pcr4_sha256\n}\n"
                        + "\nmeasured_mrtd if {\n\tinput.tdx.tdx_mrtd in {\n\t\t\"" + bytes(1, 48) + "\",\n\t}\n}\n"
                        + "\nmeasured_pcr4_sha256 if {\n\tpcr := input.tpm.pcrs[_]\n\tpcr.alg == \"SHA-256\"\n"
                        + "\tpcr.index == 4\n\tpcr.digest in {\n\t\t\"" + bytes(2, 32) + "\",\n\t}\n}\n",
                CloudPolicies.trustAuthority(set(td("mrtd", bytes(1, 48)), pcr(4, bytes(2, 32)))));
    }

    /** A guest that its host may debug shows the right measurements, and is refused all the same. */
    @Test
    void policiesRefuseADebugGuestUnlessTheGoldenValuesAllowIt() {
        GoldenValue snp = snp(1, bytes(1, 48));
        GoldenValue mrtd = td("mrtd", bytes(2, 48));
        List<String> snpRules = List.of("input.snp.policy_debug_allowed == false\n", "x-ms-sevsnpvm-is-debuggable");
        List<String> tdRules = List.of(
                "input.tdx.td_attributes.debug == false\n",
                "tdx_td_attributes_debug",
                "input.tdx.tdx_is_debuggable == false\n");
        assertEquals(List.of(true, true), holds(policies(Map.of(), snp, mrtd), snpRules));
        assertEquals(List.of(true, true, true), holds(policies(Map.of(), snp, mrtd), tdRules));
        for (Map<String, String> allowed : List.of(Map.of("allow-debug", "true"), Map.of("policy", "0xb0000"))) {
            String policies = policies(Map.of("snp", allowed), snp, mrtd);
            assertEquals(List.of(false, false), holds(policies, snpRules));
            assertEquals(List.of(true, true, true), holds(policies, tdRules));
        }
        for (Map<String, String> allowed : List.of(Map.of("allow-debug", "true"), Map.of("attributes", "0x1"))) {
            String policies = policies(Map.of("tdx", allowed), snp, mrtd);
            assertEquals(List.of(true, true), holds(policies, snpRules));
            assertEquals(List.of(false, false, false), holds(policies, tdRules));
        }
        String refusing = policies(Map.of("snp", Map.of("allow-debug", "false", "policy", "0x30000")), snp, mrtd);
        assertEquals(List.of(true, true), holds(refusing, snpRules));
        // Evidence of a vTPM is of a confidential VM, even where only a PCR is compared; claims of Azure's SNP report
        // are texts.
        ReferenceSet pcr = set(pcr(11, bytes(3, 32)));
        assertTrue(new Rvps(pcr, Rvps.Evidence.AZ_SNP_VTPM, Map.of(), Map.of())
                .rego()
                .contains("\tinput[\"az-snp-vtpm\"].policy_debug_allowed == \"false\"\n"));
        assertTrue(new Rvps(pcr, Rvps.Evidence.AZ_TDX_VTPM, Map.of(), Map.of())
                .rego()
                .contains("\tinput[\"az-tdx-vtpm\"].td_attributes.debug == false\n"));
        assertFalse(
                new Rvps(pcr, Rvps.Evidence.PLAIN, Map.of(), Map.of()).rego().contains("debug"));
    }

    private static List<Boolean> holds(String text, List<String> parts) {
        return parts.stream().map(text::contains).toList();
    }

    private static String policies(Map<String, Map<String, String>> demands, GoldenValue... values) {
        ReferenceSet references = new ReferenceSet(
                new GoldenValues("", List.of(), List.of(), List.of(), demands, List.of(values), List.of()));
        return new Rvps(references, Rvps.Evidence.PLAIN, Map.of(), Map.of()).rego()
                + CloudPolicies.azure(references)
                + CloudPolicies.trustAuthority(references);
    }

    /** Trustee encodes the launch digest of Azure's report in base64 (deps/verifier/src/az_snp_vtpm), all others in hexadecimal. */
    @Test
    void theLaunchDigestOfAzuresReportIsInBase64() {
        Rvps rvps = new Rvps(
                set(snp(1, bytes(1, 48)), pcr(11, bytes(2, 32))), Rvps.Evidence.AZ_SNP_VTPM, Map.of(), Map.of());
        assertEquals(
                Map.of("measurement", List.of("AQEB".repeat(16)), "snp_pcr11", List.of(bytes(2, 32))), rvps.values());
    }

    /** Fields 5 and 7 of VMSevSnp; a verifier refuses a policy whose bit 17 is not one. */
    @Test
    void aGoldenMeasurementHasAPolicyAndTheDigestOfAnSvsm() throws IOException {
        GoldenValue svsm = value("svsm/vcpus=1", DigestAlgorithm.SHA384, bytes(2, 48));
        JsonNode made = JSON.readTree(CloudPolicies.gce(set(snp(1, bytes(1, 48)), svsm)));
        assertEquals(
                JSON.readTree("{\"sevSnp\": {\"measurements\": {\"1\": \"" + "AQEB".repeat(16) + "\"},"
                        + "\"policy\": \"196608\", \"svsmMeasurement\": \"" + "AgIC".repeat(16) + "\"}}"),
                made);
        for (Map.Entry<String, Map<String, String>> policy : Map.of(
                        "720896", Map.of("allow-debug", "true"), "458783", Map.of("policy", "0x7001f"))
                .entrySet()) {
            ReferenceSet references = new ReferenceSet(new GoldenValues(
                    "", List.of(), List.of(), List.of(), Map.of("snp", policy.getValue()), List.of(svsm), List.of()));
            JsonNode golden = JSON.readTree(CloudPolicies.gce(references)).get("sevSnp");
            assertEquals(policy.getKey(), golden.get("policy").asText());
            assertFalse(golden.has("measurements"));
        }
    }

    @Test
    void theEnvelopeIsSignedAsGithubsIs() throws IOException, GeneralSecurityException {
        Optional<JsonNode> bundle = shared("in-toto/github-attestation.sigstore.json");
        if (bundle.isPresent()) {
            JsonNode envelope = bundle.get().get("dsseEnvelope");
            Signature check = Signature.getInstance("SHA256withECDSA");
            check.initVerify(CertificateFactory.getInstance("X.509")
                    .generateCertificate(new ByteArrayInputStream(bundle.get()
                            .get("verificationMaterial")
                            .get("certificate")
                            .get("rawBytes")
                            .binaryValue())));
            check.update(Dsse.preAuthEncoding(envelope.get("payload").binaryValue()));
            assertTrue(check.verify(envelope.get("signatures").get(0).get("sig").binaryValue()));
        }
        KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
        generator.initialize(new ECGenParameterSpec("secp384r1"));
        KeyPair pair = generator.generateKeyPair();
        GoldenInput input =
                new GoldenInput("uki", "linux.efi", 1, Digest.parse(DigestAlgorithm.SHA256, bytes(7, 32)), List.of());
        ReferenceSet values = new ReferenceSet(new GoldenValues(
                "measure 0", List.of(input), List.of(), List.of(), Map.of(), List.of(pcr(4, bytes(1, 32))), List.of()));
        JsonNode made = JSON.readTree(Dsse.envelope(
                values,
                List.of(input),
                Optional.of("k"),
                EcSigningKey.read(Source.of("key", pair.getPrivate().getEncoded()), Optional.empty())));
        assertEquals("application/vnd.in-toto+json", made.get("payloadType").asText());
        assertEquals("k", made.get("signatures").get(0).get("keyid").asText());
        byte[] payload = made.get("payload").binaryValue();
        Signature check = Signature.getInstance("SHA384withECDSA");
        check.initVerify(pair.getPublic());
        check.update(
                ("DSSEv1 28 application/vnd.in-toto+json " + payload.length + " ").getBytes(StandardCharsets.UTF_8));
        check.update(payload);
        assertTrue(check.verify(made.get("signatures").get(0).get("sig").binaryValue()));
        JsonNode statement = JSON.readTree(payload);
        assertEquals("https://in-toto.io/Statement/v1", statement.get("_type").asText());
        assertEquals("linux.efi", statement.get("subject").get(0).get("name").asText());
        assertRefused(
                "a statement is about files, and these values name none they come from",
                () -> InToto.statement(values, List.of()));
    }

    /** A matrix of vCPU counts, types and features is large, and a lock file may come from a stranger. */
    @Test
    void manyValuesTakeLittleTime() {
        List<GoldenValue> many = new ArrayList<>();
        for (int i = 1; i <= 20_000; i++) {
            many.add(snp(i, String.format("%096x", i)));
        }
        ReferenceSet values = new ReferenceSet(GoldenValues.of(many));
        Assertions.assertTimeout(Duration.ofSeconds(20), () -> {
            Rvps rvps = new Rvps(values, Rvps.Evidence.PLAIN, Map.of(), Map.of());
            assertRefused(
                    "the right values of [x-ms-sevsnpvm-launchmeasurement] have more than 4096 combinations, and this form"
                            + " needs a rule for each",
                    () -> CloudPolicies.azure(values));
            assertEquals(20_000, ((List<?>) rvps.values().get("snp_launch_measurement")).size());
            corim(CorimExport.Reader.TRUSTEE, Optional.empty(), Optional.empty())
                    .corim(values);
        });
        assertRefused(
                "no number of vCPUs in the id snp/vcpus=99999999999",
                () -> CloudPolicies.gce(set(value("snp/vcpus=99999999999", DigestAlgorithm.SHA384, bytes(1, 48)))));
    }

    @Test
    void selectionsKeepWhatHasNoSuchKey() {
        ReferenceSet all = set(snp(1, bytes(1, 48)), snp(2, bytes(2, 48)), pcr(4, bytes(3, 32)));
        assertEquals(2, all.select("vcpus", Set.of("2")).size());
        assertEquals(1, all.select("register", Set.of("pcr4")).size());
        assertRefused("no value has vcpus=3; there are 1, 2", () -> all.select("vcpus", Set.of("3")));
        assertRefused(
                "no value has an id with vcpu; there are register, bank, phase, vcpus",
                () -> all.select("vcpu", Set.of("3")));
        List<Register> order = List.copyOf(
                set(pcr(11, bytes(1, 32)), pcr(4, bytes(1, 32)), td("rtmr1", bytes(1, 48)), snp(1, bytes(1, 48)))
                        .digests()
                        .keySet());
        assertEquals(
                List.of("snp", "rtmr1", "pcr4", "pcr11"),
                order.stream().map(Register::id).toList());
    }

    private static void assertRefused(String message, Executable making) {
        IllegalArgumentException e = assertThrows(IllegalArgumentException.class, making);
        assertEquals(message, e.getMessage());
        assertFalse(message.isEmpty());
    }
}
