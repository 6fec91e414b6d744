package dev.measure.tdx;

import java.util.List;

/** What the images of a boot add: RTMR1 and RTMR2, and the events of RTMR0 that depend on them. */
interface ImageEvents {

    /**
     * Adds what the firmware measures when it is ready to boot, and around it what belongs to the images: authorities, the separator of
     * old firmware, and what loaders and stub add.
     */
    void intoRtmr0(RtmrRecorder rtmr0, Runnable readyToBoot);

    /** {@return RTMR1 and RTMR2} */
    List<RtmrValue> values();
}
