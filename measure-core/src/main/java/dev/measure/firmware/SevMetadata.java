package dev.measure.firmware;

import dev.measure.Source;
import dev.measure.parse.Cursor;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

/**
 * SEV metadata: the guest pages, besides the firmware itself, that the VMM adds to an SEV-SNP launch.
 *
 * <p>Header {@code "ASEV", u32 length, u32 version 1, u32 count}, then {@code count} descriptors of 12 bytes; little-endian. Source:
 * edk2 OvmfPkg/ResetVector/X64/OvmfSevMetadata.asm; the checks are those of QEMU target/i386/sev.c and of the format itself.
 *
 * @param sections the descriptors, in table order: the order in which they are measured
 */
public record SevMetadata(List<Section> sections) {
    /** The GUID of the table entry: u32 offset of the header from the end of the file. */
    public static final UUID ENTRY = UUID.fromString("dc886566-984a-4798-a75e-5585a7bf67cc");

    private static final String NAME = "SEV metadata";
    private static final int DESCRIPTOR = 12;

    /** Memory that the firmware needs before it can accept memory itself. */
    public static final long SNP_SEC_MEM = 1;
    /** The secrets page. */
    public static final long SNP_SECRETS = 2;
    /** The CPUID page. */
    public static final long CPUID = 3;
    /** The calling area of an SVSM. */
    public static final long SVSM_CAA = 4;
    /** The page with the table of kernel hashes. */
    public static final long KERNEL_HASHES = 0x10;

    /** Copies the list. */
    public SevMetadata {
        sections = List.copyOf(sections);
    }

    /**
     * A descriptor.
     *
     * @param gpa guest-physical address, 32 bits
     * @param size bytes, 32 bits
     * @param type one of the types above, or one that is not known
     * @param source the 12 bytes of the descriptor
     */
    public record Section(long gpa, long size, long type, Source source) {
        static Section read(Cursor c) {
            Source source = c.source().slice(c.position(), Math.min(DESCRIPTOR, c.remaining()));
            return new Section(c.u32("base"), c.u32("size"), c.u32("type"), source);
        }

        /** {@return the name of the type} */
        public String typeName() {
            if (type == SNP_SEC_MEM) {
                return "SNP_SEC_MEM";
            }
            if (type == SNP_SECRETS) {
                return "SNP_SECRETS";
            }
            if (type == CPUID) {
                return "CPUID";
            }
            if (type == SVSM_CAA) {
                return "SVSM_CAA";
            }
            if (type == KERNEL_HASHES) {
                return "KERNEL_HASHES";
            }
            return "type 0x" + Long.toHexString(type);
        }

        /** {@return the address after the last byte} */
        public long end() {
            return gpa + size;
        }
    }

    /**
     * {@return the metadata of a firmware; empty if its table has no such entry}
     *
     * @param firmware the firmware
     */
    public static Optional<SevMetadata> find(Firmware firmware) {
        return firmware.table().flatMap(table -> table.entry(ENTRY)).map(entry -> read(firmware.image(), entry));
    }

    private static SevMetadata read(Source image, GuidedTable.Entry entry) {
        MetadataHeader header = MetadataHeader.follow(image, entry, NAME);
        Cursor records = header.records(image, NAME, "ASEV", DESCRIPTOR);
        header.requireVersion1(NAME);
        if (header.count() == 0) {
            throw header.cursor().malformed(12, "at least one SEV metadata section", "0", "");
        }
        List<Section> sections = new ArrayList<>();
        for (long i = 0; i < header.count(); i++) {
            sections.add(Section.read(records));
        }
        return new SevMetadata(sections);
    }
}
