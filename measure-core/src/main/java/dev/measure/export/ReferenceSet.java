package dev.measure.export;

import dev.measure.Digest;
import dev.measure.DigestAlgorithm;
import dev.measure.FieldComparison;
import dev.measure.Register;
import dev.measure.ValueId;
import dev.measure.golden.GoldenValue;
import dev.measure.golden.GoldenValues;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Predicate;

/**
 * The right values of each register, as a form is to carry them: several values of one register are a set, of which a verifier accepts
 * any. Registers are in the order snp, sev, seves, svsm, mrtd, rtmr0..3, pcr0..23, each PCR bank by bank; values in the order of their
 * ids, equal ones once.
 *
 * @param golden what the values are taken from
 */
public record ReferenceSet(GoldenValues golden) {
    private static final String REGISTER = "register";
    private static final List<String> ORDER = List.of("snp", "sev", "seves", "svsm", "mrtd");
    /** POLICY.DEBUG, SEV-SNP Firmware ABI, section 4.3. */
    private static final int SNP_POLICY_DEBUG = 19;

    /** ATTRIBUTES.DEBUG, Intel TDX Module Base Architecture Specification, TD attributes. */
    private static final int TD_ATTRIBUTES_DEBUG = 0;

    /** So many values of a parameter are named in a message. */
    private static final int SHOWN = 8;

    /** Checks for null. */
    public ReferenceSet {
        Objects.requireNonNull(golden, "golden");
    }

    /**
     * {@return the set with only the values whose id says so}
     *
     * @param key {@code register}, or a key of ids
     * @param values the values of that key that are kept; ids without the key are kept too
     * @throws IllegalArgumentException if no id has the key, or none that has it has one of the values
     */
    public ReferenceSet select(String key, Collection<String> values) {
        Set<String> known = known(key);
        if (known.isEmpty()) {
            throw new IllegalArgumentException("no value has an id with " + key + "; there are " + keys());
        }
        for (String value : values) {
            if (!known.contains(value)) {
                throw new IllegalArgumentException("no value has " + key + "=" + value + "; there are " + shown(known));
            }
        }
        return only(value -> parameter(value, key).map(values::contains).orElse(true));
    }

    /** {@return the set with the PCRs of one bank only; other registers stay} */
    public ReferenceSet inBank(DigestAlgorithm bank) {
        return only(value -> !(value.register() instanceof Register.Pcr pcr) || pcr.bank() == bank);
    }

    /** {@return the set with some registers only} */
    public ReferenceSet only(Predicate<GoldenValue> wanted) {
        return new ReferenceSet(golden.only(wanted));
    }

    private static Optional<String> parameter(GoldenValue value, String key) {
        return key.equals(REGISTER)
                ? Optional.of(ValueId.register(value.id()))
                : Optional.ofNullable(value.parameters().get(key));
    }

    private Set<String> known(String key) {
        Set<String> known = new LinkedHashSet<>();
        golden.values().forEach(value -> parameter(value, key).ifPresent(known::add));
        return known;
    }

    private String keys() {
        Set<String> keys = new LinkedHashSet<>(Set.of(REGISTER));
        golden.values().forEach(value -> keys.addAll(value.parameters().keySet()));
        return String.join(", ", keys);
    }

    private static String shown(Collection<String> values) {
        List<String> some = values.stream().limit(SHOWN).toList();
        return String.join(", ", some) + (values.size() > SHOWN ? " and " + (values.size() - SHOWN) + " more" : "");
    }

    /** {@return the values of each register} */
    public Map<Register, List<Digest>> digests() {
        Map<Register, List<Digest>> digests = new LinkedHashMap<>();
        values().forEach((register, values) -> digests.put(
                register, values.stream().map(GoldenValue::digest).distinct().toList()));
        return digests;
    }

    /** {@return the values of each register with their ids} */
    public Map<Register, List<GoldenValue>> values() {
        Map<Register, List<GoldenValue>> values = new TreeMap<>(Comparator.comparingInt(ReferenceSet::rank)
                .thenComparing(Register::id)
                .thenComparing(Register::algorithm));
        golden.values()
                .forEach(value -> values.computeIfAbsent(value.register(), any -> new ArrayList<>())
                        .add(value));
        return Collections.unmodifiableMap(values);
    }

    private static int rank(Register register) {
        if (register instanceof Register.Pcr pcr) {
            return ORDER.size() + 4 + pcr.index();
        }
        int place = ORDER.indexOf(register.id());
        return place >= 0 ? place : ORDER.size() + ((Register.Rtmr) register).index();
    }

    /**
     * {@return the one value of each register}
     *
     * @throws IllegalArgumentException if a register has several; it says in what they differ
     */
    public Map<Register, Digest> single() {
        Map<Register, Digest> single = new LinkedHashMap<>();
        digests().forEach((register, digests) -> {
            if (digests.size() > 1) {
                throw several(register);
            }
            single.put(register, digests.get(0));
        });
        return single;
    }

    /** {@return an exception about a register with several right values, which says in what they differ} */
    IllegalArgumentException several(Register register) {
        List<GoldenValue> values = values().get(register);
        Map<String, Set<String>> differing = new LinkedHashMap<>();
        for (GoldenValue value : values) {
            value.parameters()
                    .forEach((key, text) -> differing
                            .computeIfAbsent(key, any -> new TreeSet<>())
                            .add(text));
        }
        List<String> words = new ArrayList<>();
        differing.forEach((key, texts) -> {
            if (texts.size() > 1) {
                words.add(key + " (" + shown(texts) + ")");
            }
        });
        long count = values.stream().map(GoldenValue::digest).distinct().count();
        return new IllegalArgumentException(register.id() + " has " + count
                + " right values, and this form holds one; they differ in " + String.join(", ", words));
    }

    /** {@return the banks of its PCRs} */
    public Set<DigestAlgorithm> banks() {
        Set<DigestAlgorithm> banks = new TreeSet<>();
        values().keySet().forEach(register -> {
            if (register instanceof Register.Pcr pcr) {
                banks.add(pcr.bank());
            }
        });
        return banks;
    }

    /** {@return whether there is a value of a register} */
    public boolean has(Predicate<Register> register) {
        return values().keySet().stream().anyMatch(register);
    }

    /** {@return how many values there are} */
    public int size() {
        return golden.values().size();
    }

    /** {@return the vCPU count of a value's id; 0 if the id says none} */
    static int vcpus(GoldenValue value) {
        String text = value.parameters().getOrDefault("vcpus", "0");
        if (!text.matches("[0-9]{1,9}")) {
            throw new IllegalArgumentException("no number of vCPUs in the id " + value.id());
        }
        return Integer.parseInt(text);
    }

    /**
     * {@return whether a guest that its host may debug is refused: its memory can be read and changed, whatever its measurements say}
     *
     * <p>As where evidence is checked: unless the policies of the golden values say {@code allow-debug}, or have the bit in
     * {@code policy} of SNP or {@code attributes} of a TD.
     *
     * @param snp whether this is about SNP; else about a TD
     */
    boolean refusesDebug(boolean snp) {
        boolean allowed = golden.policies()
                .getOrDefault(snp ? "snp" : "tdx", Map.of())
                .getOrDefault(FieldComparison.ALLOW_DEBUG, "")
                .equals("true");
        long bits = demanded(snp ? "snp" : "tdx", snp ? "policy" : "attributes").orElse(0L);
        return !allowed && (bits >> (snp ? SNP_POLICY_DEBUG : TD_ATTRIBUTES_DEBUG) & 1) == 0;
    }

    /** {@return the number that the policies of the golden values demand of a field, if they speak of it} */
    Optional<Long> demanded(String technology, String field) {
        return new FieldComparison(technology, golden.policies().getOrDefault(technology, Map.of())).number(field);
    }

    static boolean isSnp(Register register) {
        return register instanceof Register.LaunchDigest launch
                && (launch.launch() == Register.Launch.SNP || launch.launch() == Register.Launch.SVSM);
    }

    static boolean isTdx(Register register) {
        return register instanceof Register.Mrtd || register instanceof Register.Rtmr;
    }

    /**
     * {@return this set}
     *
     * @throws IllegalArgumentException if it is empty
     */
    ReferenceSet notEmpty(String what) {
        if (golden.values().isEmpty()) {
            throw new IllegalArgumentException("there is no value of " + what + " to export");
        }
        return this;
    }
}
