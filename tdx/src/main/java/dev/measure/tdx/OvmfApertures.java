package dev.measure.tdx;

import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * The address ranges in which OVMF places the resources of PCI devices on a q35 machine: {@code PlatformAddressWidthInitialization},
 * {@code PlatformDynamicMmioWindow} and {@code PlatformMemMapInitialization} of OvmfPkg/Library/PlatformInitLib.
 *
 * @param io I/O ports
 * @param memory memory below 4 GiB
 * @param above4g memory above 4 GiB; empty if firmware was told to have none
 */
record OvmfApertures(Range io, Range memory, Optional<Range> above4g) {
    /** The first release for which a size that is given is the size; before, it is only a floor. */
    static final int SIZE_IS_HEEDED = 202505;

    private static final long KIB_64 = 0x1_0000L;
    private static final long GIB_4 = 1L << 32;
    private static final long GIB = 1L << 30;

    /** PcdPciMmio64Size in all builds: 32 GiB. */
    private static final long DEFAULT_SIZE = 32 * GIB;

    /** The most that opt/ovmf/X-PciMmio64Mb is heeded for: 16 TiB. */
    private static final long MOST_MEGABYTES = 0x100_0000L;

    /** Where memory is, or is reserved: E820_RAM and others. */
    private static final long RAM = 1;

    /**
     * A range of addresses.
     *
     * @param base the first
     * @param limit the last
     */
    record Range(long base, long limit) {
        long size() {
            return limit - base + 1;
        }
    }

    /**
     * An entry of QEMU's etc/e820. A trust domain has the same RAM from its TD HOB.
     *
     * @param start the first address
     * @param length bytes
     * @param type 1 for RAM, 2 for reserved
     */
    record E820(long start, long length, long type) {
        long end() {
            return start + length;
        }
    }

    /**
     * {@return where a firmware places resources}
     *
     * @param release the EDK2 release, such as 202411
     * @param physicalBits the width of a physical address that CPUID gives
     * @param map QEMU's etc/e820
     * @param reservedEnd QEMU's etc/reserved-memory-end: the end of the place for memory that is plugged in later
     * @param megabytes fw_cfg's opt/ovmf/X-PciMmio64Mb
     * @param ecam where the firmware puts PCIe's configuration space
     */
    static OvmfApertures of(
            int release,
            int physicalBits,
            List<E820> map,
            OptionalLong reservedEnd,
            OptionalLong megabytes,
            long ecam) {
        return new OvmfApertures(
                new Range(0x6000, KIB_64 - 1),
                below4g(release, map, ecam),
                above4g(release, physicalBits, map, reservedEnd, megabytes));
    }

    private static Range below4g(int release, List<E820> map, long ecam) {
        if (release < 202305) {
            // The aperture lies above the configuration space, up to 0xfc000000.
            return new Range(ecam + (256L << 20), 0xfbff_ffffL);
        }
        long low = 0;
        for (E820 entry : map) {
            if (entry.type() == RAM && entry.start() == low) {
                low = entry.end();
            }
        }
        // Uc32Base: the whole power of two below 4 GiB that holds no RAM, so that one MTRR covers it.
        long uncached = GIB_4 - Long.highestOneBit(GIB_4 - low);
        return new Range(uncached, ecam - 1);
    }

    private static Optional<Range> above4g(
            int release, int physicalBits, List<E820> map, OptionalLong reservedEnd, OptionalLong megabytes) {
        boolean given = megabytes.isPresent() && megabytes.getAsLong() <= MOST_MEGABYTES;
        long size = given ? megabytes.getAsLong() << 20 : DEFAULT_SIZE;
        if (size == 0) {
            return Optional.empty();
        }
        size = roundUpToGibibyte(size);
        long end = GIB_4;
        for (E820 entry : map) {
            if (entry.type() == RAM && Long.compareUnsigned(entry.end(), end) > 0) {
                end = entry.end();
            }
        }
        long base = roundUp(roundUpToGibibyte(reservedEnd.orElse(end)), Long.highestOneBit(size));
        int width = usedWidth(release, physicalBits);
        if (width > 0 && !(given && release >= SIZE_IS_HEEDED)) {
            long space = 1L << width;
            long wished = 1L << width - 3;
            if (size < wished && base + wished < space) {
                size = wished;
                base = space - wished;
                if (release >= 202302) {
                    for (E820 entry : map) {
                        if (Math.max(entry.start(), base) < Math.min(entry.end(), base + size)) {
                            base = entry.start() - size & -size;
                        }
                    }
                }
            }
        }
        return Optional.of(new Range(base, base + size - 1));
    }

    /** The width that firmware works with, or 0 if it does not believe the one that it reads. With 4-level paging and 1 GiB pages. */
    private static int usedWidth(int release, int physicalBits) {
        // 40 is QEMU's default, and believed of AMD processors alone; here, whoever gives it means it.
        boolean believed = physicalBits >= 40 || physicalBits == 39 || physicalBits == 36;
        return believed ? Math.min(physicalBits, release >= 202308 ? 46 : 47) : 0;
    }

    static long roundUpToGibibyte(long value) {
        return roundUp(value, GIB);
    }

    private static long roundUp(long value, long unit) {
        return value + unit - 1 & -unit;
    }
}
