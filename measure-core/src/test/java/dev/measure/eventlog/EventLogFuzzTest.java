package dev.measure.eventlog;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.measure.MalformedInputException;
import dev.measure.Source;
import dev.measure.Strictness;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;

final class EventLogFuzzTest {
    private static void readsOrRefuses(byte[] data) throws IOException {
        try {
            EventLog log = EventLog.read(Source.of("fuzz", data), Strictness.LENIENT);
            Replay.of(log).measurements().forEach(measurement -> measurement.events());
            log.events().forEach(event -> event.decoded().text());
            log.writeTable(new ByteArrayOutputStream());
            log.writeTpm2Yaml(new ByteArrayOutputStream());
            log.writeCelJson(new ByteArrayOutputStream());
            EventLog.read(Source.of("fuzz", data), Strictness.STRICT);
        } catch (MalformedInputException expected) {
            // refused: fine
        }
    }

    @FuzzTest(maxDuration = "30s")
    void logsOfAnyFormat(byte[] data) throws IOException {
        readsOrRefuses(data);
    }

    @FuzzTest(maxDuration = "30s")
    void recordsBehindAHeader(byte[] data) throws IOException {
        readsOrRefuses(LogBuilder.log().header(data.length % 2).bytes(data).toByteArray());
    }

    @FuzzTest(maxDuration = "30s")
    void celJson(byte[] data) throws IOException {
        readsOrRefuses(("[{\"pcr\":1,\"digests\":" + new String(data, StandardCharsets.UTF_8))
                .getBytes(StandardCharsets.UTF_8));
    }

    @FuzzTest(maxDuration = "30s")
    void yaml(byte[] data) throws IOException {
        readsOrRefuses(LogBuilder.log()
                .text("---\nversion: 1\nevents:\n- EventNum: 0\n  PCRIndex: 0\n")
                .bytes(data)
                .toByteArray());
    }

    @FuzzTest(maxDuration = "30s")
    void eventData(byte[] data) {
        if (data.length > 0) {
            long[] types = {3, 4, 6, 1, 10, 13, 0x13};
            int choice = data[0] & 0x1f;
            long type = choice < types.length ? types[choice] : 0x80000000L + choice - types.length;
            Source payload = Source.of("fuzz", data).slice(1, data.length - 1L);
            TcgEvent event = new TcgEvent(
                    1, 0, new EventType(choice == 0x1f ? 0x800000e0L : type), List.of(), payload, payload.length());
            event.decoded().text();
        }
    }
}
