package dev.measure.igvm;

import dev.measure.Source;
import dev.measure.parse.Cursor;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;

/**
 * EFI_IGVM_DATA_HOB: where in guest memory edk2 finds a Secure Boot key, shim or kernel that was loaded with the IGVM file.
 *
 * <p>A list of them stands in the HOB area that the firmware's IGVM descriptor names (area id 0x200). Each is a GUID extension
 * HOB of 48 bytes, little-endian; any other HOB ends the list. edk2 OvmfPkg PlatformIgvmDataHobs (PlatformInitLib/Igvm.c):
 *
 * <pre>
 * 0x00  HobType    2  4
 * 0x02  HobLength  2  0x30
 * 0x04  reserved   4
 * 0x08  Name      16  3dd177ff-b632-4e25-bef3-065063d55fc4
 * 0x18  Address    8  of the data, guest-physical
 * 0x20  Length     8  of the data in bytes
 * 0x28  DataType   4
 * 0x2c  DataFlags  4  0
 * </pre>
 *
 * @param address guest-physical address of the data
 * @param length bytes
 * @param dataType what it is, a number of {@link IgvmDataType} or one that edk2 passes over
 * @param dataFlags 0
 */
public record IgvmDataHob(long address, long length, long dataType, long dataFlags) {
    /** The GUID of the HOB. */
    public static final UUID NAME = UUID.fromString("3dd177ff-b632-4e25-bef3-065063d55fc4");

    /** The size of a HOB. */
    public static final int SIZE = 0x30;

    /** The size of the HOB that ends the list. */
    public static final int END_SIZE = 8;

    private static final int GUID_EXTENSION = 4;
    private static final int END_OF_HOB_LIST = 0xffff;

    private static IgvmDataHob read(Cursor c) {
        return new IgvmDataHob(c.u64("Address"), c.u64("Length"), c.u32("DataType"), c.u32("DataFlags"));
    }

    /**
     * {@return the HOBs of a list, as edk2 walks it: up to the first that is something else or goes beyond the area}
     *
     * @param area the HOB area's contents
     */
    public static List<IgvmDataHob> readList(Source area) {
        Cursor c = Cursor.of(area);
        List<IgvmDataHob> hobs = new ArrayList<>();
        while (c.remaining() >= SIZE) {
            int start = c.position();
            int type = c.u16("HobType");
            int length = c.u16("HobLength");
            c.u32("Reserved");
            if (type != GUID_EXTENSION || !c.guid("Name").equals(NAME) || length > area.length() - start) {
                break;
            }
            if (length != SIZE) {
                throw c.malformed(
                        start + 2, "a HobLength of 0x0030", String.format("0x%04x", length), "edk2 would read past it");
            }
            hobs.add(read(c));
        }
        return hobs;
    }

    /**
     * {@return the bytes of a list with its end}
     *
     * @param hobs in the order of the list
     */
    public static byte[] list(List<IgvmDataHob> hobs) {
        ByteBuffer out = ByteBuffer.allocate(hobs.size() * SIZE + END_SIZE).order(ByteOrder.LITTLE_ENDIAN);
        for (IgvmDataHob hob : hobs) {
            out.putShort((short) GUID_EXTENSION);
            out.putShort((short) SIZE);
            out.putInt(0);
            putGuid(out);
            out.putLong(hob.address);
            out.putLong(hob.length);
            out.putInt((int) hob.dataType);
            out.putInt((int) hob.dataFlags);
        }
        out.putShort((short) END_OF_HOB_LIST);
        out.putShort((short) END_SIZE);
        out.putInt(0);
        return out.array();
    }

    /** Mixed-endian: three little-endian numbers, then eight bytes. */
    private static void putGuid(ByteBuffer out) {
        long high = NAME.getMostSignificantBits();
        out.putInt((int) (high >>> 32));
        out.putShort((short) (high >>> 16));
        out.putShort((short) high);
        out.putLong(Long.reverseBytes(NAME.getLeastSignificantBits()));
    }
}
