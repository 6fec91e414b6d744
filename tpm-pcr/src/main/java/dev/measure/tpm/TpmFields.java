package dev.measure.tpm;

import dev.measure.DigestAlgorithm;
import dev.measure.Source;
import dev.measure.parse.Cursor;
import java.util.ArrayList;
import java.util.List;

/** Fields of TPM 2.0 structures, big-endian. TPM 2.0 Library specification, part 2. */
final class TpmFields {
    /** TPML_PCR_SELECTION and its like have at most as many entries (HASH_COUNT of large implementations). */
    private static final int MAX_BANKS = 16;

    private final Cursor c;

    private TpmFields(Cursor c) {
        this.c = c;
    }

    static TpmFields of(Source source) {
        return new TpmFields(Cursor.of(source));
    }

    Cursor cursor() {
        return c;
    }

    int u16(String field) {
        int little = c.u16(field);
        return (little & 0xff) << 8 | little >>> 8;
    }

    long u32(String field) {
        return Integer.reverseBytes((int) c.u32(field)) & 0xffff_ffffL;
    }

    long u64(String field) {
        return Long.reverseBytes(c.u64(field));
    }

    /** {@return the bytes of a TPM2B} */
    byte[] sized(String field, int most) {
        int at = c.position();
        int size = u16(field + " size");
        if (size > most) {
            throw c.malformed(at, field + " of at most " + most + " bytes", size + " bytes", "");
        }
        return c.bytes(size, field);
    }

    DigestAlgorithm hash(String field) {
        int at = c.position();
        int id = u16(field);
        for (DigestAlgorithm algorithm : DigestAlgorithm.values()) {
            if (algorithm.tpmAlgId() == id) {
                return algorithm;
            }
        }
        throw c.malformed(at, field + ": TPM_ALG_ID of a hash that is known here", String.format("0x%04x", id), "");
    }

    /** {@return TPML_PCR_SELECTION, in its order} */
    List<PcrSelection> selection() {
        int at = c.position();
        long count = u32("pcrSelect count");
        if (count > MAX_BANKS) {
            throw c.malformed(at, "pcrSelect of at most " + MAX_BANKS + " banks", count + " banks", "");
        }
        List<PcrSelection> banks = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            DigestAlgorithm bank = hash("hash of a bank");
            int sizeAt = c.position();
            int size = c.u8("sizeofSelect");
            if (size > 4) {
                throw c.malformed(sizeAt, "sizeofSelect of at most 4", Integer.toString(size), "");
            }
            banks.add(PcrSelection.of(c, bank, c.bytes(size, "pcrSelect")));
        }
        return banks;
    }

    void end(String what) {
        if (c.remaining() != 0) {
            throw c.malformed("the end of " + what, c.remaining() + " more bytes", "");
        }
    }
}
