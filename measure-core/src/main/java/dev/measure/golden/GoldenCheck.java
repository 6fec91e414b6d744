package dev.measure.golden;

import dev.measure.Digest;
import dev.measure.Register;
import dev.measure.RegisterEvidence;
import dev.measure.Verdict;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/**
 * The comparison of evidence with golden values.
 *
 * <p>It fails closed. Evidence of a technology must show every register of that technology for which there is a golden value: a
 * quote without PCR 4 does not pass where a PCR 4 is golden. For PCRs each bank is a technology of its own. Registers without a
 * golden value are {@link Verdict.Unknown} and neither help nor harm, but evidence without a single match does not pass.
 *
 * @param verdicts one for each register of the evidence, in its order, then one {@link Verdict.Absent} for each that is missing
 * @param unchecked names of registers that have golden values and are of a technology of which there is no evidence
 */
public record GoldenCheck(List<Verdict> verdicts, Set<String> unchecked) {
    /** Copies. */
    public GoldenCheck {
        verdicts = List.copyOf(verdicts);
        unchecked = java.util.Collections.unmodifiableSet(new TreeSet<>(unchecked));
    }

    static GoldenCheck of(GoldenValues golden, List<RegisterEvidence> evidence) {
        Map<Register, Map<String, Digest>> right = new LinkedHashMap<>();
        for (GoldenValue value : golden.values()) {
            right.computeIfAbsent(inEvidence(value.register()), any -> new LinkedHashMap<>())
                    .put(value.id(), value.digest());
        }
        List<Verdict> verdicts = new ArrayList<>();
        Set<Register> seen = new java.util.HashSet<>();
        Set<String> technologies = new TreeSet<>();
        for (RegisterEvidence piece : evidence) {
            piece.registers().forEach((register, actual) -> {
                Register shown = inEvidence(register);
                verdicts.add(Verdict.of(register, right.getOrDefault(shown, Map.of()), actual));
                seen.add(shown);
                technologies.add(technology(shown));
            });
        }
        Set<String> unchecked = new TreeSet<>();
        right.forEach((register, values) -> {
            if (!technologies.contains(technology(register))) {
                unchecked.add(register.id());
            } else if (!seen.contains(register)) {
                verdicts.add(new Verdict.Absent(register, values));
            }
        });
        return new GoldenCheck(verdicts, unchecked);
    }

    /** A report has one launch digest, whatever was in front of the firmware. */
    private static Register inEvidence(Register register) {
        return register instanceof Register.LaunchDigest launch && launch.launch() == Register.Launch.SVSM
                ? new Register.LaunchDigest(Register.Launch.SNP)
                : register;
    }

    private static String technology(Register register) {
        if (register instanceof Register.LaunchDigest launch) {
            return launch.id();
        }
        if (register instanceof Register.Mrtd || register instanceof Register.Rtmr) {
            return "tdx";
        }
        if (register instanceof Register.Pcr pcr) {
            return "tpm " + pcr.bank().id();
        }
        throw new AssertionError(register);
    }

    /** {@return whether at least one register matches, none mismatches, and none is absent} */
    public boolean passes() {
        boolean matched = false;
        for (Verdict verdict : verdicts) {
            if (verdict instanceof Verdict.Mismatch || verdict instanceof Verdict.Absent) {
                return false;
            }
            matched |= verdict instanceof Verdict.Match;
        }
        return matched;
    }

    /** {@return why it does not pass, one line for each register; empty if it passes} */
    public List<String> objections() {
        if (passes()) {
            return List.of();
        }
        List<String> objections = new ArrayList<>();
        for (Verdict verdict : verdicts) {
            String register = name(verdict.register());
            if (verdict instanceof Verdict.Mismatch mismatch) {
                objections.add(register + " holds " + mismatch.actual().hex() + ", which is none of "
                        + mismatch.expected().size() + " golden values");
            } else if (verdict instanceof Verdict.Absent) {
                objections.add(register + " has a golden value, and the evidence does not show it");
            }
        }
        return objections.isEmpty()
                ? List.of("no register of the evidence has a golden value")
                : List.copyOf(objections);
    }

    private static String name(Register register) {
        return register instanceof Register.Pcr pcr
                ? register.id() + ":" + pcr.bank().id()
                : register.id();
    }

    /** {@return the ids of the golden values that the evidence shows, in the order of the verdicts} */
    public List<String> matches() {
        return verdicts.stream()
                .filter(Verdict.Match.class::isInstance)
                .map(verdict -> ((Verdict.Match) verdict).id())
                .toList();
    }
}
