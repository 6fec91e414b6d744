package dev.measure.tdx;

import dev.measure.tdx.OvmfApertures.Range;
import dev.measure.tdx.PciResource.Target;
import dev.measure.tdx.PciResource.Type;
import java.io.IOException;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;

/**
 * What OVMF does with the PCI buses of a machine before QEMU makes the ACPI tables: gives numbers to buses and addresses to all
 * that functions ask for. QEMU writes some of those addresses into the DSDT.
 *
 * <p>MdeModulePkg/Bus/Pci/PciBusDxe and PciHostBridgeDxe, OvmfPkg/Library/PciHostBridgeUtilityLib of EDK2. Option ROMs are left
 * out, as a trust domain does; so are functions behind alternative routing ids, and firmware's way out when addresses run out.
 */
final class PciBus {
    private static final int LAST_BUS = 255;
    private static final int LAST_DEVICE = 31;
    private static final int LAST_FUNCTION = 7;
    private static final int NOTHING = 0xffff;

    /** Bridges within bridges. PCI has 256 buses in all. */
    private static final int MAX_DEPTH = 256;

    private static final long MIB_MASK = 0xf_ffffL;
    private static final long IO_MASK = 0xfff;

    private final PciConfig config;
    private final OvmfApertures apertures;
    private final int release;
    private final List<PciFunction> functions = new ArrayList<>();
    private final Map<PciFunction, List<PciFunction>> behind = new HashMap<>();
    private final List<Range> takenPorts = new ArrayList<>();
    private final List<Range> takenMemory = new ArrayList<>();
    private boolean above4g;

    private PciBus(PciConfig config, OvmfApertures apertures, int release) {
        this.config = config;
        this.apertures = apertures;
        this.release = release;
    }

    /**
     * Numbers the buses, and gives addresses to all functions.
     *
     * @param config the configuration spaces of the machine
     * @param apertures where the firmware places things
     * @param extraRoots how many root buses there are beside bus 0
     * @param release the EDK2 release
     * @return whether anything was placed above 4 GiB
     * @throws IOException if QEMU is gone, or the firmware would run out of numbers or addresses
     */
    static boolean program(PciConfig config, OvmfApertures apertures, int extraRoots, int release) throws IOException {
        PciBus bus = new PciBus(config, apertures, release);
        List<Integer> roots = bus.roots(extraRoots);
        List<PciFunction> bridges = new ArrayList<>();
        for (int i = 0; i < roots.size(); i++) {
            int last = i + 1 < roots.size() ? roots.get(i + 1) - 1 : LAST_BUS;
            PciFunction root = PciFunction.root(roots.get(i));
            bus.number(root, roots.get(i), roots.get(i), last, 0);
            bridges.add(root);
        }
        List<Map<Type, PciResource>> trees = new ArrayList<>();
        for (PciFunction root : bridges) {
            trees.add(bus.tree(root, true));
        }
        for (Map<Type, PciResource> tree : trees) {
            bus.place(tree);
        }
        for (PciFunction function : bus.functions) {
            function.decode(config);
        }
        return bus.above4g;
    }

    /** The root buses: 0, and as many others as QEMU says, by the functions on them. */
    private List<Integer> roots(int extra) throws IOException {
        List<Integer> roots = new ArrayList<>(List.of(0));
        for (int bus = 1; bus <= LAST_BUS && roots.size() <= extra; bus++) {
            for (int device = 0; device <= LAST_DEVICE; device++) {
                if (present(new PciConfig.Address(bus, device, 0))) {
                    roots.add(bus);
                    break;
                }
            }
        }
        return roots;
    }

    private boolean present(PciConfig.Address at) throws IOException {
        return config.read16(at, 0) != NOTHING;
    }

    /** PciScanBus: gets to know the functions of a bus, and numbers the buses behind its bridges; returns the last number. */
    private int number(PciFunction bridge, int bus, int lastUsed, int last, int depth) throws IOException {
        if (depth > MAX_DEPTH) {
            throw new IOException("the machine has bridges within bridges without end");
        }
        List<PciFunction> children = new ArrayList<>();
        behind.put(bridge, children);
        int used = lastUsed;
        for (int device = 0; device <= LAST_DEVICE; device++) {
            int reserved = 0;
            for (int number = 0; number <= LAST_FUNCTION; number++) {
                PciConfig.Address at = new PciConfig.Address(bus, device, number);
                if (!present(at)) {
                    if (number == 0) {
                        break;
                    }
                    continue;
                }
                PciFunction function = PciFunction.read(config, at, release, sizeAbove4g());
                functions.add(function);
                children.add(function);
                if (function.bridge()) {
                    int secondary = upTo(used + 1, last);
                    config.write16(at, 0x18, secondary << 8 | bus);
                    config.write8(at, 0x1a, last);
                    used = number(function, secondary, secondary, last, depth + 1);
                    used = Math.max(used, upTo(secondary + function.paddedBuses(), last));
                    config.write8(at, 0x1a, used);
                } else if (function.virtualBuses() > reserved) {
                    used = upTo(used + function.virtualBuses() - reserved, last);
                    reserved = function.virtualBuses();
                }
                if (number == 0 && (config.read8(at, 0x0e) & 0x80) == 0) {
                    break; // not a device of several functions
                }
            }
        }
        return used;
    }

    private static int upTo(int bus, int last) throws IOException {
        if (bus > last) {
            throw new IOException("firmware would run out of PCI bus numbers at " + bus);
        }
        return bus;
    }

    private long sizeAbove4g() {
        return apertures.above4g().map(Range::size).orElse(0L);
    }

    /** CreateResourceMap: what all functions behind a bridge ask for, by kind. */
    private Map<Type, PciResource> tree(PciFunction bridge, boolean root) {
        Map<Type, PciResource> tree = new EnumMap<>(Type.class);
        for (Type type : Type.values()) {
            long mask = type == Type.IO ? IO_MASK : MIB_MASK;
            tree.put(type, new PciResource(bridge, type, Target.WINDOW, 0, 0, mask));
        }
        for (PciFunction function : behind.get(bridge)) {
            function.bars().forEach(request -> insert(tree, function, request));
            if (function.bridge()) {
                tree(function, false).forEach((type, window) -> {
                    if (window.isAsked()) {
                        tree.get(type).insert(window);
                    }
                });
            }
        }
        bridge.padding().forEach(request -> insert(tree, bridge, request));
        degrade(bridge, root, tree);
        tree.values().forEach(PciResource::close);
        return tree;
    }

    private static void insert(Map<Type, PciResource> tree, PciFunction function, PciFunction.Request request) {
        tree.get(request.type())
                .insert(new PciResource(
                        function,
                        request.type(),
                        request.target(),
                        request.register(),
                        request.length(),
                        request.mask()));
    }

    /** DegradeResource: what a bridge cannot let through as it is asked for goes elsewhere. */
    private void degrade(PciFunction bridge, boolean root, Map<Type, PciResource> tree) {
        PciResource memory = tree.get(Type.MEM32);
        PciResource prefetchable = tree.get(Type.PMEM32);
        PciResource memory64 = tree.get(Type.MEM64);
        PciResource prefetchable64 = tree.get(Type.PMEM64);
        if (root) {
            if (apertures.above4g().isEmpty()) {
                memory.merge(memory64);
                prefetchable.merge(prefetchable64);
            }
            // The host bridge has one aperture for both sorts.
            memory.merge(prefetchable);
            memory64.merge(prefetchable64);
            return;
        }
        // No bridge has a window above 4 GiB that is not prefetchable; one release used the other one.
        (release == 202602 && bridge.prefetchable64() ? prefetchable64 : memory).merge(memory64);
        if (!bridge.prefetchable64()) {
            prefetchable.merge(prefetchable64);
        }
        if (!prefetchable64.children().isEmpty() || !bridge.prefetchable()) {
            memory.merge(prefetchable); // there is one window for prefetchable memory, here or there
        }
    }

    /** Gives a root bridge its ranges, the kind with the greatest alignment first, and all nodes in them their addresses. */
    private void place(Map<Type, PciResource> tree) throws IOException {
        List<PciResource> asked = new ArrayList<>();
        for (PciResource resource : tree.values()) {
            if (resource.isAsked()) {
                int at = 0;
                // Among equals the later kind comes first.
                while (at < asked.size() && Long.compareUnsigned(asked.get(at).mask(), resource.mask()) > 0) {
                    at++;
                }
                asked.add(at, resource);
            }
        }
        for (PciResource resource : asked) {
            program(resource, range(resource));
        }
    }

    private long range(PciResource resource) throws IOException {
        if (resource.type() == Type.IO) {
            return allocate(resource, apertures.io(), takenPorts, 15)
                    .orElseThrow(() -> full(resource, apertures.io(), "I/O ports"));
        }
        if (resource.type() == Type.MEM64 && apertures.above4g().isPresent()) {
            OptionalLong base = allocate(resource, apertures.above4g().get(), takenMemory, 63);
            above4g |= base.isPresent();
            if (base.isPresent()) {
                return base.getAsLong();
            }
        }
        return allocate(resource, apertures.memory(), takenMemory, 31)
                .orElseThrow(() -> full(resource, apertures.memory(), "memory"));
    }

    /** AllocateResource: the first aligned address where there is room. */
    private static OptionalLong allocate(PciResource resource, Range aperture, List<Range> taken, int maxBits) {
        long mask = Math.min(resource.mask(), (1L << maxBits) - 1);
        long base = PciResource.alignUp(PciResource.alignUp(aperture.base(), resource.mask()), mask);
        boolean moved = true;
        while (moved) {
            moved = false;
            for (Range other : taken) {
                if (base <= other.limit() && other.base() <= base + resource.length() - 1) {
                    base = PciResource.alignUp(other.limit() + 1, mask);
                    moved = true;
                }
            }
        }
        long limit = base + resource.length() - 1;
        if (base < aperture.base() || limit < base || limit > aperture.limit()) {
            return OptionalLong.empty();
        }
        taken.add(new Range(base, limit));
        return OptionalLong.of(base);
    }

    private static IOException full(PciResource resource, Range aperture, String what) {
        return new IOException(String.format(
                "the firmware would leave out PCI devices: together they ask for 0x%x bytes of %s, and there are 0x%x",
                resource.length(), what, aperture.size()));
    }

    /** ProgramResource. */
    private void program(PciResource parent, long base) throws IOException {
        for (PciResource node : parent.children()) {
            long address = base + node.offset();
            if (node.target() == Target.WINDOW) {
                program(node, address);
            }
            node.function().program(config, node, address);
        }
    }
}
