package dev.measure.boot;

import dev.measure.uki.UkiFirmware;
import java.util.Objects;

/** Which {@code .efifw} section the stub selects, for a prediction. */
public sealed interface FirmwareSelection {

    /** The one that the stub would choose on the machine whose SMBIOS table is given; none without a table. */
    record ByMachine() implements FirmwareSelection {}

    /** None: no hardware id matches. */
    record None() implements FirmwareSelection {}

    /**
     * A given one, as on a machine that matches it.
     *
     * @param firmware the firmware
     */
    record Given(UkiFirmware firmware) implements FirmwareSelection {
        /** Checks for null. */
        public Given {
            Objects.requireNonNull(firmware, "firmware");
        }
    }

    /** {@return the choice of the machine} */
    static FirmwareSelection byMachine() {
        return new ByMachine();
    }

    /** {@return no firmware} */
    static FirmwareSelection none() {
        return new None();
    }
}
