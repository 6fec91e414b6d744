package dev.measure.tdx;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.measure.Digest;
import dev.measure.DigestAlgorithm;
import dev.measure.FieldVerdict;
import dev.measure.MalformedInputException;
import dev.measure.Register;
import dev.measure.Source;
import dev.measure.Verdict;
import dev.measure.Warning;
import dev.measure.WarningCode;
import dev.measure.vectors.Shared;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** Quotes, reports and CCEL tables of real machines, with their fields as other programs parsed them. */
final class EvidenceCrossCheckTest {
    private static final String FOLDER = "vectors/tdx/";

    private static Stream<JsonNode> ofKind(String kind) throws IOException {
        Optional<Path> file = Shared.file(FOLDER + "evidence.json");
        List<JsonNode> found = new ArrayList<>();
        if (file.isPresent()) {
            for (JsonNode item :
                    JsonMapper.builder().build().readTree(file.get().toFile())) {
                if (item.get("kind").asText().equals(kind)) {
                    found.add(item);
                }
            }
            assertFalse(found.isEmpty(), kind);
        }
        return found.stream();
    }

    private static byte[] bytes(JsonNode item) throws IOException {
        return Files.readAllBytes(
                Shared.file(FOLDER + item.get("file").asText()).orElseThrow());
    }

    private static String hex(Source source) {
        return HexFormat.of().formatHex(source.toByteArray());
    }

    /** 64 bits as the vectors have them: bytes in the order of the file. */
    private static String hex(long bits) {
        return HexFormat.of().toHexDigits(Long.reverseBytes(bits));
    }

    @TestFactory
    Stream<DynamicTest> quotesHaveTheFieldsThatOthersParsed() throws IOException {
        return ofKind("quote")
                .map(item -> DynamicTest.dynamicTest(item.get("file").asText(), () -> {
                    TdQuote quote = TdQuote.read(Source.of("quote", bytes(item)));
                    JsonNode expected = item.get("fields");
                    Map<String, String> fields = new LinkedHashMap<>();
                    fields.put("version", Integer.toString(quote.header().version()));
                    fields.put("att_key_type", Integer.toString(quote.header().attestationKeyType()));
                    fields.put("tee_type", Long.toString(quote.header().teeType()));
                    fields.put("body_type", quote.bodyType() == TdQuote.TD_1_0 ? "td10" : "td15");
                    fields.put("tee_tcb_svn", hex(quote.teeTcbSvn()));
                    fields.put("mrseam", quote.mrSeam().hex());
                    fields.put("mrsignerseam", quote.mrSignerSeam().hex());
                    fields.put("seamattributes", hex(quote.seamAttributes()));
                    fields.put("reportdata", hex(quote.reportData()));
                    quote.teeTcbSvn2().ifPresent(svn -> fields.put("tee_tcb_svn_2", hex(svn)));
                    quote.mrServiceTd().ifPresent(digest -> fields.put("mrservicetd", digest.hex()));
                    if (quote.header().version() == 5) {
                        fields.put("body_size", Long.toString(quote.signed().length() - 54));
                    }
                    common(quote, "tdattributes", fields);
                    equal(expected, fields);
                    // All of them are Intel's: every signature holds up to the root that they carry.
                    List<FieldVerdict> trust = quote.verify(Optional.empty());
                    assertTrue(FieldVerdict.allGood(trust), trust::toString);
                    assertEquals(
                            List.of(
                                    "quote signature",
                                    "QE REPORTDATA",
                                    "QE identity",
                                    "QE report signature",
                                    "certificate 0",
                                    "certificate 1",
                                    "certificate 2"),
                            trust.stream()
                                    .filter(FieldVerdict.Matches.class::isInstance)
                                    .map(FieldVerdict::field)
                                    .toList());
                }));
    }

    /** REPORTDATA as others parsed it is the nonce of the evidence; with another bit it is not. */
    @TestFactory
    Stream<DynamicTest> evidenceIsAnAnswerToItsReportDataAlone() throws IOException {
        return Stream.concat(ofKind("quote"), ofKind("tdreport"))
                .filter(item -> item.get("fields").has("reportdata"))
                .map(item -> DynamicTest.dynamicTest(item.get("file").asText(), () -> {
                    byte[] file = bytes(item);
                    TdEvidence evidence = item.get("kind").asText().equals("quote")
                            ? TdQuote.read(Source.of("quote", file))
                            : TdReport.read(Source.of("hcl", file)
                                    .slice(item.get("offset").asLong(), 1024));
                    String expected = item.get("fields").get("reportdata").asText();
                    byte[] nonce = HexFormat.of().parseHex(expected);
                    List<FieldVerdict> before = evidence.check(Map.of());
                    assertTrue(evidence.boundTo(nonce)
                            .check(Map.of())
                            .contains(new FieldVerdict.Matches("REPORTDATA", expected)));
                    assertEquals(
                            before.size() + 1,
                            evidence.boundTo(nonce).check(Map.of()).size());
                    assertEquals(evidence.registers(), evidence.boundTo(nonce).registers());
                    for (int i = 0; i < nonce.length; i++) {
                        byte[] other = nonce.clone();
                        other[i] ^= (byte) (1 << i % 8);
                        List<FieldVerdict> verdicts = evidence.boundTo(other).check(Map.of());
                        assertFalse(FieldVerdict.allGood(verdicts), "byte " + i);
                        assertTrue(
                                verdicts.contains(new FieldVerdict.Differs(
                                        "REPORTDATA", HexFormat.of().formatHex(other), expected)),
                                verdicts::toString);
                    }
                    // What the guest put in front of zeros is the whole nonce; less of it is not, unless it ends in
                    // zeros.
                    int end = nonce.length;
                    while (end > 1 && nonce[end - 1] == 0) {
                        end--;
                    }
                    byte[] shortest = Arrays.copyOf(nonce, end);
                    assertTrue(evidence.boundTo(shortest)
                            .check(Map.of())
                            .contains(new FieldVerdict.Matches("REPORTDATA", expected)));
                    if (end > 1) {
                        FieldVerdict cut = evidence.callerData().orElseThrow().check(Arrays.copyOf(nonce, end - 1));
                        assertInstanceOf(FieldVerdict.Differs.class, cut);
                    }
                    assertThrows(IllegalArgumentException.class, () -> evidence.boundTo(new byte[65]));
                }));
    }

    private static void common(TdEvidence evidence, String attributes, Map<String, String> fields) {
        fields.put(attributes, hex(evidence.attributes().bits()));
        fields.put("xfam", hex(evidence.xfam()));
        fields.put("mrconfigid", evidence.mrConfigId().hex());
        fields.put("mrowner", evidence.mrOwner().hex());
        fields.put("mrownerconfig", evidence.mrOwnerConfig().hex());
        evidence.registers().forEach((register, digest) -> fields.put(register.id(), digest.hex()));
    }

    private static void equal(JsonNode expected, Map<String, String> fields) {
        Map<String, String> wanted = new LinkedHashMap<>();
        expected.properties()
                .forEach(field -> wanted.put(field.getKey(), field.getValue().asText()));
        assertEquals(new TreeMap<>(wanted), new TreeMap<>(fields));
    }

    @TestFactory
    Stream<DynamicTest> quotesOfTheHardwareCasesAreTheirs() throws IOException {
        return ofKind("quote+eventlog+vmconfig (real hardware)")
                .map(item -> DynamicTest.dynamicTest(item.get("file").asText(), () -> {
                    JsonNode json = JsonMapper.builder().build().readTree(bytes(item));
                    TdQuote quote = TdQuote.read(Source.of(
                            "quote", HexFormat.of().parseHex(json.get("quote").asText())));
                    Map<Register, Map<String, Digest>> right = new LinkedHashMap<>();
                    JsonNode fields = item.get("fields");
                    quote.registers()
                            .keySet()
                            .forEach(register -> right.put(
                                    register,
                                    Map.of(
                                            "hardware",
                                            Digest.parse(
                                                    DigestAlgorithm.SHA384,
                                                    fields.get(register.id()).asText()))));
                    TdExpectation.Outcome outcome = new TdExpectation(
                                    right,
                                    Optional.empty(),
                                    Optional.empty(),
                                    Optional.of(Digest.parse(
                                            DigestAlgorithm.SHA384,
                                            fields.get("mrconfigid").asText())),
                                    Optional.empty(),
                                    Optional.empty(),
                                    Optional.empty(),
                                    false)
                            .check(quote);
                    assertTrue(outcome.allGood(), outcome::toString);
                    assertEquals(5, outcome.registers().size());
                    outcome.registers().forEach(verdict -> assertInstanceOf(Verdict.Match.class, verdict));
                    assertTrue(FieldVerdict.allGood(quote.verify(Optional.empty())));
                }));
    }

    @TestFactory
    Stream<DynamicTest> reportsHaveTheFieldsThatOthersParsed() throws IOException {
        return ofKind("tdreport")
                .map(item -> DynamicTest.dynamicTest(item.get("file").asText(), () -> {
                    Source file = Source.of("hcl", bytes(item));
                    assertTrue(HclReport.isHclReport(file));
                    HclReport hcl = HclReport.read(file);
                    assertEquals(
                            new FieldVerdict.Matches(
                                    "REPORTDATA", hex(hcl.report().reportData().slice(0, 32))),
                            hcl.verify());
                    TdReport report =
                            TdReport.read(file.slice(item.get("offset").asLong(), 1024));
                    assertTrue(
                            FieldVerdict.allGood(report.verify()),
                            () -> report.verify().toString());
                    JsonNode expected = item.get("fields");
                    assertEquals(expected.get("cpusvn").asText(), hex(report.cpuSvn()));
                    assertEquals(
                            expected.get("tee_tcb_info_hash").asText(),
                            report.teeTcbInfoHash().hex());
                    assertEquals(
                            expected.get("tee_info_hash").asText(),
                            report.teeInfoHash().hex());
                    assertEquals(expected.get("reportdata").asText(), hex(report.reportData()));
                    assertEquals(expected.get("mac").asText(), hex(report.mac()));
                    Map<String, String> fields = new LinkedHashMap<>();
                    common(report, "attributes", fields);
                    fields.forEach((name, value) -> {
                        if (expected.has(name)) {
                            assertEquals(expected.get(name).asText(), value, name);
                        }
                    });
                    assertEquals(expected.get("mrtd").asText(), report.mrtd().hex());
                }));
    }

    @Test
    void refusesAReportThatLacksItsBeginning() throws IOException {
        Optional<Path> file = Shared.file(FOLDER + "evidence/quotes/report.dat");
        if (file.isPresent()) {
            MalformedInputException refused = assertThrows(
                    MalformedInputException.class,
                    () -> TdReport.read(Source.of("report.dat", Files.readAllBytes(file.get()))));
            assertEquals(
                    "report.dat: offset 0x0: expected REPORTTYPE.TYPE 0x81 (TDX), found 0xf", refused.getMessage());
        }
    }

    @TestFactory
    Stream<DynamicTest> ccelTablesSayWhereTheLogLies() throws IOException {
        return ofKind("ccel-acpi-table")
                .map(item -> DynamicTest.dynamicTest(item.get("file").asText(), () -> {
                    byte[] bytes = bytes(item);
                    CcelTable table = CcelTable.read(Source.of("CCEL", bytes));
                    assertEquals(item.get("expected").get("laml").asLong(), table.logAreaMinimumLength());
                    assertEquals(item.get("expected").get("cc_type").asText(), "TDX(" + table.ccType() + ")");
                    bytes[40] ^= 1;
                    MalformedInputException refused =
                            assertThrows(MalformedInputException.class, () -> CcelTable.read(Source.of("CCEL", bytes)));
                    assertEquals(
                            "CCEL: offset 0x9: expected a Checksum by which all bytes add up to 0, found a sum of 0x1",
                            refused.getMessage());
                }));
    }

    private static Optional<byte[]> quote4() throws IOException {
        Optional<Path> file = Shared.file(FOLDER + "evidence/quotes/tdx_quote_4.dat");
        return file.isEmpty() ? Optional.empty() : Optional.of(Files.readAllBytes(file.get()));
    }

    @Test
    void flagsADebugTd() throws IOException {
        Optional<byte[]> bytes = quote4();
        if (bytes.isPresent()) {
            TdQuote quote = TdQuote.read(Source.of("quote", bytes.get())); // its ATTRIBUTES have bit 0 set
            assertEquals(
                    List.of(WarningCode.TD_DEBUG),
                    quote.warnings().stream().map(Warning::code).toList());
            TdExpectation any = new TdExpectation(
                    Map.of(),
                    Optional.empty(),
                    Optional.empty(),
                    Optional.empty(),
                    Optional.empty(),
                    Optional.empty(),
                    Optional.empty(),
                    false);
            assertFalse(any.check(quote).allGood());
            assertEquals(
                    new FieldVerdict.Untrusted(
                            "ATTRIBUTES.DEBUG",
                            "0",
                            "1: ATTRIBUTES 0x0000000010000001 (DEBUG, SEPT_VE_DISABLE): a debug TD, which its host can read"
                                    + " and change; no value in it proves anything"),
                    any.check(quote).fields().get(0));
        }
    }

    @Test
    void everySignedByteCounts() throws IOException {
        Optional<byte[]> bytes = quote4();
        if (bytes.isPresent()) {
            // RTMR0; the attestation key; the QE report; its signer, product, flags (XFRM is free) and MISCSELECT; the
            // QE
            // report's signature; authentication data
            Map<Integer, String> places = new LinkedHashMap<>();
            places.put(376, "[quote signature]");
            places.put(636, "[quote signature]");
            places.put(700, "[attestation key, QE REPORTDATA]");
            places.put(770 + 64, "[QE report signature]");
            places.put(770 + 16, "[QE identity, QE report signature]");
            places.put(770 + 48, "[QE identity, QE report signature]");
            places.put(770 + 56, "[QE report signature]");
            places.put(770 + 128, "[QE identity, QE report signature]");
            places.put(770 + 256, "[QE identity, QE report signature]");
            places.put(770 + 258, "[QE report signature]");
            places.put(770 + 384, "[QE report signature]");
            places.put(770 + 450, "[QE REPORTDATA]");
            places.forEach((place, fields) -> {
                byte[] changed = bytes.get().clone();
                changed[place] ^= 0x40;
                List<String> untrusted = TdQuote.read(Source.of("quote", changed)).verify(Optional.empty()).stream()
                        .filter(FieldVerdict.Untrusted.class::isInstance)
                        .map(FieldVerdict::field)
                        .toList();
                assertEquals(fields, untrusted.toString(), "offset " + place);
            });
        }
    }

    @Test
    void comparesTheRootThatIsGiven() throws IOException {
        Optional<byte[]> bytes = quote4();
        if (bytes.isPresent()) {
            TdQuote quote = TdQuote.read(Source.of("quote", bytes.get()));
            String pem = new String(quote.signature().certification().data().toByteArray(), StandardCharsets.US_ASCII);
            String last = pem.substring(pem.lastIndexOf("-----BEGIN"));
            assertTrue(
                    quote.verify(Optional.of(Source.of("root.pem", last.getBytes(StandardCharsets.US_ASCII)))).stream()
                            .anyMatch(verdict -> verdict instanceof FieldVerdict.Matches m
                                    && m.field().equals("root certificate")));
            // The leaf is no root.
            assertTrue(
                    quote.verify(Optional.of(Source.of("leaf.pem", pem.getBytes(StandardCharsets.US_ASCII)))).stream()
                            .anyMatch(verdict -> verdict instanceof FieldVerdict.Untrusted u
                                    && u.field().equals("root certificate")));
            assertThrows(
                    IllegalArgumentException.class,
                    () -> quote.verify(Optional.of(Source.of("no.pem", new byte[] {1, 2, 3}))));
        }
    }

    @Test
    void refusesQuotesWhoseLengthsContradictEachOther() throws IOException {
        Optional<byte[]> bytes = quote4();
        if (bytes.isPresent()) {
            refuses(bytes.get(), 0, 3, "offset 0x0: expected quote version 4 or 5, found 3");
            refuses(bytes.get(), 2, 3, "offset 0x2: expected attestation key type 2 (ECDSA P-256), found 3");
            refuses(bytes.get(), 4, 0, "offset 0x4: expected TEE type 0x81 (TDX), found 0x0");
            refuses(
                    bytes.get(),
                    635,
                    0xff,
                    "offset 0x27c: expected signature data (4278194380 bytes), found 4300 bytes left");
            refuses(
                    bytes.get(),
                    632,
                    0xcb,
                    "offset 0x302: expected certification data (4166 bytes), found 4165 bytes left");
            refuses(bytes.get(), 764, 9, "offset 0x2fc: expected a certification data type of 1..7, found 9");
            refuses(bytes.get(), 764, 5, "offset 0x2fc: expected certification data type 6 (QE report), found 5");
            byte[] cut = Arrays.copyOf(bytes.get(), 600);
            MalformedInputException refused =
                    assertThrows(MalformedInputException.class, () -> TdQuote.read(Source.of("quote", cut)));
            assertEquals(
                    "quote: offset 0x238: expected REPORTDATA (64 bytes), found 32 bytes left", refused.getMessage());
        }
    }

    private static void refuses(byte[] quote, int at, int value, String message) {
        byte[] changed = quote.clone();
        changed[at] = (byte) value;
        MalformedInputException refused =
                assertThrows(MalformedInputException.class, () -> TdQuote.read(Source.of("quote", changed)));
        assertEquals("quote: " + message, refused.getMessage());
    }
}
