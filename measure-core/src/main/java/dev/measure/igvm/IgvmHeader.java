package dev.measure.igvm;

import dev.measure.Source;
import java.nio.ByteBuffer;
import java.util.Objects;

/**
 * A variable header of an IGVM file: one record for each structure of the format, its fields in the order of the file.
 *
 * <p>microsoft/igvm igvm_defs, IGVM_VHS_*. Little-endian. Numbers of 32 bits are {@code long}, of 64 bits unsigned {@code long};
 * a {@code file_offset} is represented by the data it points to.
 */
public sealed interface IgvmHeader {
    /** The mask of headers that have none: they count for every platform. */
    long EVERY_PLATFORM = 0xffff_ffffL;

    /** {@return the type} */
    IgvmHeaderType type();

    /** {@return the bits of the platforms that the header is for} */
    default long compatibilityMask() {
        return EVERY_PLATFORM;
    }

    /** {@return the data of the file that the header points to; of length 0 if there is none} */
    default Source data() {
        return Nothing.SOURCE;
    }

    /** {@return how many bytes of the file that data takes: what is missing is zero} */
    default long dataLength() {
        return data().length();
    }

    /**
     * Writes the content.
     *
     * @param out little-endian
     * @param fileOffset where the data stands in the file, or 0
     */
    void write(ByteBuffer out, long fileOffset);

    /** A platform that the file is for, and the bit that stands for it: IGVM_VHS_SUPPORTED_PLATFORM. */
    record SupportedPlatform(
            long compatibilityMask,
            int highestVtl,
            IgvmPlatformType platformType,
            int platformVersion,
            long sharedGpaBoundary)
            implements IgvmHeader {
        static SupportedPlatform read(HeaderFields f) {
            long mask = f.u32("compatibility_mask");
            if (Long.bitCount(mask) != 1) {
                throw f.cursor()
                        .malformed(
                                f.cursor().position() - 4,
                                "a compatibility_mask with one bit",
                                HeaderFields.hex(mask, 4),
                                "");
            }
            return new SupportedPlatform(
                    mask,
                    f.u8("highest_vtl"),
                    IgvmPlatformType.of(f.u8("platform_type"), f.cursor()),
                    f.u16("platform_version"),
                    f.u64("shared_gpa_boundary"));
        }

        @Override
        public IgvmHeaderType type() {
            return IgvmHeaderType.SUPPORTED_PLATFORM;
        }

        @Override
        public void write(ByteBuffer out, long fileOffset) {
            out.putInt((int) compatibilityMask);
            out.put((byte) highestVtl);
            out.put((byte) platformType.number());
            out.putShort((short) platformVersion);
            out.putLong(sharedGpaBoundary);
        }
    }

    /** The guest's policy, as the platform defines it: IGVM_VHS_GUEST_POLICY. */
    record GuestPolicy(long policy, long compatibilityMask) implements IgvmHeader {
        static GuestPolicy read(HeaderFields f) {
            GuestPolicy header = new GuestPolicy(f.u64("policy"), f.u32("compatibility_mask"));
            f.reserved32("reserved");
            return header;
        }

        @Override
        public IgvmHeaderType type() {
            return IgvmHeaderType.GUEST_POLICY;
        }

        @Override
        public void write(ByteBuffer out, long fileOffset) {
            out.putLong(policy);
            out.putInt((int) compatibilityMask);
            out.putInt(0);
        }
    }

    /** Memory that a loader may move as a whole: IGVM_VHS_RELOCATABLE_REGION. */
    record RelocatableRegion(
            long compatibilityMask,
            int vpIndex,
            int vtl,
            int flags,
            long relocationAlignment,
            long relocationRegionGpa,
            long relocationRegionSize,
            long minimumRelocationGpa,
            long maximumRelocationGpa)
            implements IgvmHeader {
        static RelocatableRegion read(HeaderFields f) {
            return new RelocatableRegion(
                    f.u32("compatibility_mask"),
                    f.u16("vp_index"),
                    f.u8("vtl"),
                    f.u8("flags"),
                    f.pages64("relocation_alignment"),
                    f.pages64("relocation_region_gpa"),
                    f.pages64("relocation_region_size"),
                    f.pages64("minimum_relocation_gpa"),
                    f.pages64("maximum_relocation_gpa"));
        }

        @Override
        public IgvmHeaderType type() {
            return IgvmHeaderType.RELOCATABLE_REGION;
        }

        @Override
        public void write(ByteBuffer out, long fileOffset) {
            out.putInt((int) compatibilityMask);
            out.putShort((short) vpIndex);
            out.put((byte) vtl);
            out.put((byte) flags);
            out.putLong(relocationAlignment);
            out.putLong(relocationRegionGpa);
            out.putLong(relocationRegionSize);
            out.putLong(minimumRelocationGpa);
            out.putLong(maximumRelocationGpa);
        }
    }

    /** A page table that is fixed up when regions move: IGVM_VHS_PAGE_TABLE_RELOCATION. */
    record PageTableRelocation(long compatibilityMask, int vpIndex, int vtl, long gpa, long size, long usedSize)
            implements IgvmHeader {
        static PageTableRelocation read(HeaderFields f) {
            long mask = f.u32("compatibility_mask");
            int vpIndex = f.u16("vp_index");
            int vtl = f.u8("vtl");
            f.u8("reserved");
            return new PageTableRelocation(
                    mask, vpIndex, vtl, f.pages64("gpa"), f.pages64("size"), f.pages64("used_size"));
        }

        @Override
        public IgvmHeaderType type() {
            return IgvmHeaderType.PAGE_TABLE_RELOCATION_REGION;
        }

        @Override
        public void write(ByteBuffer out, long fileOffset) {
            out.putInt((int) compatibilityMask);
            out.putShort((short) vpIndex);
            out.put((byte) vtl);
            out.put((byte) 0);
            out.putLong(gpa);
            out.putLong(size);
            out.putLong(usedSize);
        }
    }

    /** A CoRIM document or its signature: IGVM_VHS_CORIM_DOCUMENT, IGVM_VHS_CORIM_SIGNATURE. */
    record Corim(IgvmHeaderType type, long compatibilityMask, Source data) implements IgvmHeader {
        static Corim read(IgvmHeaderType type, HeaderFields f) {
            long mask = f.u32("compatibility_mask");
            int offsetPosition = f.cursor().position();
            long fileOffset = f.u32("file_offset");
            long size = f.u32("size_bytes");
            f.reserved32("reserved");
            return new Corim(type, mask, f.data(fileOffset, offsetPosition, size, "CoRIM data"));
        }

        @Override
        public void write(ByteBuffer out, long fileOffset) {
            out.putInt((int) compatibilityMask);
            out.putInt((int) fileOffset);
            out.putInt((int) data.length());
            out.putInt(0);
        }
    }

    /** The policy of an Arm CCA realm: IGVM_VHS_CCA_POLICY; of interest to no technology here. */
    record CcaPolicy(long compatibilityMask, Source content) implements IgvmHeader {
        static CcaPolicy read(HeaderFields f) {
            return new CcaPolicy(f.u32("compatibility_mask"), f.bytes(28, "content"));
        }

        @Override
        public IgvmHeaderType type() {
            return IgvmHeaderType.CCA_POLICY;
        }

        @Override
        public void write(ByteBuffer out, long fileOffset) {
            out.putInt((int) compatibilityMask);
            out.put(content.toByteArray());
        }
    }

    /**
     * Memory for parameters, which is not in the guest before a {@link ParameterInsert}: IGVM_VHS_PARAMETER_AREA.
     *
     * @param numberOfBytes its size, whole pages, unsigned
     * @param index how other headers call it, 32 bits
     * @param data what is in it at first; of length 0 for zeros
     */
    record ParameterArea(long numberOfBytes, long index, Source data) implements IgvmHeader {
        static ParameterArea read(HeaderFields f) {
            long bytes = f.pages64("number_of_bytes");
            long index = f.u32("parameter_area_index");
            int offsetPosition = f.cursor().position();
            long fileOffset = f.u32("file_offset");
            return new ParameterArea(bytes, index, f.data(fileOffset, offsetPosition, bytes, "initial data"));
        }

        @Override
        public IgvmHeaderType type() {
            return IgvmHeaderType.PARAMETER_AREA;
        }

        @Override
        public void write(ByteBuffer out, long fileOffset) {
            out.putLong(numberOfBytes);
            out.putInt((int) index);
            out.putInt((int) fileOffset);
        }
    }

    /** What a page is for: IgvmPageDataType. */
    enum PageDataType {
        /** An ordinary page. */
        NORMAL,
        /** The secrets page of SEV-SNP. */
        SECRETS,
        /** The CPUID page of SEV-SNP. */
        CPUID_DATA,
        /** The CPUID page of SEV-SNP for extended states. */
        CPUID_XF
    }

    /**
     * A page of the guest: IGVM_VHS_PAGE_DATA.
     *
     * @param gpa guest-physical address, a multiple of the page size
     * @param compatibilityMask the platforms that load it
     * @param data its first bytes, at most a page, the rest is zero; of length 0 if the file holds none
     * @param flags bit 0: a page of 2 MiB, 1: not measured, 2: shared with the host
     * @param dataType what it is for
     */
    record PageData(long gpa, long compatibilityMask, Source data, long flags, PageDataType dataType)
            implements IgvmHeader {
        /** Flag: the page is one of 2 MiB. */
        public static final long IS_2MB_PAGE = 1;
        /** Flag: the page is not measured. */
        public static final long UNMEASURED = 2;
        /** Flag: the page is shared with the host. */
        public static final long SHARED = 4;

        /** The size of a large page. */
        public static final int PAGE_2MB = 1 << 21;

        /** Checks address and size. */
        public PageData {
            Objects.requireNonNull(dataType, "dataType");
            if (gpa % HeaderFields.PAGE != 0 || data.length() > size(flags)) {
                throw new IllegalArgumentException("a page of an IGVM file has an aligned address and at most "
                        + size(flags) + " bytes, got 0x" + Long.toHexString(gpa) + ", " + data.length() + " bytes");
            }
        }

        static PageData read(HeaderFields f) {
            long gpa = f.pages64("gpa");
            long mask = f.u32("compatibility_mask");
            int offsetPosition = f.cursor().position();
            long fileOffset = f.u32("file_offset");
            long flags = f.u32("flags");
            PageDataType type = PageDataType.values()[f.enumeration16(PageDataType.values().length, "data_type")];
            f.reserved16("reserved");
            int size = size(flags);
            if (gpa % size != 0) {
                throw f.cursor()
                        .malformed(
                                offsetPosition - 12,
                                "gpa of a 2 MiB page to be a multiple of 0x200000",
                                HeaderFields.hex(gpa, 8),
                                "");
            }
            return new PageData(gpa, mask, f.data(fileOffset, offsetPosition, size, "page data"), flags, type);
        }

        private static int size(long flags) {
            return (flags & IS_2MB_PAGE) != 0 ? PAGE_2MB : HeaderFields.PAGE;
        }

        /** {@return the size of the page in bytes: 4096 or 2 MiB} */
        public int size() {
            return size(flags);
        }

        /** {@return whether the file holds data for it; without, it is zero} */
        public boolean hasData() {
            return data.length() > 0;
        }

        /** {@return whether a flag is set} */
        public boolean is(long flag) {
            return (flags & flag) != 0;
        }

        @Override
        public long dataLength() {
            return hasData() ? size() : 0;
        }

        @Override
        public IgvmHeaderType type() {
            return IgvmHeaderType.PAGE_DATA;
        }

        @Override
        public void write(ByteBuffer out, long fileOffset) {
            out.putLong(gpa);
            out.putInt((int) compatibilityMask);
            out.putInt((int) fileOffset);
            out.putInt((int) flags);
            out.putShort((short) dataType.ordinal());
            out.putShort((short) 0);
        }
    }

    /** Puts a parameter area into guest memory: IGVM_VHS_PARAMETER_INSERT. */
    record ParameterInsert(long gpa, long compatibilityMask, long index) implements IgvmHeader {
        static ParameterInsert read(HeaderFields f) {
            return new ParameterInsert(f.pages64("gpa"), f.u32("compatibility_mask"), f.u32("parameter_area_index"));
        }

        @Override
        public IgvmHeaderType type() {
            return IgvmHeaderType.PARAMETER_INSERT;
        }

        @Override
        public void write(ByteBuffer out, long fileOffset) {
            out.putLong(gpa);
            out.putInt((int) compatibilityMask);
            out.putInt((int) index);
        }
    }

    /**
     * The registers of a vCPU at launch: IGVM_VHS_VP_CONTEXT.
     *
     * @param gpa where SEV-ES and SEV-SNP keep them, a multiple of 4096
     * @param compatibilityMask the platforms that use it
     * @param data a VMSA of 4096 bytes for SEV-ES and SEV-SNP
     * @param vpIndex the vCPU, 16 bits
     */
    record VpContext(long gpa, long compatibilityMask, Source data, int vpIndex) implements IgvmHeader {
        static VpContext read(HeaderFields f) {
            long gpa = f.pages64("gpa");
            long mask = f.u32("compatibility_mask");
            int offsetPosition = f.cursor().position();
            long fileOffset = f.u32("file_offset");
            int vpIndex = f.u16("vp_index");
            f.u16("reserved");
            return new VpContext(gpa, mask, f.context(fileOffset, offsetPosition, mask), vpIndex);
        }

        @Override
        public IgvmHeaderType type() {
            return IgvmHeaderType.VP_CONTEXT;
        }

        @Override
        public void write(ByteBuffer out, long fileOffset) {
            out.putLong(gpa);
            out.putInt((int) compatibilityMask);
            out.putInt((int) fileOffset);
            out.putShort((short) vpIndex);
            out.putShort((short) 0);
        }
    }

    /** Memory without which the guest does not work: IGVM_VHS_REQUIRED_MEMORY. */
    record RequiredMemory(long gpa, long compatibilityMask, long numberOfBytes, long flags) implements IgvmHeader {
        static RequiredMemory read(HeaderFields f) {
            RequiredMemory header = new RequiredMemory(
                    f.pages64("gpa"), f.u32("compatibility_mask"), f.pages32("number_of_bytes"), f.u32("flags"));
            f.reserved32("reserved");
            return header;
        }

        @Override
        public IgvmHeaderType type() {
            return IgvmHeaderType.REQUIRED_MEMORY;
        }

        @Override
        public void write(ByteBuffer out, long fileOffset) {
            out.putLong(gpa);
            out.putInt((int) compatibilityMask);
            out.putInt((int) numberOfBytes);
            out.putInt((int) flags);
            out.putInt(0);
        }
    }

    /**
     * What the loader writes into a parameter area, and where: IGVM_VHS_PARAMETER.
     *
     * @param type what
     * @param index the area
     * @param byteOffset where in the area
     */
    record Parameter(IgvmHeaderType type, long index, long byteOffset) implements IgvmHeader {
        static Parameter read(IgvmHeaderType type, HeaderFields f) {
            return new Parameter(type, f.u32("parameter_area_index"), f.u32("byte_offset"));
        }

        @Override
        public void write(ByteBuffer out, long fileOffset) {
            out.putInt((int) index);
            out.putInt((int) byteOffset);
        }
    }

    /**
     * The ID block of SEV-SNP, its keys and signatures: IGVM_VHS_SNP_ID_BLOCK. A public key here has four bytes after the curve
     * that the 1028 signed bytes of AMD's format lack.
     *
     * @param compatibilityMask the platforms that use it
     * @param authorKeyEnabled whether the author key counts
     * @param ld the launch digest that the firmware will insist on, 48 bytes
     * @param familyId 16 bytes
     * @param imageId 16 bytes
     * @param version of the ID block, 1
     * @param guestSvn the guest's security version
     * @param idKeyAlgorithm 1: ECDSA P-384 with SHA-384
     * @param authorKeyAlgorithm the same for the author key
     * @param idKeySignature r and s, 72 bytes each, little-endian
     * @param idPublicKey u32 curve, u32 0, then x and y, 72 bytes each, little-endian
     * @param authorKeySignature as idKeySignature
     * @param authorPublicKey as idPublicKey
     */
    record SnpIdBlock(
            long compatibilityMask,
            int authorKeyEnabled,
            Source ld,
            Source familyId,
            Source imageId,
            long version,
            long guestSvn,
            long idKeyAlgorithm,
            long authorKeyAlgorithm,
            Source idKeySignature,
            Source idPublicKey,
            Source authorKeySignature,
            Source authorPublicKey)
            implements IgvmHeader {
        static SnpIdBlock read(HeaderFields f) {
            long mask = f.u32("compatibility_mask");
            int enabled = f.u8("author_key_enabled");
            f.bytes(3, "reserved");
            return new SnpIdBlock(
                    mask,
                    enabled,
                    f.bytes(48, "ld"),
                    f.bytes(16, "family_id"),
                    f.bytes(16, "image_id"),
                    f.u32("version"),
                    f.u32("guest_svn"),
                    f.u32("id_key_algorithm"),
                    f.u32("author_key_algorithm"),
                    f.bytes(144, "id_key_signature"),
                    f.bytes(152, "id_public_key"),
                    f.bytes(144, "author_key_signature"),
                    f.bytes(152, "author_public_key"));
        }

        @Override
        public IgvmHeaderType type() {
            return IgvmHeaderType.SNP_ID_BLOCK;
        }

        @Override
        public void write(ByteBuffer out, long fileOffset) {
            out.putInt((int) compatibilityMask);
            out.put((byte) authorKeyEnabled);
            out.put(new byte[3]);
            out.put(ld.toByteArray());
            out.put(familyId.toByteArray());
            out.put(imageId.toByteArray());
            out.putInt((int) version);
            out.putInt((int) guestSvn);
            out.putInt((int) idKeyAlgorithm);
            out.putInt((int) authorKeyAlgorithm);
            out.put(idKeySignature.toByteArray());
            out.put(idPublicKey.toByteArray());
            out.put(authorKeySignature.toByteArray());
            out.put(authorPublicKey.toByteArray());
        }
    }

    /** Memory where the guest reports errors to the host: IGVM_VHS_ERROR_RANGE. */
    record ErrorRange(long gpa, long compatibilityMask, long sizeBytes) implements IgvmHeader {
        static ErrorRange read(HeaderFields f) {
            return new ErrorRange(f.pages64("gpa"), f.u32("compatibility_mask"), f.u32("size_bytes"));
        }

        @Override
        public IgvmHeaderType type() {
            return IgvmHeaderType.ERROR_RANGE;
        }

        @Override
        public void write(ByteBuffer out, long fileOffset) {
            out.putLong(gpa);
            out.putInt((int) compatibilityMask);
            out.putInt((int) sizeBytes);
        }
    }

    /** The measurement for Hyper-V's VBS isolation: IGVM_VHS_VBS_MEASUREMENT; of interest to no technology here. */
    record VbsMeasurement(long compatibilityMask, Source content) implements IgvmHeader {
        static VbsMeasurement read(HeaderFields f) {
            return new VbsMeasurement(f.u32("compatibility_mask"), f.bytes(860, "content"));
        }

        @Override
        public IgvmHeaderType type() {
            return IgvmHeaderType.VBS_MEASUREMENT;
        }

        @Override
        public void write(ByteBuffer out, long fileOffset) {
            out.putInt((int) compatibilityMask);
            out.put(content.toByteArray());
        }
    }
}
