package dev.measure.igvm;

import dev.measure.parse.Cursor;

/** IgvmPlatformType: the kind of guest that headers are for. microsoft/igvm igvm_defs. */
public enum IgvmPlatformType {
    /** No isolation. */
    NATIVE("native"),
    /** Hyper-V VSM isolation. */
    VSM_ISOLATION("VSM isolation"),
    /** AMD SEV-SNP. */
    SEV_SNP("AMD SEV-SNP"),
    /** Intel TDX. */
    TDX("Intel TDX"),
    /** AMD SEV. */
    SEV("AMD SEV"),
    /** AMD SEV-ES. */
    SEV_ES("AMD SEV-ES"),
    /** Arm CCA. */
    CCA("Arm CCA");

    private final String text;

    IgvmPlatformType(String text) {
        this.text = text;
    }

    /** {@return the platform in words} */
    public String text() {
        return text;
    }

    /** {@return the number in the file, 8 bits} */
    public int number() {
        return ordinal();
    }

    /** The platform of a number that has just been read. */
    static IgvmPlatformType of(int number, Cursor c) {
        if (number >= values().length) {
            throw c.malformed(
                    c.position() - 1,
                    "a platform type of 0x00..0x06",
                    String.format("0x%02x", number),
                    "the file is for a platform that is not known here");
        }
        return values()[number];
    }
}
