package dev.measure.uefi;

import dev.measure.Source;
import dev.measure.parse.Cursor;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;

/**
 * EFI_PARTITION_ENTRY, 128 bytes or more (UEFI 2.10, section 5.3.3).
 *
 * @param partitionTypeGuid PartitionTypeGUID, all zero for an unused entry
 * @param uniquePartitionGuid UniquePartitionGUID
 * @param startingLba StartingLBA, unsigned
 * @param endingLba EndingLBA, inclusive, unsigned
 * @param attributes Attributes
 * @param partitionName PartitionName, up to its first NUL
 * @param source the whole entry
 */
public record GptEntry(
        UUID partitionTypeGuid,
        UUID uniquePartitionGuid,
        long startingLba,
        long endingLba,
        long attributes,
        String partitionName,
        Source source) {
    static final int LENGTH = 128;
    private static final int NAME = 72;
    private static final UUID UNUSED = new UUID(0, 0);

    static GptEntry read(Source entry) {
        Cursor c = Cursor.of(entry);
        return new GptEntry(
                c.guid("PartitionTypeGUID"),
                c.guid("UniquePartitionGUID"),
                c.u64("StartingLBA"),
                c.u64("EndingLBA"),
                c.u64("Attributes"),
                Utf16.fixed(c, NAME, "PartitionName").split("\0", 2)[0],
                entry);
    }

    static List<GptEntry> readAll(Source table, int size) {
        List<GptEntry> entries = new ArrayList<>();
        for (long at = 0; at < table.length(); at += size) {
            entries.add(read(table.slice(at, size)));
        }
        return entries;
    }

    /** {@return whether the entry describes a partition} */
    public boolean used() {
        return !partitionTypeGuid.equals(UNUSED);
    }
}
