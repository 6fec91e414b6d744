package dev.measure.eventlog;

import dev.measure.DigestAlgorithm;
import java.io.BufferedWriter;
import java.io.IOException;
import java.io.OutputStream;
import java.io.OutputStreamWriter;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Optional;

/** Writes a log for people: a line for each event, its digest (SHA-256 if there is one) cut to what the eye compares. */
final class TableWriter {
    private static final int DIGITS = 16;
    private static final int WIDEST_TYPE = 34;

    private TableWriter() {}

    static void write(EventLog log, OutputStream stream) throws IOException {
        Writer out = new BufferedWriter(new OutputStreamWriter(stream, StandardCharsets.UTF_8));
        String register = log.confidential() ? "MR" : "PCR";
        Optional<DigestAlgorithm> bank = bank(log);
        out.write(String.format(
                "%5s %4s %-" + WIDEST_TYPE + "s %-" + DIGITS + "s %s%n".replace("%n", "\n"),
                "EVENT",
                register,
                "TYPE",
                bank.map(DigestAlgorithm::id).orElse("digest").toUpperCase(Locale.ROOT),
                "DATA"));
        for (TcgEvent event : log.events()) {
            String digest = bank.flatMap(event::digest)
                    .map(value -> value.hex().substring(0, DIGITS))
                    .orElse("-");
            String index = event.registerIndex() > 99 ? "-" : String.valueOf(event.registerIndex());
            out.write(String.format(
                    "%5d %4s %-" + WIDEST_TYPE + "s %-" + DIGITS + "s %s",
                    event.number(),
                    index,
                    event.type().text(),
                    event.type().extendsRegister() ? digest : "-",
                    event.decoded().text()));
            out.write('\n');
        }
        out.flush();
    }

    private static Optional<DigestAlgorithm> bank(EventLog log) {
        return log.banks().contains(DigestAlgorithm.SHA256)
                ? Optional.of(DigestAlgorithm.SHA256)
                : log.banks().stream().findFirst();
    }
}
