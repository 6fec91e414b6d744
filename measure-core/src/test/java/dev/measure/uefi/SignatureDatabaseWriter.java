package dev.measure.uefi;

import dev.measure.Source;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.UUID;

/** Writes a signature database, one list an entry. */
final class SignatureDatabaseWriter {
    private static final UUID OWNER = UUID.fromString("77fa9abd-0359-4d32-bd60-28f4e78f784b");

    private final ByteArrayOutputStream lists = new ByteArrayOutputStream();

    SignatureDatabaseWriter entry(SignatureType type, byte[] data) {
        ByteBuffer list = ByteBuffer.allocate(44 + data.length).order(ByteOrder.LITTLE_ENDIAN);
        Guid.put(list, type.guid());
        list.putInt(44 + data.length).putInt(0).putInt(16 + data.length);
        Guid.put(list, OWNER);
        list.put(data);
        lists.writeBytes(list.array());
        return this;
    }

    SignatureDatabase build() {
        return SignatureDatabase.read(Source.of("db", lists.toByteArray()));
    }
}
