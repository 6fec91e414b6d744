package dev.measure.snp;

/** PAGE_TYPE of PAGE_INFO and of SNP_LAUNCH_UPDATE. AMD SEV-SNP Firmware ABI, #56860, SNP_LAUNCH_UPDATE. */
enum PageType {
    NORMAL(1),
    VMSA(2),
    ZERO(3),
    UNMEASURED(4),
    SECRETS(5),
    CPUID(6);

    final int number;

    PageType(int number) {
        this.number = number;
    }

    /** Whether PAGE_INFO carries a digest of the page's contents, or 48 zero bytes. */
    boolean hasContents() {
        return this == NORMAL || this == VMSA;
    }
}
