package dev.measure.cli;

/** Ends a verb with a message for the user, a hint what to do, and an exit code. Never leaves the command. */
final class Complaint extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final ExitCode exit;
    private final String hint;

    Complaint(ExitCode exit, String message, String hint) {
        super(message);
        this.exit = exit;
        this.hint = hint;
    }

    /** {@return a complaint about the command line} */
    static Complaint usage(String message, String hint) {
        return new Complaint(ExitCode.USAGE, message, hint);
    }

    ExitCode exit() {
        return exit;
    }

    /** {@return what to do, or an empty text} */
    String hint() {
        return hint;
    }
}
