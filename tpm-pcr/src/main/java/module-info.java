/** TPM 2.0: PCR values, policies over them and their signatures. */
module dev.measure.tpm {
    requires transitive dev.measure.core;
    requires com.fasterxml.jackson.core;
    requires org.apache.commons.codec;
    requires org.bouncycastle.provider;

    exports dev.measure.tpm;
}
