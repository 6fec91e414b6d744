package dev.measure.tdx;

import dev.measure.MalformedInputException;
import dev.measure.Source;
import dev.measure.Strictness;
import dev.measure.firmware.Firmware;
import dev.measure.firmware.TdxMetadata;
import java.util.Objects;
import java.util.Optional;

/**
 * What is loaded into a trust domain before it starts, and by whom.
 *
 * @param firmware the firmware; a whole image, or the two halves {@linkplain #join joined}
 * @param vmm the VMM; empty if it is not known, which means QEMU's checks and every order
 * @param tail what lies behind the bytes of a measured section; empty for what the VMM does
 * @param strictness whether what the VMM or the processor would refuse is refused
 */
public record TdxLaunch(Firmware firmware, Optional<TdxVmm> vmm, Optional<SectionTail> tail, Strictness strictness) {
    /** Checks for null. */
    public TdxLaunch {
        Objects.requireNonNull(firmware, "firmware");
        Objects.requireNonNull(vmm, "vmm");
        Objects.requireNonNull(tail, "tail");
        Objects.requireNonNull(strictness, "strictness");
    }

    /**
     * {@return a strict launch of a firmware by a VMM that is not known}
     *
     * @param firmware the firmware
     */
    public static TdxLaunch of(Firmware firmware) {
        return new TdxLaunch(firmware, Optional.empty(), Optional.empty(), Strictness.STRICT);
    }

    /**
     * {@return the whole image of a split firmware: variable store, then code, as {@code -bios} needs it}
     *
     * @param vars the variable store, {@code OVMF_VARS*.fd}
     * @param code the code, {@code OVMF_CODE*.fd}, whose TDX metadata counts offsets from the start of the whole image
     * @param strictness how the tables of the image are read
     * @throws MalformedInputException if the code needs no variable store, or one of another size
     */
    public static Firmware join(Source vars, Source code, Strictness strictness) {
        Firmware half = Firmware.read(code, strictness);
        Optional<TdxMetadata> metadata = TdxMetadata.find(half);
        if (metadata.isPresent()) {
            long end = metadata.get().sections().stream()
                    .mapToLong(section -> section.dataOffset() + section.rawDataSize())
                    .max()
                    .orElse(0);
            if (end != vars.length() + code.length()) {
                long missing = end - code.length();
                throw new MalformedInputException(
                        vars.name(),
                        vars.start(),
                        missing > 0
                                ? "a variable store of " + missing + " bytes, which " + code.name() + " lacks"
                                : "no variable store, since " + code.name() + " is whole",
                        vars.length() + " bytes",
                        missing > 0 ? "take the VARS file of the same build" : "leave the variable store out");
            }
        }
        return Firmware.read(Source.concat(vars, code), strictness);
    }

    /** {@return the launch, by td-shim's VMMs if it is not said by whom and no other starts such a firmware} */
    TdxLaunch recognised() {
        return vmm.isEmpty() && TdShimRules.isTdShim(firmware)
                ? new TdxLaunch(firmware, Optional.of(TdxVmm.TD_SHIM), tail, strictness)
                : this;
    }

    /** {@return what lies behind the bytes of a measured section} */
    SectionTail effectiveTail() {
        return tail.orElse(vmm.map(TdxVmm::tail).orElse(SectionTail.FILE));
    }

    /** {@return whether the checks are those of QEMU: it is QEMU, or nobody said what it is} */
    boolean checksAsQemu() {
        return vmm.map(TdxVmm::isQemu).orElse(true);
    }
}
