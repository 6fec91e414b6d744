package dev.measure.cli;

import dev.measure.MalformedInputException;
import dev.measure.cli.CheckReport.Case;
import dev.measure.cli.CheckReport.Finding;
import dev.measure.cli.CheckReport.Outcome;
import dev.measure.cli.CheckReport.Rule;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Why a check could not be done, as a report: a job that shows reports alone must not take silence for success. */
final class FailureReport {
    private final String title;
    private final String manifest;
    private final Call call;

    /**
     * Reports failures.
     *
     * @param title what was to be done
     * @param manifest the file that a failure without a place of its own is shown at
     * @param call opens files
     */
    FailureReport(String title, String manifest, Call call) {
        this.title = title;
        this.manifest = manifest;
        this.call = call;
    }

    /** {@return a report of a failure that ended the check} */
    CheckReport of(Complaint e) {
        Rule rule = switch (e.exit()) {
            case GOLDEN_MISSING -> Rule.MISSING;
            case NOT_LAUNCHABLE, NOT_PREDICTABLE -> Rule.REFUSED;
            case MISMATCH -> Rule.EVIDENCE;
            case KEY -> Rule.SIGNATURE;
            default -> Rule.UNREADABLE;
        };
        String file = e.place().map(ManifestNode.Place::file).orElse(manifest);
        int line = e.place().map(ManifestNode.Place::line).orElse(1);
        int column = e.place().map(ManifestNode.Place::column).orElse(Finding.NO_COLUMN);
        return one(rule, file, line, column, e.getMessage(), e.hint());
    }

    /** {@return a report of input that breaks its format} */
    CheckReport of(MalformedInputException e) {
        boolean there = isFile(e.source());
        String before = there ? before(e.source(), e.offset()) : "";
        int start = before.lastIndexOf('\n') + 1;
        return one(
                Rule.UNREADABLE,
                there ? e.source() : manifest,
                1 + (int) before.chars().filter(c -> c == '\n').count(),
                there && isText(e.source()) ? 1 + before.codePointCount(start, before.length()) : Finding.NO_COLUMN,
                e.getMessage(),
                e.hint());
    }

    private CheckReport one(Rule rule, String file, int line, int column, String message, String hint) {
        String name = rule == Rule.MISSING ? "lock" : file;
        Case failed = new Case("check", name, Outcome.ERROR, rule, message, hint);
        Finding finding = new Finding(
                rule, "error", file, line, column, message + (hint.isEmpty() ? "" : ": " + hint), name, List.of());
        return new CheckReport(title, manifest, List.of(failed), List.of(finding), page(message, hint, List.of()));
    }

    /** {@return a report of values that a manifest asks for and that cannot be given} */
    CheckReport of(ManifestRun.Outcome outcome) {
        List<Result.Refusal> refusals = outcome.refusals();
        List<Case> cases = new ArrayList<>();
        Map<Reason, List<String>> reasons = new LinkedHashMap<>();
        for (int i = 0; i < refusals.size(); i++) {
            Result.Refusal refusal = refusals.get(i);
            cases.add(new Case(
                    refusal.register().id(), refusal.id(), Outcome.ERROR, Rule.REFUSED, refusal.why(), refusal.hint()));
            reasons.computeIfAbsent(
                            new Reason(outcome.places().get(i), refusal.why(), refusal.hint()),
                            any -> new ArrayList<>())
                    .add(refusal.id());
        }
        List<Finding> findings = new ArrayList<>();
        List<String> lines = new ArrayList<>();
        reasons.forEach((reason, ids) -> {
            String message = Drift.count(ids.size(), "value") + " cannot be given: " + reason.why() + ": "
                    + CheckReport.named(ids);
            ManifestNode.Place at = reason.place();
            findings.add(
                    new Finding(Rule.REFUSED, "refused", manifest, at.line(), at.column(), message, ids.get(0), ids));
            lines.add(message);
        });
        String headline = Drift.count(refusals.size(), "value") + " that the manifest asks for cannot be given";
        return new CheckReport(title, manifest, cases, findings, page(headline, "", lines));
    }

    /** Why values cannot be given, and where the manifest asks for them. */
    private record Reason(ManifestNode.Place place, String why, String hint) {}

    private String page(String message, String hint, List<String> lines) {
        StringBuilder page = new StringBuilder("### ")
                .append(title)
                .append(": ")
                .append(DriftText.escape(message))
                .append("\n\n");
        if (!hint.isEmpty()) {
            page.append(DriftText.escape(hint)).append("\n\n");
        }
        lines.forEach(line -> page.append("* ").append(DriftText.escape(line)).append('\n'));
        return page.append(lines.isEmpty() ? "" : "\n").toString();
    }

    private static boolean isText(String file) {
        return file.endsWith(".json") || file.endsWith(".yaml") || file.endsWith(".yml");
    }

    /** Of a text file, what stands before an offset; of other files, nothing. */
    private String before(String file, long offset) {
        if (offset > Integer.MAX_VALUE || !isText(file)) {
            return "";
        }
        try {
            Path path = call.inputs().path(file);
            if (Files.size(path) > Integer.MAX_VALUE) {
                return "";
            }
            byte[] bytes = Files.readAllBytes(path);
            return new String(bytes, 0, (int) Math.min(offset, bytes.length), StandardCharsets.UTF_8);
        } catch (IOException e) {
            return ""; // only the place is lost
        }
    }

    private boolean isFile(String name) {
        try {
            return !name.isEmpty() && Files.isRegularFile(call.inputs().path(name));
        } catch (Complaint e) {
            return false; // bytes that are in no file
        }
    }
}
