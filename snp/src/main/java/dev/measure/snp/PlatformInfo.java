package dev.measure.snp;

import java.util.ArrayList;
import java.util.List;

/**
 * PLATFORM_INFO of an attestation report, 64 bits. AMD SEV-SNP Firmware ABI, #56860, "PLATFORM_INFO Field".
 *
 * @param bits the 64 bits
 */
public record PlatformInfo(long bits) {
    private static final List<String> NAMES = List.of(
            "SMT_EN",
            "TSME_EN",
            "ECC_EN",
            "RAPL_DIS",
            "CIPHERTEXT_HIDING_DRAM_EN",
            "ALIAS_CHECK_COMPLETE",
            "IOMMU_WRITE_SAFE",
            "TIO_EN");

    /** {@return the names of the bits that are set, in their order; a bit without a name is {@code bit9}} */
    public List<String> names() {
        List<String> names = new ArrayList<>();
        for (int bit = 0; bit < 64; bit++) {
            if ((bits >>> bit & 1) != 0) {
                names.add(bit < NAMES.size() ? NAMES.get(bit) : "bit" + bit);
            }
        }
        return names;
    }

    /** {@return the number in hexadecimal without leading zeros} */
    public String hex() {
        return "0x" + Long.toHexString(bits);
    }

    /** {@return number and names, as {@code 0x25 (SMT_EN, ECC_EN, ALIAS_CHECK_COMPLETE)}} */
    public String text() {
        return names().isEmpty() ? hex() : hex() + " (" + String.join(", ", names()) + ")";
    }
}
