package dev.measure;

import java.util.Objects;

/**
 * A coded warning about an input or a value.
 *
 * @param code the code, from a closed table
 * @param text what is the matter with this very input, in one sentence
 */
public record Warning(WarningCode code, String text) {
    /** Checks for null. */
    public Warning {
        Objects.requireNonNull(code, "code");
        Objects.requireNonNull(text, "text");
    }
}
