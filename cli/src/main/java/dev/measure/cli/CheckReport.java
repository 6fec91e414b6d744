package dev.measure.cli;

import java.util.ArrayList;
import java.util.List;

/**
 * What a check found, for the reports that machines and web pages show: {@link JunitXml}, {@link SarifLog}, {@link GithubReport}.
 *
 * @param title what was done: {@code measure check} or {@code measure diff}
 * @param subject the file that holds the values compared with
 * @param cases one for each thing that was looked at
 * @param findings one for each thing to tell somebody, several cases may have one cause
 * @param page the same in Markdown
 */
record CheckReport(String title, String subject, List<Case> cases, List<Finding> findings, String page) {
    private static final int NAMED = 5;

    /** Copies. */
    CheckReport {
        cases = List.copyOf(cases);
        findings = List.copyOf(findings);
    }

    /** How a case ended. */
    enum Outcome {
        PASSED,
        FAILED,
        ERROR,
        SKIPPED
    }

    /** What kind of finding it is, with the words that tell it to who reads it for the first time. */
    enum Rule {
        DRIFT(
                "drift",
                "A golden value moved",
                "What machines will measure is not what the lock file says.",
                "Compare: measure check -v. If the change is wanted: measure lock --update."),
        MISSING(
                "golden-missing",
                "A golden value is missing",
                "The manifest asks for a value that the lock file does not hold, or there is no lock file.",
                "Compare: measure check -v. If the change is wanted: measure lock --update."),
        STALE(
                "golden-stale",
                "A lock file is stale",
                "The lock file, or a file made from it, was made from other inputs than the manifest names.",
                "Compare: measure check -v. If the change is wanted: measure lock --update."),
        REFUSED(
                "value-refused",
                "A value cannot be given",
                "The manifest asks for a value that does not exist, or that needs an input which is not given.",
                "Narrow the target in the manifest, give the input, or exclude the value."),
        UNREADABLE(
                "unreadable",
                "A file is unreadable or malformed",
                "The check could not be done.",
                "The message says where, what was expected and what was found."),
        EVIDENCE(
                "evidence-differs",
                "Evidence is not as it must be",
                "A machine holds another value than a golden one, or a field of its report is not as a policy demands.",
                "All of it: measure check --evidence FILE -v."),
        SIGNATURE(
                "signature",
                "A signature or key is wrong",
                "A signature does not hold, was not verified where it must be, or is of another key.",
                "The message says which and why.");

        private final String id;
        private final String brief;
        private final String full;
        private final String help;

        Rule(String id, String brief, String full, String help) {
            this.id = id;
            this.brief = brief;
            this.full = full;
            this.help = help;
        }

        /** {@return its name in reports, which stays} */
        String id() {
            return id;
        }

        /** {@return it in a few words} */
        String brief() {
            return brief;
        }

        /** {@return it in a sentence} */
        String full() {
            return full;
        }

        /** {@return what to do} */
        String help() {
            return help;
        }
    }

    /**
     * One thing that was looked at.
     *
     * @param group what it belongs to, a register as a rule
     * @param name the id of a value, or a name
     * @param outcome how it ended
     * @param rule what kind of failure it is; of those that passed or were skipped it says nothing
     * @param message why, in one line
     * @param text more of it, in lines
     */
    record Case(String group, String name, Outcome outcome, Rule rule, String message, String text) {
        /** {@return one that is as it must be} */
        static Case passed(String group, String name) {
            return new Case(group, name, Outcome.PASSED, Rule.DRIFT, "", "");
        }
    }

    /**
     * One thing to tell.
     *
     * @param rule its kind
     * @param title two words for it
     * @param file where it is best shown
     * @param line in that file, from 1
     * @param column in that line, from 1; {@link #NO_COLUMN} for the whole line
     * @param message what is the matter
     * @param id the first value that it is about, or another name that stays the same; empty if there is none
     * @param ids all of them
     */
    record Finding(
            Rule rule, String title, String file, int line, int column, String message, String id, List<String> ids) {
        /** The finding is about a line. */
        static final int NO_COLUMN = 0;

        /** Copies. */
        Finding {
            ids = List.copyOf(ids);
        }
    }

    /** {@return the same with one more error, which is shown at a place of a manifest} */
    CheckReport withError(String group, String name, Rule rule, String message, ManifestNode.Place place) {
        List<Case> more = new ArrayList<>(cases);
        more.add(new Case(group, name, Outcome.ERROR, rule, message, ""));
        List<Finding> told = new ArrayList<>(findings);
        told.add(new Finding(rule, group, place.file(), place.line(), place.column(), message, name, List.of()));
        return new CheckReport(title, subject, more, told, page + "* " + DriftText.escape(message) + "\n");
    }

    /** {@return how many cases ended so} */
    int count(Outcome outcome) {
        return (int) cases.stream().filter(one -> one.outcome() == outcome).count();
    }

    /** {@return the first few of some ids} */
    static String named(List<String> ids) {
        String first = String.join(", ", ids.subList(0, Math.min(NAMED, ids.size())));
        return ids.size() > NAMED ? first + " and " + (ids.size() - NAMED) + " more" : first;
    }
}
