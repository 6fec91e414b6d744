/** What is booted and what is logged: digests, registers, events, and the formats that carry firmware and kernels. */
module dev.measure.core {
    requires com.fasterxml.jackson.core;
    requires java.xml;
    requires org.apache.commons.codec;
    requires org.bouncycastle.pkix;
    requires org.bouncycastle.provider;
    requires org.bouncycastle.util;
    requires org.tukaani.xz;

    exports dev.measure;
    exports dev.measure.boot;
    exports dev.measure.corim;
    exports dev.measure.eventlog;
    exports dev.measure.export;
    exports dev.measure.firmware;
    exports dev.measure.golden;
    exports dev.measure.igvm;
    exports dev.measure.pe;
    exports dev.measure.qemu;
    exports dev.measure.sign;
    exports dev.measure.smbios;
    exports dev.measure.uefi;
    exports dev.measure.uki;
    // The cursor is for the parsers of this project, not for users.
    exports dev.measure.parse to
            dev.measure.snp,
            dev.measure.tdx,
            dev.measure.tpm;
    // Hashing, likewise.
    exports dev.measure.hash to
            dev.measure.snp,
            dev.measure.tdx,
            dev.measure.tpm;
    // Files with keys, likewise.
    exports dev.measure.key to
            dev.measure.snp,
            dev.measure.tdx,
            dev.measure.tpm;
}
