package dev.measure.tdx;

/** What a VMM puts into the memory of a measured section behind the section's own bytes, when RawDataSize is below MemoryDataSize. */
public enum SectionTail {
    /** The bytes that follow in the file: QEMU copies MemoryDataSize bytes from DataOffset. */
    FILE,
    /** Zeros: the text of the specification, and td-shim. */
    ZERO
}
