package dev.measure.boot;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.UUID;

/** Device paths that OVMF and systemd-stub make (UEFI 2.10, chapter 10), node by node. */
final class DevicePathBytes {
    private static final int HARDWARE = 1;
    private static final int ACPI = 2;
    private static final int MESSAGING = 3;
    private static final int MEDIA = 4;
    private static final long PNP0A03 = 0x0a0341d0L;

    private final ByteArrayOutputStream out = new ByteArrayOutputStream();

    private DevicePathBytes() {}

    static DevicePathBytes path() {
        return new DevicePathBytes();
    }

    /** A firmware volume in the firmware. */
    DevicePathBytes fv(UUID name) {
        return guid(MEDIA, 7, name);
    }

    /** A file in it. */
    DevicePathBytes fvFile(UUID name) {
        return guid(MEDIA, 6, name);
    }

    /** VenMedia. */
    DevicePathBytes vendorMedia(UUID name) {
        return guid(MEDIA, 3, name);
    }

    /** A path on a file system. */
    DevicePathBytes file(String path) {
        return node(MEDIA, 4, CmdlineText.u16(path));
    }

    /** PciRoot(0). */
    DevicePathBytes pciRoot() {
        ByteBuffer data = ByteBuffer.allocate(8)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putInt((int) PNP0A03)
                .putInt(0);
        return node(ACPI, 1, data.array());
    }

    /** Pci(slot,function). */
    DevicePathBytes pci(int slot, int function) {
        return node(HARDWARE, 1, new byte[] {(byte) function, (byte) slot});
    }

    /** NVMe(namespace,EUI-64 of zeros). */
    DevicePathBytes nvme(int namespace) {
        ByteBuffer data = ByteBuffer.allocate(12).order(ByteOrder.LITTLE_ENDIAN).putInt(namespace);
        return node(MESSAGING, 0x17, data.array());
    }

    /** Sata(port,multiplier port,lun). */
    DevicePathBytes sata(int port, int multiplier, int lun) {
        return node(MESSAGING, 0x12, u16s(port, multiplier, lun));
    }

    /** Scsi(target,lun). */
    DevicePathBytes scsi(int target, int lun) {
        return node(MESSAGING, 2, u16s(target, lun));
    }

    private static byte[] u16s(int... values) {
        ByteBuffer data = ByteBuffer.allocate(2 * values.length).order(ByteOrder.LITTLE_ENDIAN);
        for (int value : values) {
            data.putShort((short) value);
        }
        return data.array();
    }

    private DevicePathBytes guid(int type, int subType, UUID guid) {
        return node(type, subType, guidBytes(guid));
    }

    /** {@return a GUID as it lies in memory: three little-endian numbers, then eight bytes} */
    static byte[] guidBytes(UUID guid) {
        long high = guid.getMostSignificantBits();
        return ByteBuffer.allocate(16)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putInt((int) (high >>> 32))
                .putShort((short) (high >>> 16))
                .putShort((short) high)
                .putLong(Long.reverseBytes(guid.getLeastSignificantBits()))
                .array();
    }

    private DevicePathBytes node(int type, int subType, byte[] data) {
        out.write(type);
        out.write(subType);
        out.write(data.length + 4);
        out.write(data.length + 4 >> 8);
        out.writeBytes(data);
        return this;
    }

    /** {@return the bytes with the end of the path} */
    byte[] end() {
        return node(0x7f, 0xff, new byte[0]).out.toByteArray();
    }
}
