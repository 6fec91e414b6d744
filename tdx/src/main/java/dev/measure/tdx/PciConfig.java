package dev.measure.tdx;

import java.io.IOException;
import java.util.OptionalInt;

/**
 * The configuration spaces of the PCI functions of a paused QEMU: through the ports 0xCF8 and 0xCFC, and from offset 0x100 on
 * through the place in memory that the host bridge has been given for it (ECAM). PCI Local Bus Specification 3.0, section 6.
 */
final class PciConfig {
    private static final int ADDRESS = 0xcf8;
    private static final int DATA = 0xcfc;
    private static final int EXTENDED = 0x100;
    private static final int CAPABILITIES_POINTER = 0x34;

    /** A list of capabilities cannot have more members than there is room for. */
    private static final int MAX_CAPABILITIES = 48;

    private static final int MAX_EXTENDED_CAPABILITIES = 960;

    private final Qtest qemu;
    private final long ecam;

    PciConfig(Qtest qemu, long ecam) {
        this.qemu = qemu;
        this.ecam = ecam;
    }

    /**
     * Where a function is.
     *
     * @param bus 0..255
     * @param device 0..31
     * @param function 0..7
     */
    record Address(int bus, int device, int function) {
        private int routing() {
            return bus << 8 | device << 3 | function;
        }
    }

    int read32(Address at, int register) throws IOException {
        if (register >= EXTENDED) {
            return qemu.readl(ecam + ((long) at.routing() << 12) + register);
        }
        select(at, register);
        return qemu.inl(DATA);
    }

    int read16(Address at, int register) throws IOException {
        return read32(at, register & ~3) >>> 8 * (register & 3) & 0xffff;
    }

    int read8(Address at, int register) throws IOException {
        return read32(at, register & ~3) >>> 8 * (register & 3) & 0xff;
    }

    void write32(Address at, int register, int value) throws IOException {
        if (register >= EXTENDED) {
            qemu.writel(ecam + ((long) at.routing() << 12) + register, value);
        } else {
            select(at, register);
            qemu.outl(DATA, value);
        }
    }

    void write16(Address at, int register, int value) throws IOException {
        select(at, register);
        qemu.outw(DATA + (register & 2), value & 0xffff);
    }

    void write8(Address at, int register, int value) throws IOException {
        select(at, register);
        qemu.outb(DATA + (register & 3), value & 0xff);
    }

    private void select(Address at, int register) throws IOException {
        qemu.outl(ADDRESS, 0x8000_0000 | at.routing() << 8 | register & 0xfc);
    }

    /** What a register reads as after ones were written to it, which tells what of it can be set; its value is put back. */
    int writable(Address at, int register) throws IOException {
        int before = read32(at, register);
        write32(at, register, -1);
        int found = read32(at, register);
        write32(at, register, before);
        return found;
    }

    /** The offset of the first capability with an id, behind another one if that is not 0. */
    OptionalInt capability(Address at, int id, int behind) throws IOException {
        if ((read16(at, 0x06) & 0x10) == 0) {
            return OptionalInt.empty(); // the status register says that there is no list
        }
        int offset = behind == 0 ? read8(at, CAPABILITIES_POINTER) : read8(at, behind + 1);
        for (int i = 0; i < MAX_CAPABILITIES && offset >= 0x40 && (offset & 3) == 0; i++) {
            int entry = read16(at, offset);
            if ((entry & 0xff) == id) {
                return OptionalInt.of(offset);
            }
            offset = entry >>> 8;
        }
        return OptionalInt.empty();
    }

    /** The offset of the first extended capability with an id. */
    OptionalInt extendedCapability(Address at, int id) throws IOException {
        int offset = EXTENDED;
        for (int i = 0; i < MAX_EXTENDED_CAPABILITIES && offset >= EXTENDED; i++) {
            int entry = read32(at, offset);
            if (entry == -1) {
                return OptionalInt.empty();
            }
            if ((entry & 0xffff) == id) {
                return OptionalInt.of(offset);
            }
            offset = entry >>> 20 & 0xffc;
        }
        return OptionalInt.empty();
    }
}
