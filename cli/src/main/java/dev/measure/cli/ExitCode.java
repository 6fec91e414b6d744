package dev.measure.cli;

/** The exit codes: a promise to scripts, never reused and never renumbered. */
enum ExitCode {
    /** All that was asked for was done. */
    DONE(0, "done, or everything matches"),
    /** A bug of this program. */
    INTERNAL(1, "internal error: a bug, and the message says how to report it"),
    /** The command line is wrong. */
    USAGE(2, "usage: an option, a value or a combination that makes no sense"),
    /** A comparison failed, or a check of an image found something. */
    MISMATCH(3, "mismatch or drift; with --lint: there are warnings"),
    /** A file cannot be read, written or understood. */
    MALFORMED(4, "a file is unreadable, malformed or cannot be written"),
    /** The real loader, VMM or processor would refuse the input. */
    NOT_LAUNCHABLE(5, "understood, but not supported or not launchable: the message says what would refuse it"),
    /** Something that the value depends on was not given. */
    NOT_PREDICTABLE(6, "not predictable from what was given: the message names the missing input"),
    /** There is nothing to compare with. */
    GOLDEN_MISSING(7, "the golden values or the lock file are missing, or made from other inputs"),
    /** A key or a signature is wrong. */
    KEY(8, "key or signature problem"),
    /** Stopped by the user. */
    INTERRUPTED(130, "interrupted");

    private final int status;
    private final String meaning;

    ExitCode(int status, String meaning) {
        this.status = status;
        this.meaning = meaning;
    }

    /** {@return the process's exit status} */
    int status() {
        return status;
    }

    /** {@return what it means, in one line} */
    String meaning() {
        return meaning;
    }
}
