package dev.measure.tdx;

import java.util.List;

/** What the images of a boot add: RTMR1 and RTMR2, and the events of RTMR0 that depend on them. */
interface ImageEvents {

    /** Adds the boot variables, and around them what belongs to the images: authorities, and the separator of old firmware. */
    void intoRtmr0(RtmrRecorder rtmr0, Runnable bootVariables, Edk2Generation edk2);

    /** {@return RTMR1 and RTMR2} */
    List<RtmrValue> values();
}
