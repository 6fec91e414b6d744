package dev.measure.uefi;

import dev.measure.Source;
import dev.measure.parse.Cursor;
import java.util.List;

/**
 * UEFI_GPT_DATA, what firmware logs about the disk it boots from: the primary header, a u64 count, the used entries (TCG PC Client
 * Platform Firmware Profile 1.06, section 10.4).
 *
 * @param header the header
 * @param partitions the used entries, in table order
 */
public record GptEventData(GptHeader header, List<GptEntry> partitions) {
    private static final int MAX_ENTRY = 4096;

    /** Copies the list. */
    public GptEventData {
        partitions = List.copyOf(partitions);
    }

    /**
     * {@return the structure in event data}
     *
     * @param data the event data
     */
    public static GptEventData read(Source data) {
        GptHeader header = GptHeader.read(data);
        Cursor c = Cursor.of(data);
        c.skip(GptHeader.LENGTH, "header");
        long count = c.u64("NumberOfPartitions");
        long size = header.sizeOfPartitionEntry();
        if (size < GptEntry.LENGTH || size > MAX_ENTRY) {
            throw c.malformed(84, "SizeOfPartitionEntry of 128.." + MAX_ENTRY, String.valueOf(size), "");
        }
        if (Long.compareUnsigned(count, c.remaining() / size) > 0) {
            throw c.malformed(
                    GptHeader.LENGTH,
                    "NumberOfPartitions of at most " + c.remaining() / size,
                    Long.toUnsignedString(count),
                    "");
        }
        Source table = c.slice(count * size, "Partitions");
        if (c.remaining() != 0) {
            throw c.malformed("the end of the event data", c.remaining() + " more bytes", "");
        }
        return new GptEventData(header, GptEntry.readAll(table, (int) size));
    }
}
