package dev.measure.firmware;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.measure.MalformedInputException;
import dev.measure.Source;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;

class FirmwareVolumesFuzzTest {
    private static final byte[] HEADER = HexFormat.of().parseHex("98584eee143959429d6edc7bd79403cf18000100");

    @FuzzTest(maxDuration = "30s")
    void rejectsOrReads(byte[] data) {
        read(data);
        byte[] section = new byte[4 + HEADER.length + data.length];
        section[0] = (byte) section.length;
        section[1] = (byte) (section.length >> 8);
        section[2] = (byte) (section.length >> 16);
        section[3] = 2;
        System.arraycopy(HEADER, 0, section, 4, HEADER.length);
        System.arraycopy(data, 0, section, 4 + HEADER.length, data.length);
        read(section);
        FirmwareVolumes.walk(Source.of("volumes", volume(data)));
    }

    private static byte[] volume(byte[] data) {
        byte[] volume = new byte[0x48 + data.length];
        volume[32] = (byte) volume.length;
        volume[33] = (byte) (volume.length >> 8);
        volume[34] = (byte) (volume.length >> 16);
        System.arraycopy("_FVH".getBytes(StandardCharsets.US_ASCII), 0, volume, 40, 4);
        volume[48] = 0x48;
        System.arraycopy(data, 0, volume, 0x48, data.length);
        return volume;
    }

    private static void read(byte[] data) {
        try {
            FirmwareVolumes.find(Source.of("fuzz", data)).ifPresent(FirmwareVolumes::versionStrings);
        } catch (MalformedInputException expected) {
            // the one answer to broken input
        }
    }
}
