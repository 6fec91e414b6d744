package dev.measure.cli;

import java.util.Optional;

/** Ends a verb with a message for the user, a hint what to do, and an exit code. Never leaves the command. */
final class Complaint extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final ExitCode exit;
    private final String hint;
    private final transient Optional<ManifestNode.Place> place;

    Complaint(ExitCode exit, String message, String hint) {
        this(exit, message, hint, Optional.empty());
    }

    Complaint(ExitCode exit, String message, String hint, ManifestNode.Place place) {
        this(exit, message, hint, Optional.of(place));
    }

    private Complaint(ExitCode exit, String message, String hint, Optional<ManifestNode.Place> place) {
        super(message);
        this.exit = exit;
        this.hint = hint;
        this.place = place;
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

    /** {@return where in a manifest the reason is, which the message names too} */
    Optional<ManifestNode.Place> place() {
        return place;
    }
}
