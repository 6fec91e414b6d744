package dev.measure.cli;

import dev.measure.ValueId;
import dev.measure.cli.CheckReport.Case;
import dev.measure.cli.CheckReport.Finding;
import dev.measure.cli.CheckReport.Outcome;
import dev.measure.cli.CheckReport.Rule;
import dev.measure.golden.GoldenDiff;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** What moved, as a report: a case for each value, which fails if it moved and is an error if it has no partner; a finding for each cause. */
final class DriftReport {
    private final Drift drift;
    private final List<Case> cases = new ArrayList<>();
    private final List<Finding> findings = new ArrayList<>();

    private DriftReport(Drift drift) {
        this.drift = drift;
    }

    /** {@return the report} */
    static CheckReport of(Drift drift) {
        DriftReport report = new DriftReport(drift);
        report.compared();
        report.unpartnered(Rule.MISSING, "missing", drift.diff().added(), "missing in " + drift.subject());
        report.unpartnered(Rule.STALE, "stale", drift.diff().removed(), "only in " + drift.subject());
        if (drift.isOfOtherInputs()) {
            report.error("inputs", "inputs", drift.subject(), report.otherInputs());
        }
        drift.notCompared()
                .ifPresent(
                        what -> report.cases.add(new Case("inputs", "edits", Outcome.SKIPPED, Rule.STALE, what, "")));
        for (String export : drift.exports()) {
            report.error(
                    "exports",
                    "exports/" + export,
                    drift.path(export),
                    export + " is not what " + drift.subject() + " gives: measure lock writes it again");
        }
        for (String confirmation : drift.unconfirmed()) {
            report.error(
                    "confirmed",
                    "confirmed/" + confirmation,
                    drift.subject(),
                    "not confirmed, though " + drift.subject() + " says so: " + confirmation);
        }
        return new CheckReport(
                drift.title(), drift.subject(), report.cases, report.findings, DriftText.markdown(drift));
    }

    private void compared() {
        Map<String, GoldenDiff.Moved> moved = new HashMap<>();
        drift.diff().moved().forEach(value -> moved.put(value.id(), value));
        for (String id : drift.ids()) {
            GoldenDiff.Moved value = moved.get(id);
            cases.add(
                    value == null
                            ? Case.passed(ValueId.register(id), id)
                            : new Case(
                                    ValueId.register(id),
                                    id,
                                    Outcome.FAILED,
                                    Rule.DRIFT,
                                    drift.blame(value.causes()),
                                    "expected " + value.before().hex() + "\nfound    "
                                            + value.after().hex()));
        }
        drift.diff().byCauses().forEach((causes, values) -> {
            List<String> ids = values.stream().map(GoldenDiff.Moved::id).toList();
            String message = drift.blame(causes) + ", which moved " + Drift.count(ids.size(), "value") + ": "
                    + CheckReport.named(ids);
            String first = values.get(0).idBefore();
            findings.add(new Finding(
                    Rule.DRIFT, "drift", drift.subject(), drift.line(first), Finding.NO_COLUMN, message, first, ids));
        });
    }

    private void unpartnered(Rule rule, String title, List<String> ids, String what) {
        if (ids.isEmpty()) {
            return;
        }
        ids.forEach(id -> cases.add(new Case(ValueId.register(id), id, Outcome.ERROR, rule, what, "")));
        String message = Drift.count(ids.size(), "value") + " " + what + ": " + CheckReport.named(ids);
        findings.add(new Finding(
                rule, title, drift.subject(), drift.line(ids.get(0)), Finding.NO_COLUMN, message, ids.get(0), ids));
    }

    private void error(String group, String name, String file, String message) {
        cases.add(new Case(group, name, Outcome.ERROR, Rule.STALE, message, ""));
        findings.add(new Finding(Rule.STALE, "stale", file, 1, Finding.NO_COLUMN, message, name, List.of()));
    }

    private static void edit(List<String> edits, String what, List<String> names) {
        if (!names.isEmpty()) {
            edits.add(what + ": " + CheckReport.named(names));
        }
    }

    private String otherInputs() {
        if (drift.diff().isEdited()) {
            List<String> edits = new ArrayList<>();
            edit(edits, DriftText.EDITED, drift.diff().retold());
            if (drift.isEditedInRules()) {
                edit(edits, DriftText.OTHER_RULES, drift.diff().behaviours());
                edit(edits, DriftText.OTHER_ASSUMPTIONS, drift.diff().assumptions());
            }
            return String.join("; ", edits);
        }
        return drift.policies() && drift.isEmpty()
                ? "the policies are not those of the manifest"
                : "made from other inputs, though no value moved: "
                        + String.join(
                                "; ", drift.harmless().stream().map(Drift::text).toList());
    }
}
