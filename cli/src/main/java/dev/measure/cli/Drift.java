package dev.measure.cli;

import dev.measure.golden.GoldenDiff;
import dev.measure.golden.GoldenDiff.Cause;
import dev.measure.golden.GoldenDiff.InputChange;
import dev.measure.golden.GoldenInput;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What a comparison of golden values found, and the words for it that all forms of output share.
 *
 * @param title what was compared: {@code measure check} or {@code measure diff}
 * @param subject the file that holds the values compared with, for places in it
 * @param lines the lines of that file, by id
 * @param ids all ids compared
 * @param policies whether the policies differ
 * @param diff the differences
 * @param otherVersion the program that made the values compared with, if {@code measure check} is another; empty text if none is named
 * @param exports the files of the manifest's exports that are not what the values compared with give
 * @param unconfirmed what the values compared with say that a machine has shown, and the evidence does not show
 * @param update the command that takes a change over; empty if none does
 */
record Drift(
        String title,
        String subject,
        Map<String, Integer> lines,
        List<String> ids,
        boolean policies,
        GoldenDiff diff,
        Optional<String> otherVersion,
        List<String> exports,
        List<String> unconfirmed,
        Optional<String> update) {

    /** {@return the same with exports that are stale, and confirmations that are none} */
    Drift with(List<String> stale, List<String> wrong) {
        return new Drift(
                title,
                subject,
                lines,
                ids,
                policies,
                diff,
                otherVersion,
                List.copyOf(stale),
                List.copyOf(wrong),
                update);
    }

    /** {@return the same with the command that takes a change over} */
    Drift takenOverBy(String command) {
        return new Drift(
                title, subject, lines, ids, policies, diff, otherVersion, exports, unconfirmed, Optional.of(command));
    }

    /** {@return the exit code: 3 if a value moved, 7 if the golden values are of something else} */
    ExitCode exit() {
        if (!diff.moved().isEmpty()) {
            return ExitCode.MISMATCH;
        }
        return isEmpty() && !policies && exports.isEmpty() && unconfirmed.isEmpty()
                ? ExitCode.DONE
                : ExitCode.GOLDEN_MISSING;
    }

    /** {@return whether other rules and assumptions behind the same values are an edit; those of two manifests may be others} */
    boolean isEditedInRules() {
        return diff.isEditedInRules() && !title.equals(DiffVerb.TITLE);
    }

    private boolean isOfOtherRulesAlone() {
        return diff.isEditedInRules() && diff.retold().isEmpty();
    }

    /** {@return whether nothing of the values, of their inputs and of what is said of them is to be told as a difference} */
    boolean isEmpty() {
        return diff.isEmpty() || isOfOtherRulesAlone() && !isEditedInRules();
    }

    /** {@return whether all values are the same, and yet what they come from is not} */
    boolean isOfOtherInputs() {
        return diff.hasSameValues() && (!isEmpty() || policies);
    }

    /** {@return what was not compared because another version made the values compared with; empty if nothing was left out} */
    Optional<String> notCompared() {
        return otherVersion.map(version -> subject + " is of "
                + (version.isEmpty() ? "no version of measure that it names" : "another version, " + version)
                + ": whether somebody edited its origins, evidence, status, roles, behaviours or assumptions was not"
                + " compared; measure lock writes them again");
    }

    /** {@return where an export is, seen from where the file compared with is seen} */
    String path(String export) {
        return subject.substring(0, subject.lastIndexOf('/') + 1) + export;
    }

    /** {@return the word for it} */
    String verdict() {
        return switch (exit()) {
            case DONE -> "same";
            case MISMATCH -> "drift";
            default -> "stale";
        };
    }

    /** {@return how many values were compared} */
    int compared() {
        return diff.same() + diff.moved().size();
    }

    /** {@return one line that says it all} */
    String headline() {
        if (exit() == ExitCode.DONE) {
            return "same: " + count(diff.same(), "value") + " as in " + subject;
        }
        if (isEmpty() && !policies) {
            List<String> but = new ArrayList<>();
            if (!exports.isEmpty()) {
                but.add(count(exports.size(), "export") + (exports.size() == 1 ? " is" : " are")
                        + " not what it gives");
            }
            if (!unconfirmed.isEmpty()) {
                but.add("not all that it calls confirmed is");
            }
            return verdict() + ": " + count(diff.same(), "value") + " as in " + subject + ", but "
                    + String.join(", and ", but);
        }
        StringBuilder line = new StringBuilder(verdict()).append(": ");
        if (diff.moved().isEmpty()) {
            line.append("no value moved, but ").append(subject).append(" is of something else");
        } else {
            line.append(diff.moved().size())
                    .append(" of ")
                    .append(count(compared(), "value"))
                    .append(" moved");
        }
        line.append("; ")
                .append(diff.same())
                .append(diff.same() == 1 ? " is" : " are")
                .append(" the same");
        if (!diff.added().isEmpty()) {
            line.append("; ").append(diff.added().size()).append(" missing in ").append(subject);
        }
        if (!diff.removed().isEmpty()) {
            line.append("; ").append(diff.removed().size()).append(" only in ").append(subject);
        }
        return line.toString();
    }

    /** {@return the command that takes the change over, if there is one, and the file was not edited instead} */
    Optional<String> next() {
        boolean edited = diff.isEdited() && !isOfOtherRulesAlone(); // the manifest may have other rules
        return update.filter(command -> !edited && (!isEmpty() || policies));
    }

    /** {@return what moved values, in words} */
    String blame(List<Cause> causes) {
        return String.join(" and ", causes.stream().map(this::blame).toList());
    }

    private String blame(Cause cause) {
        return switch (cause.kind()) {
            case INPUT -> diff.input(cause.name()).map(Drift::text).orElse(cause.name());
            case BEHAVIOUR -> "the rule of " + cause.name() + " changed";
            case ASSUMPTION -> "what is assumed of " + cause.name() + " changed";
            case PROGRAM -> "the program changed (" + cause.name() + ")";
            case UNKNOWN -> cause.name() + ": was " + subject + " edited?";
        };
    }

    /** {@return the name of a part, in words} */
    static String part(String name) {
        return name.replace(GoldenInput.SEPARATOR, " ");
    }

    /** {@return what changed, in words} */
    static String text(InputChange change) {
        String part = part(change.part());
        if (change.before().isEmpty()) {
            return part + " is new (" + content(change.after()) + ")";
        }
        if (change.after().isEmpty()) {
            return part + " is gone (was " + content(change.before()) + ")";
        }
        return part + " changed (" + content(change.before()) + " -> " + content(change.after()) + ")";
    }

    private static String content(Optional<GoldenDiff.Content> content) {
        return content.map(
                        of -> of.size() + " bytes, sha256 " + of.sha256().hex().substring(0, 12))
                .orElse("");
    }

    /** {@return the parts that changed without moving a value} */
    List<InputChange> harmless() {
        List<String> blamed = diff.moved().stream()
                .flatMap(moved -> moved.causes().stream())
                .map(Cause::name)
                .toList();
        return diff.inputs().stream()
                .filter(change -> !blamed.contains(change.part()) && !follows(change, blamed))
                .toList();
    }

    /** Headers and padding change with sections, and into what they are measured is blamed on those. */
    private static boolean follows(InputChange change, List<String> blamed) {
        String file = change.file() + GoldenInput.SEPARATOR;
        return GoldenDiff.followsSections(change.part()) && blamed.stream().anyMatch(part -> part.startsWith(file));
    }

    /** {@return the line of a value in the file compared with; 1 if it is not there} */
    int line(String id) {
        return lines.getOrDefault(id, 1);
    }

    static String count(int number, String noun) {
        return number + " " + noun + (number == 1 ? "" : "s");
    }
}
