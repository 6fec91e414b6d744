package dev.measure;

import java.util.Objects;

/**
 * Something a prediction takes for granted because nobody said otherwise.
 *
 * @param key what it is about, in the spelling of options and ids
 * @param value the value taken
 * @param why the reason, and when it would be wrong
 */
public record Assumption(String key, String value, String why) {
    // Spelled out: what the compiler would add is linked when it is first called, which takes longer than a short
    // command has.
    @Override
    public boolean equals(Object other) {
        return other instanceof Assumption that
                && Objects.equals(key, that.key)
                && Objects.equals(value, that.value)
                && Objects.equals(why, that.why);
    }

    @Override
    public int hashCode() {
        return Objects.hash(key, value, why);
    }
}
