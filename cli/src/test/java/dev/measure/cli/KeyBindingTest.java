package dev.measure.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.networknt.schema.JsonSchemaFactory;
import com.networknt.schema.SpecVersion;
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
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Evidence of virtual machines in Azure: the quote of the virtual TPM, and the report that holds its key. */
class KeyBindingTest {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String VERIFIER = "vectors/formats/trustee/verifier/";
    private static final String SNP = "az-snp-vtpm/evidence-v2.json";
    private static final String TDX = "az-tdx-vtpm/evidence-v1.json";
    private static final int HEADER = 32;
    private static final int REPORT_DATA = HEADER + 0x50;

    /** MEASUREMENT of ATTESTATION_REPORT, and MRTD of TDINFO_STRUCT behind REPORTMACSTRUCT and TEE_TCB_INFO. */
    private static final int MEASUREMENT = HEADER + 0x90;

    private static final int MRTD = HEADER + 256 + 239 + 17 + 16;
    private static final String LAUNCH =
            "snp/fw=file:a/vmm=qemu/cpu=EPYC-v4/features=0x1/vcpus=1/hashes=none/rules=raw";
    private static final String MRTD_ID = "mrtd/fw=file:a/order=page";
    private static final int HASH_TYPE = HEADER + 1184 + 12;

    /** In an RSA key of these files, behind the 20 bytes of the runtime data's header. */
    private static final int RUNTIME_DATA = HEADER + 1184 + 20;

    @TempDir
    Path folder;

    @BeforeEach
    void manifest() throws IOException {
        Files.writeString(folder.resolve("measure.yaml"), "");
    }

    private static byte[] bytes(JsonNode node) {
        String text = node.asText();
        return text.matches("[0-9a-f]+")
                ? HexFormat.of().parseHex(text)
                : Base64.getUrlDecoder().decode(text.replace('+', '-').replace('/', '_'));
    }

    /** The parts of evidence in files, and a lock file with the PCR values in it. */
    private void files(String name) throws IOException {
        files(name, List.of());
    }

    /** The lock file has the launch digest or MRTD of the report, too. */
    private void golden(String name) throws IOException {
        files(name);
        boolean snp = name.equals(SNP);
        int at = snp ? MEASUREMENT : MRTD;
        byte[] launch = Arrays.copyOfRange(Files.readAllBytes(folder.resolve("hcl.bin")), at, at + 48);
        files(name, List.of(GoldenValue.of(snp ? LAUNCH : MRTD_ID, Digest.of(DigestAlgorithm.SHA384, launch))));
    }

    private void files(String name, List<GoldenValue> launches) throws IOException {
        Assumptions.assumeTrue(Shared.file(VERIFIER + name).isPresent());
        JsonNode tree = JSON.readTree(Shared.file(VERIFIER + name).get().toFile());
        Files.write(folder.resolve("quote.msg"), bytes(tree.at("/tpm_quote/message")));
        Files.write(folder.resolve("quote.sig"), bytes(tree.at("/tpm_quote/signature")));
        Files.write(folder.resolve("hcl.bin"), bytes(tree.at("/hcl_report")));
        if (tree.has("vcek")) {
            Files.write(folder.resolve("vcek.der"), bytes(tree.at("/vcek")));
        }
        if (tree.has("td_quote")) {
            Files.write(folder.resolve("td.bin"), bytes(tree.at("/td_quote")));
        }
        ByteArrayOutputStream pcrs = new ByteArrayOutputStream();
        List<GoldenValue> values = new ArrayList<>(launches);
        int index = 0;
        for (JsonNode pcr : tree.at("/tpm_quote/pcrs")) {
            pcrs.writeBytes(bytes(pcr));
            values.add(GoldenValue.of(
                    "pcr" + index++ + "/bank=sha256/profile=0/fwid=none/phase=none/variant=only",
                    Digest.parse(DigestAlgorithm.SHA256, pcr.asText())));
        }
        Files.write(folder.resolve("pcrs.bin"), pcrs.toByteArray());
        ByteArrayOutputStream lock = new ByteArrayOutputStream();
        new GoldenValues("test", List.of(), List.of(), List.of(), Map.of(), values, List.of()).write(lock);
        Files.write(folder.resolve("measure.lock.json"), lock.toByteArray());
    }

    private Session check(String... options) {
        List<String> args = new ArrayList<>(List.of(
                "check", "--evidence", "quote.msg", "--evidence", "pcrs.bin", "--quote-signature", "quote.sig"));
        args.addAll(Arrays.asList(options));
        return Session.in(folder, args.toArray(String[]::new));
    }

    private void changed(String file, int at) throws IOException {
        byte[] bytes = Files.readAllBytes(folder.resolve(file));
        bytes[at] ^= 1;
        Files.write(folder.resolve(file), bytes);
    }

    @Test
    void theKeyOfAnAzureQuoteIsTheOneThatTheReportBinds() throws IOException {
        golden(SNP);
        Session open = check("--evidence", "hcl.bin");
        assertEquals(0, open.exit(), open.toString());
        assertTrue(
                open.out()
                        .contains(
                                "\nsignature quote.msg  signature not verified: HCLAkPub of hcl.bin, which REPORT_DATA of"
                                        + " hcl.bin binds, whose signature was not verified\n"),
                open.out());
        Session check = check("--evidence", "hcl.bin", "--certificate", "vcek.der");
        assertEquals(0, check.exit(), check.toString());
        assertTrue(check.out().contains("\nsignature quote.msg  signature verified\n"), check.out());
        assertTrue(
                check.out()
                        .contains("\nkey of    quote.msg  HCLAkPub of hcl.bin, which REPORT_DATA of hcl.bin binds\n"),
                check.out());
        assertEquals(
                0,
                check("--evidence", "hcl.bin", "--certificate", "vcek.der", "--require-signatures")
                        .exit());
        JsonNode tree = JSON.readTree(check("--evidence", "hcl.bin", "--certificate", "vcek.der", "--json")
                .out());
        assertEquals("bound", tree.at("/found/evidence/attestationKey/state").asText());
        assertEquals(
                List.of(),
                List.copyOf(JsonSchemaFactory.getInstance(SpecVersion.VersionFlag.V202012)
                        .getSchema(Version.resource("result-v1.schema.json"))
                        .validate(tree)));
    }

    /** Whoever owns a genuine guest chooses its REPORT_DATA. */
    @Test
    void aReportOfSoftwareThatIsNotGoldenBindsNoKey() throws IOException {
        GoldenValue mrtd = GoldenValue.of(MRTD_ID, Digest.parse(DigestAlgorithm.SHA384, "11".repeat(48)));
        for (List<GoldenValue> launches : List.of(List.<GoldenValue>of(), List.of(mrtd))) {
            files(SNP, launches);
            Session check = check("--evidence", "hcl.bin", "--certificate", "vcek.der");
            String why = "HCLAkPub of hcl.bin, which REPORT_DATA of hcl.bin binds, whose launch digest is no golden"
                    + " value: any guest can bind a key of its own";
            assertEquals(0, check.exit(), check.toString());
            assertTrue(check.out().contains("\nsignature quote.msg  signature not verified: " + why), check.out());
            assertTrue(check.out().contains("\nkey of    quote.msg  " + why + "\n"), check.out());
            assertTrue(check.err().contains("; not every signature was verified\n"), check.err());
            Session demanded = check("--evidence", "hcl.bin", "--certificate", "vcek.der", "--require-signatures");
            assertEquals(8, demanded.exit(), demanded.toString());
            assertTrue(demanded.err().contains("quote.msg: signature not verified: " + why), demanded.err());
            JsonNode tree = JSON.readTree(check("--evidence", "hcl.bin", "--certificate", "vcek.der", "--json")
                    .out());
            assertEquals(
                    "unverified",
                    tree.at("/found/evidence/attestationKey/state").asText());
        }
    }

    @Test
    void anotherKeyThanTheBoundOneIsWrong() throws IOException {
        files(TDX);
        byte[] other = Files.readAllBytes(folder.resolve("quote.sig"));
        files(SNP);
        Files.write(folder.resolve("other.sig"), other);
        // Another machine's signature is not by this machine's key.
        Session check = Session.in(
                folder,
                "check",
                "--evidence",
                "quote.msg",
                "--evidence",
                "pcrs.bin",
                "--evidence",
                "hcl.bin",
                "--quote-signature",
                "other.sig");
        assertEquals(8, check.exit(), check.toString());
        assertTrue(check.err().contains("QUOTE.SIGNATURE: expected a signature by the attestation key"), check.err());
        Files.writeString(
                folder.resolve("ak.pem"),
                "-----BEGIN PUBLIC KEY-----\n"
                        + "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEMKBCTNIcKUSDii11ySs3526iDZ8A\n"
                        + "iTo7Tu6KPAqv7D7gS2XpJFbZiItSs3m9+9Ue6GnvHw/GW2ZZaVtszggXIw==\n"
                        + "-----END PUBLIC KEY-----\n");
        Session given = check("--evidence", "hcl.bin", "--ak", "ak.pem");
        assertEquals(8, given.exit(), given.toString());
        assertTrue(
                given.err().contains("AK: expected HCLAkPub of hcl.bin, found another key by --ak"), given.toString());
        assertTrue(given.out().contains("\nkey of    quote.msg  wrong: expected HCLAkPub of hcl.bin"), given.out());
    }

    @Test
    void runtimeDataThatNoReportBindsIsWrong() throws IOException {
        files(SNP);
        changed("hcl.bin", REPORT_DATA);
        Session report = check("--evidence", "hcl.bin");
        assertEquals(8, report.exit(), report.toString());
        assertTrue(report.err().contains("hcl.bin: signature wrong: REPORT_DATA: expected "), report.err());
        files(SNP);
        byte[] bytes = Files.readAllBytes(folder.resolve("hcl.bin"));
        String text = new String(bytes, StandardCharsets.ISO_8859_1);
        changed("hcl.bin", text.indexOf("\"vmUniqueId\":\"", RUNTIME_DATA) + 14);
        Session data = check("--evidence", "hcl.bin");
        assertEquals(8, data.exit(), data.toString());
        assertTrue(
                data.out()
                        .contains("key of    quote.msg  wrong: expected a report that holds the SHA-256 of the runtime"
                                + " data of hcl.bin, found none\n"),
                data.out());
        files(SNP);
        changed("hcl.bin", HASH_TYPE);
        Session hash = check("--evidence", "hcl.bin");
        assertEquals(4, hash.exit(), hash.toString());
        assertTrue(hash.err().contains("offset 0x4cc: expected hash type 1 (SHA-256), found 0"), hash.err());
    }

    @Test
    void aTdReportAloneIsNotSignedButTheQuoteIs() throws IOException {
        golden(TDX);
        Session alone = check("--evidence", "hcl.bin");
        assertEquals(0, alone.exit(), alone.toString());
        assertTrue(
                alone.out()
                        .contains(
                                "\nsignature quote.msg  signature not verified: HCLAkPub of hcl.bin, which REPORTDATA of"
                                        + " hcl.bin binds: a TDREPORT, which is not signed; the guest's TD quote is\n"),
                alone.out());
        Session quoted = check("--evidence", "hcl.bin", "--evidence", "td.bin");
        assertEquals(0, quoted.exit(), quoted.toString());
        assertTrue(
                quoted.out()
                        .contains("\nkey of    quote.msg  HCLAkPub of hcl.bin, which REPORTDATA of td.bin binds, whose"
                                + " signature was not verified\n"),
                quoted.out());
        files(TDX);
        Session unknown = check("--evidence", "hcl.bin", "--evidence", "td.bin");
        assertEquals(0, unknown.exit(), unknown.toString());
        assertTrue(
                unknown.out()
                        .contains("\nkey of    quote.msg  HCLAkPub of hcl.bin, which REPORTDATA of td.bin binds, whose"
                                + " signature was not verified, and whose MRTD is no golden value: any guest can bind a"
                                + " key of its own\n"),
                unknown.out());
    }

    @Test
    void withoutSuchAReportItSaysThatTheKeyIsTakenOnTrust() throws IOException {
        files(SNP);
        Session unknown = check();
        assertEquals(0, unknown.exit(), unknown.toString());
        assertTrue(unknown.out().contains("\nkey of    quote.msg  unknown: no --ak is given\n"), unknown.out());
    }
}
