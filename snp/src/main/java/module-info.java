/** AMD SEV-SNP: launch digests and what they are made of. */
module dev.measure.snp {
    requires transitive dev.measure.core;
    requires com.fasterxml.jackson.core;
    requires org.apache.commons.codec;
    requires org.bouncycastle.provider;

    exports dev.measure.snp;
}
