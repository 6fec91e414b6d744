package dev.measure.eventlog;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.measure.DigestAlgorithm;
import dev.measure.MalformedInputException;
import dev.measure.Register;
import dev.measure.Source;
import dev.measure.Strictness;
import dev.measure.WarningCode;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Rules of reading and replay on logs made field by field. The one digest below is in every published TPM log. */
final class EventLogTest {
    /** A SHA-256 PCR that was extended by a separator alone. */
    private static final String SEPARATOR_ONLY = "3d458cfe55cc03ea1f443f1562beec8df51c75e14a9fcf9a7234a13f198e7969";

    private static String refusal(LogBuilder log) {
        return assertThrows(MalformedInputException.class, () -> EventLog.read(log.build()))
                .getMessage();
    }

    private static String pcr(EventLog log, int index) {
        return Replay.of(log)
                .value(new Register.Pcr(index, DigestAlgorithm.SHA256))
                .orElseThrow()
                .hex();
    }

    @Test
    void replaysASeparator() {
        EventLog log = EventLog.read(LogBuilder.log().header(0).separator(3).build());
        assertEquals(LogFormat.CRYPTO_AGILE, log.format());
        assertEquals(SEPARATOR_ONLY, pcr(log, 3));
        assertEquals("0".repeat(64), pcr(log, 4));
        assertEquals("f".repeat(64), pcr(log, 17));
        assertEquals(List.of(), log.warnings());
    }

    @Test
    void findsEventsByNumberAndInOrder() {
        LogBuilder builder = LogBuilder.log().header(0);
        for (int i = 1; i <= 5000; i++) {
            builder.event(5, 0xd, "event " + i);
        }
        EventLog log = EventLog.read(builder.build());
        assertEquals(5001, log.events().size());
        int number = 0;
        for (TcgEvent event : log.events()) {
            assertEquals(number, event.number());
            if (number % 97 == 0 || number > 4990) {
                assertEquals(event.digests(), log.events().get(number).digests());
                assertEquals(
                        number == 0 ? "Spec ID Event03, version 2.0, errata 0, banks sha256" : "event " + number,
                        log.events().get(number).decoded().text());
            }
            number++;
        }
        assertThrows(IndexOutOfBoundsException.class, () -> log.events().get(5001));
    }

    @Test
    void refusesARecordThatIsCutShort() {
        LogBuilder log = LogBuilder.log()
                .header(0)
                .u32(0)
                .u32(4)
                .u32(1)
                .u16(0xb)
                .bytes(new byte[32])
                .u32(5)
                .text("1234");
        assertEquals("log: offset 0x6f: expected event data of record 1 (5 bytes), found 4 bytes left", refusal(log));
    }

    @Test
    void refusesMoreDigestsThanARecordCanHave() {
        LogBuilder log =
                LogBuilder.log().header(0).u32(0).u32(4).u32(0xffffffffL).bytes(new byte[64]);
        assertEquals(
                "log: offset 0x49: expected digestCount of at most 64 in record 1, found 4294967295", refusal(log));
    }

    @Test
    void refusesADigestWithoutKnownLength() {
        LogBuilder log =
                LogBuilder.log().header(0).u32(0).u32(4).u32(1).u16(0x9999).bytes(new byte[64]);
        assertEquals(
                "log: offset 0x4d: expected a hashAlg that the header declares, in record 1, found 0x9999",
                refusal(log));
    }

    @Test
    void refusesTwoDigestsOfOneBank() {
        LogBuilder log = LogBuilder.log()
                .header(0)
                .u32(1)
                .u32(0xd)
                .u32(2)
                .u16(0xb)
                .bytes(new byte[32])
                .u16(0xb)
                .bytes(new byte[32])
                .u32(0);
        assertEquals(
                "log: offset 0x41: expected one digest for each bank, found sha256 twice in record 1", refusal(log));
        EventLog lenient = EventLog.read(log.build(), Strictness.LENIENT);
        assertEquals(
                WarningCode.EVENTLOG_DUPLICATE_DIGEST, lenient.warnings().get(0).code());
    }

    @Test
    void refusesWhatFollowsThePadding() {
        byte[] padding = new byte[20];
        LogBuilder log = LogBuilder.log().header(0).separator(0).bytes(padding).text("x");
        assertEquals(
                "log: offset 0x8b: expected padding of 0x00 or 0xff to the end of the area,"
                        + " found other bytes behind the last record at 0x77",
                refusal(log));
        EventLog lenient = EventLog.read(log.build(), Strictness.LENIENT);
        assertEquals(EventLog.End.JUNK, lenient.end());
        assertEquals(SEPARATOR_ONLY, pcr(lenient, 0));
    }

    @Test
    void endsAtPaddingOfAnyLength() {
        for (int length = 1; length < 20; length++) {
            byte[] padding = new byte[length];
            Arrays.fill(padding, (byte) 0xff);
            EventLog log = EventLog.read(
                    LogBuilder.log().header(0).separator(0).bytes(padding).build());
            assertEquals(EventLog.End.FF_PADDING, log.end());
            assertEquals(2, log.eventCount());
        }
    }

    @Test
    void tellsACcelLogByItsHeader() {
        EventLog log = EventLog.read(LogBuilder.log().header(1).separator(1).build());
        assertEquals(LogFormat.CCEL, log.format());
        assertTrue(refusal(LogBuilder.log().header(1).separator(0)).contains("an MR index of 1..4"));
    }

    @Test
    void saysThatTheAcpiTableIsNotTheLog() {
        MalformedInputException refused = assertThrows(
                MalformedInputException.class,
                () -> EventLog.read(Source.of("CCEL", "CCEL8\0\0\0".getBytes(StandardCharsets.US_ASCII))));
        assertEquals("CCEL: offset 0x0: expected an event log, found the ACPI table CCEL", refused.getMessage());
    }

    @Test
    void readsTheCelOfPcrlockWithoutAHeader() throws IOException {
        String digest = "df3f619804a92fdb4057192dc43dd748ea778adc52bc498ce80524c014b81119"; // of four zero bytes
        String record = "{\"pcr\":3,\"recnum\":1,\"digests\":[{\"hashAlg\":\"sha256\",\"digest\":\"" + digest
                + "\"}],\"content_type\":\"pcclient_std\",\"content\":"
                + "{\"event_type\":\"EV_SEPARATOR\",\"event_data\":\"00000000\"}}";
        for (String text : List.of("[" + record + "]", record, "\u001e" + record + "\n")) {
            EventLog log = EventLog.read(Source.of("cel", text.getBytes(StandardCharsets.UTF_8)));
            assertEquals(LogFormat.CEL_JSON, log.format());
            assertEquals(1, log.eventCount());
            assertEquals(SEPARATOR_ONLY, pcr(log, 3));
            assertEquals("0x00000000", log.events().get(0).decoded().text());
        }
        ByteArrayOutputStream binary = new ByteArrayOutputStream();
        EventLog.read(Source.of("cel", record.getBytes(StandardCharsets.UTF_8))).writeBinary(binary);
        assertArrayEquals(LogBuilder.log().header(0).separator(3).toByteArray(), binary.toByteArray());
    }

    @Test
    void namesThePlaceInBrokenJson() {
        MalformedInputException refused = assertThrows(
                MalformedInputException.class,
                () -> EventLog.read(Source.of("cel", "[{\"pcr\":true}]".getBytes(StandardCharsets.UTF_8))));
        assertEquals("cel: offset 0x8: expected pcr, a number, found VALUE_TRUE", refused.getMessage());
    }

    @Test
    void refusesJsonInAnotherEncoding() {
        byte[] bytes = {'{', 0, 0, 0, 0, (byte) 0xff, (byte) 0xfe, (byte) 0xff, 0, 0, 0, 0};
        MalformedInputException refused =
                assertThrows(MalformedInputException.class, () -> EventLog.read(Source.of("cel", bytes)));
        assertEquals("CEL-JSON in UTF-8", refused.expected());
    }

    @Test
    void saysWhereTwoLogsPart() {
        EventLog first = EventLog.read(
                LogBuilder.log().header(0).separator(0).event(4, 0xd, "one").build());
        EventLog second = EventLog.read(
                LogBuilder.log().header(0).separator(0).event(4, 0xd, "two").build());
        EventLog third = EventLog.read(LogBuilder.log().header(0).separator(0).build());
        assertTrue(EventLogDiff.first(first, first).isEmpty());
        assertEquals(
                "event 2 (EV_IPL, register 4) has another sha256 digest: "
                        + "7692c3ad3540bb803c020b3aee66cd8887123234ea0c6e7143c0add73ff431ed and "
                        + "3fc4ccfe745870e2c0d99f71f30ff0656c8dedd41cc1d7d3d376b0dbe685e2f3; one became two",
                EventLogDiff.first(first, second).orElseThrow().text());
        assertEquals(
                "the second log ends; the first goes on with event 2 (EV_IPL, register 4)",
                EventLogDiff.first(first, third).orElseThrow().text());
    }

    @Test
    void writesATable() throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        EventLog.read(LogBuilder.log()
                        .header(0)
                        .separator(0)
                        .event(12, 0xd, "a\0b\0\33\0\0\0")
                        .build())
                .writeTable(out);
        List<String> lines = out.toString(StandardCharsets.UTF_8).lines().toList();
        assertEquals(4, lines.size());
        assertEquals("    1    0 EV_SEPARATOR                       df3f619804a92fdb 0x00000000", lines.get(2));
        assertTrue(
                lines.get(3).endsWith("61006200" + "1b000000"),
                lines.get(3)); // control characters never reach a terminal
    }
}
