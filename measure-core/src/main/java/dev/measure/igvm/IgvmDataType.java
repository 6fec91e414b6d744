package dev.measure.igvm;

import java.util.Locale;
import java.util.Optional;

/**
 * EFI_IGVM_DATA_TYPE: what edk2 finds through an {@link IgvmDataHob}. edk2 OvmfPkg/Include/IndustryStandard/IgvmData.h.
 *
 * <p>The four keys are payloads of authenticated variables, enrolled in the order dbx, db, KEK, PK, and only if all four are
 * there (OvmfPkg IgvmSecureBootDxe). With a kernel, kernels from the VMM are not looked at.
 */
public enum IgvmDataType {
    /** The platform key. */
    PK(0x100),
    /** The key exchange keys. */
    KEK(0x101),
    /** The signatures and hashes that may run. */
    DB(0x102),
    /** The signatures and hashes that may not. */
    DBX(0x103),
    /** A first-stage loader. */
    SHIM(0x200),
    /** A kernel or UKI. */
    KERNEL(0x201);

    private final int number;

    IgvmDataType(int number) {
        this.number = number;
    }

    /** {@return the number in the HOB, 32 bits} */
    public int number() {
        return number;
    }

    /** {@return the name in lower case, as options spell it} */
    public String id() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** {@return whether it is one of the four Secure Boot variables} */
    public boolean isKey() {
        return number < 0x200;
    }

    /**
     * {@return the type of a number; empty if there is none}
     *
     * @param number 32 bits
     */
    public static Optional<IgvmDataType> of(long number) {
        for (IgvmDataType type : values()) {
            if (type.number == number) {
                return Optional.of(type);
            }
        }
        return Optional.empty();
    }
}
