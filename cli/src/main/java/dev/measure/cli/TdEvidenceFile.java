package dev.measure.cli;

import dev.measure.FieldVerdict;
import dev.measure.MalformedInputException;
import dev.measure.Source;
import dev.measure.Warning;
import dev.measure.eventlog.EventLog;
import dev.measure.tdx.HclReport;
import dev.measure.tdx.TdEvidence;
import dev.measure.tdx.TdLog;
import dev.measure.tdx.TdQuote;
import dev.measure.tdx.TdReport;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;

/**
 * What a user hands in as evidence of a trust domain: a quote, a TDREPORT, a report of Azure's paravisor, each also in hexadecimal, or
 * the answer of dstack's guest agent.
 *
 * @param evidence the report or quote
 * @param trust the checks of signatures and hashes in it
 * @param log the event log that came with it
 * @param warnings what the user should know of it
 */
record TdEvidenceFile(TdEvidence evidence, List<FieldVerdict> trust, Optional<TdLog> log, List<Warning> warnings) {
    /** Quotes have 5 to 8 KB, in hexadecimal twice that. */
    private static final int MAX_TEXT = 2 << 20;

    /**
     * {@return the evidence in a file}
     *
     * @param file its bytes
     * @param root the root certificate that a quote's chain must end at
     * @throws MalformedInputException if it is anything else
     */
    static TdEvidenceFile read(Source file, Optional<Source> root) {
        if (DstackQuote.is(file)) {
            DstackQuote answer = DstackQuote.read(file);
            Source quote = answer.quote()
                    .orElseThrow(() -> new MalformedInputException(
                            file.name(), file.start(), "a quote in dstack's answer", "none", ""));
            TdEvidenceFile found = binary(quote, root);
            return new TdEvidenceFile(found.evidence, found.trust, answer.log(), found.warnings);
        }
        return binary(unhexed(file), root);
    }

    /** {@return whether a file begins as evidence of a trust domain does; the answer of dstack's guest agent is JSON, and may be another} */
    static boolean recognises(Source file) {
        Source bytes = unhexed(file);
        return HclReport.isHclReport(bytes) || bytes.length() == TdReport.SIZE || TdQuote.isQuote(bytes);
    }

    /** {@return whether a file is the report of Azure's paravisor about a trust domain} */
    static boolean isHcl(Source file) {
        return HclReport.isHclReport(unhexed(file));
    }

    /** {@return what the report of Azure's paravisor is bound to; empty if a file is something else} */
    static Optional<Source> runtimeData(Source file) {
        return Optional.of(unhexed(file))
                .filter(HclReport::isHclReport)
                .map(hcl -> HclReport.read(hcl).runtimeData());
    }

    private static TdEvidenceFile binary(Source file, Optional<Source> root) {
        if (HclReport.isHclReport(file)) {
            HclReport hcl = HclReport.read(file);
            List<FieldVerdict> trust = new ArrayList<>(hcl.report().verify());
            trust.add(hcl.verify());
            return new TdEvidenceFile(hcl.report(), trust, Optional.empty(), List.of());
        }
        if (file.length() == TdReport.SIZE) {
            TdReport report = TdReport.read(file);
            return new TdEvidenceFile(report, report.verify(), Optional.empty(), List.of());
        }
        TdQuote quote = TdQuote.read(file);
        return new TdEvidenceFile(quote, quote.verify(root), Optional.empty(), quote.warnings());
    }

    /** {@return the bytes that a file spells in hexadecimal; else the file} */
    static Source unhexed(Source file) {
        if (file.length() == 0 || file.length() > MAX_TEXT) {
            return file;
        }
        byte first = file.slice(0, 1).toByteArray()[0];
        if (first < 0 || !Character.isWhitespace(first) && Character.digit(first, 16) < 0) {
            return file;
        }
        String text = new String(file.toByteArray(), StandardCharsets.ISO_8859_1).strip();
        return text.length() % 2 == 0 && text.matches("[0-9a-fA-F]+")
                ? Source.of(file.name(), HexFormat.of().parseHex(text))
                : file;
    }

    /** {@return the extensions in a CCEL log, or in the answer of dstack's guest agent} */
    static TdLog log(Source file) {
        if (DstackQuote.is(file)) {
            Optional<TdLog> log = DstackQuote.read(file).log();
            if (log.isPresent()) {
                return log.get();
            }
        }
        try {
            return TdLog.of(file.name(), EventLog.read(file));
        } catch (IllegalArgumentException e) {
            throw Complaint.usage(e.getMessage(), "");
        }
    }
}
