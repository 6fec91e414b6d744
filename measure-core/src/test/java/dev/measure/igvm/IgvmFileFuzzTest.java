package dev.measure.igvm;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.measure.MalformedInputException;
import dev.measure.Source;
import java.io.IOException;
import java.io.OutputStream;
import java.util.Arrays;
import java.util.zip.CRC32;

/** Any bytes are read, or refused with a reason; what is read can be written. */
class IgvmFileFuzzTest {
    @FuzzTest(maxDuration = "60s")
    void rejectsOrReads(byte[] data) throws IOException {
        read(data);
        read(withChecksum(data)); // else no input would get behind the checksum
    }

    private static void read(byte[] data) throws IOException {
        IgvmFile file;
        try {
            file = IgvmFile.read(Source.of("fuzz", data));
        } catch (MalformedInputException expected) {
            return;
        }
        if (file.formatVersion() == 1) {
            IgvmWriter.write(file, OutputStream.nullOutputStream());
        }
    }

    /** The bytes as headers of version 1 without a gap, with sizes and checksum made right. */
    private static byte[] withChecksum(byte[] data) {
        int headers = Math.min(data.length, 512) / 8 * 8;
        byte[] file = new byte[24 + data.length + 4096];
        System.arraycopy(data, 0, file, 24, data.length);
        byte[] fixed = {'I', 'G', 'V', 'M', 1, 0, 0, 0, 24, 0, 0, 0};
        System.arraycopy(fixed, 0, file, 0, fixed.length);
        putU32(file, 12, headers);
        putU32(file, 16, file.length);
        CRC32 crc = new CRC32();
        crc.update(Arrays.copyOf(file, 24 + headers));
        putU32(file, 20, crc.getValue());
        return file;
    }

    private static void putU32(byte[] bytes, int at, long value) {
        for (int i = 0; i < 4; i++) {
            bytes[at + i] = (byte) (value >>> 8 * i);
        }
    }
}
