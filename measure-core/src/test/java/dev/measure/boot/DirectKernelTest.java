package dev.measure.boot;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.measure.MalformedInputException;
import dev.measure.Source;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** The addresses are worked out by hand from QEMU's rule, x86_load_linux in hw/i386/x86.c. */
final class DirectKernelTest {
    private static final int XLOADFLAGS = 0x236;
    private static final int RAMDISK_IMAGE = 0x218;

    private static Source kernel(int protocol, int xloadflags, int initrdAddressMax) {
        ByteBuffer file = ByteBuffer.allocate(1024).order(ByteOrder.LITTLE_ENDIAN);
        file.put(0x202, (byte) 'H')
                .put(0x203, (byte) 'd')
                .put(0x204, (byte) 'r')
                .put(0x205, (byte) 'S');
        file.putShort(0x206, (short) protocol);
        file.putShort(XLOADFLAGS, (short) xloadflags);
        file.putInt(0x22c, initrdAddressMax);
        return Source.of("kernel", file.array());
    }

    private static ByteBuffer handed(Source kernel, long memory, Optional<Long> initrd, String cmdline) {
        return ByteBuffer.wrap(DirectKernel.asHandedOver(kernel, memory, initrd, cmdline)
                        .toByteArray())
                .order(ByteOrder.LITTLE_ENDIAN);
    }

    private static int address(Source kernel, long memory) {
        return handed(kernel, memory, Optional.of(0x1000L), "").getInt(RAMDISK_IMAGE);
    }

    @Test
    void placesTheInitrdAsHighAsKernelAndMemoryAllow() {
        Source anywhere = kernel(0x20f, 2, 0x7fffffff);
        assertEquals(0x7ffd6000, address(anywhere, 2L << 30));
        assertEquals(0x7ffd6000, address(anywhere, 64L << 30));
        assertEquals(0x7ffd6000, address(anywhere, 2816L << 20));
        assertEquals(0xaffd5000, address(anywhere, (2816L << 20) - 4096));
        // The flag is bit 1; bit 6, 5LEVEL_ENABLED, is another.
        assertEquals(0x37ffe000, address(kernel(0x20f, 0x40, 0x37ffffff), 2L << 30));
        assertEquals(0x2fffe000, address(kernel(0x203, 2, 0x2fffffff), 2L << 30));
        assertEquals(0x37ffe000, address(kernel(0x202, 0, 0), 2L << 30));
    }

    @Test
    void writesWhatTheBootProtocolSays() {
        ByteBuffer header = handed(kernel(0x20f, 2, 0), 1L << 30, Optional.empty(), "quiet vga=0x317");
        assertEquals((byte) 0xb0, header.get(0x210));
        assertEquals((byte) 0x80, header.get(0x211));
        assertEquals((short) 0xfe00, header.getShort(0x224));
        assertEquals(0x20000, header.getInt(0x228));
        assertEquals(0x317, header.getShort(0x1fa));
        assertEquals(0, header.getInt(RAMDISK_IMAGE));
        assertEquals(
                (short) 0xfffe,
                handed(kernel(0x20f, 2, 0), 1L << 30, Optional.empty(), "vga=ext")
                        .getShort(0x1fa));
    }

    /** What QEMU 7.2 wrote, read back through fw_cfg item 0x18; empty where it stopped. */
    @Test
    void readsTheVideoModeAsQemuDoes() {
        Map<String, Integer> modes = new LinkedHashMap<>();
        modes.put("vga=791", 791);
        modes.put("nvga=3", 3);
        modes.put("vga=1 vga=2", 1);
        modes.put("vga=07 q", 7);
        modes.put("vga=0X1f", 0x1f);
        modes.put("vga=0x1ffff", 0xffff);
        modes.put("vga=4294967295", 0xffff);
        modes.put("vga=-1", 0xffff);
        modes.put("vga=+5", 5);
        modes.put("vga= 5", 5);
        modes.put("vga=\t9 ", 9);
        modes.put("vga=normalish", 0xffff);
        modes.put("vga=extra", 0xfffe);
        modes.put("vga=ask", 0xfffd);
        modes.put("VGA=3", 0);
        modes.forEach((cmdline, mode) -> assertEquals(
                mode,
                handed(kernel(0x20f, 2, 0), 1L << 30, Optional.empty(), cmdline).getShort(0x1fa) & 0xffff,
                cmdline));
        for (String cmdline : List.of(
                "vga=", "vga=0x", "vga=08", "vga=791foo", "vga=5\tx", "vga=99999999999", "vga=0x10000000000000000")) {
            assertThrows(
                    IllegalArgumentException.class,
                    () -> handed(kernel(0x20f, 2, 0), 1L << 30, Optional.empty(), cmdline),
                    cmdline);
        }
    }

    @Test
    void refusesWhatQemuRefuses() {
        assertThrows(
                IllegalArgumentException.class,
                () -> handed(kernel(0x20f, 2, 0), 1L << 30, Optional.empty(), "vga=big"));
        assertThrows(
                IllegalArgumentException.class, () -> handed(kernel(0x20f, 2, 0), 1L << 20, Optional.of(1L << 20), ""));
        assertThrows(
                IllegalArgumentException.class,
                () -> DirectKernel.check(kernel(0x20f, 2, 0), Optional.empty(), Optional.empty(), "vga=big"));
        assertThrows(
                IllegalArgumentException.class,
                () -> DirectKernel.check(kernel(0x20f, 2, 0), Optional.of(1L << 20), Optional.of(1L << 20), ""));
        DirectKernel.check(kernel(0x20f, 2, 0), Optional.empty(), Optional.of(1L << 20), "vga=3");
        MalformedInputException old = assertThrows(
                MalformedInputException.class, () -> handed(kernel(0x201, 2, 0), 1L << 30, Optional.empty(), ""));
        assertEquals(
                "kernel: offset 0x206: expected a setup header of boot protocol 2.02 or later, found version 0x0201",
                old.getMessage());
    }
}
