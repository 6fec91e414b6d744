package dev.measure;

import java.util.Map;

/**
 * Evidence of what was booted: an attestation report, a quote, PCR values or the replay of a log. Whether a signature makes it
 * trustworthy is for the technology to check, before its registers are compared.
 */
public interface RegisterEvidence {
    /** {@return the registers that it tells of, with the values that they hold} */
    Map<Register, Digest> registers();
}
