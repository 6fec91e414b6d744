package dev.measure.boot;

import dev.measure.Source;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * EFI_CC_MEASUREMENT_PROTOCOL, which the firmware of a trust domain offers in place of a TPM's protocol (UEFI Specification 2.10,
 * section 38.2.2). A program that does not hold its GUID cannot ask for it, so nothing of what it measures gets into an RTMR.
 */
final class CcProtocol {
    /** 96751a3d-72f4-41a6-a794-ed5d0e67ae6b as it lies in memory; compilers load it as two numbers, with code between them. */
    private static final long FIRST_HALF = 0x41a672f496751a3dL;

    private static final long SECOND_HALF = 0x6bae670e5ded94a7L;
    private static final int WINDOW = 1 << 16;

    private CcProtocol() {}

    /** {@return whether a program holds the GUID} */
    static boolean isNamedIn(Source program) {
        ByteBuffer window =
                ByteBuffer.allocate((int) Math.min(WINDOW, program.length())).order(ByteOrder.LITTLE_ENDIAN);
        boolean first = false;
        boolean second = false;
        long at = 0;
        while (program.length() - at >= Long.BYTES && !(first && second)) {
            int count = (int) Math.min(window.capacity(), program.length() - at);
            program.read(at, window.array(), 0, count);
            for (int i = 0; i <= count - Long.BYTES; i++) {
                long value = window.getLong(i);
                first |= value == FIRST_HALF;
                second |= value == SECOND_HALF;
            }
            at += count - (Long.BYTES - 1);
        }
        return first && second;
    }
}
