package dev.measure.vectors;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalLong;
import java.util.function.Consumer;
import java.util.zip.CRC32;

/**
 * Writes an IGVM file, one method for each header; it can be broken on purpose. For tests.
 *
 * <p>Data goes behind the headers in the order of the calls that bring some, padded to the size that its header stands for.
 * What is not given fits the rest; the checksum is made last, so that only {@link #checksum} breaks it.
 */
public final class IgvmFileWriter {
    private static final int CHECKSUM = 0x14;

    private record Header(long type, OptionalLong length, byte[] content, int offsetAt, byte[] data, int padding) {}

    private final List<Header> headers = new ArrayList<>();
    private long magic = 0x4d564749L;
    private long version = 1;
    private long architecture;
    private long pageSize = 4096;
    private OptionalLong headerOffset = OptionalLong.empty();
    private OptionalLong headerSize = OptionalLong.empty();
    private OptionalLong totalSize = OptionalLong.empty();
    private OptionalLong checksum = OptionalLong.empty();
    private OptionalLong fileOffset = OptionalLong.empty();
    private int padding;
    private OptionalLong length = OptionalLong.empty();

    private IgvmFileWriter() {}

    /** {@return a writer of a file without headers} */
    public static IgvmFileWriter igvm() {
        return new IgvmFileWriter();
    }

    /** {@return a writer of a file for SEV-SNP, with mask 1 and a guest policy} */
    public static IgvmFileWriter snp() {
        return igvm().platform(1, 2).policy(0x30000, 1);
    }

    /** Sets the magic. */
    public IgvmFileWriter magic(long value) {
        magic = value;
        return this;
    }

    /** Sets the version; from 2 on the header is longer. */
    public IgvmFileWriter version(long value) {
        version = value;
        return this;
    }

    /** Sets the architecture of version 2. */
    public IgvmFileWriter architecture(long value) {
        architecture = value;
        return this;
    }

    /** Sets the page size of version 2. */
    public IgvmFileWriter pageSize(long value) {
        pageSize = value;
        return this;
    }

    /** Sets variable_header_offset to something else than what follows the header. */
    public IgvmFileWriter headerOffset(long value) {
        headerOffset = OptionalLong.of(value);
        return this;
    }

    /** Sets variable_header_size to something else than what there is. */
    public IgvmFileWriter headerSize(long value) {
        headerSize = OptionalLong.of(value);
        return this;
    }

    /** Sets total_file_size to something else than the file's. */
    public IgvmFileWriter totalSize(long value) {
        totalSize = OptionalLong.of(value);
        return this;
    }

    /** Sets a checksum. */
    public IgvmFileWriter checksum(long value) {
        checksum = OptionalLong.of(value);
        return this;
    }

    /** Sets the file_offset of the next header, whatever its data. */
    public IgvmFileWriter nextFileOffset(long value) {
        fileOffset = OptionalLong.of(value);
        return this;
    }

    /** Fills the padding of the next header with a byte. */
    public IgvmFileWriter nextPadding(int value) {
        padding = value;
        return this;
    }

    /** Sets the length field of the next header. */
    public IgvmFileWriter nextLength(long value) {
        length = OptionalLong.of(value);
        return this;
    }

    /** Adds any header. */
    public IgvmFileWriter header(long type, byte[] content) {
        return add(type, content.length, out -> out.put(content), -1, new byte[0]);
    }

    /** Adds SUPPORTED_PLATFORM. */
    public IgvmFileWriter platform(long mask, int type) {
        return add(
                0x1,
                16,
                out -> out.putInt((int) mask).put((byte) 0).put((byte) type).putShort((short) 1),
                -1,
                new byte[0]);
    }

    /** Adds GUEST_POLICY. */
    public IgvmFileWriter policy(long policy, long mask) {
        return add(0x101, 16, out -> out.putLong(policy).putInt((int) mask), -1, new byte[0]);
    }

    /** Adds PARAMETER_AREA without data. */
    public IgvmFileWriter parameterArea(long bytes, long index) {
        return add(0x301, 16, out -> out.putLong(bytes).putInt((int) index), 12, new byte[0]);
    }

    /** Adds PAGE_DATA of 4 KiB, without data if that is empty. */
    public IgvmFileWriter page(long gpa, long mask, byte[] data, long flags, int type) {
        int size = (flags & 1) != 0 ? 1 << 21 : 4096;
        byte[] padded = data.length == 0 ? data : Arrays.copyOf(data, size);
        return add(
                0x302,
                24,
                out -> out.putLong(gpa)
                        .putInt((int) mask)
                        .putInt(0)
                        .putInt((int) flags)
                        .putShort((short) type),
                12,
                padded);
    }

    /** Adds PARAMETER_INSERT. */
    public IgvmFileWriter parameterInsert(long gpa, long mask, long index) {
        return add(0x303, 16, out -> out.putLong(gpa).putInt((int) mask).putInt((int) index), -1, new byte[0]);
    }

    /** Adds VP_CONTEXT. */
    public IgvmFileWriter context(long gpa, long mask, byte[] page, int index) {
        return add(
                0x304, 20, out -> out.putLong(gpa).putInt((int) mask).putInt(0).putShort((short) index), 12, page);
    }

    /** Adds REQUIRED_MEMORY. */
    public IgvmFileWriter requiredMemory(long gpa, long mask, long bytes) {
        return add(0x305, 24, out -> out.putLong(gpa).putInt((int) mask).putInt((int) bytes), -1, new byte[0]);
    }

    /** Adds one of the headers that say where a parameter goes. */
    public IgvmFileWriter parameter(long type, long index, long byteOffset) {
        return add(type, 8, out -> out.putInt((int) index).putInt((int) byteOffset), -1, new byte[0]);
    }

    /** Adds ERROR_RANGE. */
    public IgvmFileWriter errorRange(long gpa, long mask, long bytes) {
        return add(0x30d, 16, out -> out.putLong(gpa).putInt((int) mask).putInt((int) bytes), -1, new byte[0]);
    }

    /** Adds SNP_ID_BLOCK, all of which but its mask and digest is zero. */
    public IgvmFileWriter idBlock(long mask, byte[] ld) {
        return add(0x30b, 696, out -> out.putInt((int) mask).putInt(0).put(ld), -1, new byte[0]);
    }

    private IgvmFileWriter add(long type, int size, Consumer<ByteBuffer> fields, int offsetAt, byte[] data) {
        byte[] content = new byte[size];
        ByteBuffer out = ByteBuffer.wrap(content).order(ByteOrder.LITTLE_ENDIAN);
        fields.accept(out);
        int at = offsetAt;
        if (fileOffset.isPresent()) {
            out.putInt(offsetAt, (int) fileOffset.getAsLong());
            at = -1;
            fileOffset = OptionalLong.empty();
        }
        headers.add(new Header(type, length, content, at, data, padding));
        padding = 0;
        length = OptionalLong.empty();
        return this;
    }

    /** {@return the file} */
    public byte[] build() {
        int fixed = version < 2 ? 24 : 32;
        int size = 0;
        for (Header header : headers) {
            size += 8 + (header.content.length + 7) / 8 * 8;
        }
        ByteBuffer out = ByteBuffer.allocate(fixed + size).order(ByteOrder.LITTLE_ENDIAN);
        ByteArrayOutputStream data = new ByteArrayOutputStream();
        out.position(fixed);
        for (Header header : headers) {
            if (header.offsetAt >= 0 && header.data.length > 0) {
                ByteBuffer.wrap(header.content)
                        .order(ByteOrder.LITTLE_ENDIAN)
                        .putInt(header.offsetAt, fixed + size + data.size());
            }
            data.writeBytes(header.data);
            out.putInt((int) header.type).putInt((int) header.length.orElse(header.content.length));
            out.put(header.content);
            while (out.position() % 8 != 0) {
                out.put((byte) header.padding);
            }
        }
        out.putInt(0, (int) magic).putInt(4, (int) version);
        out.putInt(8, (int) headerOffset.orElse(fixed)).putInt(12, (int) headerSize.orElse(size));
        out.putInt(16, (int) totalSize.orElse(fixed + size + data.size()));
        if (fixed == 32) {
            out.putInt(24, (int) architecture).putInt(28, (int) pageSize);
        }
        CRC32 crc = new CRC32();
        crc.update(out.array());
        out.putInt(CHECKSUM, (int) checksum.orElse(crc.getValue()));
        ByteArrayOutputStream file = new ByteArrayOutputStream();
        file.writeBytes(out.array());
        file.writeBytes(data.toByteArray());
        return file.toByteArray();
    }
}
