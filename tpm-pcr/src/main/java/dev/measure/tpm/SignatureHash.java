package dev.measure.tpm;

import dev.measure.DigestAlgorithm;

/** With which hash systemd signs a PCR policy. */
public enum SignatureHash {
    /** SHA-256 whatever the bank: systemd-measure 262. It is what systemd verifies with. */
    SHA256,
    /** The hash of the bank, so SHA-1 for the SHA-1 bank: systemd-measure 257. */
    OF_BANK;

    /** {@return the hash for a bank} */
    DigestAlgorithm of(DigestAlgorithm bank) {
        return this == SHA256 ? DigestAlgorithm.SHA256 : bank;
    }
}
