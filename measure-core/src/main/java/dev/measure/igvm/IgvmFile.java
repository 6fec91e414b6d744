package dev.measure.igvm;

import dev.measure.MalformedInputException;
import dev.measure.Source;
import dev.measure.parse.Cursor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.TreeMap;
import java.util.zip.CRC32;

/**
 * An IGVM file ("Independent Guest Virtual Machine"), format versions 1 and 2. microsoft/igvm igvm_defs; little-endian:
 *
 * <pre>
 * 0x00  magic                   4  "IGVM"
 * 0x04  format_version          4
 * 0x08  variable_header_offset  4
 * 0x0c  variable_header_size    4
 * 0x10  total_file_size         4
 * 0x14  checksum                4  CRC-32 of fixed and variable headers, this field taken as 0
 * 0x18  architecture            4  from version 2: 0 x86-64, 1 AArch64
 * 0x1c  page_size               4  from version 2: 4096
 * </pre>
 *
 * <p>A variable header is {u32 type, u32 length, content}, padded with zeros to 8 bytes. Platforms come first, then
 * initialization, then directives. Data lies behind the headers; it is not copied but referred to.
 */
public final class IgvmFile {
    /** The first four bytes as a number. */
    static final long MAGIC = 0x4d564749L;

    static final int HEADER_V1 = 24;
    static final int HEADER_V2 = 32;
    static final int CHECKSUM = 0x14;

    /**
     * The most bytes of variable headers: half a million pages, one by one, at 32 bytes each, which is 2 GiB. Real files describe some
     * thousand; headers are held in memory, several times as large.
     */
    static final int MAX_VARIABLE_HEADERS = 1 << 24;

    private final Source source;
    private final int formatVersion;
    private final long architecture;
    private final List<IgvmHeader> headers;
    private final int[] offsets; // of each header from the start of the file
    private final int initializationStart;
    private final int directivesStart;
    private final int skipped;

    private IgvmFile(
            Source source, int formatVersion, long architecture, List<IgvmHeader> headers, int[] offsets, int skipped) {
        this.source = source;
        this.formatVersion = formatVersion;
        this.architecture = architecture;
        this.headers = headers;
        this.offsets = offsets;
        this.initializationStart = start(headers, IgvmHeaderType.Range.INITIALIZATION);
        this.directivesStart = start(headers, IgvmHeaderType.Range.DIRECTIVE);
        this.skipped = skipped;
    }

    private static int start(List<IgvmHeader> headers, IgvmHeaderType.Range range) {
        int at = 0;
        while (at < headers.size() && headers.get(at).type().range().compareTo(range) < 0) {
            at++;
        }
        return at;
    }

    /**
     * {@return whether bytes begin as an IGVM file does}
     *
     * @param source a file or a part of one, such as the payload of an {@code .efifw} section
     */
    public static boolean isIgvm(Source source) {
        return source.length() >= 4 && Cursor.of(source.slice(0, 4)).u32("magic") == MAGIC;
    }

    /**
     * {@return a file that is not on a disk}
     *
     * @param name how messages call it
     * @param headers platforms, then initialization, then directives
     * @throws IllegalArgumentException if they are in another order, or more than a file can hold
     */
    public static IgvmFile of(String name, List<IgvmHeader> headers) {
        int[] offsets = new int[headers.size()];
        long at = HEADER_V1;
        IgvmHeaderType.Range range = IgvmHeaderType.Range.PLATFORM;
        for (int i = 0; i < offsets.length; i++) {
            IgvmHeaderType type = headers.get(i).type();
            if (type.range().compareTo(range) < 0) {
                throw new IllegalArgumentException(
                        "IGVM headers are platforms, initialization, directives in this order, got " + type + " after "
                                + headers.get(i - 1).type());
            }
            range = type.range();
            offsets[i] = (int) at;
            at += sizeOf(type);
            if (at > MAX_VARIABLE_HEADERS) {
                throw new IllegalArgumentException(
                        "an IGVM file has at most " + MAX_VARIABLE_HEADERS + " bytes of headers");
            }
        }
        return new IgvmFile(Source.of(name, new byte[0]), 1, 0, List.copyOf(headers), offsets, 0);
    }

    /** How many bytes a variable header takes, with type, length and padding. */
    static int sizeOf(IgvmHeaderType type) {
        return 8 + (type.length() + 7) / 8 * 8;
    }

    /**
     * {@return the file}
     *
     * @param source all of its bytes and no more; offsets in it count from here
     * @throws MalformedInputException if it breaks the format, its checksum is wrong, data lies outside of it, or it has a header
     *     of an unknown type that must not be skipped
     */
    public static IgvmFile read(Source source) {
        return new Reader(source).read();
    }

    /** Reads a file; used once. */
    private static final class Reader {
        private final Source source;
        private final Cursor fixed;
        private final List<IgvmHeader> headers = new ArrayList<>();
        private final List<IgvmHeader.SupportedPlatform> platforms = new ArrayList<>();
        private final Map<Long, Boolean> areas = new TreeMap<>(); // index, whether it has been inserted
        private int[] offsets = new int[64];
        private int skipped;

        Reader(Source source) {
            this.source = source;
            this.fixed = Cursor.of(source.slice(0, Math.min(HEADER_V2, source.length())));
        }

        IgvmFile read() {
            long magic = fixed.u32("magic");
            if (magic != MAGIC) {
                throw fixed.malformed(
                        0, "magic = 0x4d564749 (\"IGVM\")", HeaderFields.hex(magic, 4), "is this an IGVM file?");
            }
            long version = fixed.u32("format_version");
            if (version != 1 && version != 2) {
                throw fixed.malformed(
                        4,
                        "format_version 0x00000001 or 0x00000002",
                        HeaderFields.hex(version, 4),
                        "the file is newer than this program");
            }
            long headerOffset = fixed.u32("variable_header_offset");
            long headerSize = fixed.u32("variable_header_size");
            long totalSize = fixed.u32("total_file_size");
            long checksum = fixed.u32("checksum");
            long architecture = version == 1 ? 0 : readVersion2();
            checkSizes(version, headerOffset, headerSize, totalSize);
            checkChecksum(checksum, headerOffset, headerSize);
            readHeaders(source.slice(headerOffset, headerSize), headerOffset);
            if (platforms.isEmpty()) {
                throw fixed.malformed(
                        headerOffset, "at least one supported platform", "none", "no loader could choose what to load");
            }
            return new IgvmFile(
                    source,
                    (int) version,
                    architecture,
                    List.copyOf(headers),
                    Arrays.copyOf(offsets, headers.size()),
                    skipped);
        }

        private long readVersion2() {
            long architecture = fixed.u32("architecture");
            if (architecture > 1) {
                throw fixed.malformed(
                        0x18,
                        "architecture 0x00000000 (x86-64) or 0x00000001 (AArch64)",
                        HeaderFields.hex(architecture, 4),
                        "");
            }
            long pageSize = fixed.u32("page_size");
            if (pageSize != HeaderFields.PAGE) {
                throw fixed.malformed(0x1c, "page_size 0x00001000", HeaderFields.hex(pageSize, 4), "");
            }
            return architecture;
        }

        private void checkSizes(long version, long headerOffset, long headerSize, long totalSize) {
            if (totalSize != source.length()) {
                throw fixed.malformed(
                        0x10,
                        "total_file_size " + HeaderFields.hex(source.length(), 4) + ", the length of the file",
                        HeaderFields.hex(totalSize, 4),
                        source.length() < totalSize ? "the file is cut" : "something follows the file");
            }
            long fixedSize = version == 1 ? HEADER_V1 : HEADER_V2;
            if (headerOffset < fixedSize || headerOffset % 8 != 0 || headerOffset > totalSize) {
                throw fixed.malformed(
                        8,
                        "a variable_header_offset of 0x" + Long.toHexString(fixedSize) + "..0x"
                                + Long.toHexString(totalSize) + " that is a multiple of 8",
                        HeaderFields.hex(headerOffset, 4),
                        "");
            }
            long most = Math.min(MAX_VARIABLE_HEADERS, totalSize - headerOffset);
            if (headerSize > most) {
                throw fixed.malformed(
                        0x0c,
                        "a variable_header_size of at most 0x" + Long.toHexString(most),
                        HeaderFields.hex(headerSize, 4),
                        most == MAX_VARIABLE_HEADERS
                                ? "a file of 4 GiB needs no more to describe all of its pages"
                                : "the headers go beyond the file");
            }
        }

        private void checkChecksum(long checksum, long headerOffset, long headerSize) {
            CRC32 crc = new CRC32();
            byte[] header = source.slice(0, fixed.position()).toByteArray();
            Arrays.fill(header, CHECKSUM, CHECKSUM + 4, (byte) 0);
            crc.update(header);
            source.slice(headerOffset, headerSize).stream(crc::update);
            if (crc.getValue() != checksum) {
                throw fixed.malformed(
                        CHECKSUM,
                        "checksum " + HeaderFields.hex(crc.getValue(), 4) + ", the CRC-32 of the headers",
                        HeaderFields.hex(checksum, 4),
                        "the headers are damaged, or were changed by a tool that did not update the checksum");
            }
        }

        private void readHeaders(Source section, long headerOffset) {
            Cursor c = Cursor.of(section);
            HeaderFields fields = new HeaderFields(c, source, headerOffset + section.length(), platforms);
            IgvmHeaderType.Range range = IgvmHeaderType.Range.PLATFORM;
            while (c.remaining() > 0) {
                int start = c.position();
                long number = c.u32("type");
                long length = c.u32("length");
                if (length > c.remaining()) {
                    throw c.malformed(
                            start + 4,
                            "a length of at most 0x" + Long.toHexString(c.remaining())
                                    + ", what is left of the headers",
                            HeaderFields.hex(length, 4),
                            "");
                }
                if ((number & IgvmHeaderType.OPTIONAL) != 0) {
                    c.skip(length, "content");
                    skipped++;
                } else {
                    IgvmHeaderType type = IgvmHeaderType.of(number)
                            .orElseThrow(() -> c.malformed(
                                    start,
                                    "a known type, or one with bit 31 that may be skipped",
                                    HeaderFields.hex(number, 4),
                                    "the file needs a newer program, or is damaged"));
                    if (type.range().compareTo(range) < 0) {
                        throw c.malformed(
                                start,
                                "a header of the " + lower(range) + " or a later part",
                                type + " (" + HeaderFields.hex(number, 4) + ")",
                                "platforms, initialization and directives follow one another");
                    }
                    range = type.range();
                    if (length != type.length()) {
                        throw c.malformed(
                                start + 4,
                                "a length of " + HeaderFields.hex(type.length(), 4) + " for " + type,
                                HeaderFields.hex(length, 4),
                                "");
                    }
                    add(readHeader(type, fields), (int) headerOffset + start, c, start);
                }
                skipPadding(c, length);
            }
        }

        private static String lower(IgvmHeaderType.Range range) {
            return range.name().toLowerCase(Locale.ROOT);
        }

        private static void skipPadding(Cursor c, long length) {
            for (long i = length; i % 8 != 0; i++) {
                int padding = c.u8("padding");
                if (padding != 0) {
                    throw c.malformed(c.position() - 1, "padding to be 0", HeaderFields.hex(padding, 1), "");
                }
            }
        }

        private static IgvmHeader readHeader(IgvmHeaderType type, HeaderFields f) {
            return switch (type) {
                case SUPPORTED_PLATFORM -> IgvmHeader.SupportedPlatform.read(f);
                case GUEST_POLICY -> IgvmHeader.GuestPolicy.read(f);
                case RELOCATABLE_REGION -> IgvmHeader.RelocatableRegion.read(f);
                case PAGE_TABLE_RELOCATION_REGION -> IgvmHeader.PageTableRelocation.read(f);
                case CORIM_DOCUMENT, CORIM_SIGNATURE -> IgvmHeader.Corim.read(type, f);
                case CCA_POLICY -> IgvmHeader.CcaPolicy.read(f);
                case PARAMETER_AREA -> IgvmHeader.ParameterArea.read(f);
                case PAGE_DATA -> IgvmHeader.PageData.read(f);
                case PARAMETER_INSERT -> IgvmHeader.ParameterInsert.read(f);
                case VP_CONTEXT -> IgvmHeader.VpContext.read(f);
                case REQUIRED_MEMORY -> IgvmHeader.RequiredMemory.read(f);
                case SNP_ID_BLOCK -> IgvmHeader.SnpIdBlock.read(f);
                case ERROR_RANGE -> IgvmHeader.ErrorRange.read(f);
                case VBS_MEASUREMENT -> IgvmHeader.VbsMeasurement.read(f);
                case VP_COUNT_PARAMETER,
                        SRAT,
                        MADT,
                        MMIO_RANGES,
                        MEMORY_MAP,
                        COMMAND_LINE,
                        SLIT,
                        PPTT,
                        DEVICE_TREE,
                        ENVIRONMENT_INFO_PARAMETER -> IgvmHeader.Parameter.read(type, f);
            };
        }

        private void add(IgvmHeader header, int offset, Cursor c, int start) {
            if (header instanceof IgvmHeader.SupportedPlatform platform) {
                addPlatform(platform, c, start);
            } else if (header instanceof IgvmHeader.ParameterArea area) {
                if (areas.putIfAbsent(area.index(), false) != null) {
                    throw c.malformed(
                            start + 16, "a parameter_area_index that is new", HeaderFields.hex(area.index(), 4), "");
                }
            } else if (header instanceof IgvmHeader.ParameterInsert insert) {
                checkArea(insert.index(), c, start + 20);
                areas.put(insert.index(), true);
            } else if (header instanceof IgvmHeader.Parameter parameter) {
                checkArea(parameter.index(), c, start + 8);
            }
            if (headers.size() == offsets.length) {
                offsets = Arrays.copyOf(offsets, offsets.length * 2);
            }
            offsets[headers.size()] = offset;
            headers.add(header);
        }

        /** A loader takes the one entry for its platform. */
        private void addPlatform(IgvmHeader.SupportedPlatform platform, Cursor c, int start) {
            for (IgvmHeader.SupportedPlatform other : platforms) {
                if (other.platformType() == platform.platformType()) {
                    throw c.malformed(
                            start + 13,
                            "each platform once",
                            "a second " + platform.platformType(),
                            "the loader would not know which to take");
                }
            }
            platforms.add(platform);
        }

        /** An area is declared before it is used, and gone when it has been inserted. */
        private void checkArea(long index, Cursor c, int position) {
            Boolean inserted = areas.get(index);
            if (inserted == null || inserted) {
                throw c.malformed(
                        position,
                        "the parameter_area_index of an area that is declared before and not yet inserted",
                        HeaderFields.hex(index, 4) + (inserted == null ? ", not declared" : ", inserted before"),
                        "");
            }
        }
    }

    /** {@return all bytes; empty for a file that is not on a disk} */
    public Source source() {
        return source;
    }

    /** {@return 1 or 2} */
    public int formatVersion() {
        return formatVersion;
    }

    /** {@return 0 for x86-64, 1 for AArch64; version 1 is always x86-64} */
    public long architecture() {
        return architecture;
    }

    /** {@return how many headers of unknown type were skipped, as the file allows} */
    public int skipped() {
        return skipped;
    }

    /** {@return the platforms, in file order} */
    public List<IgvmHeader> platforms() {
        return headers.subList(0, initializationStart);
    }

    /** {@return the initialization headers, in file order} */
    public List<IgvmHeader> initialization() {
        return headers.subList(initializationStart, directivesStart);
    }

    /** {@return the directives, in file order} */
    public List<IgvmHeader> directives() {
        return headers.subList(directivesStart, headers.size());
    }

    /** {@return all headers, in file order} */
    List<IgvmHeader> headers() {
        return headers;
    }

    /**
     * {@return the absolute offset of a directive's header in the file}
     *
     * @param directive its index in {@link #directives}
     */
    public long directiveOffset(int directive) {
        return source.start() + offsets[directivesStart + directive];
    }

    /**
     * {@return the bit that marks the headers of a platform; empty if the file is not for it}
     *
     * @param platformType the platform
     */
    public OptionalLong mask(IgvmPlatformType platformType) {
        for (IgvmHeader header : platforms()) {
            if (header instanceof IgvmHeader.SupportedPlatform platform && platform.platformType() == platformType) {
                return OptionalLong.of(platform.compatibilityMask());
            }
        }
        return OptionalLong.empty();
    }

    /**
     * {@return the policy of the guest on a platform; the last one, if the file has several}
     *
     * @param mask the platform's bit
     */
    public OptionalLong guestPolicy(long mask) {
        OptionalLong policy = OptionalLong.empty();
        for (IgvmHeader header : initialization()) {
            if (header instanceof IgvmHeader.GuestPolicy found && (found.compatibilityMask() & mask) != 0) {
                policy = OptionalLong.of(found.policy());
            }
        }
        return policy;
    }

    /**
     * {@return the ID block for a platform, the first one; empty if the file has none}
     *
     * @param mask the platform's bit
     */
    public Optional<IgvmHeader.SnpIdBlock> idBlock(long mask) {
        for (IgvmHeader header : directives()) {
            if (header instanceof IgvmHeader.SnpIdBlock block && (block.compatibilityMask() & mask) != 0) {
                return Optional.of(block);
            }
        }
        return Optional.empty();
    }
}
