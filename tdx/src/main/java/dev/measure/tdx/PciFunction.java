package dev.measure.tdx;

import dev.measure.tdx.PciResource.Target;
import dev.measure.tdx.PciResource.Type;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;

/**
 * A function on a PCI bus as PciBusDxe gets to know it: what it asks for, whether it is a bridge and what that can let through.
 * MdeModulePkg/Bus/Pci/PciBusDxe/PciEnumeratorSupport.c of EDK2; the padding is OvmfPkg/PciHotPlugInitDxe's.
 *
 * @param address where it is
 * @param bars what it asks for, in the order of its registers
 * @param bridge whether it is a PCI-to-PCI bridge
 * @param prefetchable whether the bridge has a prefetchable window
 * @param prefetchable64 whether that can lie above 4 GiB
 * @param padding what the bridge keeps free for devices that are plugged in later
 * @param paddedBuses how many buses it keeps for them
 * @param virtualBuses how many buses its virtual functions reach beyond its own
 */
record PciFunction(
        PciConfig.Address address,
        List<Request> bars,
        boolean bridge,
        boolean prefetchable,
        boolean prefetchable64,
        List<Request> padding,
        int paddedBuses,
        int virtualBuses) {
    private static final int COMMAND = 0x04;

    /** EFI_PCI_COMMAND_BITS_OWNED: I/O, memory, bus master, write and invalidate, palette snoop, fast back to back. */
    private static final int OWNED = 0x0237;

    private static final int FIRST_BAR = 0x10;
    private static final int VENDOR_RED_HAT = 0x1b36;
    private static final int CAP_VENDOR = 0x09;
    private static final int CAP_SHPC = 0x0c;
    private static final int CAP_PCI_EXPRESS = 0x10;
    private static final int EXTENDED_SR_IOV = 0x10;
    private static final int RESERVATION_LENGTH = 32;
    private static final long PAGE_MASK = 0xfff;
    private static final long MIB_2 = 2L << 20;
    private static final long GIB_32 = 32L << 30;

    /**
     * Something that is asked for.
     *
     * @param type its kind
     * @param target what its address is written to
     * @param register where
     * @param length bytes
     * @param mask alignment, less one
     */
    record Request(Type type, Target target, int register, long length, long mask) {}

    /** A root bridge: it lets everything through. */
    static PciFunction root(int bus) {
        return new PciFunction(new PciConfig.Address(bus, 0, 0), List.of(), true, true, true, List.of(), 0, 0);
    }

    /**
     * {@return a function, silenced and asked what it needs}
     *
     * @param config the configuration spaces
     * @param at where it is
     * @param release the EDK2 release
     * @param above4g how much the firmware has above 4 GiB, in bytes
     */
    static PciFunction read(PciConfig config, PciConfig.Address at, int release, long above4g) throws IOException {
        boolean bridge = (config.read8(at, 0x0e) & 0x7f) == 1;
        config.write16(at, COMMAND, config.read16(at, COMMAND) & ~OWNED);
        OptionalInt express = config.capability(at, CAP_PCI_EXPRESS, 0);
        List<Request> bars = new ArrayList<>();
        for (int register = FIRST_BAR; register < FIRST_BAR + 4 * (bridge ? 2 : 6); ) {
            register = bar(config, at, register, 1, PAGE_MASK, true, bars);
        }
        if (!bridge) {
            int virtualBuses = express.isEmpty() ? 0 : virtualFunctions(config, at, bars);
            return new PciFunction(at, bars, false, false, false, List.of(), 0, virtualBuses);
        }
        int both = config.read32(at, 0x24);
        boolean prefetchable = config.writable(at, 0x24) != 0 && (both & 0xf) == 1 && (both >>> 16 & 0xf) == 1;
        boolean prefetchable64 = prefetchable && config.writable(at, 0x28) != 0;
        List<Request> padding = new ArrayList<>();
        int paddedBuses = isHotPlug(config, at, express) ? padding(config, at, release, above4g, padding) : 0;
        quiet(config, at);
        return new PciFunction(at, bars, true, prefetchable, prefetchable64, padding, paddedBuses, 0);
    }

    /** PciParseBar, PciIovParseVfBar: adds what a base address register asks for; returns the register behind it. */
    private static int bar(
            PciConfig config,
            PciConfig.Address at,
            int register,
            long times,
            long leastMask,
            boolean physical,
            List<Request> bars)
            throws IOException {
        int low = config.writable(at, register);
        if (low == 0) {
            return register + 4;
        }
        if ((low & 1) != 0) {
            long length = -(low & 0xffff_fffcL) & ((low & 0xffff_0000) != 0 ? 0xffff_ffffL : 0xffffL);
            if (length != 0 && physical) {
                bars.add(new Request(Type.IO, Target.BAR32, register, length, length - 1));
            }
            return register + 4;
        }
        boolean prefetchable = (low & 8) != 0;
        if ((low & 7) == 0) {
            long length = -(low & 0xffff_fff0L) & 0xffff_ffffL;
            bars.add(new Request(
                    prefetchable ? Type.PMEM32 : Type.MEM32,
                    Target.BAR32,
                    register,
                    length * times,
                    Math.max(length - 1, leastMask)));
            return register + 4;
        }
        if ((low & 7) != 4) {
            return register + 4;
        }
        int high = config.writable(at, register + 4);
        if (high == 0 && ((low & 0xffff_fff0L) == 0 || !physical)) {
            return register + 8;
        }
        // Bits above the highest that can be set count as if they could.
        long upper = high == 0 ? 0xffff_ffffL : (high | -Integer.highestOneBit(high)) & 0xffff_ffffL;
        long length = -(upper << 32 | low & 0xffff_fff0L);
        if (length != 0) {
            bars.add(new Request(
                    prefetchable ? Type.PMEM64 : Type.MEM64,
                    Target.BAR64,
                    register,
                    length * times,
                    Math.max(length - 1, leastMask)));
        }
        return register + 8;
    }

    /** Adds what virtual functions (SR-IOV) ask for; returns how many buses they reach beyond that of their function. */
    private static int virtualFunctions(PciConfig config, PciConfig.Address at, List<Request> bars) throws IOException {
        OptionalInt capability = config.extendedCapability(at, EXTENDED_SR_IOV);
        if (capability.isEmpty()) {
            return 0;
        }
        int base = capability.getAsInt();
        int functions = config.read16(at, base + 0x0c);
        for (int register = base + 0x24; register < base + 0x3c; ) {
            register = bar(config, at, register, functions, PAGE_MASK, false, bars);
        }
        if (functions == 0) {
            return 0;
        }
        int first = config.read16(at, base + 0x14);
        int stride = config.read16(at, base + 0x16);
        int last = (at.device() << 3 | at.function()) + first + (functions - 1) * stride;
        return last >>> 8;
    }

    private static boolean isHotPlug(PciConfig config, PciConfig.Address at, OptionalInt express) throws IOException {
        if (config.capability(at, CAP_SHPC, 0).isPresent()) {
            return true;
        }
        if (express.isEmpty()) {
            return false;
        }
        int capability = config.read16(at, express.getAsInt() + 2);
        int port = capability >>> 4 & 0xf;
        boolean slot = (capability & 0x100) != 0;
        boolean rootOrDownstream = port == 4 || port == 6;
        return rootOrDownstream && slot && (config.read32(at, express.getAsInt() + 0x14) & 0x40) != 0;
    }

    /** GetResourcePadding: what QEMU's capability says, else what the firmware thinks fit; returns buses. */
    private static int padding(PciConfig config, PciConfig.Address at, int release, long above4g, List<Request> padding)
            throws IOException {
        boolean defaultIo = release < 202308;
        boolean defaultMemory = true;
        boolean defaultPrefetchable = true;
        int buses = 0;
        OptionalInt found = reservation(config, at);
        if (found.isPresent()) {
            int hint = found.getAsInt();
            int wishedBuses = config.read32(at, hint + 4);
            buses = wishedBuses == -1 ? 0 : wishedBuses & 0xff;
            long io = read64(config, at, hint + 8);
            if (io == 0) {
                defaultIo = false;
            } else if (io != -1 && log2Up(io) < 64) {
                padding.add(pad(Type.IO, log2Up(io)));
                defaultIo = false;
            }
            long memory = config.read32(at, hint + 16) & 0xffff_ffffL;
            if (memory == 0) {
                defaultMemory = false;
            } else if (memory != 0xffff_ffffL && log2Up(memory) < 32) {
                padding.add(pad(Type.MEM32, log2Up(memory)));
                defaultMemory = false;
            }
            long below = config.read32(at, hint + 20) & 0xffff_ffffL;
            long above = read64(config, at, hint + 24);
            if (below != 0 && below != 0xffff_ffffL) {
                if (log2Up(below) < 32) {
                    padding.add(pad(Type.PMEM32, log2Up(below)));
                    defaultPrefetchable = false;
                }
            } else if (above != 0 && above != -1 && log2Up(above) < 64) {
                padding.add(pad(Type.PMEM64, log2Up(above)));
                defaultPrefetchable = false;
            }
        }
        if (defaultIo) {
            padding.add(pad(Type.IO, 9)); // 512 ports
        }
        if (defaultMemory) {
            padding.add(pad(Type.MEM32, log2Up(MIB_2)));
        }
        if (defaultPrefetchable && above4g > GIB_32) {
            padding.add(pad(Type.PMEM64, log2Up(above4g >>> 8)));
        }
        return buses;
    }

    /** The offset of QEMU's capability for the reservation of resources: length 32, type 1. */
    private static OptionalInt reservation(PciConfig config, PciConfig.Address at) throws IOException {
        if (config.read16(at, 0) != VENDOR_RED_HAT) {
            return OptionalInt.empty();
        }
        OptionalInt offset = config.capability(at, CAP_VENDOR, 0);
        for (int i = 0; i < 16 && offset.isPresent(); i++) {
            if (config.read8(at, offset.getAsInt() + 2) == RESERVATION_LENGTH
                    && config.read8(at, offset.getAsInt() + 3) == 1) {
                return offset;
            }
            offset = config.capability(at, CAP_VENDOR, offset.getAsInt());
        }
        return OptionalInt.empty();
    }

    private static Request pad(Type type, int log2) {
        return new Request(type, Target.PADDING, 0, 1L << log2, (1L << log2) - 1);
    }

    private static int log2Up(long value) {
        return 64 - Long.numberOfLeadingZeros(value - 1);
    }

    private static long read64(PciConfig config, PciConfig.Address at, int register) throws IOException {
        return config.read32(at, register) & 0xffff_ffffL | (long) config.read32(at, register + 4) << 32;
    }

    /** InitializePpb: closes all windows. */
    private static void quiet(PciConfig config, PciConfig.Address at) throws IOException {
        config.write8(at, 0x1c, 0xff);
        config.write8(at, 0x1d, 0);
        config.write16(at, 0x20, 0xffff);
        config.write16(at, 0x22, 0);
        config.write16(at, 0x24, 0xffff);
        config.write16(at, 0x26, 0);
        config.write32(at, 0x28, -1);
        config.write32(at, 0x2c, 0);
        config.write16(at, 0x30, 0xffff);
        config.write16(at, 0x32, 0);
    }

    /** Lets it decode addresses again, as OVMF does with all functions while QEMU makes the tables. */
    void decode(PciConfig config) throws IOException {
        config.write16(address, COMMAND, config.read16(address, COMMAND) | 3);
    }

    /** Writes an address where a resource of this function wants it. */
    void program(PciConfig config, PciResource resource, long base) throws IOException {
        long limit = base + resource.length() - 1;
        switch (resource.target()) {
            case BAR32 -> config.write32(address, resource.register(), (int) base);
            case BAR64 -> {
                config.write32(address, resource.register(), (int) base);
                config.write32(address, resource.register() + 4, (int) (base >>> 32));
            }
            case WINDOW -> window(config, resource.type(), base, limit);
            case PADDING -> {}
        }
    }

    private void window(PciConfig config, Type type, long base, long limit) throws IOException {
        switch (type) {
            case IO -> {
                config.write8(address, 0x1c, (int) (base >>> 8));
                config.write16(address, 0x30, (int) (base >>> 16));
                config.write8(address, 0x1d, (int) (limit >>> 8));
                config.write16(address, 0x32, (int) (limit >>> 16));
            }
            case MEM32 -> {
                config.write16(address, 0x20, (int) (base >>> 16));
                config.write16(address, 0x22, (int) (limit >>> 16));
            }
            case PMEM32, PMEM64 -> {
                config.write16(address, 0x24, (int) (base >>> 16));
                config.write16(address, 0x26, (int) (limit >>> 16));
                config.write32(address, 0x28, (int) (base >>> 32));
                config.write32(address, 0x2c, (int) (limit >>> 32));
            }
            case MEM64 -> {} // no bridge has such a window
        }
    }
}
