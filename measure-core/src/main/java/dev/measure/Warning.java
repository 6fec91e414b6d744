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

    // Spelled out: what the compiler would add is linked when it is first called, which takes longer than a short
    // command has.
    @Override
    public boolean equals(Object other) {
        return other instanceof Warning warning && code == warning.code && text.equals(warning.text);
    }

    @Override
    public int hashCode() {
        return 31 * code.ordinal() + text.hashCode();
    }
}
