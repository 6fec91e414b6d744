package dev.measure.tpm;

import dev.measure.DigestAlgorithm;
import dev.measure.parse.Cursor;
import java.util.ArrayList;
import java.util.List;

/**
 * TPMS_PCR_SELECTION: PCRs of a bank. TPM 2.0 Library specification, part 2, section 10.6.2.
 *
 * @param bank the bank
 * @param pcrs the PCRs, ascending
 */
public record PcrSelection(DigestAlgorithm bank, List<Integer> pcrs) {
    /** Copies the list. */
    public PcrSelection {
        pcrs = List.copyOf(pcrs);
    }

    static PcrSelection of(Cursor c, DigestAlgorithm bank, byte[] select) {
        List<Integer> pcrs = new ArrayList<>();
        for (int pcr = 0; pcr < 8 * select.length; pcr++) {
            if ((select[pcr / 8] >>> pcr % 8 & 1) != 0) {
                if (pcr > PcrPolicy.LAST_PCR) {
                    throw c.malformed("PCRs 0 to " + PcrPolicy.LAST_PCR, "PCR " + pcr, "");
                }
                pcrs.add(pcr);
            }
        }
        return new PcrSelection(bank, pcrs);
    }
}
