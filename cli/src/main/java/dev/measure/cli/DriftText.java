package dev.measure.cli;

import dev.measure.Digest;
import dev.measure.golden.GoldenDiff;
import dev.measure.golden.GoldenDiff.InputChange;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/** Says what moved to people, as JSON, and as a page in Markdown. */
final class DriftText {
    /** Values listed of each cause, unless all are asked for. */
    private static final int SHOWN = 8;

    private static final int DIGITS = 16;

    private static final String TOLD = "origins, evidence, status or role";
    /** What is said of a lock file that tells of the same values what the program does not. */
    static final String EDITED =
            "other " + TOLD + " than the same version of measure tells of the same files, as after an edit";

    private static final String OTHER =
            "other %s than the same version of measure has for the same values, as after an edit of it or of the manifest";
    static final String OTHER_RULES = String.format(OTHER, "rules");
    static final String OTHER_ASSUMPTIONS = String.format(OTHER, "assumptions");

    private DriftText() {}

    /** Prints it: what is to blame, and below it what moved. */
    static void print(Drift drift, Call call) {
        Sink out = call.sink();
        int most = call.common().verbose() ? Integer.MAX_VALUE : SHOWN;
        line(out, drift.headline());
        GoldenDiff diff = drift.diff();
        diff.byCauses().forEach((causes, moved) -> {
            line(out, "");
            line(out, drift.blame(causes) + ", which moved " + Drift.count(moved.size(), "value") + ":");
            for (GoldenDiff.Moved value : moved.subList(0, Math.min(most, moved.size()))) {
                line(out, "  " + value.id());
                line(out, "    " + hex(value.before(), call) + " -> " + hex(value.after(), call));
            }
            more(out, moved.size() - most);
        });
        ids(out, diff.added(), "missing in " + drift.subject(), most);
        ids(out, diff.removed(), "only in " + drift.subject(), most);
        List<InputChange> harmless = drift.harmless();
        if (!harmless.isEmpty()) {
            line(out, "");
            line(out, "changed, and measured into nothing that moved:");
            harmless.forEach(change -> line(out, "  " + Drift.text(change)));
        }
        if (drift.policies()) {
            line(out, "");
            line(out, "the policies in " + drift.subject() + " are not those of the manifest");
        }
        if (diff.isEdited()) {
            ids(out, diff.retold(), EDITED, most);
            if (drift.isEditedInRules()) {
                ids(out, diff.behaviours(), OTHER_RULES, most);
                ids(out, diff.assumptions(), OTHER_ASSUMPTIONS, most);
            }
        } else if (diff.moved().isEmpty()) {
            unmoved(TOLD, diff.retold(), call);
        }
        ids(out, drift.unconfirmed(), "not confirmed, though " + drift.subject() + " says so", most);
        if (diff.moved().isEmpty() && !drift.isEditedInRules()) {
            unmoved("rules", diff.behaviours(), call);
            unmoved("assumptions", diff.assumptions(), call);
        }
        drift.notCompared().ifPresent(what -> call.talk().say("note: " + Talk.printable(what)));
    }

    private static void unmoved(String what, List<String> changed, Call call) {
        if (!changed.isEmpty()) {
            List<String> some =
                    call.common().verbose() || changed.size() <= SHOWN ? changed : changed.subList(0, SHOWN);
            call.talk()
                    .say("note: " + what + " that changed without moving a value: " + String.join(", ", some)
                            + (some.size() < changed.size() ? " and " + (changed.size() - some.size()) + " more" : ""));
        }
    }

    /** Enough to tell two apart; all digits if all is asked for. */
    private static String hex(Digest digest, Call call) {
        return call.common().verbose() ? digest.hex() : digest.hex().substring(0, DIGITS) + "...";
    }

    private static void line(Sink out, String text) {
        out.line(Talk.printable(text));
    }

    private static void ids(Sink out, List<String> ids, String what, int most) {
        if (ids.isEmpty()) {
            return;
        }
        line(out, "");
        line(out, what + ":");
        ids.subList(0, Math.min(most, ids.size())).forEach(id -> line(out, "  " + id));
        more(out, ids.size() - most);
    }

    private static void more(Sink out, int count) {
        if (count > 0) {
            line(out, "  and " + count + " more: -v lists them");
        }
    }

    /** {@return it as a tree for JSON} */
    static Map<String, Object> tree(Drift drift) {
        Map<String, Object> tree = new LinkedHashMap<>();
        tree.put("verdict", drift.verdict());
        tree.put("same", drift.diff().same());
        List<Object> moved = new ArrayList<>();
        for (GoldenDiff.Moved value : drift.diff().moved()) {
            Map<String, Object> row = new LinkedHashMap<>();
            row.put("id", value.id());
            if (!value.idBefore().equals(value.id())) {
                row.put("idBefore", value.idBefore());
            }
            row.put("alg", value.after().algorithm().id());
            row.put("before", value.before().hex());
            row.put("after", value.after().hex());
            row.put(
                    "causes",
                    value.causes().stream()
                            .map(cause -> FirmwareReport.row(
                                    "kind", cause.kind().name().toLowerCase(Locale.ROOT), "name", cause.name()))
                            .toList());
            moved.add(row);
        }
        tree.put("moved", moved);
        tree.put("missing", drift.diff().added());
        tree.put("surplus", drift.diff().removed());
        List<Object> inputs = new ArrayList<>();
        for (InputChange change : drift.diff().inputs()) {
            Map<String, Object> row = new LinkedHashMap<>();
            row.put("file", change.file());
            change.section().ifPresent(section -> row.put("section", section));
            content(change.before()).ifPresent(content -> row.put("before", content));
            content(change.after()).ifPresent(content -> row.put("after", content));
            inputs.add(row);
        }
        tree.put("inputs", inputs);
        tree.put("behaviours", drift.diff().behaviours());
        tree.put("assumptions", drift.diff().assumptions());
        tree.put("policiesDiffer", drift.policies());
        tree.put("exports", drift.exports());
        tree.put("retold", drift.diff().retold());
        tree.put("unconfirmed", drift.unconfirmed());
        drift.otherVersion().ifPresent(version -> tree.put("otherVersion", version));
        return tree;
    }

    private static Optional<Map<String, Object>> content(Optional<GoldenDiff.Content> content) {
        return content.map(of ->
                FirmwareReport.row("size", of.size(), "sha256", of.sha256().hex()));
    }

    /** {@return a page in Markdown, for the summary of a job} */
    static String markdown(Drift drift) {
        StringBuilder page = new StringBuilder("### ")
                .append(drift.title())
                .append(": ")
                .append(escape(drift.headline()))
                .append("\n\n");
        drift.notCompared()
                .ifPresent(what -> page.append("Note: ").append(escape(what)).append(".\n\n"));
        if (drift.exit() == ExitCode.DONE) {
            return page.toString();
        }
        drift.diff().byCauses().forEach((causes, moved) -> {
            page.append("**")
                    .append(escape(drift.blame(causes)))
                    .append("** moved ")
                    .append(Drift.count(moved.size(), "value"))
                    .append("\n\n");
            page.append("| value | before | after |\n|---|---|---|\n");
            for (GoldenDiff.Moved value : moved.subList(0, Math.min(SHOWN, moved.size()))) {
                page.append("| `")
                        .append(code(value.id()))
                        .append("` | `")
                        .append(value.before().hex(), 0, DIGITS)
                        .append("…` | `")
                        .append(value.after().hex(), 0, DIGITS)
                        .append("…` |\n");
            }
            page.append(moved.size() > SHOWN ? "\nand " + (moved.size() - SHOWN) + " more\n\n" : "\n");
        });
        list(page, "Missing in " + drift.subject(), drift.diff().added());
        list(page, "Only in " + drift.subject(), drift.diff().removed());
        list(
                page,
                "Changed, and measured into nothing that moved",
                drift.harmless().stream().map(Drift::text).toList());
        if (drift.diff().isEdited()) {
            list(page, "Not as measure tells it: " + EDITED, drift.diff().retold());
        }
        if (drift.isEditedInRules()) {
            list(page, "Not as measure tells it: " + OTHER_RULES, drift.diff().behaviours());
            list(
                    page,
                    "Not as measure tells it: " + OTHER_ASSUMPTIONS,
                    drift.diff().assumptions());
        }
        list(page, "Exports that are not what the lock file gives", drift.exports());
        list(page, "Not confirmed, though " + drift.subject() + " says so", drift.unconfirmed());
        if (drift.policies()) {
            page.append("The policies are not those of the manifest.\n\n");
        }
        drift.next()
                .ifPresent(next -> page.append("If the change is wanted: `")
                        .append(code(next))
                        .append("`\n"));
        return page.toString();
    }

    private static void list(StringBuilder page, String title, List<String> items) {
        if (items.isEmpty()) {
            return;
        }
        page.append(escape(title)).append(":\n\n");
        items.subList(0, Math.min(SHOWN, items.size()))
                .forEach(item -> page.append("* `").append(code(item)).append("`\n"));
        page.append(items.size() > SHOWN ? "* and " + (items.size() - SHOWN) + " more\n\n" : "\n");
    }

    /** Names come from untrusted files, and Markdown is a language. */
    static String escape(String text) {
        return Talk.printable(text).replaceAll("([\\\\`*_{}\\[\\]<>()#|!~@])", "\\\\$1");
    }

    private static String code(String text) {
        return Talk.printable(text).replace('`', '\'').replace("|", "\\|");
    }
}
