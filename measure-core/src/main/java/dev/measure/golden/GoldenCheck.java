package dev.measure.golden;

import dev.measure.Digest;
import dev.measure.FieldVerdict;
import dev.measure.Register;
import dev.measure.RegisterEvidence;
import dev.measure.Verdict;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
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
 * golden value are {@link Verdict.Unknown} and neither help nor harm, but evidence without a single match does not pass. All matches
 * must be of one machine: the MRTD of one firmware beside the RTMR0 of another is none, nor is a report of SEV-SNP beside a quote of
 * TDX, whatever they hold. Every field that a policy names must be as it
 * demands. A signature that is wrong fails; one that nobody could look at does not, and {@link #isSigned()} tells.
 *
 * @param verdicts one for each register of the evidence, in its order, then one {@link Verdict.Absent} for each that is missing
 * @param fields one for each field that a policy names, for the debug bit of a guest, and for each piece that must be bound to a nonce
 * @param signatures one for each piece of evidence, in its order
 * @param machines the machines that the evidence can be of, as the golden values tell them; empty if no register matches, or if the
 *     matches are of different machines
 * @param disagreement why the matches are of no one machine; empty if they are of one
 * @param unchecked names of registers that have golden values and are of a technology of which there is no evidence
 */
public record GoldenCheck(
        List<Verdict> verdicts,
        List<FieldVerdict> fields,
        List<GoldenSignature> signatures,
        List<GoldenMachine> machines,
        String disagreement,
        Set<String> unchecked) {
    private static final String TPM = "tpm ";

    /** Copies. */
    public GoldenCheck {
        verdicts = List.copyOf(verdicts);
        fields = List.copyOf(fields);
        signatures = List.copyOf(signatures);
        machines = List.copyOf(machines);
        unchecked = Collections.unmodifiableSet(new TreeSet<>(unchecked));
    }

    static GoldenCheck of(GoldenValues golden, List<RegisterEvidence> evidence) {
        Map<Register, Map<String, Digest>> right = new LinkedHashMap<>();
        for (GoldenValue value : golden.values()) {
            right.computeIfAbsent(inEvidence(value.register()), any -> new LinkedHashMap<>())
                    .put(value.id(), value.digest());
        }
        Map<Register, Digest> shown = new LinkedHashMap<>();
        List<FieldVerdict> fields = new ArrayList<>();
        Set<String> technologies = new TreeSet<>();
        Set<String> judged = new HashSet<>();
        for (RegisterEvidence piece : evidence) {
            piece.registers().forEach((register, actual) -> {
                Digest other = shown.putIfAbsent(inEvidence(register), actual);
                if (other != null && !other.equals(actual)) {
                    fields.add(new FieldVerdict.Differs(
                            register.text(), other.hex() + ", as another piece of evidence shows", actual.hex()));
                }
                technologies.add(technology(inEvidence(register)));
            });
            piece.technology().ifPresent(judged::add);
            fields.addAll(piece.check(piece.technology()
                    .map(technology -> golden.policies().getOrDefault(technology, Map.of()))
                    .orElse(Map.of())));
        }
        Set<String> unchecked = new TreeSet<>();
        golden.policies().forEach((technology, policy) -> {
            if (!judged.contains(technology) && technologies.contains(technology)) {
                policy.keySet()
                        .forEach(field -> fields.add(new FieldVerdict.NotChecked(
                                technology + " " + field,
                                "a policy demands it, and the evidence has no report or quote")));
            }
        });
        Map<Register, Digest> held = new LinkedHashMap<>();
        shown.forEach((register, actual) -> {
            if (right.getOrDefault(register, Map.of()).containsValue(actual)) {
                held.put(register, actual);
            }
        });
        GoldenCombinations combinations = GoldenCombinations.of(held, right);
        String guests = severalGuests(technologies);
        List<GoldenMachine> machines = held.isEmpty() || !guests.isEmpty() ? List.of() : combinations.machines();
        List<Verdict> verdicts = new ArrayList<>();
        shown.forEach((register, actual) -> {
            Map<String, Digest> values = right.getOrDefault(register, Map.of());
            verdicts.add(
                    machines.isEmpty() || !held.containsKey(register)
                            ? Verdict.of(register, values, actual)
                            : new Verdict.Match(register, machines.get(0).ids().get(register)));
        });
        right.forEach((register, values) -> {
            if (!technologies.contains(technology(register))) {
                unchecked.add(register.id());
            } else if (!shown.containsKey(register)) {
                verdicts.add(new Verdict.Absent(register, values));
            }
        });
        return new GoldenCheck(
                verdicts,
                fields,
                GoldenSignature.of(evidence, right.keySet()),
                machines,
                !guests.isEmpty() ? guests : held.isEmpty() || !machines.isEmpty() ? "" : combinations.objection(),
                unchecked);
    }

    /** A report has one launch digest, whatever was in front of the firmware. */
    private static Register inEvidence(Register register) {
        return register instanceof Register.LaunchDigest launch && launch.launch() == Register.Launch.SVSM
                ? new Register.LaunchDigest(Register.Launch.SNP)
                : register;
    }

    /** A guest is launched in one way: none has both a launch digest of SEV-SNP and an MRTD. A TPM may be beside either. */
    private static String severalGuests(Set<String> technologies) {
        List<String> launches = technologies.stream()
                .filter(technology -> !technology.startsWith(TPM))
                .toList();
        return launches.size() < 2
                ? ""
                : "the evidence is of different machines: no guest has registers of "
                        + String.join(" and of ", launches);
    }

    private static String technology(Register register) {
        if (register instanceof Register.LaunchDigest launch) {
            return launch.id();
        }
        if (register instanceof Register.Mrtd || register instanceof Register.Rtmr) {
            return "tdx";
        }
        if (register instanceof Register.Pcr pcr) {
            return TPM + pcr.bank().id();
        }
        throw new AssertionError(register);
    }

    /**
     * {@return whether at least one register matches, none mismatches, none is absent, all matches are of one machine, every field is as
     * the policies demand, and no signature is wrong}
     *
     * <p>Each bank of a TPM counts by itself, as a machine need not have them all: golden values of a bank of which the evidence shows
     * nothing are in {@link #unchecked()}, and whoever wants a bank, such as none but SHA-256, looks there.
     */
    public boolean passes() {
        return objections().isEmpty();
    }

    /** {@return whether the signature of every piece of evidence was verified, and holds} */
    public boolean isSigned() {
        return !signatures.isEmpty()
                && signatures.stream().allMatch(signature -> signature.state() == GoldenSignature.State.VERIFIED);
    }

    /** {@return why it does not pass, one line for each register, field or signature; empty if it passes} */
    public List<String> objections() {
        List<String> objections = new ArrayList<>();
        for (Verdict verdict : verdicts) {
            String register = verdict.register().text();
            if (verdict instanceof Verdict.Mismatch mismatch) {
                objections.add(register + " holds " + mismatch.actual().hex() + ", which is none of "
                        + mismatch.expected().size() + " golden values");
            } else if (verdict instanceof Verdict.Absent) {
                objections.add(register + " has a golden value, and the evidence does not show it");
            }
        }
        if (!disagreement.isEmpty()) {
            objections.add(disagreement);
        }
        for (FieldVerdict field : fields) {
            if (!(field instanceof FieldVerdict.Matches)) {
                objections.add(field.text());
            }
        }
        for (GoldenSignature signature : signatures) {
            if (signature.state() == GoldenSignature.State.WRONG) {
                objections.add(signature.text());
            }
        }
        boolean matched = verdicts.stream().anyMatch(Verdict.Match.class::isInstance);
        return objections.isEmpty() && !matched
                ? List.of("no register of the evidence has a golden value")
                : List.copyOf(objections);
    }

    /** {@return the ids of the golden values that the evidence shows, in the order of the verdicts} */
    public List<String> matches() {
        return verdicts.stream()
                .filter(Verdict.Match.class::isInstance)
                .map(verdict -> ((Verdict.Match) verdict).id())
                .toList();
    }
}
