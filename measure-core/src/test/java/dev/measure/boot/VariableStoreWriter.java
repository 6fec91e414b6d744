package dev.measure.boot;

import dev.measure.Source;
import dev.measure.uefi.GuidName;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.UUID;

/** Writes a variable store of OVMF (edk2, MdeModulePkg/Include/Guid/VariableFormat.h). */
final class VariableStoreWriter {
    private static final int VOLUME_HEADER = 0x48;
    private static final int SIZE = 0x10000;

    private final ByteArrayOutputStream variables = new ByteArrayOutputStream();

    VariableStoreWriter shim(String name, int attributes, byte[] data) {
        return variable(GuidName.SHIM_LOCK, name, attributes, data);
    }

    VariableStoreWriter variable(UUID guid, String name, int attributes, byte[] data) {
        byte[] text = (name + '\0').getBytes(StandardCharsets.UTF_16LE);
        ByteBuffer b = ByteBuffer.allocate((60 + text.length + data.length + 3) / 4 * 4)
                .order(ByteOrder.LITTLE_ENDIAN);
        b.putShort((short) 0x55aa)
                .put((byte) 0x3f)
                .put((byte) 0)
                .putInt(attributes)
                .putLong(0);
        b.put(new byte[16]).putInt(0).putInt(text.length).putInt(data.length);
        b.put(DevicePathBytes.guidBytes(guid)).put(text).put(data);
        variables.writeBytes(b.array());
        return this;
    }

    Source build() {
        ByteBuffer b = ByteBuffer.allocate(SIZE).order(ByteOrder.LITTLE_ENDIAN);
        b.put(new byte[16]).put(DevicePathBytes.guidBytes(UUID.fromString("fff12b8d-7696-4c8b-a985-2747075b4f50")));
        b.putLong(SIZE)
                .put("_FVH".getBytes(StandardCharsets.US_ASCII))
                .putInt(0)
                .putShort((short) VOLUME_HEADER);
        b.position(VOLUME_HEADER);
        b.put(DevicePathBytes.guidBytes(UUID.fromString("aaf32c78-947b-439a-a180-2e144ec37792")));
        b.putInt(SIZE - VOLUME_HEADER)
                .put((byte) 0x5a)
                .put((byte) 0xfe)
                .putShort((short) 0)
                .putInt(0);
        b.put(variables.toByteArray());
        return Source.of("vars.fd", b.array());
    }
}
