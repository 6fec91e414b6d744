package dev.measure;

/** How a rule of measuring is known, strongest first. A value is known as well as the weakest rule behind it. */
public enum Evidence {
    /** Seen in a report that hardware signed. */
    HARDWARE("seen in a hardware report"),
    /** Seen in a real boot, for example in the PCRs of a TPM. */
    BOOT("seen in a boot"),
    /** An independent program gives the same value. */
    PEER("agreed with an independent calculator"),
    /** Read in source code or in a specification, never seen to hold. */
    SOURCE("read in source code or a specification only");

    private final String text;

    Evidence(String text) {
        this.text = text;
    }

    /** {@return the meaning in words} */
    public String text() {
        return text;
    }

    /** {@return the weaker of this and the other} */
    public Evidence weaker(Evidence other) {
        return compareTo(other) >= 0 ? this : other;
    }
}
