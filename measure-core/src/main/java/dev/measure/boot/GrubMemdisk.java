package dev.measure.boot;

import dev.measure.Source;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * The disk inside a GRUB, if it is a FAT12 or FAT16 file system without partitions, as Debian's up to 2.06 (Microsoft, "FAT: General
 * Overview of On-Disk Format", 1.03). Files of it are read without being measured.
 */
final class GrubMemdisk {
    private static final int MAX_DISK = 64 << 20;
    private static final int ENTRY = 32; // bytes of a directory entry
    private static final int LONG_NAME = 0x0f;
    private static final int FOLDER = 0x10;
    private static final int VOLUME = 0x08;
    private static final int LONG_NAME_CHARS = 13;
    private static final int[] CHAR_OFFSETS = {1, 3, 5, 7, 9, 14, 16, 18, 20, 22, 24, 28, 30};
    private static final int FAT12_CLUSTERS = 4085; // fewer clusters: FAT12

    private final ByteBuffer disk;
    private final int clusterBytes;
    private final int fat;
    private final int root;
    private final int rootEntries;
    private final int data;
    private final boolean fat12;

    /** A file or folder: its first cluster and its length. */
    private record Found(int cluster, long length, boolean folder) {}

    private GrubMemdisk(ByteBuffer disk) {
        this.disk = disk;
        int sector = Math.max(1, disk.getShort(11) & 0xffff);
        int perCluster = Math.max(1, disk.get(13) & 0xff);
        int reserved = disk.getShort(14) & 0xffff;
        int fats = disk.get(16) & 0xff;
        this.rootEntries = disk.getShort(17) & 0xffff;
        int fatSectors = disk.getShort(22) & 0xffff;
        this.clusterBytes = sector * perCluster;
        this.fat = reserved * sector;
        this.root = fat + fats * fatSectors * sector;
        this.data = root + (rootEntries * ENTRY + sector - 1) / sector * sector;
        this.fat12 = (disk.limit() - data) / clusterBytes < FAT12_CLUSTERS;
    }

    private static Optional<GrubMemdisk> of(Source memdisk) {
        if (memdisk.length() < 512 || memdisk.length() > MAX_DISK) {
            return Optional.empty();
        }
        ByteBuffer bytes = ByteBuffer.wrap(memdisk.toByteArray()).order(ByteOrder.LITTLE_ENDIAN);
        int sector = bytes.getShort(11) & 0xffff;
        boolean fat = (bytes.getShort(510) & 0xffff) == 0xaa55
                && sector >= 512
                && sector <= 4096
                && Integer.bitCount(sector) == 1
                && (bytes.getShort(22) & 0xffff) > 0;
        if (!fat) {
            return Optional.empty();
        }
        GrubMemdisk disk = new GrubMemdisk(bytes);
        return disk.data > 0 && disk.data < bytes.limit() ? Optional.of(disk) : Optional.empty();
    }

    /** {@return a file; empty if there is none, or the disk cannot be read} */
    static Optional<Source> file(Source memdisk, String path) {
        return of(memdisk)
                .flatMap(disk ->
                        disk.find(path).filter(found -> !found.folder()).flatMap(found -> disk.read(path, found)));
    }

    /**
     * {@return whether there is a file; empty if the disk cannot be read}
     *
     * <p>Of a squashfs the names alone are known: a file is there if its name and those of its folders are.
     */
    static Optional<Boolean> holds(Source memdisk, String path) {
        return of(memdisk)
                .map(disk -> disk.find(path).isPresent())
                .or(() -> GrubSquashfs.names(memdisk)
                        .map(names -> Stream.of(path.split("/"))
                                .filter(part -> !part.isEmpty())
                                .allMatch(names::contains)));
    }

    private Optional<Found> find(String path) {
        Optional<Found> at = Optional.of(new Found(0, 0, true));
        for (String name : path.split("/")) {
            if (!name.isEmpty()) {
                at = at.filter(Found::folder).flatMap(folder -> entry(folder, name));
            }
        }
        return at;
    }

    private Optional<Found> entry(Found folder, String name) {
        byte[] entries;
        if (folder.cluster() == 0) {
            int length = Math.min(rootEntries * ENTRY, disk.limit() - root);
            entries = new byte[Math.max(0, length)];
            disk.get(root, entries);
        } else {
            entries = chain(folder.cluster(), Long.MAX_VALUE);
        }
        ByteBuffer b = ByteBuffer.wrap(entries).order(ByteOrder.LITTLE_ENDIAN);
        StringBuilder longName = new StringBuilder();
        for (int at = 0; at + ENTRY <= entries.length && entries[at] != 0; at += ENTRY) {
            int attributes = entries[at + 11] & 0xff;
            if ((entries[at] & 0xff) == 0xe5) {
                longName.setLength(0);
            } else if (attributes == LONG_NAME) {
                longName.insert(0, characters(b, at));
            } else {
                String found = longName.isEmpty() ? shortName(entries, at) : longName.toString();
                longName.setLength(0);
                if ((attributes & VOLUME) == 0 && found.equalsIgnoreCase(name)) {
                    int cluster = b.getShort(at + 26) & 0xffff;
                    return Optional.of(new Found(cluster, b.getInt(at + 28) & 0xffffffffL, (attributes & FOLDER) != 0));
                }
            }
        }
        return Optional.empty();
    }

    private static String characters(ByteBuffer b, int at) {
        StringBuilder name = new StringBuilder(LONG_NAME_CHARS);
        for (int offset : CHAR_OFFSETS) {
            char c = b.getChar(at + offset);
            if (c == 0 || c == 0xffff) {
                break;
            }
            name.append(c);
        }
        return name.toString();
    }

    private static String shortName(byte[] entries, int at) {
        String base = new String(entries, at, 8, StandardCharsets.ISO_8859_1).stripTrailing();
        String suffix = new String(entries, at + 8, 3, StandardCharsets.ISO_8859_1).stripTrailing();
        return (suffix.isEmpty() ? base : base + "." + suffix).toLowerCase(Locale.ROOT);
    }

    private Optional<Source> read(String path, Found file) {
        byte[] bytes = file.length() == 0 ? new byte[0] : chain(file.cluster(), file.length());
        if (bytes.length < file.length()) {
            return Optional.empty();
        }
        return Optional.of(Source.of("(memdisk)" + path, bytes).slice(0, file.length()));
    }

    /** The clusters of a file, up to a length; a chain that runs in a circle ends with the disk. */
    private byte[] chain(int first, long length) {
        int most = (disk.limit() - data) / clusterBytes + 1;
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        int cluster = first;
        for (int i = 0; i < most && out.size() < length; i++) {
            long at = data + (cluster - 2L) * clusterBytes;
            if (cluster < 2 || at + clusterBytes > disk.limit()) {
                break;
            }
            byte[] part = new byte[clusterBytes];
            disk.get((int) at, part);
            out.writeBytes(part);
            cluster = next(cluster);
        }
        return out.toByteArray();
    }

    private int next(int cluster) {
        int at = fat + (fat12 ? cluster + cluster / 2 : cluster * 2);
        if (at + 2 > disk.limit()) {
            return 0;
        }
        int value = disk.getShort(at) & 0xffff;
        if (!fat12) {
            return value < 0xfff8 ? value : 0;
        }
        int twelve = (cluster & 1) == 0 ? value & 0xfff : value >> 4;
        return twelve < 0xff8 ? twelve : 0;
    }
}
