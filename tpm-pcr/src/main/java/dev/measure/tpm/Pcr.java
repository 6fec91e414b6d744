package dev.measure.tpm;

import dev.measure.Digest;
import dev.measure.DigestAlgorithm;
import dev.measure.Evidence;
import dev.measure.MeasuredEvent;
import dev.measure.Measurement;
import dev.measure.Prediction;
import dev.measure.Register;
import dev.measure.boot.BootEvent;
import dev.measure.boot.BootPrediction;
import dev.measure.boot.BootVariant;
import dev.measure.boot.EventDigests;
import dev.measure.boot.NotKnown;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/**
 * A platform configuration register: the fold of a boot's events with TPM2_PCR_Extend, {@code new = H(old || digest)} (TCG Trusted
 * Platform Module Library, part 1, section 17).
 */
public final class Pcr {
    /** The number of registers of a PC client TPM. */
    public static final int COUNT = 24;

    private static final int IMA = 10;
    private static final int FIRST_DYNAMIC = 17;
    private static final int LAST_DYNAMIC = 22;

    private Pcr() {}

    /**
     * {@return the values, by boot, then by PCR, bank and variant}
     *
     * <p>All bytes that the asked registers need are hashed once, for all boots, banks and variants together.
     *
     * @param boots the boots, each at its point in time
     * @param pcrs the PCRs, 0 to 23
     * @param banks the banks
     */
    public static List<PcrPrediction> of(
            List<BootPrediction> boots, Collection<Integer> pcrs, Set<DigestAlgorithm> banks) {
        Set<Integer> asked = new TreeSet<>(pcrs);
        Set<BootEvent> events = new LinkedHashSet<>();
        for (BootPrediction boot : boots) {
            for (BootVariant variant : boot.variants()) {
                for (BootEvent event : variant.events()) {
                    if (asked.contains(event.pcr()) && known(boot, event.pcr())) {
                        events.add(event);
                    }
                }
            }
        }
        EventDigests digests = EventDigests.of(events, banks);
        List<PcrPrediction> predictions = new ArrayList<>();
        for (BootPrediction boot : boots) {
            for (int pcr : asked) {
                for (DigestAlgorithm bank : EnumSet.copyOf(banks)) {
                    predictions.addAll(of(boot, new Register.Pcr(pcr, bank), digests));
                }
            }
        }
        return predictions;
    }

    /**
     * {@return the values of one boot}
     *
     * @param boot the boot
     * @param pcrs the PCRs, 0 to 23
     * @param banks the banks
     */
    public static List<PcrPrediction> of(BootPrediction boot, Collection<Integer> pcrs, Set<DigestAlgorithm> banks) {
        return of(List.of(boot), pcrs, banks);
    }

    private static boolean known(BootPrediction boot, int pcr) {
        return boot.refusal().isEmpty() && pcr != IMA && !boot.notKnown().containsKey(pcr);
    }

    private static List<PcrPrediction> of(BootPrediction boot, Register.Pcr register, EventDigests digests) {
        if (!known(boot, register.index())) {
            return List.of(prediction(boot, register, BootVariant.ONLY, "", unknown(boot, register)));
        }
        Map<List<Digest>, List<BootVariant>> courses = new LinkedHashMap<>();
        for (BootVariant variant : boot.variants()) {
            List<Digest> extended = variant.events(register.index()).stream()
                    .map(event -> digests.digest(event, register.bank()))
                    .toList();
            courses.computeIfAbsent(extended, any -> new ArrayList<>()).add(variant);
        }
        Set<String> deciding = deciding(courses);
        List<PcrPrediction> predictions = new ArrayList<>();
        for (List<BootVariant> same : courses.values()) {
            BootVariant course = same.get(0);
            BootVariant told = new BootVariant(
                    course.choices().stream()
                            .filter(choice -> deciding.contains(choice.fork()))
                            .toList(),
                    List.of());
            predictions.add(prediction(
                    boot,
                    register,
                    told.name(),
                    told.why(),
                    new Prediction.Predicted(
                            fold(register, course.events(), digests), boot.assumptions(), boot.warnings())));
        }
        return predictions;
    }

    /** {@return the forks that tell the courses of a register apart: the fewest, in the order of the choices} */
    private static Set<String> deciding(Map<List<Digest>, List<BootVariant>> courses) {
        Set<String> forks = new LinkedHashSet<>();
        courses.values()
                .forEach(same ->
                        same.forEach(variant -> variant.choices().forEach(choice -> forks.add(choice.fork()))));
        for (String fork : List.copyOf(forks)) {
            Set<String> without = new LinkedHashSet<>(forks);
            without.remove(fork);
            if (tells(without, courses)) {
                forks.remove(fork);
            }
        }
        return forks;
    }

    /** Whether no two courses that differ in value make the same choices at some forks. */
    private static boolean tells(Set<String> forks, Map<List<Digest>, List<BootVariant>> courses) {
        Map<List<BootVariant.Choice>, List<Digest>> values = new HashMap<>();
        for (Map.Entry<List<Digest>, List<BootVariant>> course : courses.entrySet()) {
            for (BootVariant variant : course.getValue()) {
                List<BootVariant.Choice> choices = variant.choices().stream()
                        .filter(choice -> forks.contains(choice.fork()))
                        .toList();
                List<Digest> other = values.putIfAbsent(choices, course.getKey());
                if (other != null && !other.equals(course.getKey())) {
                    return false;
                }
            }
        }
        return true;
    }

    private static Prediction unknown(BootPrediction boot, Register.Pcr register) {
        if (boot.refusal().isPresent()) {
            return new Prediction.NotLaunchable(
                    register,
                    boot.refusal().get(),
                    "sign the image with a key that is trusted, take a version that is not revoked, or turn Secure Boot off",
                    false);
        }
        if (register.index() == IMA) {
            return new Prediction.NotPredictable(
                    register, "IMA measures every file that the running system uses", "IMA's own log");
        }
        NotKnown reason = boot.notKnown().get(register.index());
        return new Prediction.NotPredictable(register, reason.why(), reason.input());
    }

    private static PcrPrediction prediction(
            BootPrediction boot, Register.Pcr register, String variant, String why, Prediction prediction) {
        return new PcrPrediction(
                register,
                boot.profile(),
                boot.fwid().orElse(PcrPrediction.NO_FIRMWARE),
                boot.phase().toString(),
                variant,
                why,
                prediction);
    }

    /** Of all events of a course those of the register; each keeps its place in the log, whose first record, 0, is Spec ID Event03. */
    private static Measurement fold(Register.Pcr register, List<BootEvent> events, EventDigests digests) {
        Measurement.Trace trace = (detail, sink) -> {
            Digest value = reset(register);
            for (int place = 0; place < events.size(); place++) {
                BootEvent event = events.get(place);
                if (event.pcr() != register.index()) {
                    continue;
                }
                Digest digest = digests.digest(event, register.bank());
                value = extend(value, digest);
                sink.accept(new MeasuredEvent(
                        event.name(), digest, value, event.provenance(), event.evidence(), details(place + 1, event)));
            }
        };
        Digest[] value = {reset(register)};
        Evidence evidence = Evidence.BOOT;
        for (BootEvent event : events) {
            evidence = event.pcr() == register.index() ? evidence.weaker(event.evidence()) : evidence;
        }
        trace.replay(Measurement.Detail.STEPS, event -> value[0] = event.after());
        return Measurement.of(register, value[0], evidence, trace);
    }

    private static Map<String, String> details(int place, BootEvent event) {
        Map<String, String> details = new LinkedHashMap<>();
        details.put("type", event.type().text());
        details.put("event", Integer.toString(place));
        return details;
    }

    /** All bits zero, or all one for the registers that only a dynamic launch may reset. */
    private static Digest reset(Register.Pcr register) {
        byte[] bytes = new byte[register.bank().length()];
        if (register.index() >= FIRST_DYNAMIC && register.index() <= LAST_DYNAMIC) {
            Arrays.fill(bytes, (byte) 0xff);
        }
        return Digest.of(register.bank(), bytes);
    }

    /**
     * {@return a register after an extension}
     *
     * @param register its value before
     * @param digest what it is extended with, of the same bank
     */
    static Digest extend(Digest register, Digest digest) {
        MessageDigest hash = register.algorithm().newMessageDigest();
        hash.update(register.toByteArray());
        hash.update(digest.toByteArray());
        return Digest.of(register.algorithm(), hash);
    }
}
