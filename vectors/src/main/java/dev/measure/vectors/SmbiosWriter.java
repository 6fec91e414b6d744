package dev.measure.vectors;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * Writes SMBIOS structure tables and entry points, good and broken ones, as DSP0134 3.7.0 lays them out. Strings are UTF-8;
 * structures stand in the order of the calls.
 */
public final class SmbiosWriter {
    private final ByteArrayOutputStream table = new ByteArrayOutputStream();
    private int count;
    private int handle;

    private SmbiosWriter() {}

    /** {@return a writer of an empty table} */
    public static SmbiosWriter smbios() {
        return new SmbiosWriter();
    }

    /**
     * Adds a structure with a true length.
     *
     * @param type 0 to 255
     * @param fields the formatted area behind the 4-byte header
     * @param strings the strings in order
     * @return this writer
     */
    public SmbiosWriter structure(int type, byte[] fields, String... strings) {
        return structure(type, fields.length + 4, fields, strings);
    }

    /**
     * Adds a structure whose header claims a length.
     *
     * @param type 0 to 255
     * @param length the claim
     * @param fields the formatted area behind the 4-byte header
     * @param strings the strings in order
     * @return this writer
     */
    public SmbiosWriter structure(int type, int length, byte[] fields, String... strings) {
        table.write(type);
        table.write(length);
        table.write(handle);
        table.write(handle >> 8);
        table.writeBytes(fields);
        for (String string : strings) {
            table.writeBytes(string.getBytes(StandardCharsets.UTF_8));
            table.write(0);
        }
        if (strings.length == 0) {
            table.write(0);
        }
        table.write(0);
        count++;
        handle++;
        return this;
    }

    /**
     * Adds a type 0 of 24 bytes with vendor, version and release.
     *
     * @return this writer
     */
    public SmbiosWriter bios(String vendor, String version, int major, int minor) {
        byte[] fields = new byte[20];
        fields[0] = 1;
        fields[1] = 2;
        fields[0x14 - 4] = (byte) major;
        fields[0x15 - 4] = (byte) minor;
        return structure(0, fields, vendor, version);
    }

    /**
     * Adds a type 1 of 27 bytes.
     *
     * @param uuid 16 bytes as they are stored
     * @return this writer
     */
    public SmbiosWriter system(String manufacturer, String product, String sku, String family, byte[] uuid) {
        byte[] fields = new byte[23];
        fields[0] = 1;
        fields[1] = 2;
        System.arraycopy(uuid, 0, fields, 4, 16);
        fields[0x19 - 4] = 3;
        fields[0x1a - 4] = 4;
        return structure(1, fields, manufacturer, product, sku, family);
    }

    /**
     * Adds a type 2 of 8 bytes.
     *
     * @return this writer
     */
    public SmbiosWriter baseboard(String manufacturer, String product) {
        return structure(2, new byte[] {1, 2, 0, 0}, manufacturer, product);
    }

    /**
     * Adds a type 3 of 9 bytes.
     *
     * @param type the byte with type and lock bit
     * @return this writer
     */
    public SmbiosWriter enclosure(int type) {
        return structure(3, new byte[] {0, (byte) type, 0, 0, 0});
    }

    /**
     * Adds a type 11.
     *
     * @return this writer
     */
    public SmbiosWriter oemStrings(String... strings) {
        return structure(11, new byte[] {(byte) strings.length}, strings);
    }

    /**
     * Adds a type 127.
     *
     * @return this writer
     */
    public SmbiosWriter end() {
        return structure(127, new byte[0]);
    }

    /**
     * Adds bytes as they are.
     *
     * @return this writer
     */
    public SmbiosWriter raw(int... bytes) {
        for (int b : bytes) {
            table.write(b);
        }
        return this;
    }

    /** {@return the bare table} */
    public byte[] table() {
        return table.toByteArray();
    }

    /**
     * {@return a 32-bit entry point of 31 bytes with true checksums}
     *
     * @param major version of the specification
     * @param minor version of the specification
     * @param address of the table
     */
    public byte[] entryPoint32(int major, int minor, int address) {
        ByteBuffer entry = ByteBuffer.allocate(31).order(ByteOrder.LITTLE_ENDIAN);
        entry.put("_SM_".getBytes(StandardCharsets.US_ASCII)).put((byte) 0).put((byte) 31);
        entry.put((byte) major).put((byte) minor).putShort((short) 255).put(new byte[6]);
        entry.put("_DMI_".getBytes(StandardCharsets.US_ASCII)).put((byte) 0);
        entry.putShort((short) table.size()).putInt(address).putShort((short) count);
        entry.put((byte) (major << 4 | minor));
        byte[] bytes = entry.array();
        bytes[0x15] = (byte) -sum(bytes, 16, 31);
        bytes[4] = (byte) -sum(bytes, 0, 31);
        return bytes;
    }

    /**
     * {@return a 64-bit entry point of 24 bytes with a true checksum}
     *
     * @param maximum the most bytes that the table may have
     * @param address of the table
     */
    public byte[] entryPoint64(int maximum, long address) {
        ByteBuffer entry = ByteBuffer.allocate(24).order(ByteOrder.LITTLE_ENDIAN);
        entry.put("_SM3_".getBytes(StandardCharsets.US_ASCII)).put((byte) 0).put((byte) 24);
        entry.put((byte) 3).put((byte) 7).put((byte) 0).put((byte) 1).put((byte) 0);
        entry.putInt(maximum).putLong(address);
        byte[] bytes = entry.array();
        bytes[5] = (byte) -sum(bytes, 0, 24);
        return bytes;
    }

    /**
     * {@return a dump: an entry point, padding to 32 bytes, the table}
     *
     * @param entryPoint at most 32 bytes
     */
    public byte[] dump(byte[] entryPoint) {
        byte[] dump = Arrays.copyOf(entryPoint, 32 + table.size());
        System.arraycopy(table(), 0, dump, 32, table.size());
        return dump;
    }

    private static int sum(byte[] bytes, int from, int to) {
        int sum = 0;
        for (int i = from; i < to; i++) {
            sum += bytes[i];
        }
        return sum;
    }
}
