package dev.measure.firmware;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.measure.MalformedInputException;
import dev.measure.Source;
import dev.measure.Strictness;
import dev.measure.vectors.OvmfWriter;

class FirmwareFuzzTest {
    /** The input is laid over the end of a sound image, where the tables are. */
    @FuzzTest
    void rejectsOrReads(byte[] data) {
        byte[] image = OvmfWriter.ovmf(8192)
                .resetBlock(0x80b004)
                .hashTable(0x810c00, 0x400)
                .sevMetadata()
                .section(0x800000, 0x9000, 1)
                .tdxMetadata()
                .build();
        int count = Math.min(data.length, image.length);
        for (int i = 0; i < count; i++) {
            image[image.length - 1 - i] ^= data[i];
        }
        read(image);
        read(data);
    }

    private static void read(byte[] bytes) {
        for (Strictness strictness : Strictness.values()) {
            try {
                Firmware firmware = Firmware.read(Source.of("fuzz", bytes), strictness);
                firmware.resetAddress();
                firmware.hashTableArea();
                firmware.secretArea();
                FirmwareVersion.find(firmware);
                SevMetadata.find(firmware);
                IgvmDescriptor.find(firmware);
                TdxMetadata.find(firmware);
            } catch (MalformedInputException expected) {
                // broken tables are refused
            }
        }
    }
}
