package dev.measure;

import java.util.List;
import java.util.Objects;

/** The answer to "what will this register hold?": a value, or the reason why there is none. */
public sealed interface Prediction {

    /** {@return the register asked for} */
    Register register();

    /**
     * A value.
     *
     * @param measurement the value and its explanation
     * @param assumptions what was taken for granted
     * @param warnings what the user should know about it
     */
    record Predicted(Measurement measurement, List<Assumption> assumptions, List<Warning> warnings)
            implements Prediction {
        /** Copies the lists. */
        public Predicted {
            Objects.requireNonNull(measurement, "measurement");
            assumptions = List.copyOf(assumptions);
            warnings = List.copyOf(warnings);
        }

        @Override
        public Register register() {
            return measurement.register();
        }
    }

    /**
     * The input is understood, but the real loader or processor would refuse to start it.
     *
     * @param register the register asked for
     * @param why what refuses it, and for which reason
     * @param hint what to do
     * @param lenient whether lenient mode gives a value all the same
     */
    record NotLaunchable(Register register, String why, String hint, boolean lenient) implements Prediction {}

    /**
     * The value depends on something that was not given.
     *
     * @param register the register asked for
     * @param why what is missing
     * @param input the input that would settle it, such as an option
     */
    record NotPredictable(Register register, String why, String input) implements Prediction {}
}
