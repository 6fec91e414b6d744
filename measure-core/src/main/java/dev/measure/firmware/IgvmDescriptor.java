package dev.measure.firmware;

import dev.measure.Source;
import dev.measure.parse.Cursor;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

/**
 * edk2's IGVM descriptor: where firmware that is wrapped into an IGVM file wants its parameters and HOBs.
 *
 * <p>{@code "IGVM", u32 length, u32 version 1, u32 count}, then {@code count} areas of 12 bytes {@code u32 base, u32 size, u32 id};
 * little-endian. Source: edk2 OvmfPkg/ResetVector, merged with pull request 11568.
 *
 * @param areas the areas in table order
 */
public record IgvmDescriptor(List<Area> areas) {
    /** The GUID of the table entry: u32 offset of the descriptor from the end of the file. */
    public static final UUID ENTRY = UUID.fromString("784fa70e-3176-4677-8a20-04b68699e374");

    private static final String NAME = "IGVM descriptor";
    private static final int AREA = 12;

    /** Copies the list. */
    public IgvmDescriptor {
        areas = List.copyOf(areas);
    }

    /**
     * An area.
     *
     * @param base guest-physical address, or an offset inside the parameter area for ids 0x101 and 0x102
     * @param size bytes
     * @param id 0x100 parameter area, 0x101 memory map, 0x102 vCPU count, 0x200 HOB area
     */
    public record Area(long base, long size, long id) {
        static Area read(Cursor c) {
            return new Area(c.u32("base"), c.u32("size"), c.u32("id"));
        }
    }

    /**
     * {@return the descriptor of a firmware; empty if its table has no such entry}
     *
     * @param firmware the firmware
     */
    public static Optional<IgvmDescriptor> find(Firmware firmware) {
        return firmware.table().flatMap(table -> table.entry(ENTRY)).map(entry -> read(firmware.image(), entry));
    }

    private static IgvmDescriptor read(Source image, GuidedTable.Entry entry) {
        MetadataHeader header = MetadataHeader.follow(image, entry, NAME);
        Cursor records = header.records(image, NAME, "IGVM", AREA);
        header.requireVersion1(NAME);
        List<Area> areas = new ArrayList<>();
        for (long i = 0; i < header.count(); i++) {
            areas.add(Area.read(records));
        }
        return new IgvmDescriptor(areas);
    }
}
