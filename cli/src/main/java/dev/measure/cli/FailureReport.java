package dev.measure.cli;

import dev.measure.MalformedInputException;
import dev.measure.cli.CheckReport.Case;
import dev.measure.cli.CheckReport.Finding;
import dev.measure.cli.CheckReport.Outcome;
import dev.measure.cli.CheckReport.Rule;
import java.io.IOException;
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
        return one(rule, file, line, e.getMessage(), e.hint());
    }

    /** {@return a report of input that breaks its format} */
    CheckReport of(MalformedInputException e) {
        boolean there = isFile(e.source());
        return one(
                Rule.UNREADABLE,
                there ? e.source() : manifest,
                there ? line(e.source(), e.offset()) : 1,
                e.getMessage(),
                e.hint());
    }

    private CheckReport one(Rule rule, String file, int line, String message, String hint) {
        String name = rule == Rule.MISSING ? "lock" : file;
        Case failed = new Case("check", name, Outcome.ERROR, rule, message, hint);
        Finding finding =
                new Finding(rule, "error", file, line, message + (hint.isEmpty() ? "" : ": " + hint), name, List.of());
        return new CheckReport(title, manifest, List.of(failed), List.of(finding), page(message, hint, List.of()));
    }

    /** {@return a report of values that a manifest asks for and that cannot be given} */
    CheckReport of(List<Result.Refusal> refusals) {
        List<Case> cases = new ArrayList<>();
        Map<String, List<Result.Refusal>> reasons = new LinkedHashMap<>();
        for (Result.Refusal refusal : refusals) {
            cases.add(new Case(
                    refusal.register().id(), refusal.id(), Outcome.ERROR, Rule.REFUSED, refusal.why(), refusal.hint()));
            reasons.computeIfAbsent(refusal.why(), any -> new ArrayList<>()).add(refusal);
        }
        List<Finding> findings = new ArrayList<>();
        List<String> lines = new ArrayList<>();
        reasons.forEach((why, of) -> {
            List<String> ids = of.stream().map(Result.Refusal::id).toList();
            String message =
                    Drift.count(ids.size(), "value") + " cannot be given: " + why + ": " + CheckReport.named(ids);
            findings.add(new Finding(Rule.REFUSED, "refused", manifest, 1, message, ids.get(0), ids));
            lines.add(message);
        });
        String headline = Drift.count(refusals.size(), "value") + " that the manifest asks for cannot be given";
        return new CheckReport(title, manifest, cases, findings, page(headline, "", lines));
    }

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

    /** Of text, the line of an offset; of other files, the first. */
    private int line(String file, long offset) {
        if (offset > Integer.MAX_VALUE
                || !(file.endsWith(".json") || file.endsWith(".yaml") || file.endsWith(".yml"))) {
            return 1;
        }
        try {
            Path path = call.inputs().path(file);
            if (Files.size(path) > Integer.MAX_VALUE) {
                return 1;
            }
            byte[] bytes = Files.readAllBytes(path);
            int line = 1;
            for (int i = 0; i < Math.min(offset, bytes.length); i++) {
                line += bytes[i] == '\n' ? 1 : 0;
            }
            return line;
        } catch (IOException e) {
            return 1; // only the place is lost
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
