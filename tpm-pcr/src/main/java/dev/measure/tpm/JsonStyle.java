package dev.measure.tpm;

/** How systemd lays out JSON. */
public enum JsonStyle {
    /** One line without blanks, {@code --json=short}. */
    SHORT,
    /** Indented with tabs, a blank on both sides of a colon, {@code --json=pretty}. */
    PRETTY
}
