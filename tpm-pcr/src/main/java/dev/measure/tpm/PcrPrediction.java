package dev.measure.tpm;

import dev.measure.Prediction;
import dev.measure.Register;
import dev.measure.ValueId;
import dev.measure.boot.BootVariant;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;

/**
 * What one PCR holds in one bank, at one point in time, in one course of the boot.
 *
 * @param register the PCR and its bank
 * @param profile the number of the profile that boots
 * @param fwid the id of the firmware that the stub selects, or {@code none}
 * @param phase the point in time, as a colon path, or {@code none} when the kernel starts
 * @param variant {@code only}, or the name of one of several right values
 * @param why when the boot takes this course
 * @param prediction the value with its events, or the reason why there is none
 */
public record PcrPrediction(
        Register.Pcr register,
        int profile,
        String fwid,
        String phase,
        String variant,
        String why,
        Prediction prediction) {
    /** The {@code fwid} of a boot in which the stub selects no firmware. */
    public static final String NO_FIRMWARE = "none";

    /** Checks for null. */
    public PcrPrediction {
        Objects.requireNonNull(register, "register");
        Objects.requireNonNull(fwid, "fwid");
        Objects.requireNonNull(phase, "phase");
        Objects.requireNonNull(variant, "variant");
        Objects.requireNonNull(why, "why");
        Objects.requireNonNull(prediction, "prediction");
    }

    /** {@return the keys of the id and their values, in the order of the id} */
    public Map<String, String> parameters() {
        Map<String, String> parameters = new LinkedHashMap<>();
        parameters.put("bank", register.bank().id());
        parameters.put("profile", Integer.toString(profile));
        parameters.put("fwid", fwid);
        parameters.put("phase", phase);
        parameters.put("variant", variant);
        return parameters;
    }

    /** {@return the id: {@code pcr11/bank=sha256/profile=0/fwid=none/phase=none/variant=only}} */
    public String id() {
        return ValueId.of(register.id(), parameters());
    }

    /** {@return whether this is one of several right values} */
    public boolean alternative() {
        return !variant.equals(BootVariant.ONLY);
    }
}
