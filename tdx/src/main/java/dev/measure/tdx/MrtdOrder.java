package dev.measure.tdx;

import dev.measure.Evidence;
import java.util.Locale;

/**
 * The order in which a VMM adds the pages of a trust domain (TDH.MEM.PAGE.ADD) and measures them (TDH.MR.EXTEND). MRTD depends on
 * it, and VMMs differ.
 */
public enum MrtdOrder {
    /** Section by section in table order; of each page first the add, then its 16 extends. */
    PAGE(Evidence.PEER, "each page is added and extended before the next"),
    /** Section by section in table order; of each section first all adds, then all extends ("two-pass"). */
    SECTION(Evidence.HARDWARE, "of each section first all pages are added, then all are extended"),
    /** All adds of all sections, then all extends. No VMM is known to do so. */
    IMAGE(Evidence.SOURCE, "all pages of all sections are added, then all are extended; no VMM is known to do so");

    private final Evidence evidence;
    private final String rule;

    MrtdOrder(Evidence evidence, String rule) {
        this.evidence = evidence;
        this.rule = rule;
    }

    /** {@return what is done, in one line} */
    public String rule() {
        return rule;
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
