package dev.measure.uefi;

import dev.measure.Source;
import dev.measure.parse.Cursor;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

/**
 * The variables that OVMF keeps in flash: the start of a VARS file or of a whole image.
 *
 * <p>A firmware volume with the file system GUID EFI_SYSTEM_NV_DATA_FV_GUID holds a VARIABLE_STORE_HEADER of the authenticated
 * format and behind it AUTHENTICATED_VARIABLE_HEADERs (edk2, MdeModulePkg/Include/Guid/VariableFormat.h).
 *
 * @param source the store with its header
 * @param variables the valid variables, in the order of the flash
 */
public record VariableStore(Source source, List<Variable> variables) {
    private static final UUID SYSTEM_NV_DATA_FV = UUID.fromString("fff12b8d-7696-4c8b-a985-2747075b4f50");
    private static final UUID AUTHENTICATED_VARIABLE = UUID.fromString("aaf32c78-947b-439a-a180-2e144ec37792");
    private static final int FVH = 0x4856465f; // "_FVH"
    private static final int FORMATTED = 0x5a;
    private static final int HEALTHY = 0xfe;
    private static final int STORE_HEADER = 28;
    private static final int VARIABLE_HEADER = 60;
    private static final int START_ID = 0x55aa;
    private static final int ADDED = 0x3f;
    private static final int ADDED_BEING_REPLACED = 0x3e;
    /** OVMF's largest store: 256 KiB in 4 MiB images; real hardware has up to 1 MiB. */
    private static final int MAX_STORE = 16 << 20;

    /** Copies the list. */
    public VariableStore {
        variables = List.copyOf(variables);
    }

    /**
     * A variable.
     *
     * @param name its name
     * @param guid its vendor GUID
     * @param attributes EFI_VARIABLE_ attributes
     * @param data the value, without attributes
     */
    public record Variable(String name, UUID guid, long attributes, Source data) {}

    /**
     * {@return the store at the start of an image, empty if there is no variable store (CODE files have none)}
     *
     * @param image a VARS file or a whole firmware image
     */
    public static Optional<VariableStore> find(Source image) {
        if (image.length() < 0x48) {
            return Optional.empty();
        }
        Cursor volume = Cursor.of(image.slice(0, 0x48));
        volume.skip(16, "ZeroVector");
        UUID fileSystem = volume.guid("FileSystemGuid");
        long length = volume.u64("FvLength");
        long signature = volume.u32("Signature");
        volume.skip(4, "Attributes");
        int headerLength = volume.u16("HeaderLength");
        if (signature != FVH || !fileSystem.equals(SYSTEM_NV_DATA_FV)) {
            return Optional.empty();
        }
        if (Long.compareUnsigned(length, image.length()) > 0 || headerLength > length) {
            throw volume.malformed(
                    32,
                    "FvLength of at most " + image.length(),
                    Long.toUnsignedString(length),
                    "the file is cut short");
        }
        return Optional.of(read(image.slice(headerLength, length - headerLength)));
    }

    /**
     * {@return the store}
     *
     * @param volume from the VARIABLE_STORE_HEADER to the end of its firmware volume
     */
    static VariableStore read(Source volume) {
        Cursor head = Cursor.of(volume.slice(0, Math.min(STORE_HEADER, volume.length())));
        UUID signature = head.guid("Signature");
        if (!signature.equals(AUTHENTICATED_VARIABLE)) {
            throw head.malformed(
                    0,
                    "a variable store of the authenticated format, " + AUTHENTICATED_VARIABLE,
                    signature.toString(),
                    "");
        }
        long size = head.u32("Size");
        if (size < STORE_HEADER || size > Math.min(volume.length(), MAX_STORE)) {
            throw head.malformed(
                    16,
                    "Size of " + STORE_HEADER + ".." + Math.min(volume.length(), MAX_STORE),
                    String.valueOf(size),
                    "");
        }
        int format = head.u8("Format");
        int state = head.u8("State");
        if (format != FORMATTED || state != HEALTHY) {
            throw head.malformed(
                    20,
                    "Format = 0x5a, State = 0xfe",
                    String.format("0x%02x, 0x%02x", format, state),
                    "the store was never formatted, or formatting was interrupted");
        }
        Source store = volume.slice(0, size);
        return new VariableStore(store, variables(store));
    }

    private static List<Variable> variables(Source store) {
        Cursor c = Cursor.of(store);
        List<Variable> valid = new ArrayList<>();
        List<Variable> beingReplaced = new ArrayList<>();
        int position = STORE_HEADER;
        while (position <= store.length() - VARIABLE_HEADER) {
            c.seek(position, "variable");
            if (c.u16("StartId") != START_ID) {
                break; // the free space behind the last variable
            }
            int state = c.u8("State");
            c.skip(1, "Reserved");
            long attributes = c.u32("Attributes");
            c.skip(8, "MonotonicCount");
            c.skip(16, "TimeStamp");
            c.skip(4, "PubKeyIndex");
            long nameSize = c.u32("NameSize");
            long dataSize = c.u32("DataSize");
            UUID guid = c.guid("VendorGuid");
            Source name = c.slice(nameSize, "Name");
            Source data = c.slice(dataSize, "Data");
            if (state == ADDED || state == ADDED_BEING_REPLACED) {
                Cursor text = Cursor.of(name);
                Variable variable =
                        new Variable(Utf16.terminated(text, (int) nameSize, "Name"), guid, attributes, data);
                (state == ADDED ? valid : beingReplaced).add(variable);
            }
            position = c.position() + 3 & ~3;
        }
        for (Variable old :
                beingReplaced) { // a write was interrupted: the old value counts unless the new one is complete
            if (find(valid, old.guid(), old.name()).isEmpty()) {
                valid.add(old);
            }
        }
        return valid;
    }

    /**
     * {@return a variable; empty if the store has none of this name}
     *
     * @param guid its vendor GUID
     * @param name its name
     */
    public Optional<Variable> variable(UUID guid, String name) {
        return find(variables, guid, name);
    }

    private static Optional<Variable> find(List<Variable> variables, UUID guid, String name) {
        return variables.stream()
                .filter(v -> v.guid().equals(guid) && v.name().equals(name))
                .findFirst();
    }
}
