package dev.measure.uefi;

import dev.measure.Provenance;
import dev.measure.Source;
import dev.measure.parse.Cursor;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.CRC32;

/**
 * The primary GUID Partition Table of a disk: its header at LBA 1 and its entries (UEFI 2.10, section 5.3).
 *
 * @param header the header
 * @param entries all entries, the unused ones too, in table order
 */
public record GuidPartitionTable(GptHeader header, List<GptEntry> entries) {
    /** A table has 16 KiB; edk2 sets no limit, nor does the format. */
    private static final long MAX_ENTRIES = 16 << 20;

    private static final long SIGNATURE = 0x5452415020494645L; // "EFI PART"
    private static final int[] SECTOR_SIZES = {512, 4096};

    /** Copies the list. */
    public GuidPartitionTable {
        entries = List.copyOf(entries);
    }

    /**
     * {@return the table at the start of a disk; both check sums are verified}
     *
     * @param disk the disk, or at least its first sectors up to the end of the entries (34 sectors of 512 bytes as a rule)
     */
    public static GuidPartitionTable read(Source disk) {
        int sector = sectorSize(disk);
        Source lba1 = disk.slice(sector, Math.min(sector, disk.length() - sector));
        GptHeader header = GptHeader.read(lba1);
        Cursor c = Cursor.of(lba1.slice(0, GptHeader.LENGTH));
        if (header.headerSize() < GptHeader.LENGTH || header.headerSize() > lba1.length()) {
            throw c.malformed(12, "HeaderSize of 92.." + lba1.length(), String.valueOf(header.headerSize()), "");
        }
        if (header.myLba() != 1) {
            throw c.malformed(24, "MyLBA = 1", Long.toUnsignedString(header.myLba()), "");
        }
        byte[] checked = lba1.slice(0, header.headerSize()).toByteArray();
        ByteBuffer.wrap(checked).putInt(16, 0); // HeaderCRC32 counts as zero
        checkCrc(c, 16, "HeaderCRC32", header.headerCrc32(), checked);
        Source table = table(disk, sector, header, c);
        checkCrc(c, 88, "PartitionEntryArrayCRC32", header.partitionEntryArrayCrc32(), table.toByteArray());
        return new GuidPartitionTable(header, GptEntry.readAll(table, (int) header.sizeOfPartitionEntry()));
    }

    private static int sectorSize(Source disk) {
        for (int size : SECTOR_SIZES) {
            if (disk.length() >= size + GptHeader.LENGTH
                    && Cursor.of(disk.slice(size, 8)).u64("Signature") == SIGNATURE) {
                return size;
            }
        }
        Cursor c = Cursor.of(disk.slice(0, Math.min(disk.length(), 512)));
        throw c.malformed(
                Math.min(disk.length(), 512),
                "\"EFI PART\" at LBA 1",
                disk.length() < 512 + GptHeader.LENGTH ? "the end of the data" : "something else",
                "is this a disk with a GUID partition table, in raw form?");
    }

    private static Source table(Source disk, int sector, GptHeader header, Cursor c) {
        long size = header.sizeOfPartitionEntry();
        if (size < GptEntry.LENGTH || size > sector || Long.bitCount(size) != 1) {
            throw c.malformed(84, "SizeOfPartitionEntry, a power of two of 128 or more", String.valueOf(size), "");
        }
        long length = size * header.numberOfPartitionEntries(); // both are u32, the first at most 4096
        if (length > MAX_ENTRIES) {
            throw c.malformed(
                    80,
                    "NumberOfPartitionEntries of at most " + MAX_ENTRIES / size,
                    String.valueOf(header.numberOfPartitionEntries()),
                    "");
        }
        long lba = header.partitionEntryLba();
        if (lba < 2 || lba > (disk.length() - length) / sector) {
            throw c.malformed(
                    72,
                    "PartitionEntryLBA of entries that lie in the " + disk.length() + " bytes given",
                    Long.toUnsignedString(lba),
                    "give the disk, or its first 34 sectors");
        }
        return disk.slice(lba * sector, length);
    }

    private static void checkCrc(Cursor c, int at, String field, long stored, byte[] bytes) {
        CRC32 crc = new CRC32();
        crc.update(bytes);
        if (crc.getValue() != stored) {
            throw c.malformed(
                    at,
                    String.format("%s = 0x%08x", field, crc.getValue()),
                    String.format("0x%08x", stored),
                    "the partition table is damaged; firmware would use the backup table");
        }
    }

    /** {@return UEFI_GPT_DATA as firmware logs and measures it: header, u64 number of used entries, those entries} */
    public byte[] eventData() {
        List<GptEntry> used = entries.stream().filter(GptEntry::used).toList();
        int size = (int) header.sizeOfPartitionEntry();
        ByteBuffer out =
                ByteBuffer.allocate(GptHeader.LENGTH + 8 + used.size() * size).order(ByteOrder.LITTLE_ENDIAN);
        out.put(header.source().toByteArray()).putLong(used.size());
        used.forEach(entry -> out.put(entry.source().toByteArray()));
        return out.array();
    }

    /** {@return where the bytes of {@link #eventData} come from: header and used entries, neighbours in one range} */
    public Provenance provenance() {
        List<Provenance> from = new ArrayList<>(List.of(Provenance.FileRange.of(header.source())));
        long start = 0;
        long end = 0;
        for (GptEntry entry : entries) {
            if (!entry.used()) {
                continue;
            }
            if (start(entry) != end) {
                addRange(from, start, end);
                start = start(entry);
            }
            end = start(entry) + entry.source().length();
        }
        addRange(from, start, end);
        return new Provenance.Derived("UEFI_GPT_DATA", from);
    }

    private static long start(GptEntry entry) {
        return entry.source().start();
    }

    private void addRange(List<Provenance> from, long start, long end) {
        if (end > start) {
            from.add(new Provenance.FileRange(header.source().name(), start, end - start));
        }
    }
}
