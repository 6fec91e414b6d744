package dev.measure.eventlog;

import dev.measure.DigestAlgorithm;
import dev.measure.Source;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.util.List;

/** Writes a log in its binary form: the records as they were, without the padding behind them. */
final class BinaryLogWriter {
    private BinaryLogWriter() {}

    static void write(EventLog log, OutputStream out) throws IOException {
        for (TcgEvent event : log.format() == LogFormat.TPM2_YAML ? log.events() : List.<TcgEvent>of()) {
            if (!event.dataKnown()) {
                throw new IllegalArgumentException("the YAML log does not tell the data of event " + event.number()
                        + " (" + event.type().text() + "), so it cannot be written in binary form");
            }
        }
        if (log.headerMissing() && log.banks().equals(List.of(DigestAlgorithm.SHA1))) {
            for (TcgEvent event : log.events()) {
                byte[] sha1 = event.digest(DigestAlgorithm.SHA1).orElseThrow().toByteArray();
                out.write(RecordBytes.legacy(
                        event.registerIndex(), event.type(), sha1, event.data().toByteArray()));
            }
            return;
        }
        copy(log.records().slice(0, log.endOffset()), out);
    }

    private static void copy(Source source, OutputStream out) throws IOException {
        try {
            source.stream((array, offset, count) -> {
                try {
                    out.write(array, offset, count);
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
            });
        } catch (UncheckedIOException e) {
            throw e.getCause();
        }
    }
}
