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
        return kernel(protocol, 1, xloadflags, initrdAddressMax, 0, 4096);
    }

    private static Source kernel(
            int protocol, int loadflags, int xloadflags, int initrdAddressMax, int sectors, int length) {
        ByteBuffer file = ByteBuffer.allocate(length).order(ByteOrder.LITTLE_ENDIAN);
        file.put(0x202, (byte) 'H')
                .put(0x203, (byte) 'd')
                .put(0x204, (byte) 'r')
                .put(0x205, (byte) 'S');
        file.putShort(0x206, (short) protocol);
        file.put(0x1f1, (byte) sectors);
        file.put(0x211, (byte) loadflags);
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
        assertEquals((byte) 0x81, header.get(0x211));
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
                MalformedInputException.class, () -> handed(kernel(0x1ff, 2, 0), 1L << 30, Optional.empty(), ""));
        assertEquals(
                "kernel: offset 0x206: expected a setup header of boot protocol 2.00 or later, found version 0x01ff",
                old.getMessage());
    }

    /** QEMU 7.2 ends with "invalid kernel header" if the setup, of 4 sectors where it says 0, is longer than the file. */
    @Test
    void refusesASetupThatIsLongerThanTheFile() {
        Source cut = kernel(0x20f, 1, 2, 0, 8, 4096);
        IllegalArgumentException refused = assertThrows(
                IllegalArgumentException.class, () -> DirectKernel.check(cut, Optional.empty(), Optional.empty(), ""));
        assertEquals("a kernel of 4096 bytes that says that its setup has 4608; QEMU stops", refused.getMessage());
        assertThrows(IllegalArgumentException.class, () -> handed(cut, 1L << 30, Optional.empty(), ""));
        assertThrows(
                IllegalArgumentException.class,
                () -> handed(kernel(0x20f, 1, 2, 0, 0, 2559), 1L << 30, Optional.empty(), ""));
        handed(kernel(0x20f, 1, 2, 0, 0, 2560), 1L << 30, Optional.empty(), "");
        handed(kernel(0x20f, 1, 2, 0, 7, 4096), 1L << 30, Optional.empty(), "");
    }

    /** A kernel as QEMU 7.2 with 1 GiB changed it, read back through fw_cfg item 0x18: the bytes that are others than in the file. */
    private record Changed(int protocol, int loadflags, String cmdline, boolean initrd, int sectors, String bytes) {}

    @Test
    void changesOldAndLowKernelsAsQemuDoes() {
        String initrd = " 219=e0 21a=ff 21b=37 21d=18";
        List<Changed> all = List.of(
                new Changed(0x200, 1, "quiet", false, 4, "20=3f 21=a3 22=f0 23=9f 210=b0"),
                new Changed(0x200, 0, "quiet", true, 4, "20=3f 21=a3 22=f0 23=9f 210=b0" + initrd),
                new Changed(
                        0x201,
                        1,
                        "quiet",
                        true,
                        0,
                        "20=3f 21=a3 22=f0 23=9f 210=b0 211=81" + initrd + " 224=f0 225=9d"),
                new Changed(
                        0x201,
                        0,
                        "x".repeat(15),
                        true,
                        4,
                        "20=3f 21=a3 22=f0 23=9f 210=b0 211=80" + initrd + " 224=f0 225=9d"),
                new Changed(
                        0x201,
                        1,
                        "x".repeat(16) + " vga=ext",
                        false,
                        4,
                        "20=3f 21=a3 22=e0 23=9f 1fa=fe 1fb=ff 210=b0 211=81 224=e0 225=9d"),
                new Changed(0x201, 1, "z".repeat(300), false, 4, "20=3f 21=a3 22=d0 23=9e 210=b0 211=81 224=d0 225=9c"),
                new Changed(
                        0x202,
                        0,
                        "quiet ro",
                        true,
                        4,
                        "210=b0 211=80" + initrd + " 224=f0 225=9d 228=f0 229=9f 22a=09"),
                new Changed(
                        0x203, 0, "\u00e9".repeat(10), false, 1, "210=b0 211=80 224=e0 225=9d 228=e0 229=9f 22a=09"),
                new Changed(
                        0x20f,
                        0,
                        "",
                        true,
                        4,
                        "210=b0 211=80 219=60 21a=fd 21b=3f 21d=18 224=f0 225=9d 228=f0 229=9f 22a=09"),
                new Changed(0x20f, 1, "", true, 4, "210=b0 211=81 219=60 21a=fd 21b=3f 21d=18 225=fe 22a=02"),
                new Changed(0x20f, 1, "", false, 7, "210=b0 211=81 225=fe 22a=02"));
        for (Changed one : all) {
            Source file = kernel(one.protocol, one.loadflags, 0, 0x7fffffff, one.sectors, 4096);
            byte[] before = file.toByteArray();
            byte[] after = handed(file, 1L << 30, one.initrd ? Optional.of(0x1800L) : Optional.empty(), one.cmdline)
                    .array();
            StringBuilder changed = new StringBuilder();
            for (int i = 0; i < before.length; i++) {
                if (before[i] != after[i]) {
                    changed.append(String.format("%x=%02x ", i, after[i]));
                }
            }
            assertEquals(one.bytes, changed.toString().strip(), one.toString());
        }
    }
}
