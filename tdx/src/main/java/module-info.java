/** Intel TDX: MRTD and what it is made of, the TD HOB, the ACPI blobs that RTMR0 holds, reports and quotes. */
module dev.measure.tdx {
    requires transitive dev.measure.core;
    requires org.apache.commons.codec;

    exports dev.measure.tdx;
}
