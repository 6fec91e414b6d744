package dev.measure.firmware;

import dev.measure.Source;
import dev.measure.Strictness;
import dev.measure.Warning;
import dev.measure.WarningCode;
import dev.measure.parse.Cursor;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

/**
 * The GUIDed table that OVMF keeps below its reset vector, entries in the order in which a loader walks them: from the footer
 * downwards.
 *
 * <p>An entry is {@code data, u16 length of the whole entry, GUID}, so it is read from its end. The footer is the topmost entry,
 * ends 32 bytes before the end of the file, and its length is that of the whole table. Little-endian, GUIDs mixed-endian. Source:
 * edk2 OvmfPkg/ResetVector/Ia16/ResetVectorVtf0.asm, QEMU hw/i386/pc_sysfw_ovmf.c.
 *
 * @param entries the entries without the footer
 * @param warnings what was let pass because lenient reading was asked for
 */
public record GuidedTable(List<Entry> entries, List<Warning> warnings) {
    /** The GUID of the footer. */
    public static final UUID FOOTER = UUID.fromString("96b582de-1fb2-45f7-baea-a366c55a082d");

    /** Bytes between the footer and the end of the file: the reset vector. */
    static final int BELOW_END = 32;

    /** The length and the GUID that close an entry. */
    static final int TRAILER = 18;

    /** Copies the lists. */
    public GuidedTable {
        entries = List.copyOf(entries);
        warnings = List.copyOf(warnings);
    }

    /**
     * An entry.
     *
     * @param guid what it is
     * @param data its bytes, without length and GUID
     */
    public record Entry(UUID guid, Source data) {}

    /**
     * {@return the first entry with a GUID, counted from the footer, as QEMU counts}
     *
     * @param guid the GUID
     */
    public Optional<Entry> entry(UUID guid) {
        return entries.stream().filter(entry -> entry.guid().equals(guid)).findFirst();
    }

    /**
     * {@return the table of a firmware image; empty if there is no footer}
     *
     * @param image the whole image
     * @param strictness whether two entries of one GUID are refused or the first is taken
     */
    static Optional<GuidedTable> read(Source image, Strictness strictness) {
        long end = image.length() - BELOW_END;
        if (end < TRAILER || !guidBefore(image, end).equals(FOOTER)) {
            return Optional.empty();
        }
        Cursor footer = Cursor.of(image.slice(end - TRAILER, 2));
        int total = footer.u16("table length");
        if (total < TRAILER || total > end) {
            throw footer.malformed(
                    0,
                    "a GUIDed table length of 18.." + end,
                    "0x" + Integer.toHexString(total),
                    "the table must lie inside the image; is the file cut?");
        }
        long start = end - total;
        Source table = image.slice(start, total);
        List<Entry> entries = new ArrayList<>();
        List<Warning> warnings = new ArrayList<>();
        int position = total - TRAILER; // the end of the next entry
        while (position >= TRAILER) {
            Cursor entry = Cursor.of(table.slice(position - TRAILER, TRAILER));
            int length = entry.u16("entry length");
            UUID guid = entry.guid("entry GUID");
            if (length < TRAILER || length > position) {
                throw entry.malformed(
                        0,
                        "a table entry length of 18.." + position,
                        "0x" + Integer.toHexString(length),
                        "entry " + guid + " does not fit into the GUIDed table");
            }
            Source data = table.slice(position - length, length - TRAILER);
            boolean duplicate = entries.stream().anyMatch(known -> known.guid().equals(guid));
            if (duplicate && strictness == Strictness.STRICT) {
                throw entry.malformed(
                        2,
                        "one entry " + guid + " in the GUIDed table",
                        "a second one",
                        "loaders differ in which one they take; --lenient takes the one nearest the footer, as QEMU does");
            }
            if (duplicate) {
                warnings.add(new Warning(
                        WarningCode.DUPLICATE_TABLE_ENTRY,
                        "entry " + guid + " stands twice in the GUIDed table; the one nearest the footer counts"));
            }
            entries.add(new Entry(guid, data));
            position -= length;
        }
        return Optional.of(new GuidedTable(entries, warnings));
    }

    /** The GUID that ends at an offset of the image. */
    static UUID guidBefore(Source image, long end) {
        return Cursor.of(image.slice(end - 16, 16)).guid("GUID");
    }
}
