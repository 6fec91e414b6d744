package dev.measure.boot;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** Event data of the kinds that several producers log (TCG PC Client Platform Firmware Profile 1.06, section 10). */
final class EventBytes {
    private EventBytes() {}

    /** Four bytes, little-endian. */
    static byte[] u32(long value) {
        return ByteBuffer.allocate(4)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putInt((int) value)
                .array();
    }

    /** TCG_PCClientTaggedEvent: u32 tag, u32 length, data. */
    static byte[] tagged(int tag, byte[] data) {
        return ByteBuffer.allocate(8 + data.length)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putInt(tag)
                .putInt(data.length)
                .put(data)
                .array();
    }

    /** UEFI_PLATFORM_FIRMWARE_BLOB: u64 address, u64 length. */
    static byte[] firmwareBlob(long address, long length) {
        return ByteBuffer.allocate(16)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putLong(address)
                .putLong(length)
                .array();
    }

    /** UEFI_IMAGE_LOAD_EVENT: u64 address, u64 length, u64 link-time address, u64 length of path, path; addresses are 0. */
    static byte[] imageLoad(byte[] devicePath) {
        return ByteBuffer.allocate(32 + devicePath.length)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putLong(0)
                .putLong(0)
                .putLong(0)
                .putLong(devicePath.length)
                .put(devicePath)
                .array();
    }
}
