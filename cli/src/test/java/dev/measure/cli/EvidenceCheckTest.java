package dev.measure.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.networknt.schema.JsonSchemaFactory;
import com.networknt.schema.SpecVersion;
import dev.measure.Assumption;
import dev.measure.Digest;
import dev.measure.DigestAlgorithm;
import dev.measure.golden.GoldenValue;
import dev.measure.golden.GoldenValues;
import dev.measure.vectors.Shared;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Reports and quotes that hardware signed, against golden values: registers, policies, signatures. */
class EvidenceCheckTest {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String REPORTS = "vectors/formats/snp-reports/";
    private static final String TDX = "vectors/tdx/";
    private static final String SNP_ID =
            "snp/fw=file:a/vmm=qemu/cpu=EPYC-v4/features=0x1/vcpus=1/hashes=none/rules=raw";
    private static final String TD_KEYS =
            "/fw=file:a/edk2=unknown/vmm=unknown/memory=unknown/vcpus=unknown/profile=0/fwid=none/phase=none/variant=only";

    @TempDir
    Path folder;

    private final List<String> files = new ArrayList<>();
    private final Map<String, Map<String, String>> policies = new TreeMap<>();
    private final List<GoldenValue> values = new ArrayList<>();

    private static Path shared(String name) {
        Optional<Path> file = Shared.file(name);
        Assumptions.assumeTrue(file.isPresent());
        return file.get();
    }

    /** The row of an index that another program wrote. */
    private static JsonNode row(String index, String file, String facts) throws IOException {
        JsonNode tree = JSON.readTree(shared(index).toFile());
        for (JsonNode row : tree.has("files") ? tree.get("files") : tree) {
            if (row.path("file").asText().equals(file)) {
                return row.get(facts);
            }
        }
        throw new AssertionError(file);
    }

    private static JsonNode report(String file) throws IOException {
        return row(REPORTS + "index.json", file, "facts");
    }

    private static JsonNode quote(String file) throws IOException {
        return row(TDX + "evidence.json", "evidence/" + file, "fields");
    }

    private void golden(String id, String hex) {
        values.add(GoldenValue.of(id, Digest.parse(DigestAlgorithm.SHA384, hex)));
    }

    private void policy(String technology, String field, String value) {
        policies.computeIfAbsent(technology, any -> new TreeMap<>()).put(field, value);
    }

    /** Golden values as the index says the quote has them. */
    private void goldenQuote(JsonNode facts) {
        golden("mrtd/fw=file:a/order=page", facts.get("mrtd").asText());
        for (int i = 0; i < 4; i++) {
            golden("rtmr" + i + TD_KEYS, facts.get("rtmr" + i).asText());
        }
    }

    private Session check(String... options) throws IOException {
        Files.writeString(folder.resolve("measure.yaml"), "");
        GoldenValues golden =
                new GoldenValues("test", List.of(), List.of(), List.<Assumption>of(), policies, values, List.of());
        ByteArrayOutputStream lock = new ByteArrayOutputStream();
        golden.write(lock);
        Files.write(folder.resolve("measure.lock.json"), lock.toByteArray());
        List<String> args = new ArrayList<>(List.of("check"));
        files.forEach(file -> args.addAll(List.of("--evidence", file)));
        args.addAll(Arrays.asList(options));
        Session session = Session.in(folder, args.toArray(String[]::new));
        assertFalse(session.err().contains("internal error"), session.toString());
        return session;
    }

    private static String[] chain(String vcek, String product) {
        return new String[] {
            "--vcek", shared(REPORTS + vcek).toString(),
            "--cert-chain",
                    shared(REPORTS + "roots/ask_" + product + "_vcek.pem").toString(),
            "--cert-chain",
                    shared(REPORTS + "roots/ark_" + product + "_vcek.pem").toString()
        };
    }

    private void turin() throws IOException {
        files.add(shared(REPORTS + "oak/turin-oc-report.bin").toString());
        golden(SNP_ID, report("oak/turin-oc-report.bin").get("measurement").asText());
    }

    @Test
    void aReportWithItsChainIsVerified() throws IOException {
        turin();
        Session check = check(chain("oak/turin-oc-vcek.der", "turin"));
        assertEquals(0, check.exit(), check.toString());
        assertTrue(check.out().contains("matches   snp  " + SNP_ID + "\n"), check.out());
        assertTrue(check.out().contains("turin-oc-report.bin  signature verified\n"), check.out());
        assertTrue(check.out().contains("machine   fw=file:a, vcpus=1, vmm=qemu\n"), check.out());
        assertEquals("registers hold golden values of measure.lock.json; signatures verified\n", check.err());
    }

    @Test
    void withoutACertificateItSaysSo() throws IOException {
        turin();
        Session check = check();
        assertEquals(0, check.exit(), check.toString());
        assertTrue(
                check.out()
                        .contains(
                                "turin-oc-report.bin  signature not verified: no certificate of the VCEK that signs it is"
                                        + " given: --certificate FILE\n"),
                check.out());
        Session demanded = check("--require-signatures");
        assertEquals(8, demanded.exit(), demanded.toString());
        assertTrue(demanded.err().contains("signature not verified: no certificate of the VCEK"), demanded.err());
    }

    /** REPORT_DATA, 64 bytes at 0x50: AMD SEV-SNP Firmware ABI, table "ATTESTATION_REPORT structure". */
    @Test
    void aReportAnswersOneNonce() throws IOException {
        turin();
        byte[] report = Files.readAllBytes(Path.of(files.get(0)));
        byte[] data = Arrays.copyOfRange(report, 0x50, 0x90);
        assertBound(data, "REPORT_DATA");
        // A shorter nonce stands in front of zeros.
        byte[] nonce = HexFormat.of().parseHex("6f1d0a9c52b74e83");
        System.arraycopy(Arrays.copyOf(nonce, 64), 0, report, 0x50, 64);
        Files.write(folder.resolve("short.bin"), report);
        files.set(0, "short.bin");
        assertEquals(0, check("--nonce", "6f1d0a9c52b74e83").exit());
        assertEquals(0, check("--nonce", "0x6F1D0A9C52B74E8300").exit());
        assertEquals(3, check("--nonce", "6f1d0a9c52b74e").exit());
        Files.write(folder.resolve("nonce.bin"), nonce);
        assertEquals(0, check("--nonce", "nonce.bin").exit());
        assertEquals(2, check("--nonce", "00".repeat(65)).exit());
        Files.write(folder.resolve("empty"), new byte[0]);
        assertEquals(2, check("--nonce", "empty").exit());
        Session json = check("--nonce", "6f1d0a9c52b74e84", "--json");
        assertEquals(3, json.exit(), json.toString());
        JsonNode freshness = JSON.readTree(json.out()).at("/found/evidence/freshness/0");
        assertEquals("short.bin", freshness.get("file").asText());
        assertTrue(freshness.get("checked").asBoolean());
    }

    /** REPORTDATA, 64 bytes at 520 of the body, which a header of 48 bytes and, in version 5, 6 bytes more precede. */
    @Test
    void aQuoteAnswersOneNonce() throws IOException {
        Path quote = shared(TDX + "evidence/quotes/tdx_quote_5.dat");
        files.add(quote.toString());
        goldenQuote(quote("quotes/tdx_quote_5.dat"));
        byte[] bytes = Files.readAllBytes(quote);
        assertEquals(5, bytes[0]);
        assertBound(Arrays.copyOfRange(bytes, 48 + 6 + 520, 48 + 6 + 584), "REPORTDATA");
    }

    private void assertBound(byte[] data, String field) throws IOException {
        String right = HexFormat.of().formatHex(data);
        data[63] ^= 1;
        String wrong = HexFormat.of().formatHex(data);
        String file = files.get(0);
        Session none = check();
        assertEquals(0, none.exit(), none.toString());
        assertTrue(none.out().contains("freshness " + file + "  not checked: no --nonce is given\n"), none.out());
        for (String option : List.of("--nonce", "--report-data")) {
            Session fresh = check(option, right);
            assertEquals(0, fresh.exit(), fresh.toString());
            assertTrue(fresh.out().contains("matches   " + field + ": " + right + "\n"), fresh.out());
            assertTrue(fresh.out().contains("freshness " + file + "  checked: " + field + "\n"), fresh.out());
            Session stale = check(option, wrong);
            assertEquals(3, stale.exit(), stale.toString());
            assertTrue(stale.err().contains(field + ": expected " + wrong + ", found " + right), stale.err());
        }
        // What REPORT_DATA holds is said apart, and the nonce is in it by a hash that the caller has made.
        assertEquals(2, check("--nonce", wrong, "--report-data", right).exit());
    }

    @Test
    void aWrongChainOrAFlippedBitIsAMatterOfKeys() throws IOException {
        turin();
        Session other = check(chain("oak/genoa-oc-vcek.der", "genoa"));
        assertEquals(8, other.exit(), other.toString());
        byte[] flipped = Files.readAllBytes(Path.of(files.remove(0)));
        flipped[0x50] ^= 1; // REPORT_DATA: no golden value tells
        Files.write(folder.resolve("flipped.bin"), flipped);
        files.add("flipped.bin");
        assertEquals(0, check().exit());
        Session bad = check(chain("oak/turin-oc-vcek.der", "turin"));
        assertEquals(8, bad.exit(), bad.toString());
        assertTrue(bad.err().contains("flipped.bin: signature wrong: SIGNATURE: expected"), bad.err());
    }

    @Test
    void theTableOfAnExtendedReportIsUsed() throws IOException {
        files.add(shared(REPORTS + "synthetic/extended-report.bin").toString());
        byte[] bytes = Files.readAllBytes(Path.of(files.get(0)));
        golden(SNP_ID, HexFormat.of().formatHex(bytes, 0x90, 0xc0));
        policy("snp", "allow-debug", "true");
        Session check = check();
        assertEquals(0, check.exit(), check.toString());
        assertTrue(check.out().contains("signature verified\n"), check.toString());
    }

    @Test
    void aGuestThatItsHostMayDebugIsRefusedUnlessThePolicyHasIt() throws IOException {
        files.add(shared(REPORTS + "go-sev-guest/attestation.bin").toString());
        golden(SNP_ID, report("go-sev-guest/attestation.bin").get("measurement").asText());
        Session refused = check();
        assertEquals(3, refused.exit(), refused.toString());
        assertTrue(refused.err().contains("POLICY.DEBUG: expected 0, found 1"), refused.err());
        policy("snp", "policy", "0xb0000");
        assertEquals(0, check().exit());
        policies.clear();
        policy("snp", "allow-debug", "true");
        assertEquals(0, check().exit());
        policy("snp", "policy", "0x30000");
        Session other = check();
        assertEquals(3, other.exit(), other.toString());
        assertTrue(other.err().contains("POLICY: expected 0x30000, found 0xb0000"), other.err());
    }

    /** REPORTED_TCB of the report is FMC 0, boot loader 1, TEE 0, SNP 2, microcode 71; PLATFORM_INFO 0x67. */
    @Test
    void eachFieldOfThePolicyIsComparedAndNamed() throws IOException {
        turin();
        JsonNode facts = report("oak/turin-oc-report.bin");
        policy("snp", "policy", "0x30000");
        policy("snp", "guest-svn", "0x0");
        policy("snp", "min-guest-svn", "0x0");
        policy("snp", "vmpl", "0x0");
        for (String name :
                List.of("family-id", "image-id", "host-data", "id-key-digest", "author-key-digest", "chip-id")) {
            policy("snp", name, facts.get(name.replace('-', '_')).asText());
        }
        policy("snp", "platform-info-set", "0x24");
        policy("snp", "platform-info-clear", "0x8");
        policy("snp", "min-tcb-fmc", "0x0");
        policy("snp", "min-tcb-bootloader", "0x1");
        policy("snp", "min-tcb-tee", "0x0");
        policy("snp", "min-tcb-snp", "0x2");
        policy("snp", "min-tcb-microcode", "0x47");
        assertEquals(0, check().exit(), check().toString());
        Map<String, String> good = Map.copyOf(policies.get("snp"));
        Map<String, String> wrong = new TreeMap<>(Map.of(
                "policy", "0x30001=POLICY: expected 0x30001, found 0x30000",
                "guest-svn", "0x1=GUEST_SVN: expected 0x1, found 0x0",
                "min-guest-svn", "0x1=GUEST_SVN: expected at least 1, found 0",
                "vmpl", "0x1=VMPL: expected 0x1, found 0x0",
                "platform-info-set", "0x8=PLATFORM_INFO: expected set: 0x8 (RAPL_DIS), found 0x67 (",
                "platform-info-clear", "0x1=PLATFORM_INFO: expected clear: 0x1 (SMT_EN), found 0x67 (",
                "min-tcb-bootloader", "0x2=REPORTED_TCB.BOOTLOADER: expected at least 2, found 1",
                "min-tcb-snp", "0x3=REPORTED_TCB.SNP: expected at least 3, found 2",
                "min-tcb-microcode", "0x48=REPORTED_TCB.MICROCODE: expected at least 72, found 71",
                "min-tcb-fmc", "0x1=REPORTED_TCB.FMC: expected at least 1, found 0"));
        wrong.put("min-tcb-tee", "0x1=REPORTED_TCB.TEE: expected at least 1, found 0");
        wrong.put(
                "host-data",
                "11".repeat(32) + "=HOST_DATA: expected " + "11".repeat(32) + ", found " + "00".repeat(32));
        wrong.put("chip-id", "11".repeat(64) + "=CHIP_ID: expected " + "11".repeat(64) + ", found 3b42092f69c656d3");
        for (Map.Entry<String, String> one : wrong.entrySet()) {
            policies.put("snp", new TreeMap<>(good));
            int equals = one.getValue().indexOf('=');
            policy("snp", one.getKey(), one.getValue().substring(0, equals));
            Session bad = check();
            assertEquals(3, bad.exit(), bad.toString());
            assertTrue(bad.err().contains("error: " + one.getValue().substring(equals + 1)), bad.err());
        }
    }

    @Test
    void aProcessorWithoutFmcDoesNotReachALeastOne() throws IOException {
        files.add(shared(REPORTS + "virtee/report_milan.bin").toString());
        golden(SNP_ID, report("virtee/report_milan.bin").get("measurement").asText());
        policy("snp", "min-tcb-fmc", "0x0");
        Session check = check();
        assertEquals(3, check.exit(), check.toString());
        assertTrue(check.err().contains("REPORTED_TCB.FMC: expected at least 0x0, found none"), check.err());
    }

    private String root(Path quote) throws IOException {
        String text = Files.readString(quote, StandardCharsets.ISO_8859_1);
        String pem = text.substring(text.lastIndexOf("-----BEGIN CERTIFICATE-----"));
        Files.writeString(folder.resolve("root.pem"), pem.replaceAll("\u0000+.*", ""));
        return "root.pem";
    }

    @Test
    void aQuoteIsVerifiedUpToTheRootThatIsGiven() throws IOException {
        Path quote = shared(TDX + "evidence/quotes/tdx_quote_5.dat");
        files.add(quote.toString());
        JsonNode facts = quote("quotes/tdx_quote_5.dat");
        goldenQuote(facts);
        Session rootless = check();
        assertEquals(0, rootless.exit(), rootless.toString());
        assertTrue(
                rootless.out().contains("signature not verified: no root certificate is given: --root FILE\n"),
                rootless.out());
        Session rooted = check("--root", root(quote), "--require-signatures");
        assertEquals(0, rooted.exit(), rooted.toString());
        assertTrue(rooted.out().contains("signature verified\n"), rooted.out());
        Session wrong =
                check("--root", shared(REPORTS + "roots/ark_milan_vcek.pem").toString());
        assertEquals(8, wrong.exit(), wrong.toString());
        assertTrue(wrong.err().contains("signature wrong: root certificate: expected"), wrong.err());

        Session json = check("--root", "root.pem", "--json");
        JsonNode tree = JSON.readTree(json.out());
        assertEquals(
                List.of(),
                List.copyOf(JsonSchemaFactory.getInstance(SpecVersion.VersionFlag.V202012)
                        .getSchema(Version.resource("result-v1.schema.json"))
                        .validate(tree)));
        assertEquals("verified", tree.at("/found/evidence/signatures/0/state").asText());
    }

    @Test
    void eachFieldOfTheTdPolicyIsComparedAndNamed() throws IOException {
        files.add(shared(TDX + "evidence/quotes/tdx_quote_5.dat").toString());
        JsonNode facts = quote("quotes/tdx_quote_5.dat");
        goldenQuote(facts);
        policy("tdx", "attributes", "0x10000000");
        policy("tdx", "attributes-set", "0x10000000");
        policy("tdx", "attributes-clear", "0x20000001");
        policy("tdx", "xfam", "0x642e7");
        for (String name : List.of("mrconfigid", "mrowner", "mrownerconfig", "mrseam", "mrsignerseam")) {
            policy("tdx", name, facts.get(name).asText());
        }
        policy("tdx", "min-tee-tcb-svn", facts.get("tee_tcb_svn").asText());
        Session all = check();
        assertEquals(0, all.exit(), all.toString());
        Map<String, String> good = Map.copyOf(policies.get("tdx"));
        Map<String, String> wrong = Map.of(
                "attributes", "0x0=ATTRIBUTES: expected 0x0000000000000000, found 0x0000000010000000 (SEPT_VE_DISABLE)",
                "attributes-set", "0x40000000=ATTRIBUTES: expected set: 0x0000000040000000 (PKS), found",
                "attributes-clear",
                        "0x10000000=ATTRIBUTES: expected clear: 0x0000000010000000 (SEPT_VE_DISABLE), found",
                "xfam", "0x642e6=XFAM: expected 0x00000000000642e6, found 0x00000000000642e7",
                "mrseam", "00".repeat(48) + "=MRSEAM: expected 00",
                "mrowner", "11".repeat(48) + "=MROWNER: expected 11",
                "min-tee-tcb-svn", "0502" + "00".repeat(14) + "=TEE_TCB_SVN: expected at least 0502");
        for (Map.Entry<String, String> one : wrong.entrySet()) {
            policies.put("tdx", new TreeMap<>(good));
            int equals = one.getValue().indexOf('=');
            policy("tdx", one.getKey(), one.getValue().substring(0, equals));
            Session bad = check();
            assertEquals(3, bad.exit(), bad.toString());
            assertTrue(bad.err().contains("error: " + one.getValue().substring(equals + 1)), bad.err());
        }
    }

    @Test
    void aDebugTdIsRefused() throws IOException {
        files.add(shared(TDX + "evidence/quotes/tdx_quote_4.dat").toString());
        goldenQuote(quote("quotes/tdx_quote_4.dat"));
        Session refused = check();
        assertEquals(3, refused.exit(), refused.toString());
        assertTrue(refused.err().contains("ATTRIBUTES.DEBUG: expected 0, found 1"), refused.err());
        policy("tdx", "allow-debug", "true");
        assertEquals(0, check().exit());
    }

    @Test
    void aLogAloneHasNoFieldsThatAPolicyDemands() throws IOException {
        files.add(shared(TDX + "evidence/ccel/go-tdx-guest/ccel_data.dat").toString());
        JsonNode facts = quote("ccel/go-tdx-guest/cos-113-tdx-quote.dat");
        for (int i = 0; i < 4; i++) {
            golden("rtmr" + i + TD_KEYS, facts.get("rtmr" + i).asText());
        }
        policy("tdx", "xfam", "0x600e7");
        Session log = check();
        assertEquals(3, log.exit(), log.toString());
        assertTrue(log.err().contains("tdx xfam: not checked, a policy demands it"), log.err());
    }

    /** The log and the quote are of one boot: what the quote signs, the log may say. */
    @Test
    void aQuoteSignsWhatTheLogOfTheSameBootLeadsTo() throws IOException {
        Path quote = shared(TDX + "evidence/ccel/go-tdx-guest/cos-113-tdx-quote.dat");
        files.add(quote.toString());
        files.add(shared(TDX + "evidence/ccel/go-tdx-guest/ccel_data.dat").toString());
        goldenQuote(quote("ccel/go-tdx-guest/cos-113-tdx-quote.dat"));
        Session both = check("--root", root(quote), "--require-signatures");
        assertEquals(0, both.exit(), both.toString());
        files.set(1, shared(TDX + "evidence/ccel/CCEL_data_ovmf").toString());
        Session apart = check("--root", "root.pem");
        assertEquals(3, apart.exit(), apart.toString());
        assertTrue(apart.err().contains("as another piece of evidence shows, found"), apart.err());
    }

    @Test
    void registersOfDifferentMachinesAreNoMatch() throws IOException {
        files.add(shared(TDX + "evidence/quotes/tdx_quote_5.dat").toString());
        JsonNode facts = quote("quotes/tdx_quote_5.dat");
        goldenQuote(facts);
        values.set(0, GoldenValue.of("mrtd/fw=file:b/order=page", values.get(0).digest()));
        Session apart = check();
        assertEquals(3, apart.exit(), apart.toString());
        assertTrue(
                apart.err()
                        .contains("the registers hold golden values of different machines: mrtd of fw=file:b, rtmr0 of"
                                + " fw=file:a\n"),
                apart.err());
        assertFalse(apart.out().contains("machine"), apart.out());
    }

    /** The launch digest of the Turin report and POLICY 0x30000 in AMD's profile, made by another encoder. */
    private static final String AMD_CORIM =
            "d901f5a30064746573740181d901fa586da201a100616304a1008182a100a100d86f4b06092b060104019c78030182a20019"
                    + "028101a1028182075830f924dd18f168df60fbea937f0b086284d51b1b376de872bac43694f61134d57967c318018de73355"
                    + "03023dbb50dee624a2000201a104d9023048000003000000000003d82078227461673a616d642e636f6d2c323032353a736e"
                    + "702d636f72696d2d70726f66696c65";

    @Test
    void aManifestOfAmdsProfileIsGolden() throws IOException {
        turin();
        Files.write(folder.resolve("amd.corim"), HexFormat.of().parseHex(AMD_CORIM));
        Session good = check("--golden", "amd.corim");
        assertEquals(0, good.exit(), good.toString());
        assertTrue(good.out().contains("matches   snp  snp/entry=1\n"), good.out());
        assertTrue(good.out().contains("matches   POLICY: 0x30000\n"), good.out());
        String policy = "0000030000000000";
        Files.write(
                folder.resolve("amd.corim"), HexFormat.of().parseHex(AMD_CORIM.replace(policy, "0100030000000000")));
        Session other = check("--golden", "amd.corim");
        assertEquals(3, other.exit(), other.toString());
        assertTrue(other.err().contains("POLICY: expected 0x30001, found 0x30000"), other.err());
    }
}
