package dev.measure.igvm;

import java.util.Optional;

/** IgvmVariableHeaderType: the types of variable headers and the length of their content. microsoft/igvm igvm_defs. */
public enum IgvmHeaderType {
    // spotless:off
    /** Which platforms the file is for. */
    SUPPORTED_PLATFORM(0x001, 16),
    /** The guest's policy. */
    GUEST_POLICY(0x101, 16),
    /** Memory that may be moved. */
    RELOCATABLE_REGION(0x102, 48),
    /** A page table that is fixed up when memory is moved. */
    PAGE_TABLE_RELOCATION_REGION(0x103, 32),
    /** A CoRIM endorsement. */
    CORIM_DOCUMENT(0x104, 16),
    /** The signature of a CoRIM endorsement. */
    CORIM_SIGNATURE(0x105, 16),
    /** The policy of an Arm CCA realm. */
    CCA_POLICY(0x106, 32),
    /** Memory for parameters from the host. */
    PARAMETER_AREA(0x301, 16),
    /** A page. */
    PAGE_DATA(0x302, 24),
    /** Puts a parameter area into guest memory. */
    PARAMETER_INSERT(0x303, 16),
    /** The registers of a vCPU. */
    VP_CONTEXT(0x304, 20),
    /** Memory that must be there. */
    REQUIRED_MEMORY(0x305, 24),
    /** Parameter: the number of vCPUs. */
    VP_COUNT_PARAMETER(0x307, 8),
    /** Parameter: the ACPI SRAT. */
    SRAT(0x308, 8),
    /** Parameter: the ACPI MADT. */
    MADT(0x309, 8),
    /** Parameter: the ranges of device memory. */
    MMIO_RANGES(0x30a, 8),
    /** The SEV-SNP ID block and its signatures. */
    SNP_ID_BLOCK(0x30b, 696),
    /** Parameter: the memory map. */
    MEMORY_MAP(0x30c, 8),
    /** Memory where the guest reports errors. */
    ERROR_RANGE(0x30d, 16),
    /** Parameter: the command line. */
    COMMAND_LINE(0x30e, 8),
    /** Parameter: the ACPI SLIT. */
    SLIT(0x30f, 8),
    /** Parameter: the ACPI PPTT. */
    PPTT(0x310, 8),
    /** The measurement for Hyper-V's VBS isolation. */
    VBS_MEASUREMENT(0x311, 864),
    /** Parameter: the device tree. */
    DEVICE_TREE(0x312, 8),
    /** Parameter: whether memory is shared at first. */
    ENVIRONMENT_INFO_PARAMETER(0x313, 8);
    // spotless:on

    /** Bit 31 of a type: a loader that does not know the structure may skip it. */
    static final long OPTIONAL = 0x8000_0000L;

    /** The three parts of the variable headers, which follow one another. */
    enum Range {
        PLATFORM,
        INITIALIZATION,
        DIRECTIVE;

        /** Where a type belongs; empty for types outside all ranges. */
        static Optional<Range> of(long number) {
            if (number >= 0x1 && number <= 0x100) {
                return Optional.of(PLATFORM);
            }
            if (number >= 0x101 && number <= 0x200) {
                return Optional.of(INITIALIZATION);
            }
            return number >= 0x301 && number <= 0x400 ? Optional.of(DIRECTIVE) : Optional.empty();
        }
    }

    private static final IgvmHeaderType[] BY_NUMBER = byNumber();

    private final int number;
    private final int length;

    IgvmHeaderType(int number, int length) {
        this.number = number;
        this.length = length;
    }

    private static IgvmHeaderType[] byNumber() {
        IgvmHeaderType[] types = new IgvmHeaderType[0x401];
        for (IgvmHeaderType type : values()) {
            types[type.number] = type;
        }
        return types;
    }

    /** {@return the number in the file, 32 bits} */
    public int number() {
        return number;
    }

    /** {@return the length of the content in bytes, without type, length and padding} */
    public int length() {
        return length;
    }

    Range range() {
        return Range.of(number).orElseThrow();
    }

    /** The type of a number; empty if there is none. */
    static Optional<IgvmHeaderType> of(long number) {
        return number < BY_NUMBER.length ? Optional.ofNullable(BY_NUMBER[(int) number]) : Optional.empty();
    }
}
