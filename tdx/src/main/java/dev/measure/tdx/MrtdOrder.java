package dev.measure.tdx;

import dev.measure.Evidence;
import java.util.Locale;

/**
 * The order in which a VMM adds the pages of a trust domain (TDH.MEM.PAGE.ADD) and measures them (TDH.MR.EXTEND). MRTD depends on
 * it, and VMMs differ.
 */
public enum MrtdOrder {
    /** Section by section in table order; of each page first the add, then its 16 extends. */
    PAGE(Evidence.PEER),
    /** Section by section in table order; of each section first all adds, then all extends ("two-pass"). */
    SECTION(Evidence.HARDWARE),
    /** All adds of all sections, then all extends. No VMM is known to do so. */
    IMAGE(Evidence.SOURCE);

    private final Evidence evidence;

    MrtdOrder(Evidence evidence) {
        this.evidence = evidence;
    }

    /** {@return the name in ids and options} */
    public String id() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** {@return how it is known that a value in this order comes out right} */
    Evidence evidence() {
        return evidence;
    }
}
