package dev.measure.vectors;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.function.Consumer;

/**
 * Writes a small firmware image with the tail of an OVMF build: GUIDed table, SEV metadata, TDX metadata. It can be broken on
 * purpose. For tests.
 *
 * <p>The rule, which {@code vectors/oracle/rules.py} follows independently (all integers little-endian):
 *
 * <ul>
 *   <li>the image starts as zeros; {@link #fill}, {@link #erase} and {@link #blank} act on it in the order of their calls;
 *   <li>the last 32 bytes (the reset vector) stay as they are; below them lies the GUIDed table. Its footer comes first, then,
 *       downwards in the order of the calls, one entry per {@link #resetBlock}, {@link #hashTable}, {@link #secretArea},
 *       {@link #sevMetadata}, {@link #tdxMetadata}, {@link #svsmInfo} or {@link #entry}. An entry is data, u16 length of the
 *       whole entry, GUID; the footer is a u16 length of the whole table and a GUID;
 *   <li>the SEV metadata lies below the table, its start rounded down to 16: header ("ASEV", length, version 1, count), then
 *       12 bytes per {@link #section};
 *   <li>the TDX metadata lies below that, its start rounded down to 16: GUID e9eaf9f3-168e-44d5-a8eb-7f4d8738f6ae, header
 *       ("TDVF", length, version 1, count), then 32 bytes per {@link #tdxSection};
 *   <li>what is set to a wrong value replaces the right one in place; {@link #patch} comes after everything else and
 *       {@link #truncate} cuts the finished file.
 * </ul>
 */
public final class OvmfWriter {
    /** The footer of the GUIDed table. */
    public static final UUID FOOTER = UUID.fromString("96b582de-1fb2-45f7-baea-a366c55a082d");

    /** The SEV-ES reset block. */
    public static final UUID RESET_BLOCK = UUID.fromString("00f771de-1a7e-4fcb-890e-68c77e2fb44e");

    /** The area for the table of kernel hashes. */
    public static final UUID HASH_TABLE = UUID.fromString("7255371f-3a3b-4b04-927b-1da6efa8d454");

    /** The area for launch secrets. */
    public static final UUID SECRET_AREA = UUID.fromString("4c2eb361-7d9b-4cc3-8081-127c90d3d294");

    /** The offset of the SEV metadata. */
    public static final UUID SEV_METADATA = UUID.fromString("dc886566-984a-4798-a75e-5585a7bf67cc");

    /** The offset of the TDX metadata. */
    public static final UUID TDX_METADATA = UUID.fromString("e47a6535-984a-4798-865e-4685a7bf8ec2");

    /** The launch offset of a raw SVSM image. */
    public static final UUID SVSM_INFO = UUID.fromString("a789a612-0597-4c4b-a49f-cbb1fe9d1ddd");

    /** What precedes the TDX metadata header. */
    public static final UUID TDX_HEADER = UUID.fromString("e9eaf9f3-168e-44d5-a8eb-7f4d8738f6ae");

    private static final int RESET_VECTOR = 32;
    private static final int ENTRY_TRAILER = 2 + 16;

    private final int size;
    private final List<Consumer<byte[]>> body = new ArrayList<>();
    private final List<Entry> entries = new ArrayList<>();
    private final List<int[]> sections = new ArrayList<>();
    private final List<byte[]> tdxSections = new ArrayList<>();
    private final Map<Integer, byte[]> patches = new LinkedHashMap<>();
    private final Map<UUID, Integer> entryLengths = new LinkedHashMap<>();
    private boolean footer = true;
    private UUID footerGuid = FOOTER;
    private Integer footerLength;
    private Integer loneResetBlock;
    private Long sevOffset;
    private String sevSignature = "ASEV";
    private Long sevLength;
    private long sevVersion = 1;
    private Long sevCount;
    private Long tdxOffset;
    private String tdxSignature = "TDVF";
    private Long tdxLength;
    private long tdxVersion = 1;
    private Long tdxCount;
    private int keep = -1;

    private record Entry(UUID guid, byte[] data) {}

    private OvmfWriter(int size) {
        this.size = size;
    }

    /**
     * {@return a writer of an image of zeros}
     *
     * @param size its length in bytes
     */
    public static OvmfWriter ovmf(int size) {
        return new OvmfWriter(size);
    }

    /**
     * {@return a writer that has been told the steps of a vector file, each a method's name and its arguments, separated by
     * blanks; numbers are decimal or start with 0x}
     *
     * @param size the length in bytes
     * @param steps the calls, in order
     */
    public static OvmfWriter of(int size, List<String> steps) {
        OvmfWriter writer = ovmf(size);
        steps.forEach(writer::step);
        return writer;
    }

    /** {@return the pattern all vectors use: byte i is i*31 + (i/256)*17 + seed} */
    static byte[] pattern(int length, int seed) {
        byte[] bytes = new byte[length];
        for (int i = 0; i < length; i++) {
            bytes[i] = (byte) (i * 31 + (i >> 8) * 17 + seed);
        }
        return bytes;
    }

    /** {@return this, having filled the whole image: byte i is i*31 + (i/256)*17 + seed, modulo 256} */
    public OvmfWriter fill(int seed) {
        body.add(image -> System.arraycopy(pattern(size, seed), 0, image, 0, size));
        return this;
    }

    /** {@return this, having filled a range with 0xff, as erased flash is} */
    public OvmfWriter erase(int offset, int length) {
        body.add(image -> Arrays.fill(image, offset, offset + length, (byte) 0xff));
        return this;
    }

    /** {@return this, having filled a range with zeros} */
    public OvmfWriter blank(int offset, int length) {
        body.add(image -> Arrays.fill(image, offset, offset + length, (byte) 0));
        return this;
    }

    /** {@return this, with the SEV-ES reset block: where application processors start} */
    public OvmfWriter resetBlock(long eip) {
        return entry(RESET_BLOCK, u32s(eip));
    }

    /** {@return this, with the hash table area} */
    public OvmfWriter hashTable(long gpa, long areaSize) {
        return entry(HASH_TABLE, u32s(gpa, areaSize));
    }

    /** {@return this, with the launch-secret area} */
    public OvmfWriter secretArea(long gpa, long areaSize) {
        return entry(SECRET_AREA, u32s(gpa, areaSize));
    }

    /** {@return this, with SEV metadata and the entry that leads to it} */
    public OvmfWriter sevMetadata() {
        return entry(SEV_METADATA, new byte[4]);
    }

    /** {@return this, with one more section of SEV metadata} */
    public OvmfWriter section(long gpa, long sectionSize, long type) {
        sections.add(new int[] {(int) gpa, (int) sectionSize, (int) type});
        return this;
    }

    /** {@return this, with TDX metadata and the entry that leads to it} */
    public OvmfWriter tdxMetadata() {
        return entry(TDX_METADATA, new byte[4]);
    }

    /** {@return this, with one more section of TDX metadata} */
    public OvmfWriter tdxSection(
            long dataOffset, long rawSize, long address, long memorySize, long type, long attributes) {
        tdxSections.add(ByteBuffer.allocate(32)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putInt((int) dataOffset)
                .putInt((int) rawSize)
                .putLong(address)
                .putLong(memorySize)
                .putInt((int) type)
                .putInt((int) attributes)
                .array());
        return this;
    }

    /** {@return this, with the launch offset of a raw SVSM image} */
    public OvmfWriter svsmInfo(long launchOffset) {
        return entry(SVSM_INFO, u32s(launchOffset));
    }

    /** {@return this, with an entry of the GUIDed table} */
    public OvmfWriter entry(UUID guid, byte[] data) {
        entries.add(new Entry(guid, data.clone()));
        return this;
    }

    /** {@return this, without a GUIDed table} */
    public OvmfWriter noTable() {
        footer = false;
        return this;
    }

    /** {@return this, with a reset block alone at the end and no GUIDed table, as very old builds have it} */
    public OvmfWriter loneResetBlock(int eip) {
        footer = false;
        loneResetBlock = eip;
        return this;
    }

    /** {@return this, with another GUID in the footer} */
    public OvmfWriter footerGuid(UUID guid) {
        footerGuid = guid;
        return this;
    }

    /** {@return this, with another table length in the footer} */
    public OvmfWriter footerLength(int length) {
        footerLength = length;
        return this;
    }

    /** {@return this, with another length in all entries of a GUID} */
    public OvmfWriter entryLength(UUID guid, int length) {
        entryLengths.put(guid, length);
        return this;
    }

    /** {@return this, with another offset of the SEV metadata, from the end of the file} */
    public OvmfWriter sevOffset(long offset) {
        sevOffset = offset;
        return this;
    }

    /** {@return this, with another signature of the SEV metadata, four characters} */
    public OvmfWriter sevSignature(String signature) {
        sevSignature = signature;
        return this;
    }

    /** {@return this, with another length in the SEV metadata header} */
    public OvmfWriter sevLength(long length) {
        sevLength = length;
        return this;
    }

    /** {@return this, with another version of the SEV metadata} */
    public OvmfWriter sevVersion(long version) {
        sevVersion = version;
        return this;
    }

    /** {@return this, with another number of sections in the SEV metadata header} */
    public OvmfWriter sevCount(long count) {
        sevCount = count;
        return this;
    }

    /** {@return this, with another offset of the TDX metadata, from the end of the file} */
    public OvmfWriter tdxOffset(long offset) {
        tdxOffset = offset;
        return this;
    }

    /** {@return this, with another signature of the TDX metadata, four characters} */
    public OvmfWriter tdxSignature(String signature) {
        tdxSignature = signature;
        return this;
    }

    /** {@return this, with another length in the TDX metadata header} */
    public OvmfWriter tdxLength(long length) {
        tdxLength = length;
        return this;
    }

    /** {@return this, with another version of the TDX metadata} */
    public OvmfWriter tdxVersion(long version) {
        tdxVersion = version;
        return this;
    }

    /** {@return this, with another number of sections in the TDX metadata header} */
    public OvmfWriter tdxCount(long count) {
        tdxCount = count;
        return this;
    }

    /** {@return this, with these bytes at an offset of the finished image} */
    public OvmfWriter patch(int offset, byte[] bytes) {
        patches.put(offset, bytes.clone());
        return this;
    }

    /** {@return this, cut to its first bytes in the end} */
    public OvmfWriter truncate(int length) {
        keep = length;
        return this;
    }

    /** {@return the offset of the footer's u16 length; its GUID follows} */
    public int footerStart() {
        return size - RESET_VECTOR - ENTRY_TRAILER;
    }

    /**
     * {@return the offset of an entry's data; its u16 length and GUID follow}
     *
     * @param guid the entry, the topmost if there are several
     */
    public int entryStart(UUID guid) {
        int at = footerStart();
        for (Entry entry : entries) {
            at -= ENTRY_TRAILER + entry.data.length;
            if (entry.guid.equals(guid)) {
                return at;
            }
        }
        throw new IllegalArgumentException("no entry " + guid);
    }

    /** {@return the offset of the SEV metadata header} */
    public int sevMetadataStart() {
        return (tableStart() - 16 - 12 * sections.size()) & ~15;
    }

    /** {@return the offset of the TDX metadata header, past the GUID that precedes it} */
    public int tdxMetadataStart() {
        int below = has(SEV_METADATA) ? sevMetadataStart() : tableStart();
        return ((below - 32 - 32 * tdxSections.size()) & ~15) + 16;
    }

    /** {@return the image} */
    public byte[] build() {
        byte[] image = new byte[size];
        body.forEach(step -> step.accept(image));
        ByteBuffer out = ByteBuffer.wrap(image).order(ByteOrder.LITTLE_ENDIAN);
        if (loneResetBlock != null) {
            out.position(size - RESET_VECTOR - ENTRY_TRAILER - 4);
            out.putInt(loneResetBlock).putShort((short) (ENTRY_TRAILER + 4));
            putGuid(out, RESET_BLOCK);
        }
        if (footer) {
            writeTable(out);
        }
        if (has(SEV_METADATA)) {
            out.position(sevMetadataStart());
            out.put(sevSignature.getBytes(StandardCharsets.ISO_8859_1));
            out.putInt((int) or(sevLength, 16 + 12L * sections.size()));
            out.putInt((int) sevVersion);
            out.putInt((int) or(sevCount, sections.size()));
            sections.forEach(s -> out.putInt(s[0]).putInt(s[1]).putInt(s[2]));
        }
        if (has(TDX_METADATA)) {
            out.position(tdxMetadataStart() - 16);
            putGuid(out, TDX_HEADER);
            out.put(tdxSignature.getBytes(StandardCharsets.ISO_8859_1));
            out.putInt((int) or(tdxLength, 16 + 32L * tdxSections.size()));
            out.putInt((int) tdxVersion);
            out.putInt((int) or(tdxCount, tdxSections.size()));
            tdxSections.forEach(out::put);
        }
        patches.forEach((offset, bytes) -> System.arraycopy(bytes, 0, image, offset, bytes.length));
        return keep < 0 ? image : Arrays.copyOf(image, keep);
    }

    private void writeTable(ByteBuffer out) {
        int at = footerStart();
        out.position(at);
        out.putShort((short) (footerLength != null ? footerLength : at + ENTRY_TRAILER - tableStart()));
        putGuid(out, footerGuid);
        for (Entry entry : entries) {
            int length = ENTRY_TRAILER + entry.data.length;
            at -= length;
            byte[] data = entry.data;
            if (entry.guid.equals(SEV_METADATA) && data.length == 4) {
                data = u32s(or(sevOffset, size - sevMetadataStart()));
            } else if (entry.guid.equals(TDX_METADATA) && data.length == 4) {
                data = u32s(or(tdxOffset, size - tdxMetadataStart()));
            }
            out.position(at);
            out.put(data).putShort((short) (int) entryLengths.getOrDefault(entry.guid, length));
            putGuid(out, entry.guid);
        }
    }

    private int tableStart() {
        int at = footerStart();
        for (Entry entry : entries) {
            at -= ENTRY_TRAILER + entry.data.length;
        }
        return at;
    }

    private boolean has(UUID guid) {
        return entries.stream().anyMatch(entry -> entry.guid.equals(guid));
    }

    private static long or(Long value, long otherwise) {
        return value == null ? otherwise : value;
    }

    private static byte[] u32s(long... values) {
        ByteBuffer bytes = ByteBuffer.allocate(4 * values.length).order(ByteOrder.LITTLE_ENDIAN);
        for (long value : values) {
            bytes.putInt((int) value);
        }
        return bytes.array();
    }

    private static void putGuid(ByteBuffer out, UUID guid) {
        out.putInt((int) (guid.getMostSignificantBits() >>> 32));
        out.putShort((short) (guid.getMostSignificantBits() >>> 16));
        out.putShort((short) guid.getMostSignificantBits());
        out.order(ByteOrder.BIG_ENDIAN).putLong(guid.getLeastSignificantBits()).order(ByteOrder.LITTLE_ENDIAN);
    }

    private void step(String step) {
        String[] words = step.split(" ");
        switch (words[0]) {
            case "fill" -> fill((int) number(words, 1));
            case "erase" -> erase((int) number(words, 1), (int) number(words, 2));
            case "blank" -> blank((int) number(words, 1), (int) number(words, 2));
            case "resetBlock" -> resetBlock(number(words, 1));
            case "hashTable" -> hashTable(number(words, 1), number(words, 2));
            case "secretArea" -> secretArea(number(words, 1), number(words, 2));
            case "sevMetadata" -> sevMetadata();
            case "section" -> section(number(words, 1), number(words, 2), number(words, 3));
            case "tdxMetadata" -> tdxMetadata();
            case "tdxSection" ->
                tdxSection(
                        number(words, 1),
                        number(words, 2),
                        number(words, 3),
                        number(words, 4),
                        number(words, 5),
                        number(words, 6));
            case "svsmInfo" -> svsmInfo(number(words, 1));
            case "entry" -> entry(UUID.fromString(words[1]), words.length == 2 ? new byte[0] : hex(words, 2));
            case "noTable" -> noTable();
            case "loneResetBlock" -> loneResetBlock((int) number(words, 1));
            case "footerGuid" -> footerGuid(UUID.fromString(words[1]));
            case "footerLength" -> footerLength((int) number(words, 1));
            case "entryLength" -> entryLength(UUID.fromString(words[1]), (int) number(words, 2));
            case "sevOffset" -> sevOffset(number(words, 1));
            case "sevSignature" -> sevSignature(words[1]);
            case "sevLength" -> sevLength(number(words, 1));
            case "sevVersion" -> sevVersion(number(words, 1));
            case "sevCount" -> sevCount(number(words, 1));
            case "tdxOffset" -> tdxOffset(number(words, 1));
            case "tdxSignature" -> tdxSignature(words[1]);
            case "tdxLength" -> tdxLength(number(words, 1));
            case "tdxVersion" -> tdxVersion(number(words, 1));
            case "tdxCount" -> tdxCount(number(words, 1));
            case "patch" -> patch((int) number(words, 1), hex(words, 2));
            case "truncate" -> truncate((int) number(words, 1));
            default -> throw new IllegalArgumentException("no step " + step);
        }
    }

    private static long number(String[] words, int index) {
        return Long.decode(words[index]);
    }

    private static byte[] hex(String[] words, int index) {
        return HexFormat.of().parseHex(words[index]);
    }
}
