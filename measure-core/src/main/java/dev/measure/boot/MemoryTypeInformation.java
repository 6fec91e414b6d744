package dev.measure.boot;

import dev.measure.Source;
import dev.measure.parse.Cursor;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.UUID;

/**
 * EFI_MEMORY_TYPE_INFORMATION: how many pages of each type of memory the firmware sets aside, u32 type and u32 pages each, ended by the
 * type EfiMaxMemoryType.
 *
 * <p>Builds with SMM keep the table of their defaults in PEIFV, in place, and raise it to what the variable MemoryTypeInformation of
 * the store says before PEIFV is measured (edk2 OvmfPkg/PlatformPei/MemTypeInfo.c, RefreshMemTypeInfo). The firmware writes that
 * variable itself, at the end of a boot that took more.
 */
final class MemoryTypeInformation {
    /** gEfiMemoryTypeInformationGuid (edk2 MdeModulePkg/Include/Guid/MemoryTypeInformation.h). */
    static final UUID GUID = UUID.fromString("4c19049f-4137-4dd3-9c10-8b97a83ffdfa");

    /** The name of the variable. */
    static final String VARIABLE = "MemoryTypeInformation";

    private static final int RECORD = 8;
    private static final int PAGE = 4096;

    /** EfiMaxMemoryType: 15 up to 2022, 16 since EfiUnacceptedMemoryType. */
    private static final int MOST_TYPES = 16;

    /**
     * The types of the table, in its order: EfiACPIMemoryNVS, EfiACPIReclaimMemory, EfiReservedMemoryType, EfiRuntimeServicesCode,
     * EfiRuntimeServicesData.
     */
    private static final int[] TYPES = {0x0a, 0x09, 0x00, 0x05, 0x06};

    private MemoryTypeInformation() {}

    /**
     * {@return where the table lies in a volume; empty if it is not there, or more than once}
     *
     * @param volume PEIFV as it is in the file
     */
    static OptionalInt table(byte[] volume) {
        ByteBuffer bytes = ByteBuffer.wrap(volume).order(ByteOrder.LITTLE_ENDIAN);
        OptionalInt found = OptionalInt.empty();
        for (int at = 0; at <= volume.length - (TYPES.length + 1) * RECORD; at += 4) {
            if (isTable(bytes, at)) {
                if (found.isPresent()) {
                    return OptionalInt.empty();
                }
                found = OptionalInt.of(at);
            }
        }
        return found;
    }

    private static boolean isTable(ByteBuffer bytes, int at) {
        for (int i = 0; i < TYPES.length; i++) {
            if (bytes.getInt(at + i * RECORD) != TYPES[i]) {
                return false;
            }
        }
        int last = at + TYPES.length * RECORD;
        return (bytes.getInt(last) == MOST_TYPES || bytes.getInt(last) == MOST_TYPES - 1)
                && bytes.getInt(last + 4) == 0;
    }

    /**
     * Raises the table of a volume in memory to what a store says.
     *
     * @param memory the volume in memory, changed in place
     * @param file the volume as it is in the file, of the same length
     * @param at where the table is
     * @param variable the value of the variable; empty if the store has none
     * @return by how many pages the table grew
     */
    static long refresh(byte[] memory, byte[] file, int at, Optional<Source> variable) {
        System.arraycopy(file, at, memory, at, TYPES.length * RECORD);
        ByteBuffer table = ByteBuffer.wrap(memory).order(ByteOrder.LITTLE_ENDIAN);
        int largest = (table.getInt(at + TYPES.length * RECORD) + 1) * RECORD;
        if (variable.isEmpty()
                || variable.get().length() > largest
                || variable.get().length() % RECORD != 0) {
            return 0; // the firmware does not take a value of another form
        }
        long grown = 0;
        for (int i = 0; i < TYPES.length; i++) {
            int place = at + i * RECORD;
            Cursor hints = Cursor.of(variable.get());
            boolean matched = false;
            while (!matched && hints.position() < variable.get().length()) {
                long type = hints.u32("Type");
                long pages = hints.u32("NumberOfPages");
                if (type == TYPES[i]) { // the first record of a type counts
                    matched = true;
                    long before = Integer.toUnsignedLong(table.getInt(place + 4));
                    if (before < pages) {
                        grown += pages - before;
                        table.putInt(place + 4, (int) pages);
                    }
                }
            }
        }
        return grown;
    }

    /**
     * Lowers an address in a volume by the pages that the table grew: what lies below the memory that is set aside.
     *
     * @param memory the volume in memory, changed in place
     * @param at where the address is, u32
     * @param pages how many pages
     */
    static void lower(byte[] memory, int at, long pages) {
        ByteBuffer bytes = ByteBuffer.wrap(memory).order(ByteOrder.LITTLE_ENDIAN);
        bytes.putInt(at, (int) (bytes.getInt(at) - pages * PAGE));
    }
}
