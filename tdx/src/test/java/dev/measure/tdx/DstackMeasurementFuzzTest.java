package dev.measure.tdx;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.measure.MalformedInputException;
import dev.measure.Source;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;

/** Arbitrary bytes, and a sound measurement.cbor with some of its bytes replaced. */
final class DstackMeasurementFuzzTest {
    private static final long GIB = 1L << 30;

    @FuzzTest(maxDuration = "30s")
    void readsOrRefuses(byte[] data) {
        check(data);
        byte[] sound = sound();
        for (int i = 0; i + 2 < data.length; i += 3) {
            sound[((data[i] & 0xff) | (data[i + 1] & 0xff) << 8) % sound.length] = data[i + 2];
        }
        check(sound);
    }

    private static void check(byte[] bytes) {
        try {
            DstackMeasurement read = DstackMeasurement.read(Source.of("fuzz", bytes));
            for (long memory : new long[] {GIB, 3 * GIB, 64 * GIB}) {
                if (TdHob.of(read, memory) instanceof TdHob.Built built) {
                    built.digest();
                }
            }
        } catch (MalformedInputException expected) {
            // refused: fine
        }
    }

    /** The form of dstack's file, with digests of zeros. */
    private static byte[] sound() {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        out.write(0xa3);
        text(out, "version");
        out.write(3);
        text(out, "image");
        out.write(0xa3);
        for (String name : new String[] {"cmdline_sha384", "kernel_authenticode", "initrd_sha384"}) {
            text(out, name);
            bytes(out, new byte[48]);
        }
        text(out, "tdvf");
        out.write(0xa3);
        text(out, "ovmf");
        text(out, "pre202505");
        text(out, "mrtd");
        out.write(0xa2);
        text(out, "single_pass");
        bytes(out, new byte[48]);
        text(out, "two_pass");
        bytes(out, new byte[48]);
        text(out, "td_hob");
        bytes(out, new byte[] {(byte) 0x80, 0x10, 9, 4, 0, 6, 9, 2, 0x0b, 2, 0x10, 0x10});
        return out.toByteArray();
    }

    private static void text(ByteArrayOutputStream out, String text) {
        out.write(0x60 + text.length());
        out.writeBytes(text.getBytes(StandardCharsets.US_ASCII));
    }

    private static void bytes(ByteArrayOutputStream out, byte[] bytes) {
        if (bytes.length < 24) {
            out.write(0x40 + bytes.length);
        } else {
            out.write(0x58);
            out.write(bytes.length);
        }
        out.writeBytes(bytes);
    }
}
