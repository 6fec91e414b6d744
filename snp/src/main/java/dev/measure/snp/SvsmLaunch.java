package dev.measure.snp;

import dev.measure.Strictness;
import dev.measure.firmware.Firmware;
import java.util.Objects;

/**
 * What the old COCONUT fork of QEMU loads for a raw SVSM: firmware below 4 GiB, the variable store below it, and the SVSM below
 * that.
 *
 * @param firmware the firmware, whose own SEV metadata does not count: the SVSM starts it later
 * @param svsm the raw SVSM image, which ends in a GUIDed table as OVMF does
 * @param varsSize the size of the variable store in bytes, a multiple of 4096; it is not measured, but every address depends on it
 * @param rules how the VMSA pages are filled
 * @param strictness whether what VMM or processor would refuse is refused
 */
public record SvsmLaunch(Firmware firmware, Firmware svsm, long varsSize, SvsmRules rules, Strictness strictness) {
    /** Checks the size of the variable store. */
    public SvsmLaunch {
        Objects.requireNonNull(firmware, "firmware");
        Objects.requireNonNull(svsm, "svsm");
        Objects.requireNonNull(rules, "rules");
        Objects.requireNonNull(strictness, "strictness");
        if (varsSize < 0 || varsSize >= 1L << 32 || varsSize % PageInfo.PAGE != 0) {
            throw new IllegalArgumentException(
                    "the size of the variable store must be a multiple of 4096 below 4 GiB, got " + varsSize);
        }
    }

    /**
     * {@return a strict launch with pages as KVM fills them}
     *
     * @param firmware the firmware
     * @param svsm the raw SVSM image
     * @param varsSize the size of the variable store in bytes, a multiple of 4096
     */
    public static SvsmLaunch of(Firmware firmware, Firmware svsm, long varsSize) {
        return new SvsmLaunch(firmware, svsm, varsSize, SvsmRules.RAW, Strictness.STRICT);
    }

    /** {@return the guest-physical address of the SVSM's first byte; negative if the files do not fit below 4 GiB} */
    public long svsmBase() {
        return (1L << 32) - firmware.image().length() - varsSize - svsm.image().length();
    }
}
