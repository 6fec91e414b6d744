package dev.measure.benchmarks;

import dev.measure.vectors.OvmfWriter;

/** Firmware by rule, for benchmarks that must run where no real one is. */
final class MadeFirmware {
    private static final int SIZE = 4 << 20;

    /** Of the 1024 pages of Debian's OVMF.amdsev.fd (2026.08) 843 are erased flash. */
    private static final int ERASED_PAGES = 843;

    private MadeFirmware() {}

    static byte[] fourMebibytes() {
        return OvmfWriter.ovmf(SIZE)
                .fill(0x5eed)
                .erase(0, ERASED_PAGES * 4096)
                .resetBlock(0x80b004)
                .hashTable(0x810c00, 0x400)
                .sevMetadata()
                .section(0x800000, 0x9000, 1)
                .section(0x80a000, 0x3000, 1)
                .section(0x80d000, 0x1000, 2)
                .section(0x80e000, 0x1000, 3)
                .section(0x80f000, 0x1000, 4)
                .section(0x811000, 0xf000, 1)
                .section(0x810000, 0x1000, 0x10)
                .build();
    }
}
