package dev.measure.tdx;

import dev.measure.vectors.OvmfWriter;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;

/** Images in the form of td-shim's, made by rule: metadata behind the older pointer, or in a GUIDed table. */
final class TdShimImages {
    static final int BFV = 0;
    static final int CFV = 1;
    static final int TD_HOB = 2;
    static final int TEMP_MEM = 3;
    static final int PERM_MEM = 4;
    static final int PAYLOAD = 5;
    static final int PAYLOAD_PARAM = 6;
    static final int TD_INFO = 7;
    static final int TD_PARAMS = 8;

    private static final int SIZE = 0x20000;
    private static final long BASE = 0x1_0000_0000L - SIZE;

    private TdShimImages() {}

    /** A section: data offset, raw size, address, memory size, type, attributes. */
    static long[] section(long offset, long raw, long address, long size, int type, long attributes) {
        return new long[] {offset, raw, address, size, type, attributes};
    }

    static long[] bfv() {
        return section(0x8000, 0x18000, BASE + 0x8000, 0x18000, BFV, 1);
    }

    static long[] cfv() {
        return section(0, 0x4000, BASE, 0x4000, CFV, 0);
    }

    static long[] hob() {
        return section(0, 0, 0x800000, 0x20000, TD_HOB, 0);
    }

    static long[] permMem() {
        return section(0, 0, 0x2000000, 0x100000, PERM_MEM, 2);
    }

    /** What td-shim is started with if its VMM hands it a kernel: TD HOB, areas for kernel and parameters. */
    static List<long[]> linux() {
        return List.of(
                bfv(),
                cfv(),
                section(0, 0, BASE + 0x4000, 0x1000, TEMP_MEM, 0),
                hob(),
                section(0, 0, 0x900000, 0x40000, PAYLOAD, 0),
                section(0, 0, 0x880000, 0x1000, PAYLOAD_PARAM, 0));
    }

    /** A service TD: no TD HOB, the payload in the image. */
    static List<long[]> service(long attributes) {
        return List.of(
                bfv(),
                section(0, 0, BASE + 0x4000, 0x1000, TEMP_MEM, 0),
                permMem(),
                section(0x8000 + 0x400, 0x40, 0, 0, TD_INFO, 0),
                section(0x8000 + 0x800, 0x50, 0, 0, TD_PARAMS, 0),
                section(0x4000, 0x4000, 0x1200000, 0x4000, PAYLOAD, attributes));
    }

    /** The image with the older pointer at the end of the file. */
    static byte[] legacy(List<long[]> sections) {
        byte[] image = body();
        int descriptor = SIZE - 0x400;
        ByteBuffer out = ByteBuffer.wrap(image).order(ByteOrder.LITTLE_ENDIAN);
        out.position(descriptor - 16);
        out.putInt(0xe9eaf9f3).putShort((short) 0x168e).putShort((short) 0x44d5);
        out.order(ByteOrder.BIG_ENDIAN).putLong(0xa8eb7f4d8738f6aeL).order(ByteOrder.LITTLE_ENDIAN);
        out.putInt(0x46564454).putInt(16 + 32 * sections.size()).putInt(1).putInt(sections.size());
        for (long[] section : sections) {
            out.putInt((int) section[0])
                    .putInt((int) section[1])
                    .putLong(section[2])
                    .putLong(section[3]);
            out.putInt((int) section[4]).putInt((int) section[5]);
        }
        out.putInt(SIZE - 32, descriptor);
        return image;
    }

    /** The image with a GUIDed table. */
    static byte[] guided(List<long[]> sections) {
        OvmfWriter writer = OvmfWriter.ovmf(SIZE).fill(7).patch(0x4000, volume(0x4000, new byte[] {'M', 'Z', 1}));
        writer.tdxMetadata();
        for (long[] s : new ArrayList<>(sections)) {
            writer.tdxSection(s[0], s[1], s[2], s[3], (int) s[4], s[5]);
        }
        return writer.build();
    }

    private static byte[] body() {
        byte[] image = new byte[SIZE];
        for (int i = 0; i < image.length; i++) {
            image[i] = (byte) (i * 31 + (i >> 8) * 17 + 7);
        }
        byte[] volume = volume(0x4000, new byte[] {'M', 'Z', 1});
        System.arraycopy(volume, 0, image, 0x4000, volume.length);
        return image;
    }

    /** A payload volume as td-shim's linker makes it: one DXE core file with one PE32 section, which fills it. */
    static byte[] volume(int size, byte[] program) {
        int header = 0x78;
        ByteBuffer out = ByteBuffer.allocate(size).order(ByteOrder.LITTLE_ENDIAN);
        out.position(16);
        out.putInt(0x8c8ce578).putShort((short) 0x8a3d).putShort((short) 0x4f1c);
        out.order(ByteOrder.BIG_ENDIAN).putLong(0x99358961_85c32dd3L).order(ByteOrder.LITTLE_ENDIAN);
        out.putLong(size).putInt(0x4856465f).putInt(0x4f6ff).putShort((short) header);
        out.putShort((short) 0).putShort((short) 0x60).put((byte) 0).put((byte) 2);
        int sum = 0;
        for (int i = 0; i < 56; i += 2) {
            sum += out.getShort(i) & 0xffff;
        }
        out.putShort(50, (short) -sum);
        out.position(header);
        out.put(new byte[16]).putShort((short) 0).put((byte) 5).put((byte) 0);
        u24(out, size - header).put((byte) 0);
        int bytes = 0;
        for (int i = header; i < header + 24; i++) {
            bytes += out.get(i);
        }
        out.put(header + 16, (byte) -bytes).put(header + 17, (byte) 0xaa).put(header + 23, (byte) 7);
        u24(out, size - header - 24).put((byte) 0x10).put(program);
        return out.array();
    }

    private static ByteBuffer u24(ByteBuffer out, int value) {
        return out.putShort((short) value).put((byte) (value >> 16));
    }
}
