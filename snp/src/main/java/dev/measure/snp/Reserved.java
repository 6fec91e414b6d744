package dev.measure.snp;

import dev.measure.parse.Cursor;

/** Bytes that a structure keeps for later: they are zero, or the structure is of a kind that is not known here. */
final class Reserved {
    private Reserved() {}

    /** Passes over bytes that must be zero; an error names the first that is not. */
    static void zero(Cursor c, int count, String field) {
        int from = c.position();
        byte[] bytes = c.bytes(count, field);
        for (int i = 0; i < count; i++) {
            if (bytes[i] != 0) {
                throw c.malformed(from + i, field + " = 0", String.format("0x%02x", bytes[i]), "");
            }
        }
    }
}
