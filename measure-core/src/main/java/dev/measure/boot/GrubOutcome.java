package dev.measure.boot;

import java.util.Optional;

/**
 * How a command of GRUB ended.
 *
 * @param success whether it succeeded; empty if that is not known
 * @param why what is not known
 * @param input the option that would settle it
 */
record GrubOutcome(Optional<Boolean> success, String why, String input) {
    static final GrubOutcome DONE = new GrubOutcome(Optional.of(true), "", "");
    static final GrubOutcome FAILED = new GrubOutcome(Optional.of(false), "", "");

    static GrubOutcome of(boolean success) {
        return success ? DONE : FAILED;
    }

    static GrubOutcome unknown(String why, String input) {
        return new GrubOutcome(Optional.empty(), why, input);
    }
}
