package dev.measure.cli;

import dev.measure.Assumption;
import dev.measure.Warning;
import java.io.PrintStream;

/** What is said on standard error: headings, assumptions, warnings, errors. Results never go here. */
final class Talk {
    private static final String RESET = "\u001b[0m";
    private static final String BOLD = "\u001b[1m";
    private static final String RED = "\u001b[1;31m";
    private static final String YELLOW = "\u001b[33m";
    private static final String CYAN = "\u001b[36m";

    private final PrintStream err;
    private final boolean quiet;
    private final boolean verbose;
    private final boolean color;

    Talk(PrintStream err, boolean quiet, boolean verbose, boolean color) {
        this.err = err;
        this.quiet = quiet;
        this.verbose = verbose;
        this.color = color;
    }

    /** Says what went wrong, and what to do about it if there is something. Never suppressed. */
    void error(String message, String hint) {
        line(paint(RED, "measure: error: "), printable(message));
        hint(hint);
    }

    /** Says which of several values is not given, and why. Never suppressed. */
    void refused(String message, String hint) {
        line(paint(YELLOW, "measure: refused: "), printable(message));
        hint(hint);
    }

    private void hint(String hint) {
        if (!hint.isEmpty()) {
            line(paint(CYAN, "measure: hint: "), printable(hint));
        }
    }

    void warning(Warning warning) {
        if (!quiet) {
            line(paint(YELLOW, "measure: warning: "), warning.code() + ": " + printable(warning.text()));
        }
    }

    void assumption(Assumption assumption) {
        if (!quiet) {
            line("", "assumed: " + assumption.key() + "=" + assumption.value() + " (" + assumption.why() + ")");
        }
    }

    /** Says something that only matters to a curious person. */
    void detail(String text) {
        if (verbose && !quiet) {
            line("", printable(text));
        }
    }

    void heading(String text) {
        if (!quiet) {
            line("", paint(BOLD, printable(text)));
        }
    }

    void say(String text) {
        if (!quiet) {
            line("", printable(text));
        }
    }

    /** {@return whether details are said} */
    boolean isVerbose() {
        return verbose && !quiet;
    }

    /** {@return the stream, for the progress line alone} */
    PrintStream stream() {
        return err;
    }

    private String paint(String code, String text) {
        return color ? code + text + RESET : text;
    }

    /** Names come from untrusted files: control characters must not reach a terminal. */
    static String printable(String text) {
        StringBuilder safe = null;
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            boolean control =
                    Character.isISOControl(c) || (c >= '\u202a' && c <= '\u202e') || (c >= '\u2066' && c <= '\u2069');
            if (control && safe == null) {
                safe = new StringBuilder(text.substring(0, i));
            }
            if (safe != null) {
                if (control) {
                    safe.append(String.format("\\u%04x", (int) c));
                } else {
                    safe.append(c);
                }
            }
        }
        return safe == null ? text : safe.toString();
    }

    private void line(String prefix, String text) {
        err.print(prefix + text + "\n");
    }
}
