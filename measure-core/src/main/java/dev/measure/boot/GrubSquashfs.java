package dev.measure.boot;

import dev.measure.Source;
import dev.measure.parse.Cursor;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.tukaani.xz.XZInputStream;

/**
 * The names in a small squashfs, such as Debian and Ubuntu put into GRUB from 2.12 on (Linux Documentation/filesystems/squashfs.rst;
 * fs/squashfs/squashfs_fs.h). Little-endian; compressed with xz, or not.
 */
final class GrubSquashfs {
    private static final long MAGIC = 0x73717368L; // "hsqs"
    private static final int SUPERBLOCK = 96;
    private static final int MAX_INODES = 64; // that of Debian has three; more may need a second block
    private static final int BLOCK = 8192; // of metadata, unpacked
    private static final int XZ = 4;
    private static final int UNPACKED = 0x8000;
    private static final int DIRECTORY_HEADER = 12;
    private static final int DIRECTORY_ENTRY = 8;
    private static final int MAX_MEMORY_KIB = 16 << 10;

    private GrubSquashfs() {}

    /** {@return the names of all files and folders, wherever they lie; empty if the disk is no such file system} */
    static Optional<Set<String>> names(Source disk) {
        if (disk.length() < SUPERBLOCK) {
            return Optional.empty();
        }
        Cursor c = Cursor.of(disk.slice(0, SUPERBLOCK));
        long magic = c.u32("magic");
        long inodes = c.u32("inodes");
        c.seek(20, "compression");
        int compression = c.u16("compression");
        c.seek(72, "directory_table");
        long table = c.u64("directory_table");
        if (magic != MAGIC
                || inodes > MAX_INODES
                || compression != XZ
                || table < SUPERBLOCK
                || table > disk.length() - 2) {
            return Optional.empty();
        }
        int header = Cursor.of(disk.slice(table, 2)).u16("size of a metadata block");
        int length = header & ~UNPACKED;
        if (length == 0 || length > disk.length() - table - 2) {
            return Optional.empty();
        }
        Source stored = disk.slice(table + 2, length);
        return (header & UNPACKED) != 0
                ? Optional.of(listed(stored.toByteArray()))
                : unpacked(stored).map(GrubSquashfs::listed);
    }

    private static Optional<byte[]> unpacked(Source stored) {
        try (InputStream in = new XZInputStream(new ByteArrayInputStream(stored.toByteArray()), MAX_MEMORY_KIB)) {
            return Optional.of(in.readNBytes(BLOCK));
        } catch (IOException e) {
            return Optional.empty(); // broken or of another kind: its names are not known
        }
    }

    /** squashfs_dir_header: u32 count less 1, u32 start, u32 inode; squashfs_dir_entry: three u16, u16 length of the name less 1. */
    private static Set<String> listed(byte[] block) {
        Set<String> names = new TreeSet<>();
        ByteBuffer b = ByteBuffer.wrap(block).order(ByteOrder.LITTLE_ENDIAN);
        while (b.remaining() >= DIRECTORY_HEADER) {
            long count = (b.getInt() & 0xffffffffL) + 1;
            b.position(b.position() + 8);
            for (long i = 0; i < count && b.remaining() >= DIRECTORY_ENTRY; i++) {
                b.position(b.position() + 6);
                int length = (b.getShort() & 0xffff) + 1;
                if (length > b.remaining()) {
                    return names;
                }
                byte[] name = new byte[length];
                b.get(name);
                names.add(new String(name, StandardCharsets.UTF_8));
            }
        }
        return names;
    }
}
