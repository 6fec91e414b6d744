package dev.measure.uefi;

import dev.measure.Source;
import dev.measure.parse.Cursor;
import java.util.UUID;

/**
 * EFI_PARTITION_TABLE_HEADER, 92 bytes (UEFI 2.10, section 5.3.2). The LBAs are unsigned.
 *
 * @param revision Revision, 0x00010000
 * @param headerSize HeaderSize, bytes that the check sum covers
 * @param headerCrc32 HeaderCRC32
 * @param myLba MyLBA, 1 for the primary table
 * @param alternateLba AlternateLBA, of the backup
 * @param firstUsableLba FirstUsableLBA
 * @param lastUsableLba LastUsableLBA, inclusive
 * @param diskGuid DiskGUID
 * @param partitionEntryLba PartitionEntryLBA
 * @param numberOfPartitionEntries NumberOfPartitionEntries, used or not
 * @param sizeOfPartitionEntry SizeOfPartitionEntry, bytes
 * @param partitionEntryArrayCrc32 PartitionEntryArrayCRC32
 * @param source the 92 bytes
 */
public record GptHeader(
        long revision,
        long headerSize,
        long headerCrc32,
        long myLba,
        long alternateLba,
        long firstUsableLba,
        long lastUsableLba,
        UUID diskGuid,
        long partitionEntryLba,
        long numberOfPartitionEntries,
        long sizeOfPartitionEntry,
        long partitionEntryArrayCrc32,
        Source source) {
    static final int LENGTH = 92;

    static GptHeader read(Source source) {
        Cursor c = Cursor.of(source.slice(0, Math.min(LENGTH, source.length())));
        c.skip(8, "Signature");
        long revision = c.u32("Revision");
        long headerSize = c.u32("HeaderSize");
        long headerCrc32 = c.u32("HeaderCRC32");
        c.skip(4, "Reserved");
        return new GptHeader(
                revision,
                headerSize,
                headerCrc32,
                c.u64("MyLBA"),
                c.u64("AlternateLBA"),
                c.u64("FirstUsableLBA"),
                c.u64("LastUsableLBA"),
                c.guid("DiskGUID"),
                c.u64("PartitionEntryLBA"),
                c.u32("NumberOfPartitionEntries"),
                c.u32("SizeOfPartitionEntry"),
                c.u32("PartitionEntryArrayCRC32"),
                source.slice(0, LENGTH));
    }
}
