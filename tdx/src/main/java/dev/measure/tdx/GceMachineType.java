package dev.measure.tdx;

import dev.measure.tdx.TdHob.Range;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** A machine type of Google Compute Engine with TDX: how much memory it has, on how many NUMA nodes. google/gce-tcb-verifier. */
public enum GceMachineType {
    /** 16 GiB. */
    C3_STANDARD_4(16, 1),
    /** 32 GiB. */
    C3_STANDARD_8(32, 1),
    /** 88 GiB. */
    C3_STANDARD_22(88, 1),
    /** 176 GiB. */
    C3_STANDARD_44(176, 1),
    /** 352 GiB. */
    C3_STANDARD_88(352, 2),
    /** 704 GiB. */
    C3_STANDARD_176(704, 4);

    private static final long GIB = 1L << 30;

    /** The memory below 4 GiB. */
    private static final long LOW = 3 * GIB;

    /** The memory that ends at 4 GiB, for the firmware. */
    private static final long TOP = 2L << 20;

    private static final long NODE = 176 * GIB;

    private final long memory;
    private final int nodes;

    GceMachineType(long gibibytes, int nodes) {
        this.memory = gibibytes * GIB;
        this.nodes = nodes;
    }

    /** {@return its name, such as {@code c3-standard-4}} */
    public String id() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    /** {@return its memory in bytes} */
    public long memory() {
        return memory;
    }

    /** The banks of its memory, by rising address. */
    List<Range> banks() {
        List<Range> banks = new ArrayList<>();
        banks.add(new Range(0, LOW, false));
        banks.add(new Range(4 * GIB - TOP, TOP, false));
        long start = 4 * GIB;
        long left = memory - LOW;
        long room = NODE - LOW;
        for (int node = 0; node < nodes; node++) {
            long length = Math.min(left, room);
            banks.add(new Range(start, length, false));
            start += length;
            left -= length;
            room = NODE;
        }
        return banks;
    }
}
