package dev.measure.cli;

import dev.measure.FieldVerdict;
import dev.measure.MalformedInputException;
import dev.measure.Source;
import dev.measure.Warning;
import dev.measure.WarningCode;
import dev.measure.tdx.CcelTable;
import dev.measure.tdx.HclReport;
import dev.measure.tdx.TdEvidence;
import dev.measure.tdx.TdQuote;
import dev.measure.tdx.TdReport;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/** What is in a TD quote, a TDREPORT, a report of Azure's paravisor, or a CCEL table. */
final class TdEvidenceReport {
    private final Source file;
    private final String kind;
    private final String title;
    private final Map<String, String> fields = new LinkedHashMap<>();
    private final List<FieldVerdict> verdicts = new ArrayList<>();
    private final List<Warning> warnings = new ArrayList<>();

    private TdEvidenceReport(Source file, String kind, String title) {
        this.file = file;
        this.kind = kind;
        this.title = title;
    }

    /** {@return the report of a file; empty if it is something else} */
    static Optional<TdEvidenceReport> of(Source file) {
        if (TdQuote.isQuote(file)) {
            return Optional.of(quote(file, file, ""));
        }
        Source text = TdEvidenceFile.unhexed(file);
        if (TdQuote.isQuote(text)) {
            return Optional.of(quote(file, text, ", in hexadecimal"));
        }
        Optional<TdEvidenceReport> dstack = dstack(file);
        if (dstack.isPresent()) {
            return dstack;
        }
        if (HclReport.isHclReport(file)) {
            return Optional.of(hcl(file));
        }
        if (isReport(file)) {
            TdEvidenceReport report = new TdEvidenceReport(file, "td-report", "TDREPORT of Intel TDX");
            report.add(TdReport.read(file));
            return Optional.of(report);
        }
        if (CcelTable.isTable(file)) {
            return Optional.of(ccel(file));
        }
        return Optional.empty();
    }

    private static boolean isReport(Source file) {
        return file.length() == TdReport.SIZE
                && HexFormat.of().formatHex(file.slice(0, 2).toByteArray()).equals("8100");
    }

    /** The quote in the answer of dstack's guest agent; empty if the file is something else. */
    private static Optional<TdEvidenceReport> dstack(Source file) {
        if (!DstackQuote.is(file)) {
            return Optional.empty();
        }
        DstackQuote answer;
        try {
            answer = DstackQuote.read(file);
        } catch (MalformedInputException e) {
            return Optional.empty(); // then it is other JSON
        }
        return answer.quote().filter(TdQuote::isQuote).map(bytes -> {
            TdEvidenceReport report = quote(file, bytes, ", in an answer of dstack's GetQuote");
            answer.log()
                    .ifPresent(log -> report.fields.put(
                            "eventLog", log.entries().size() + " events; `measure tdx verify-quote` replays them"));
            answer.measurement().ifPresent(cbor -> report.fields.put("measurement.cbor", cbor.length() + " bytes"));
            return report;
        });
    }

    private static TdEvidenceReport quote(Source file, Source bytes, String where) {
        TdQuote quote = TdQuote.read(bytes);
        TdEvidenceReport report = new TdEvidenceReport(
                file,
                "td-quote",
                "TD quote of Intel TDX, version " + quote.header().version() + where);
        report.fields.put("version", Integer.toString(quote.header().version()));
        report.fields.put("body", quote.bodyType() == TdQuote.TD_1_0 ? "TDX 1.0" : "TDX 1.5");
        report.fields.put("attestationKeyType", Integer.toString(quote.header().attestationKeyType()));
        report.fields.put("qeVendorId", hex(quote.header().qeVendorId()));
        report.fields.put("userData", hex(quote.header().userData()));
        report.fields.put("teeTcbSvn", hex(quote.teeTcbSvn()));
        quote.teeTcbSvn2().ifPresent(svn -> report.fields.put("teeTcbSvn2", hex(svn)));
        report.fields.put("mrSeam", quote.mrSeam().hex());
        report.fields.put("mrSignerSeam", quote.mrSignerSeam().hex());
        report.fields.put("seamAttributes", String.format(Locale.ROOT, "0x%016x", quote.seamAttributes()));
        quote.mrServiceTd().ifPresent(digest -> report.fields.put("mrServiceTd", digest.hex()));
        report.common(quote);
        report.fields.put("qeMrSigner", hex(quote.signature().qeReport().mrSigner()));
        report.fields.put(
                "qeIsvSvn", Integer.toString(quote.signature().qeReport().isvSvn()));
        report.verdicts.addAll(quote.verify(Optional.empty()));
        report.warnings.addAll(quote.warnings());
        return report;
    }

    private static TdEvidenceReport hcl(Source file) {
        HclReport hcl = HclReport.read(file);
        TdEvidenceReport report =
                new TdEvidenceReport(file, "hcl-report", "report of Azure's paravisor with a TDREPORT of Intel TDX");
        report.add(hcl.report());
        report.verdicts.add(hcl.verify());
        return report;
    }

    private static TdEvidenceReport ccel(Source file) {
        CcelTable table = CcelTable.read(file);
        TdEvidenceReport report = new TdEvidenceReport(file, "ccel-table", "ACPI table CCEL");
        report.fields.put(
                "ccType", table.ccType() == CcelTable.TDX ? "2 (Intel TDX)" : Integer.toString(table.ccType()));
        report.fields.put("ccSubtype", Integer.toString(table.ccSubtype()));
        report.fields.put("logLength", Long.toUnsignedString(table.logAreaMinimumLength()));
        report.fields.put("logAddress", "0x" + Long.toHexString(table.logAreaStartAddress()));
        return report;
    }

    private void add(TdReport report) {
        fields.put("version", Integer.toString(report.version()));
        fields.put("cpuSvn", hex(report.cpuSvn()));
        fields.put("teeTcbSvn", hex(report.teeTcbSvn()));
        fields.put("teeTcbSvn2", hex(report.teeTcbSvn2()));
        fields.put("mrSeam", report.mrSeam().hex());
        fields.put("mrSignerSeam", report.mrSignerSeam().hex());
        fields.put("seamAttributes", String.format(Locale.ROOT, "0x%016x", report.seamAttributes()));
        fields.put("servTdHash", report.servTdHash().hex());
        common(report);
        verdicts.addAll(report.verify());
        if (report.attributes().debug()) {
            warnings.add(new Warning(
                    WarningCode.TD_DEBUG,
                    "ATTRIBUTES " + report.attributes().text() + ": a debug TD, which its host can read and change"));
        }
    }

    private void common(TdEvidence evidence) {
        fields.put("attributes", evidence.attributes().text());
        fields.put("xfam", String.format(Locale.ROOT, "0x%016x", evidence.xfam()));
        evidence.registers().forEach((register, digest) -> fields.put(register.id(), digest.hex()));
        fields.put("mrConfigId", evidence.mrConfigId().hex());
        fields.put("mrOwner", evidence.mrOwner().hex());
        fields.put("mrOwnerConfig", evidence.mrOwnerConfig().hex());
        fields.put("reportData", hex(evidence.reportData()));
    }

    private static String hex(Source bytes) {
        return HexFormat.of().formatHex(bytes.toByteArray());
    }

    List<Warning> warnings() {
        return warnings;
    }

    /** {@return whether every signature and hash that can be checked here is right} */
    boolean isTrusted() {
        return FieldVerdict.allGood(verdicts);
    }

    void print(Page page) {
        page.heading(file.name() + ": " + title + ", " + file.length() + " bytes");
        Table table = new Table("field", "value");
        fields.forEach(table::row);
        page.table("Fields", table);
        Table checks = new Table("check", "outcome", "what");
        verdicts.forEach(verdict -> checks.row(verdict.field(), outcome(verdict), what(verdict)));
        page.table("Signatures and hashes", checks);
    }

    private static String outcome(FieldVerdict verdict) {
        return verdict instanceof FieldVerdict.Matches
                ? "good"
                : verdict instanceof FieldVerdict.NotChecked ? "not-checked" : "untrusted";
    }

    private static String what(FieldVerdict verdict) {
        if (verdict instanceof FieldVerdict.Matches matches) {
            return matches.value();
        }
        if (verdict instanceof FieldVerdict.NotChecked not) {
            return not.why();
        }
        return verdict.text().substring(verdict.field().length() + 2);
    }

    Map<String, Object> found() {
        return FirmwareReport.row(
                "file",
                file.name(),
                "kind",
                kind,
                "size",
                file.length(),
                "td",
                fields,
                "checks",
                verdicts.stream()
                        .map(verdict -> FirmwareReport.row(
                                "check", verdict.field(), "outcome", outcome(verdict), "what", what(verdict)))
                        .toList());
    }
}
