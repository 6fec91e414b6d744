/** The {@code measure} program. */
module dev.measure.cli {
    requires dev.measure.core;
    requires dev.measure.snp;
    requires dev.measure.tdx;
    requires dev.measure.tpm;
    requires info.picocli;
    requires com.fasterxml.jackson.core;
    requires com.fasterxml.jackson.dataformat.yaml;

    exports dev.measure.cli;
}
