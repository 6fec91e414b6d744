package dev.measure.cli;

import dev.measure.FieldVerdict;
import dev.measure.Verdict;
import dev.measure.cli.CheckReport.Case;
import dev.measure.cli.CheckReport.Finding;
import dev.measure.cli.CheckReport.Outcome;
import dev.measure.cli.CheckReport.Rule;
import dev.measure.golden.GoldenCheck;
import dev.measure.golden.GoldenSignature;
import java.util.ArrayList;
import java.util.List;

/** How evidence compares, as a report: a case for each register, field and signature, and for all being of one machine. */
final class EvidenceCheckReport {
    private static final String TITLE = "measure check --evidence";

    private final String golden;
    private final List<Case> cases = new ArrayList<>();
    private final List<Finding> findings = new ArrayList<>();

    private EvidenceCheckReport(String golden) {
        this.golden = golden;
    }

    /**
     * {@return the report}
     *
     * @param check the comparison
     * @param golden the file that holds the golden values
     * @param pieces the evidence, in the order of the signatures
     * @param fresh what it must be bound to
     * @param demanded whether every signature must have been verified
     */
    static CheckReport of(
            GoldenCheck check, String golden, List<EvidencePiece> pieces, Freshness fresh, boolean demanded) {
        List<String> names = pieces.stream().map(EvidencePiece::name).toList();
        EvidenceCheckReport report = new EvidenceCheckReport(golden);
        check.verdicts().forEach(report::register);
        check.unchecked()
                .forEach(register ->
                        report.skipped(register, register, "no evidence of it, though it has golden values"));
        check.fields().forEach(report::field);
        for (int i = 0; i < names.size(); i++) {
            report.signature(names.get(i), check.signatures().get(i), demanded);
        }
        for (EvidencePiece piece : pieces) {
            if (!fresh.isChecked(piece)) {
                report.skipped("freshness", piece.name(), fresh.text(piece));
            }
        }
        for (EvidencePiece piece : pieces) {
            piece.binding().ifPresent(binding -> report.key(piece.name(), binding));
        }
        if (!check.disagreement().isEmpty()) {
            report.failed("machine", "one machine", Rule.EVIDENCE, check.disagreement(), "");
        } else if (check.matches().isEmpty()) {
            String message = golden + " has no golden value of any register that matches";
            report.failed("machine", "one machine", Rule.MISSING, message, "");
        } else {
            report.cases.add(Case.passed("machine", "one machine"));
        }
        return new CheckReport(TITLE, golden, report.cases, report.findings, report.page(names));
    }

    private void register(Verdict verdict) {
        String group = verdict.register().id();
        String name = verdict.register().text();
        if (verdict instanceof Verdict.Match) {
            cases.add(Case.passed(group, name));
        } else if (verdict instanceof Verdict.Mismatch mismatch) {
            List<String> ids = List.copyOf(mismatch.expected().keySet());
            String message = name + " holds none of " + Drift.count(ids.size(), "golden value");
            StringBuilder text =
                    new StringBuilder("found    ").append(mismatch.actual().hex());
            mismatch.expected()
                    .forEach((id, digest) -> text.append("\nexpected ")
                            .append(digest.hex())
                            .append("  ")
                            .append(id));
            failed(group, name, Rule.EVIDENCE, message, text.toString());
        } else if (verdict instanceof Verdict.Absent absent) {
            int values = absent.expected().size();
            failed(
                    group,
                    name,
                    Rule.EVIDENCE,
                    name + " is not in the evidence, and has " + Drift.count(values, "golden value"),
                    "");
        } else if (verdict instanceof Verdict.Unknown) {
            skipped(group, name, "no golden value");
        } else {
            throw new AssertionError(verdict);
        }
    }

    private void field(FieldVerdict field) {
        if (field instanceof FieldVerdict.Matches) {
            cases.add(Case.passed("field", field.field()));
        } else {
            failed("field", field.field(), Rule.EVIDENCE, field.text(), "");
        }
    }

    private void signature(String name, GoldenSignature signature, boolean demanded) {
        if (signature.state() == GoldenSignature.State.VERIFIED) {
            cases.add(Case.passed("signature", name));
        } else if (signature.state() == GoldenSignature.State.WRONG || demanded) {
            failed("signature", name, Rule.SIGNATURE, name + ": " + signature.text(), "");
        } else {
            skipped("signature", name, signature.text());
        }
    }

    /** What is wrong with it is told with the signature. */
    private void key(String name, KeyBinding binding) {
        if (binding.state() == KeyBinding.State.BOUND) {
            cases.add(Case.passed("attestation-key", name));
        } else if (binding.state() != KeyBinding.State.WRONG) {
            skipped("attestation-key", name, binding.text());
        }
    }

    private void failed(String group, String name, Rule rule, String message, String text) {
        cases.add(new Case(group, name, Outcome.FAILED, rule, message, text));
        findings.add(
                new Finding(rule, "evidence", golden, 1, Finding.NO_COLUMN, message, group + "/" + name, List.of()));
    }

    private void skipped(String group, String name, String why) {
        cases.add(new Case(group, name, Outcome.SKIPPED, Rule.EVIDENCE, why, ""));
    }

    private String page(List<String> names) {
        StringBuilder page = new StringBuilder("### ")
                .append(TITLE)
                .append(": ")
                .append(DriftText.escape(String.join(", ", names)))
                .append(findings.isEmpty() ? " holds golden values of " : " is not as it must be by ")
                .append(DriftText.escape(golden))
                .append("\n\n| | what | why |\n|---|---|---|\n");
        for (Case one : cases) {
            page.append("| ")
                    .append(
                            switch (one.outcome()) {
                                case PASSED -> "matches";
                                case SKIPPED -> "open";
                                case FAILED, ERROR -> "**differs**";
                            })
                    .append(" | ")
                    .append(DriftText.escape(one.group() + " " + one.name()))
                    .append(" | ")
                    .append(DriftText.escape(one.message()))
                    .append(" |\n");
        }
        return page.append('\n').toString();
    }
}
