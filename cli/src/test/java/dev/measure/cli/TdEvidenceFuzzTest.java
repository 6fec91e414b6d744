package dev.measure.cli;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.measure.MalformedInputException;
import dev.measure.Source;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Optional;

/** Evidence as users hand it in: binary, in hexadecimal, or as the JSON of dstack's guest agent. */
final class TdEvidenceFuzzTest {
    private static final String[] WORDS = {
        "{",
        "}",
        "[",
        "]",
        ",",
        ":",
        "\"quote\"",
        "\"event_log\"",
        "\"vm_config\"",
        "\"tdx_measurement\"",
        "\"measurement\"",
        "\"imr\"",
        "\"event_type\"",
        "\"digest\"",
        "\"event\"",
        "\"event_payload\"",
        "\"version\"",
        "\"04000200810000\"",
        "\"\"",
        "\"AAAA\"",
        "\"[]\"",
        "\"[{\\\"imr\\\":3,\\\"event_type\\\":134217729,\\\"event\\\":\\\"a\\\",\\\"event_payload\\\":\\\"00\\\"}]\"",
        "\"[{\\\"imr\\\":0,\\\"event_type\\\":1,\\\"digest\\\":\\\"00\\\"}]\"",
        "\"{\\\"tdx_measurement\\\":{\\\"measurement\\\":\\\"AA==\\\"}}\"",
        "null",
        "true",
        "134217729",
        "-1",
        "1e400",
        "99999999999999999999"
    };

    @FuzzTest(maxDuration = "60s")
    void readsOrRefuses(byte[] data) {
        check(data);
        StringBuilder text = new StringBuilder("{");
        for (int i = 0; i < data.length && i < 200; i++) {
            text.append(WORDS[(data[i] & 0xff) % WORDS.length]);
        }
        check(text.toString().getBytes(StandardCharsets.UTF_8));
        byte[] report = new byte[1024];
        report[0] = (byte) 0x81;
        System.arraycopy(data, 0, report, 8, Math.min(data.length, report.length - 8));
        check(report);
        // An attestation of dstack, and a document of a Nitro system.
        byte[] wrapped = new byte[1100];
        System.arraycopy(new byte[] {0, 0, 1, 0x10, 4, 0, 2, 0, (byte) 0x81}, 0, wrapped, 0, 9);
        System.arraycopy(data, 0, wrapped, 9, Math.min(data.length, wrapped.length - 9));
        check(wrapped);
        byte[] document = Arrays.copyOf(new byte[] {(byte) 0x84, 0x44, (byte) 0xa1, 1, 0x38, 0x22}, 6 + data.length);
        System.arraycopy(data, 0, document, 6, data.length);
        check(document);
    }

    private static void check(byte[] data) {
        Source file = Source.of("fuzz", data);
        try {
            TdEvidenceFile.read(file, Optional.empty());
        } catch (MalformedInputException expected) {
            // refused: fine
        }
        try {
            TdEvidenceFile.log(file);
        } catch (MalformedInputException | Complaint expected) {
            // refused: fine
        }
        try {
            NsmReport.of(file).ifPresent(NsmReport::found);
        } catch (MalformedInputException expected) {
            // refused: fine
        }
        Envelope.of(file);
        try {
            DocumentReport.of(file).ifPresent(DocumentReport::found);
        } catch (MalformedInputException expected) {
            // refused: fine
        }
        try {
            TdEvidenceReport.of(file).ifPresent(TdEvidenceReport::found);
        } catch (MalformedInputException expected) {
            // refused: fine
        }
    }
}
