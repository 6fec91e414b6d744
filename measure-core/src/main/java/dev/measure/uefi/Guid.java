package dev.measure.uefi;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.UUID;

/** EFI_GUID on its way to bytes: three little-endian numbers, then eight bytes (UEFI 2.10, appendix A). */
final class Guid {
    private Guid() {}

    static void put(ByteBuffer into, UUID guid) {
        long high = guid.getMostSignificantBits();
        into.order(ByteOrder.LITTLE_ENDIAN)
                .putInt((int) (high >>> 32))
                .putShort((short) (high >>> 16))
                .putShort((short) high)
                .putLong(Long.reverseBytes(guid.getLeastSignificantBits()));
    }
}
