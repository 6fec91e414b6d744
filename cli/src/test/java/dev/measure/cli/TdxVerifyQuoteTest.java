package dev.measure.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.measure.MalformedInputException;
import dev.measure.Source;
import dev.measure.Strictness;
import dev.measure.firmware.Firmware;
import dev.measure.firmware.TdxMetadata;
import dev.measure.vectors.OvmfWriter;
import dev.measure.vectors.Shared;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Quotes of real trust domains, their logs, and what is predicted of them. */
final class TdxVerifyQuoteTest {
    private static final String EVIDENCE = "vectors/tdx/evidence/";
    private static final String LITE = EVIDENCE + "dstack/tdx-lite-getquote.json";

    @TempDir
    Path folder;

    private Session measure(String... words) {
        return Session.in(folder, words);
    }

    /** A firmware with the variable store of Debian's 4 MiB images and the sections of the image that the guests had. */
    private boolean firmware() throws IOException {
        Optional<Path> debian = Shared.unxz("firmware/forky-OVMF.amdsev.fd.xz");
        if (debian.isEmpty()) {
            return false;
        }
        Source image = Source.open(debian.get());
        TdxMetadata.Section cfv =
                TdxMetadata.find(Firmware.read(image, Strictness.STRICT)).orElseThrow().sections().stream()
                        .filter(section -> section.type() == TdxMetadata.CFV)
                        .findFirst()
                        .orElseThrow();
        byte[] store = image.slice(cfv.dataOffset(), cfv.rawDataSize()).toByteArray();
        int length = 0x400000;
        byte[] made = OvmfWriter.ovmf(length)
                .tdxMetadata()
                .tdxSection(
                        store.length, length - store.length, 0xffc00000L + store.length, length - store.length, 0, 1)
                .tdxSection(0, store.length, 0xffc00000L, store.length, 1, 0)
                .tdxSection(0, 0, 0x810000, 0x10000, 3, 0)
                .tdxSection(0, 0, 0x80b000, 0x2000, 3, 0)
                .tdxSection(0, 0, 0x809000, 0x2000, 2, 0)
                .tdxSection(0, 0, 0x800000, 0x6000, 3, 0)
                .build();
        System.arraycopy(store, 0, made, 0, store.length);
        Files.write(folder.resolve("made.fd"), made);
        return true;
    }

    private static String[] lite(Path json, String... more) {
        List<String> words = new ArrayList<>(List.of("tdx", "verify-quote", json.toString(), "--firmware", "made.fd"));
        words.addAll(List.of("--edk2", "202411", "--secure-boot", "off", "--memory", "2G"));
        words.addAll(List.of("--from-log", json.toString(), "--dstack-measurement", json.toString()));
        words.addAll(List.of("--register", "rtmr0,rtmr1,rtmr2,rtmr3"));
        words.addAll(Arrays.asList(more));
        return words.toArray(String[]::new);
    }

    /** The worked example of the case: each event is predicted, published with the image, or lifted from the log. */
    @Test
    void everyEventOfTheLiteCaseSaysWhereItIsFrom() throws IOException {
        Optional<Path> json = Shared.file(LITE);
        if (json.isEmpty() || !firmware()) {
            return;
        }
        Session good = measure(lite(json.get(), "--transcript", "events"));
        assertEquals(0, good.exit(), good::toString);
        for (int register = 0; register < 4; register++) {
            String field = "matches     RTMR" + register;
            assertTrue(
                    good.out().contains(field + ": rtmr" + register + "/fw=file:made.fd/edk2=202411/"), good::toString);
            assertTrue(good.out().contains(field + " in the log: "), good::toString);
        }
        assertTrue(good.out().contains("variant=only; 3 of its 13 events were taken from a log\n"), good::toString);
        List<String> origins = new ArrayList<>();
        for (String line : Files.readAllLines(folder.resolve("events"))) {
            String[] columns = line.split("\t");
            origins.add(columns[0].substring(0, 5) + " " + columns[2].substring(0, 8) + " " + columns[3]);
        }
        assertEquals(
                List.of(
                        "rtmr0 0b8772e5 predicted",
                        "rtmr0 344bc51c predicted",
                        "rtmr0 9dc3a1f8 predicted",
                        "rtmr0 6f2e3cbc predicted",
                        "rtmr0 d607c0ef predicted",
                        "rtmr0 08a74f89 predicted",
                        "rtmr0 18cc6e01 predicted",
                        "rtmr0 394341b7 predicted",
                        "rtmr0 095d04cf from-evidence",
                        "rtmr0 8d9a4d47 from-evidence",
                        "rtmr0 3070721e from-evidence",
                        "rtmr0 1dd6f7b4 predicted",
                        "rtmr0 23ada07f predicted",
                        "rtmr1 ac7e632d given",
                        "rtmr1 77a0dab2 predicted",
                        "rtmr1 394341b7 predicted",
                        "rtmr1 214b0bef predicted",
                        "rtmr1 0a2e01c8 predicted",
                        "rtmr2 78628084 given",
                        "rtmr2 4fe4f771 given"),
                origins.subList(0, 20));
        assertEquals(29, origins.size());
    }

    /** The sibling case: its image was not published, so kernel, command line and initrd are lifted, too. */
    @Test
    void theSiblingCaseIsPredictedButForWhatIsLifted() throws IOException {
        Optional<Path> json = Shared.file(EVIDENCE + "dstack/quote-report.json");
        if (json.isEmpty() || !firmware()) {
            return;
        }
        String file = json.get().toString();
        Session good = measure(
                "tdx",
                "verify-quote",
                file,
                "--firmware",
                "made.fd",
                "--edk2",
                "202411",
                "--secure-boot",
                "off",
                "--memory",
                "64G",
                "--from-log",
                file,
                "--register",
                "rtmr0,rtmr1,rtmr2,rtmr3",
                "--transcript",
                "events");
        assertEquals(0, good.exit(), good::toString);
        List<String> lifted = new ArrayList<>();
        for (String line : Files.readAllLines(folder.resolve("events"))) {
            String[] columns = line.split("\t");
            if (columns[3].equals("from-evidence") && !columns[0].startsWith("rtmr3")) {
                lifted.add(columns[0].substring(0, 5) + " " + columns[2].substring(0, 8));
            }
        }
        assertEquals(
                List.of(
                        "rtmr0 2065dd48",
                        "rtmr0 772b0169",
                        "rtmr0 abfb2256",
                        "rtmr1 0761fbfa",
                        "rtmr2 4027cb4e",
                        "rtmr2 63e06e29"),
                lifted);
        assertTrue(
                Files.readString(folder.resolve("events"))
                        .contains(
                                "EV_EFI_HANDOFF_TABLES2\t8ae1e425351df7992c444586eff99d35af3b779aa2b0e981cb4b73bc5b279f2ade19b6a62a203fc3c3bbdaae80af596d\tpredicted\tTD HOB"));
    }

    /** Without the firmware: its TD HOB from the ranges that were published, and MRTD as published. */
    @Test
    void theLiteCaseNeedsNoFirmware() throws IOException {
        Optional<Path> json = Shared.file(LITE);
        if (json.isEmpty()) {
            return;
        }
        String file = json.get().toString();
        Session good = measure(
                "tdx", "verify-quote", file, "--memory", "2G", "--dstack-measurement", file, "--from-log", file);
        assertEquals(0, good.exit(), good::toString);
        assertTrue(good.out().contains("matches     MRTD: dstack-measurement/order=section\n"), good::toString);
        assertTrue(
                good.out()
                        .contains(
                                "matches     RTMR0: rtmr0/fw=file:tdx-lite-getquote.json/edk2=202411/vmm=unknown/memory=2048/"),
                good::toString);
        Session other = measure(
                "tdx", "verify-quote", file, "--memory", "4G", "--dstack-measurement", file, "--from-log", file);
        assertEquals(3, other.exit(), other::toString);
        assertTrue(other.err().contains("RTMR0 event 1: expected EV_EFI_HANDOFF_TABLES2 "), other::toString);
        assertEquals(
                6,
                measure("tdx", "--dstack-measurement", file, "--memory", "2G", "--register", "mrtd,rtmr1")
                        .exit());
    }

    @Test
    void theFirstEventThatDiffersIsNamed() throws IOException {
        Optional<Path> json = Shared.file(LITE);
        if (json.isEmpty() || !firmware()) {
            return;
        }
        Session bad = measure(lite(json.get(), "--boot-order", "none"));
        assertEquals(3, bad.exit(), bad::toString);
        assertTrue(
                bad.err()
                        .contains("measure: error: RTMR0 event 12: expected no more events, found EV_EFI_VARIABLE_BOOT"
                                + " 1dd6f7b457ad880d"),
                bad::toString);
        assertTrue(bad.out().contains("matches     RTMR1: "), bad::toString);
    }

    /** A log and a quote of one machine, taken at one time. */
    @Test
    void aLogLeadsToTheRegistersOfItsQuote() throws IOException {
        Optional<Path> log = Shared.file(EVIDENCE + "ccel/go-tdx-guest/ccel_data.dat");
        Optional<Path> quote = Shared.file(EVIDENCE + "ccel/go-tdx-guest/cos-113-tdx-quote.dat");
        if (log.isEmpty() || quote.isEmpty()) {
            return;
        }
        Session good = measure(
                "eventlog",
                "replay",
                log.get().toString(),
                "--quote",
                quote.get().toString());
        assertEquals(0, good.exit(), good::toString);
        assertTrue(good.err().contains("matches: RTMR0 in the log: "), good::toString);
        assertTrue(good.err().contains("matches: quote signature: "), good::toString);
        Session both = measure(
                "tdx",
                "verify-quote",
                quote.get().toString(),
                "--eventlog",
                log.get().toString(),
                "--json");
        assertEquals(0, both.exit(), both::toString);
        JsonNode verdicts = new ObjectMapper().readTree(both.out()).get("found").get("verdicts");
        assertEquals(
                4,
                verdicts.findValuesAsText("text").stream()
                        .filter(text -> text.contains("events lead to the value in the evidence"))
                        .count());
        Optional<Path> other = Shared.file(EVIDENCE + "dstack/ccel.bin");
        Session bad = measure(
                "eventlog",
                "replay",
                other.orElseThrow().toString(),
                "--quote",
                quote.get().toString());
        assertEquals(3, bad.exit(), bad::toString);
        assertTrue(bad.err().contains("measure: error: RTMR0 in the log: expected "), bad::toString);
    }

    @Test
    void fieldsAndRegistersAreComparedWithValues() throws IOException {
        Optional<Path> quote = Shared.file(EVIDENCE + "quotes/tdx_quote_5.dat");
        if (quote.isEmpty()) {
            return;
        }
        String mrtd =
                "dfba221b48a22af8511542ee796603f37382800840dcd978703909bf8e64d4c8a1e9de86e7c9638bfcba422f3886400a";
        String file = quote.get().toString();
        Session good = measure("tdx", "verify-quote", file, "--mrtd", mrtd, "--rtmr3", "00".repeat(48));
        assertTrue(good.out().contains("matches     MRTD: --mrtd 1\n"), good::toString);
        Session bad = measure(
                "tdx", "verify-quote", file, "--mrtd", "00".repeat(48), "--xfam", "0x1", "--mr-owner", "11".repeat(48));
        assertEquals(3, bad.exit(), bad::toString);
        assertTrue(bad.out().contains("differs     MRTD: expected " + "00".repeat(48)), bad::toString);
        assertTrue(bad.out().contains("differs     XFAM: expected 0x0000000000000001, found 0x"), bad::toString);
        assertTrue(bad.out().contains("differs     MROWNER: expected 1111"), bad::toString);
        assertEquals(2, measure("tdx", "verify-quote", file, "--xfam", "zz").exit());
        assertEquals(8, measure("tdx", "verify-quote", file, "--root", file).exit());
        // In hexadecimal, and forged.
        byte[] bytes = Files.readAllBytes(quote.get());
        Files.writeString(folder.resolve("hex"), HexFormat.of().formatHex(bytes) + "\n");
        assertTrue(measure("tdx", "verify-quote", "hex", "--mrtd", mrtd).out().contains("matches     MRTD"));
        bytes[48 + 6 + 120] |= 1; // ATTRIBUTES.DEBUG of a version 5 quote
        Files.write(folder.resolve("debug"), bytes);
        Session debug = measure("tdx", "verify-quote", "debug");
        assertEquals(8, debug.exit(), debug::toString);
        assertTrue(
                debug.out().contains("untrusted   ATTRIBUTES.DEBUG: expected 0, found 1: ATTRIBUTES "),
                debug::toString);
        assertTrue(debug.out().contains("untrusted   quote signature"), debug::toString);
    }

    /** Changed bytes end in a message with its place, never in anything else. */
    @Test
    void changedAnswersAreReadOrRefused() throws IOException {
        Optional<Path> json = Shared.file(LITE);
        if (json.isEmpty()) {
            return;
        }
        byte[] whole = Files.readAllBytes(json.get());
        SplittableRandom random = new SplittableRandom(0x9e3779b97f4a7c15L);
        for (int i = 0; i < 3000; i++) {
            byte[] bytes = i % 3 == 0 ? Arrays.copyOf(whole, random.nextInt(whole.length)) : whole.clone();
            for (int n = random.nextInt(4); n > 0 && bytes.length > 0; n--) {
                bytes[random.nextInt(bytes.length)] = (byte) "\"{}[],:0aZ\\".charAt(random.nextInt(11));
            }
            Source file = Source.of("changed", bytes);
            int round = i;
            try {
                if (DstackQuote.is(file)) {
                    DstackQuote.read(file);
                }
                TdEvidenceFile.read(file, Optional.empty());
            } catch (MalformedInputException expected) {
                assertTrue(expected.getMessage().startsWith("changed"), () -> "round " + round + ": " + expected);
            }
        }
    }

    @Test
    void whatIsNoEvidenceIsRefused() throws IOException {
        Files.writeString(folder.resolve("no.json"), "{\"quote\": 1}");
        Session none = measure("tdx", "verify-quote", "no.json");
        assertEquals(4, none.exit(), none::toString);
        assertTrue(
                none.err()
                        .contains("no.json: offset 0x0: expected quote, event_log or vm_config, as dstack's GetQuote"
                                + " answers, found none of them"),
                none::toString);
        Files.writeString(folder.resolve("cut.json"), "{\"quote\": \"04");
        assertEquals(4, measure("tdx", "verify-quote", "cut.json").exit());
        Files.writeString(folder.resolve("log.json"), "{\"event_log\": \"[{\\\"imr\\\": 9, \\\"event_type\\\": 1}]\"}");
        Session register = measure("eventlog", "replay", "log.json");
        assertEquals(4, register.exit(), register::toString);
        Files.write(folder.resolve("zeros"), new byte[5000]);
        assertEquals(4, measure("tdx", "verify-quote", "zeros").exit());
        assertEquals(2, measure("tdx", "verify-quote").exit());
    }

    /** evidence.json's fields of each quote are what inspect says, whatever the quote is in. */
    @Test
    void inspectSaysWhatIsInAQuote() throws IOException {
        Optional<Path> list = Shared.file("vectors/tdx/evidence.json");
        if (list.isEmpty()) {
            return;
        }
        int quotes = 0;
        int compared = 0;
        for (JsonNode item : new ObjectMapper().readTree(list.get().toFile())) {
            if (!item.path("kind").asText().startsWith("quote")) {
                continue;
            }
            String file = Shared.file("vectors/tdx/" + item.get("file").asText())
                    .orElseThrow()
                    .toString();
            JsonNode td = new ObjectMapper()
                    .readTree(measure("inspect", file, "--json").out())
                    .at("/found/td");
            for (String field : List.of("mrtd", "rtmr0", "rtmr1", "rtmr2", "rtmr3", "mrseam", "reportdata")) {
                String name = field.equals("mrseam") ? "mrSeam" : field.equals("reportdata") ? "reportData" : field;
                JsonNode expected = item.at("/fields/" + field);
                if (!expected.isMissingNode()) {
                    assertEquals(expected.asText(), td.path(name).asText(), file + " " + field);
                    compared++;
                }
            }
            JsonNode second = item.at("/fields/tee_tcb_svn_2");
            if (!second.isMissingNode()) {
                assertEquals(second.asText(), td.path("teeTcbSvn2").asText(), file);
            }
            quotes++;
        }
        assertTrue(quotes >= 10 && compared >= 60, quotes + " quotes, " + compared + " fields");
        byte[] quote = Files.readAllBytes(
                Shared.file(EVIDENCE + "quotes/tdx_quote_5.dat").orElseThrow());
        Files.writeString(folder.resolve("quote.hex"), HexFormat.of().formatHex(quote) + "\n");
        assertTrue(measure("inspect", "quote.hex").out().contains("in hexadecimal"));
    }

    /** A log without run-time events leaves RTMR3 as it starts; a quote has it all the same. */
    @Test
    void replayGivesAllFourRegisters() throws IOException {
        Optional<Path> list = Shared.file("vectors/tdx/evidence.json");
        if (list.isEmpty()) {
            return;
        }
        int logs = 0;
        for (JsonNode item : new ObjectMapper().readTree(list.get().toFile())) {
            if (!item.path("kind").asText().equals("ccel") || !item.path("algs").has("0xc")) {
                continue;
            }
            String file = Shared.file("vectors/tdx/" + item.get("file").asText())
                    .orElseThrow()
                    .toString();
            JsonNode values = new ObjectMapper()
                    .readTree(measure("eventlog", "replay", file, "--json").out())
                    .get("measurements");
            assertEquals(4, values.size(), file);
            for (JsonNode value : values) {
                assertEquals(
                        item.get("replayed").get(value.get("register").asText()).asText(),
                        value.get("value").asText(),
                        file);
            }
            logs++;
        }
        assertTrue(logs >= 12, "only " + logs + " logs");
    }
}
