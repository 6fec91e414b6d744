package dev.measure.export;

import static dev.measure.export.ReferenceValues.JSON;
import static dev.measure.export.ReferenceValues.assertRefused;
import static dev.measure.export.ReferenceValues.bytes;
import static dev.measure.export.ReferenceValues.pcr;
import static dev.measure.export.ReferenceValues.set;
import static dev.measure.export.ReferenceValues.shared;
import static dev.measure.export.ReferenceValues.snp;
import static dev.measure.export.ReferenceValues.td;
import static dev.measure.export.ReferenceValues.value;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import dev.measure.Digest;
import dev.measure.DigestAlgorithm;
import dev.measure.Register;
import dev.measure.Source;
import dev.measure.golden.GoldenInput;
import dev.measure.golden.GoldenValue;
import dev.measure.golden.GoldenValues;
import dev.measure.sign.EcSigningKey;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.Signature;
import java.security.cert.CertificateFactory;
import java.security.spec.ECGenParameterSpec;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** The forms against examples, parsers and rules of those who read them. */
class ExportsTest {
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
    void manyValuesFitOrAreRefused() {
        List<GoldenValue> many = new ArrayList<>();
        for (int i = 1; i <= 20_000; i++) {
            many.add(snp(i, String.format("%096x", i)));
        }
        ReferenceSet values = new ReferenceSet(GoldenValues.of(many));
        Rvps rvps = new Rvps(values, Rvps.Evidence.PLAIN, Map.of(), Map.of());
        assertRefused(
                "the right values of [x-ms-sevsnpvm-launchmeasurement] have more than 4096 combinations, and this form"
                        + " needs a rule for each",
                () -> CloudPolicies.azure(values));
        assertEquals(20_000, ((List<?>) rvps.values().get("snp_launch_measurement")).size());
        CorimExportTest.corim(CorimExport.Reader.TRUSTEE, Optional.empty(), Optional.empty())
                .corim(values);
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
}
