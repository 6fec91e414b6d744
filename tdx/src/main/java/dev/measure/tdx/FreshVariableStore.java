package dev.measure.tdx;

import dev.measure.Source;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.HexFormat;

/**
 * The variable store of a 4 MiB OVMF that has never run (edk2 OvmfPkg/Include/Fdf/VarStore.fdf.inc): a firmware volume of 0x84000
 * bytes with an empty store, an empty event log, and a working block for fault-tolerant writes.
 */
final class FreshVariableStore {
    private static final int LENGTH = 0x84000;
    private static final int HEADER = 0x48;
    private static final int STORE_LENGTH = 0x40000;
    private static final int WORKING_BLOCK = 0x41000;

    private FreshVariableStore() {}

    static Source bytes() {
        byte[] bytes = new byte[LENGTH];
        Arrays.fill(bytes, (byte) 0xff);
        ByteBuffer out = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
        // EFI_FIRMWARE_VOLUME_HEADER: zero vector, gEfiSystemNvDataFvGuid, length, "_FVH", attributes, header length,
        // checksum,
        // no extended header, revision 2, 0x84 blocks of 0x1000 bytes, end of the map
        out.put(new byte[16]).put(HexFormat.of().parseHex("8d2bf1ff96768b4ca9852747075b4f50"));
        out.putLong(LENGTH)
                .putInt(0x4856465f)
                .putInt(0x4feff)
                .putShort((short) HEADER)
                .putShort((short) 0xb8af);
        out.putInt(0x02000000).putInt(LENGTH / 0x1000).putInt(0x1000).putLong(0);
        // VARIABLE_STORE_HEADER: gEfiAuthenticatedVariableGuid, size, formatted, healthy
        out.put(HexFormat.of().parseHex("782cf3aa7b949a43a1802e144ec37792"));
        out.putInt(STORE_LENGTH - HEADER).putInt(0xfe5a).putInt(0);
        // EFI_FAULT_TOLERANT_WORKING_BLOCK_HEADER: gEdkiiWorkingBlockSignatureGuid, CRC, valid, size of the write queue
        out.position(WORKING_BLOCK);
        out.put(HexFormat.of().parseHex("2b29589e687c7d49a0ce6500fd9f1b95"));
        out.putInt(0x642caf2c).putInt(0xfffffffe).putLong(0xfe0);
        return Source.of("fresh variable store", bytes);
    }
}
