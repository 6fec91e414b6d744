package dev.measure.firmware;

import dev.measure.Source;
import dev.measure.parse.Cursor;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

/**
 * TDX metadata (TDVF descriptor): the sections that the VMM adds to a trust domain.
 *
 * <p>{@code "TDVF", u32 length, u32 version, u32 count}, then {@code count} sections of 32 bytes; little-endian. Found through the
 * GUIDed table, else through the older absolute pointer 32 bytes before the end of the file. Source: Intel TDX Virtual Firmware
 * Design Guide, section 11; edk2 OvmfPkg/ResetVector/X64/IntelTdxMetadata.asm.
 *
 * @param version the version; 1 is the only one known
 * @param sections the sections in table order
 * @param legacyPointer whether the older pointer led here
 * @param precedingGuid whether the 16 bytes before the descriptor are the GUID e9eaf9f3-168e-44d5-a8eb-7f4d8738f6ae
 * @param source the descriptor, header and sections
 */
public record TdxMetadata(
        long version, List<Section> sections, boolean legacyPointer, boolean precedingGuid, Source source) {
    /** The GUID of the table entry: u32 offset of the descriptor from the end of the file. */
    public static final UUID ENTRY = UUID.fromString("e47a6535-984a-4798-865e-4685a7bf8ec2");

    private static final String NAME = "TDX metadata";
    private static final int SECTION = 32;
    private static final long SIGNATURE = 0x46564454; // "TDVF"

    /** What precedes the descriptor. QEMU does not look at it, other readers demand it. */
    private static final UUID BEFORE_DESCRIPTOR = UUID.fromString("e9eaf9f3-168e-44d5-a8eb-7f4d8738f6ae");

    /** No image is known to have more than 7 sections; this bounds what a forged count can cost. */
    private static final int MAX_SECTIONS = 4096;

    /** Boot firmware volume: firmware code. */
    public static final long BFV = 0;
    /** Configuration firmware volume: the variable store. */
    public static final long CFV = 1;
    /** Pages that the VMM fills with the HOB list. */
    public static final long TD_HOB = 2;
    /** Memory that the firmware uses before it accepts memory itself. */
    public static final long TEMP_MEM = 3;
    /** The largest type that a specification or td-shim names: TD_PARAMS. */
    public static final long LAST_TYPE = 8;

    /** Attribute bit 0: the contents of the section extend MRTD. */
    public static final long MR_EXTEND = 1;
    /** Attribute bit 1: the pages are added after the build, by TDH.MEM.PAGE.AUG, and are not in MRTD. */
    public static final long PAGE_AUG = 2;

    private static final List<String> TYPES =
            List.of("BFV", "CFV", "TD_HOB", "TEMP_MEM", "PERM_MEM", "PAYLOAD", "PAYLOAD_PARAM", "TD_INFO", "TD_PARAMS");

    /** Copies the list. */
    public TdxMetadata {
        sections = List.copyOf(sections);
    }

    /**
     * A section.
     *
     * @param dataOffset offset of its bytes in the file, 32 bits
     * @param rawDataSize how many bytes the file holds, 32 bits
     * @param memoryAddress guest-physical address, 64 bits unsigned
     * @param memoryDataSize bytes of guest memory, 64 bits unsigned
     * @param type what it is, 32 bits
     * @param attributes bit 0: its contents are measured; bit 1: its pages are added later
     * @param source the 32 bytes of the section's record
     */
    public record Section(
            long dataOffset,
            long rawDataSize,
            long memoryAddress,
            long memoryDataSize,
            long type,
            long attributes,
            Source source) {
        static Section read(Cursor c) {
            Source source = c.source().slice(c.position(), Math.min(SECTION, c.remaining()));
            return new Section(
                    c.u32("DataOffset"),
                    c.u32("RawDataSize"),
                    c.u64("MemoryAddress"),
                    c.u64("MemoryDataSize"),
                    c.u32("Type"),
                    c.u32("Attributes"),
                    source);
        }

        /** {@return whether attribute bit 0 is set} */
        public boolean isExtended() {
            return (attributes & MR_EXTEND) != 0;
        }

        /** {@return whether attribute bit 1 is set} */
        public boolean isAugmented() {
            return (attributes & PAGE_AUG) != 0;
        }

        /** {@return the address after the last byte, which may wrap} */
        public long memoryEnd() {
            return memoryAddress + memoryDataSize;
        }

        /** {@return the name of the type} */
        public String typeName() {
            return type < TYPES.size() ? TYPES.get((int) type) : "type 0x" + Long.toHexString(type);
        }
    }

    /**
     * {@return the metadata of a firmware; empty if nothing leads to a descriptor}
     *
     * @param firmware the firmware
     */
    public static Optional<TdxMetadata> find(Firmware firmware) {
        Source image = firmware.image();
        Optional<GuidedTable.Entry> entry = firmware.table().flatMap(table -> table.entry(ENTRY));
        if (entry.isPresent()) {
            return Optional.of(read(image, MetadataHeader.follow(image, entry.get(), NAME), false));
        }
        if (image.length() < GuidedTable.BELOW_END) {
            return Optional.empty();
        }
        Cursor pointer = Cursor.of(image.slice(image.length() - GuidedTable.BELOW_END, 4));
        long offset = pointer.u32("TDVF descriptor offset");
        if (offset > image.length() - 4 || Cursor.of(image.slice(offset, 4)).u32("signature") != SIGNATURE) {
            return Optional.empty();
        }
        if (offset > image.length() - MetadataHeader.SIZE) {
            throw pointer.malformed(
                    0,
                    "an offset of the TDX metadata of at most " + (image.length() - MetadataHeader.SIZE),
                    "0x" + Long.toHexString(offset),
                    "its header of 16 bytes must lie inside the image; is the file cut?");
        }
        return Optional.of(read(image, MetadataHeader.read(image, offset), true));
    }

    private static TdxMetadata read(Source image, MetadataHeader header, boolean legacy) {
        Cursor records = header.records(image, NAME, "TDVF", SECTION);
        if (header.count() > MAX_SECTIONS) {
            throw header.cursor()
                    .malformed(
                            12,
                            "at most " + MAX_SECTIONS + " TDX metadata sections",
                            Long.toString(header.count()),
                            "");
        }
        List<Section> sections = new ArrayList<>();
        for (long i = 0; i < header.count(); i++) {
            sections.add(Section.read(records));
        }
        boolean preceded = header.start() >= 16
                && GuidedTable.guidBefore(image, header.start()).equals(BEFORE_DESCRIPTOR);
        return new TdxMetadata(
                header.version(), sections, legacy, preceded, image.slice(header.start(), header.length()));
    }
}
