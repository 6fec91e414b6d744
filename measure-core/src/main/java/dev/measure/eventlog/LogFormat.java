package dev.measure.eventlog;

/** The forms in which event logs are stored. */
public enum LogFormat {
    /** TCG_PCClientPCREvent records with SHA-1 digests (TPM 1.2 and early TPM 2.0 firmware). */
    SHA1("SHA-1 log"),
    /** A Spec ID event and TCG_PCR_EVENT2 records, the form of TPM 2.0. */
    CRYPTO_AGILE("crypto-agile log"),
    /** The same records with measurement register indices of a confidential VM instead of PCR indices. */
    CCEL("CCEL log of a confidential VM"),
    /** The JSON form of TCG's Canonical Event Log. */
    CEL_JSON("CEL-JSON log"),
    /** The YAML that tpm2_eventlog prints. */
    TPM2_YAML("tpm2_eventlog YAML");

    private final String text;

    LogFormat(String text) {
        this.text = text;
    }

    /** {@return the form in words} */
    public String text() {
        return text;
    }
}
