package dev.measure.snp;

import dev.measure.Source;
import java.util.Arrays;

/**
 * The page into which Cloud Hypervisor writes the table of kernel hashes: 0x400 bytes at the fixed address 0x10c00, where edk2's
 * memory layout has them, the table first and zeros behind it. Cloud Hypervisor vmm/src/sev.rs, SEV_HASH_BLOCK_ADDRESS.
 */
final class HashPage {
    /** Guest-physical address of the page. */
    static final long GPA = 0x10000;

    /** Guest-physical address of the table. */
    static final long TABLE = 0x10c00;

    /** Guest-physical address behind it. */
    static final long END = 0x11000;

    private HashPage() {}

    /** {@return the page: what a file has there, and the table} */
    static byte[] of(Source data, KernelHashes hashes) {
        byte[] page = Arrays.copyOf(data.toByteArray(), PageInfo.PAGE);
        Arrays.fill(page, (int) (TABLE - GPA), (int) (END - GPA), (byte) 0);
        byte[] table = hashes.table();
        System.arraycopy(table, 0, page, (int) (TABLE - GPA), table.length);
        return page;
    }
}
