package dev.measure.boot;

import java.util.Objects;

/**
 * Why a PCR cannot be predicted.
 *
 * @param pcr the PCR
 * @param why what is missing or unknown, in one sentence
 * @param input the option that would settle it, as the command line spells it
 */
public record NotKnown(int pcr, String why, String input) {
    /** Checks for null. */
    public NotKnown {
        Objects.requireNonNull(why, "why");
        Objects.requireNonNull(input, "input");
    }
}
