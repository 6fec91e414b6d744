package dev.measure.igvm;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.zip.CRC32;

/**
 * Writes an IGVM file of format version 1: fixed header, variable headers, then the data in the order of the headers that point
 * to it. The same headers give the same bytes.
 */
public final class IgvmWriter {
    private static final int CHUNK = 1 << 16;

    private IgvmWriter() {}

    /**
     * Writes a file.
     *
     * @param file its headers and data
     * @param out takes the bytes; not closed
     * @throws IOException if that fails
     * @throws IllegalArgumentException if the file would have 4 GiB or more, or is of a version whose header differs
     */
    public static void write(IgvmFile file, OutputStream out) throws IOException {
        if (file.formatVersion() != 1) {
            throw new IllegalArgumentException("only IGVM version 1 is written, got " + file.formatVersion());
        }
        int size = IgvmFile.HEADER_V1;
        for (IgvmHeader header : file.headers()) {
            size += IgvmFile.sizeOf(header.type());
        }
        ByteBuffer bytes = ByteBuffer.allocate(size).order(ByteOrder.LITTLE_ENDIAN);
        bytes.position(IgvmFile.HEADER_V1);
        long data = size;
        for (IgvmHeader header : file.headers()) {
            int start = bytes.position();
            bytes.putInt(header.type().number());
            bytes.putInt(header.type().length());
            header.write(bytes, header.dataLength() == 0 ? 0 : data);
            bytes.position(start + IgvmFile.sizeOf(header.type()));
            data += header.dataLength();
            if (data > 0xffff_ffffL) {
                throw new IllegalArgumentException("an IGVM file has less than 4 GiB");
            }
        }
        bytes.putInt(0, (int) IgvmFile.MAGIC);
        bytes.putInt(4, 1);
        bytes.putInt(8, IgvmFile.HEADER_V1);
        bytes.putInt(12, size - IgvmFile.HEADER_V1);
        bytes.putInt(16, (int) data);
        CRC32 crc = new CRC32();
        crc.update(bytes.array());
        bytes.putInt(IgvmFile.CHECKSUM, (int) crc.getValue());
        out.write(bytes.array());
        for (IgvmHeader header : file.headers()) {
            writeData(header, out);
        }
    }

    private static void writeData(IgvmHeader header, OutputStream out) throws IOException {
        long length = header.data().length();
        for (long at = 0; at < length; at += CHUNK) {
            out.write(header.data().slice(at, Math.min(CHUNK, length - at)).toByteArray());
        }
        for (long at = length; at < header.dataLength(); ) {
            int count = (int) Math.min(CHUNK, header.dataLength() - at);
            out.write(new byte[count]);
            at += count;
        }
    }
}
