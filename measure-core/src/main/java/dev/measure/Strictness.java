package dev.measure;

/** What to do with input that the real loader would refuse but that can be measured. */
public enum Strictness {
    /** Refuse it with the reason. */
    STRICT,
    /** Warn and measure it. */
    LENIENT
}
