package dev.measure.uki;

import dev.measure.MalformedInputException;
import dev.measure.Source;
import dev.measure.parse.Cursor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.UUID;

/**
 * The content of a {@code .hwids} section: which machine gets which device tree or firmware.
 *
 * <p>UAPI.5 Unified Kernel Image; layout and checks as in {@code chid_match} of systemd 262.1, src/boot/chid.c. An array of entries
 * (u32 descriptor, GUID, u32 name offset, u32 value offset; little-endian), ended by a descriptor 0 or by the end of the section,
 * then NUL-terminated strings; offsets count from the start of the section.
 *
 * @param entries in table order, those of unknown types included
 * @param refusal why the stub refuses the whole table and matches nothing; empty if it takes it
 */
public record HardwareIds(List<HardwareId> entries, Optional<String> refusal) {
    private static final int ENTRY_LENGTH = 28;

    /** The table that systemd ships for all its devices has a few KiB; this is room for 37,000 entries. */
    private static final int MAX_LENGTH = 1 << 20;

    /** For a name or value; a fwid is the name of a folder, at most 255 bytes. */
    private static final int MAX_STRING = 4096;

    /** Copies the list. */
    public HardwareIds {
        entries = List.copyOf(entries);
        Objects.requireNonNull(refusal, "refusal");
    }

    /**
     * {@return the table in a section}
     *
     * @param section the content of the section
     * @throws MalformedInputException if a string lies outside the section or does not end in it
     */
    public static HardwareIds read(Source section) {
        if (section.length() > MAX_LENGTH) {
            throw new MalformedInputException(
                    section.name(),
                    section.start(),
                    "a .hwids section of at most " + MAX_LENGTH + " bytes",
                    section.length() + " bytes",
                    "");
        }
        Cursor c = Cursor.of(section);
        List<HardwareId> entries = new ArrayList<>();
        Optional<String> refusal = Optional.empty();
        // chid_match: for (; (n_devices + 1) * sizeof(*devices) < hwid_length;): an entry that ends with the section is
        // not read
        for (long n = 0; (n + 1) * ENTRY_LENGTH < section.length(); n++) {
            c.seek(n * ENTRY_LENGTH, "descriptor");
            long offset = c.offset();
            long descriptor = c.u32("descriptor");
            if (descriptor == 0) {
                break;
            }
            UUID chid = c.guid("chid");
            long nameOffset = c.u32("name offset");
            long valueOffset = c.u32("compatible or fwid offset");
            if (DeviceType.ofDescriptor(descriptor).isEmpty()) {
                if (refusal.isEmpty()) {
                    refusal = Optional.of(String.format(
                            "entry %d at offset 0x%x has the unknown type %d", n, offset, descriptor >>> 28));
                }
                entries.add(new HardwareId(
                        offset, descriptor, chid, nameOffset, Optional.empty(), valueOffset, Optional.empty()));
                continue;
            }
            Optional<String> name = string(c, n * ENTRY_LENGTH + 20, nameOffset, "name");
            Optional<String> value = string(c, n * ENTRY_LENGTH + 24, valueOffset, "compatible or fwid");
            entries.add(new HardwareId(offset, descriptor, chid, nameOffset, name, valueOffset, value));
        }
        return new HardwareIds(entries, refusal);
    }

    private static Optional<String> string(Cursor c, long fieldAt, long offset, String field) {
        long length = c.source().length();
        if (offset >= length) {
            throw c.malformed(
                    fieldAt,
                    field + " offset inside the section of " + length + " bytes",
                    String.format("0x%08x", offset),
                    "the stub refuses the whole table");
        }
        if (offset == 0) {
            return Optional.empty();
        }
        c.seek(offset, field);
        int end = 0;
        int room = Math.min(MAX_STRING + 1, c.remaining());
        byte[] bytes = c.bytes(room, field);
        while (end < room && bytes[end] != 0) {
            end++;
        }
        if (end == room) {
            throw c.malformed(
                    offset,
                    "a NUL at the end of " + field + ", at most " + MAX_STRING + " bytes on",
                    room > MAX_STRING ? "none" : "the end of the section",
                    "");
        }
        return Optional.of(Utf8Text.of(Arrays.copyOf(bytes, end)));
    }

    /** {@return the entries that lead to firmware, in table order; none if the stub refuses the table} */
    public List<HardwareId> firmwareEntries() {
        return refusal.isPresent()
                ? List.of()
                : entries.stream().filter(HardwareId::isFirmware).toList();
    }
}
