package dev.measure.tdx;

import java.util.ArrayList;
import java.util.List;

/**
 * What a PCI function asks for, or what a bridge must let through for all that lies behind it: a node of PciBusDxe's resource
 * map. MdeModulePkg/Bus/Pci/PciBusDxe/PciResourceSupport.c of EDK2.
 *
 * <p>The order of nodes decides about addresses, ties among equal ones included, so it is kept as there.
 */
final class PciResource {
    /** The kinds of resources, in the order in which a host bridge goes through them. */
    enum Type {
        /** I/O ports. */
        IO,
        /** Memory below 4 GiB. */
        MEM32,
        /** Prefetchable memory below 4 GiB. */
        PMEM32,
        /** Memory anywhere. */
        MEM64,
        /** Prefetchable memory anywhere. */
        PMEM64
    }

    /** What an address is written to. */
    enum Target {
        /** A base address register of 32 bits. */
        BAR32,
        /** Two base address registers of 32 bits. */
        BAR64,
        /** The window of a bridge. */
        WINDOW,
        /** Nothing: room for devices that are plugged in later. */
        PADDING
    }

    private final PciFunction function;
    private final Type type;
    private final Target target;
    private final int register;
    private final List<PciResource> children = new ArrayList<>();
    private long length;
    private long mask;
    private long offset;

    /**
     * @param function whose it is
     * @param type its kind
     * @param target what its address is written to
     * @param register where a base address register is
     * @param length bytes
     * @param mask its alignment, less one
     */
    PciResource(PciFunction function, Type type, Target target, int register, long length, long mask) {
        this.function = function;
        this.type = type;
        this.target = target;
        this.register = register;
        this.length = length;
        this.mask = mask;
    }

    PciFunction function() {
        return function;
    }

    Type type() {
        return type;
    }

    Target target() {
        return target;
    }

    int register() {
        return register;
    }

    long length() {
        return length;
    }

    long mask() {
        return mask;
    }

    /** Where it lies in the range of its parent, once that is {@linkplain #close closed}. */
    long offset() {
        return offset;
    }

    List<PciResource> children() {
        return children;
    }

    boolean isAsked() {
        return !children.isEmpty() || length != 0;
    }

    /** InsertResourceNode: by falling alignment; among equals in front, unless less of it sticks out of whole alignments. */
    void insert(PciResource node) {
        int at = 0;
        while (at < children.size()) {
            PciResource other = children.get(at);
            if (Long.compareUnsigned(node.mask, other.mask) > 0) {
                break;
            }
            long rest = node.length & node.mask;
            if (node.mask == other.mask && (rest == 0 || Long.compareUnsigned(rest, other.length & other.mask) >= 0)) {
                break;
            }
            at++;
        }
        children.add(at, node);
    }

    /** MergeResourceTree: takes over the children of another node. */
    void merge(PciResource other) {
        other.children.forEach(this::insert);
        other.children.clear();
    }

    /** CalculateResourceAperture: gives every child its place, and this node its size and alignment. */
    void close() {
        long used = 0;
        long padding = 0;
        for (PciResource child : children) {
            if (child.target == Target.PADDING) {
                child.offset = alignUp(padding, child.mask);
                padding = child.offset + child.length;
            } else {
                child.offset = alignUp(used, child.mask);
                used = child.offset + child.length;
            }
        }
        used = alignUp(used, mask);
        // The padding of I/O ports is taken as it is (CalculateApertureIo16).
        padding = type == Type.IO ? padding : alignUp(padding, mask);
        length = Math.max(used, padding);
        if (!children.isEmpty() && Long.compareUnsigned(children.get(0).mask, mask) > 0) {
            mask = children.get(0).mask;
        }
    }

    static long alignUp(long value, long mask) {
        return value + mask & ~mask;
    }
}
