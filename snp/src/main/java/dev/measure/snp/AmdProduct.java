package dev.measure.snp;

import java.util.Locale;

/**
 * A processor family, for VMMs that derive the address of the VMSA pages from the width of guest-physical addresses, as
 * google/gce-tcb-verifier does. KVM takes 48 bits on every processor.
 */
public enum AmdProduct {
    /** EPYC 7003, 48 bits. */
    MILAN(48),
    /** EPYC 9004, 52 bits. */
    GENOA(52);

    private final int gpaBits;

    AmdProduct(int gpaBits) {
        this.gpaBits = gpaBits;
    }

    /** {@return the name in options: {@code milan}, {@code genoa}} */
    public String id() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** {@return the width of guest-physical addresses in bits} */
    public int gpaBits() {
        return gpaBits;
    }

    /** {@return the guest-physical address of every VMSA: the last page that the width can name} */
    public long vmsaGpa() {
        return (1L << gpaBits) - PageInfo.PAGE;
    }

    /**
     * {@return the product of a name}
     *
     * @param name the name, in any case
     * @throws IllegalArgumentException if there is none: the width of other products is not known to any tool
     */
    public static AmdProduct parse(String name) {
        for (AmdProduct product : values()) {
            if (product.name().equalsIgnoreCase(name)) {
                return product;
            }
        }
        throw new IllegalArgumentException("unknown product '" + name + "'");
    }
}
