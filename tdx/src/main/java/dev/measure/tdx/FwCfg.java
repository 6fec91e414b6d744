package dev.measure.tdx;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;

/** The files that a paused QEMU has for firmware, through the DMA interface of its fw_cfg device. QEMU docs/specs/fw_cfg.rst. */
final class FwCfg {
    private static final int FILE_DIRECTORY = 0x19;
    private static final int MAX_ENTRIES = 4096;
    private static final int MAX_FILE = 16 << 20;
    private static final int DMA_CONTROL = 0x7000;
    private static final int DMA_BUFFER = 0x10_0000;
    private static final int READ = 0x02;
    private static final int SELECT = 0x08;
    private static final int WRITE = 0x10;

    private final Qtest qemu;
    private final Map<String, Entry> directory;

    private FwCfg(Qtest qemu, Map<String, Entry> directory) {
        this.qemu = qemu;
        this.directory = directory;
    }

    private record Entry(int key, int size) {}

    /** FWCfgFiles: u32 count, then per file u32 size, u16 key, u16 reserved, 56 bytes name; big-endian. */
    static FwCfg of(Qtest qemu) throws IOException {
        int count = ByteBuffer.wrap(read(qemu, FILE_DIRECTORY, 4)).getInt();
        if (count < 0 || count > MAX_ENTRIES) {
            throw new IOException("QEMU says that fw_cfg has " + Integer.toUnsignedString(count) + " files");
        }
        ByteBuffer entries =
                ByteBuffer.wrap(read(qemu, FILE_DIRECTORY, 4 + 64 * count)).position(4);
        Map<String, Entry> directory = new LinkedHashMap<>();
        byte[] name = new byte[56];
        for (int i = 0; i < count; i++) {
            int size = entries.getInt();
            int key = entries.getShort() & 0xffff;
            entries.getShort();
            entries.get(name);
            if (size < 0 || size > MAX_FILE) {
                size = MAX_FILE; // a file that is not read; those that are have 128 KiB
            }
            directory.put(new String(name, StandardCharsets.US_ASCII).replaceFirst("\0.*", ""), new Entry(key, size));
        }
        return new FwCfg(qemu, directory);
    }

    /** The contents of a file, if there is one of that name. QEMU may make them only now. */
    Optional<byte[]> file(String name) throws IOException {
        Entry entry = directory.get(name);
        return entry == null ? Optional.empty() : Optional.of(read(qemu, entry.key(), entry.size()));
    }

    /** The value of a file of one little-endian number of 64 bits; empty if there is none of that name and size. */
    OptionalLong number(String name) throws IOException {
        Entry entry = directory.get(name);
        if (entry == null || entry.size() != Long.BYTES) {
            return OptionalLong.empty();
        }
        return OptionalLong.of(ByteBuffer.wrap(read(qemu, entry.key(), entry.size()))
                .order(ByteOrder.LITTLE_ENDIAN)
                .getLong());
    }

    /** Writes a file of one little-endian number of 64 bits. */
    void write(String name, long value) throws IOException {
        Entry entry = directory.get(name);
        if (entry == null) {
            throw new IOException("QEMU has no fw_cfg file " + name);
        }
        qemu.write(
                DMA_BUFFER,
                ByteBuffer.allocate(Long.BYTES)
                        .order(ByteOrder.LITTLE_ENDIAN)
                        .putLong(value)
                        .array());
        dma(qemu, entry.key() << 16 | SELECT | WRITE, Long.BYTES);
    }

    private static byte[] read(Qtest qemu, int key, int size) throws IOException {
        dma(qemu, key << 16 | SELECT | READ, size);
        return qemu.read(DMA_BUFFER, size);
    }

    /** FWCfgDmaAccess: u32 control, u32 length, u64 address; big-endian. Written into guest memory, started through port 0x514. */
    private static void dma(Qtest qemu, int control, int size) throws IOException {
        qemu.write(
                DMA_CONTROL,
                ByteBuffer.allocate(16)
                        .putInt(control)
                        .putInt(size)
                        .putLong(DMA_BUFFER)
                        .array());
        qemu.outl(0x514, 0);
        qemu.outl(0x518, Integer.reverseBytes(DMA_CONTROL)); // the register is big-endian, the port is not
    }
}
