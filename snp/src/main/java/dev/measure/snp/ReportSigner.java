package dev.measure.snp;

import dev.measure.parse.Cursor;

/** SIGNING_KEY of an attestation report, 3 bits: which key signed it. */
public enum ReportSigner {
    /** The versioned chip endorsement key, derived from secrets of the chip. */
    VCEK(0),
    /** The versioned loaded endorsement key, which a cloud loads into its chips. */
    VLEK(1),
    /** No key: the report is not signed. */
    NONE(7);

    private final int value;

    ReportSigner(int value) {
        this.value = value;
    }

    /** {@return the value in the field} */
    public int value() {
        return value;
    }

    static ReportSigner of(int value, Cursor c, int at) {
        for (ReportSigner signer : values()) {
            if (signer.value == value) {
                return signer;
            }
        }
        throw c.malformed(at, "SIGNING_KEY = 0 (VCEK), 1 (VLEK) or 7 (none)", Integer.toString(value), "");
    }
}
