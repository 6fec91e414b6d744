package dev.measure.golden;

import dev.measure.Digest;
import dev.measure.Register;
import dev.measure.ValueId;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;

/**
 * Which machines a set of register values can be of. The values of one boot were computed for one machine: where two registers have a
 * key of their ids in common, such as the firmware, the profile or the number of vCPUs, the golden values that they hold must have it
 * alike.
 *
 * <p>The firmware that a launch digest or MRTD is of, {@code fw=efifw:ID}, is the one that the image's stub selects, {@code fwid=ID}: a
 * machine that was launched with one firmware of an image is none that measured another one. It may have measured none: its second
 * stage need not run the stub.
 *
 * <p>{@code unknown} goes with everything. A register without a golden value for a phase is not touched by it. Of a {@code variant} the
 * parts count that both registers have.
 */
final class GoldenCombinations {
    /** More machines than a lock file has values would be those of a file that was made to be slow; none of them counts. */
    private static final int MOST = 200_000;

    /** A boot has a dozen phases. */
    private static final int MOST_MOMENTS = 1000;

    /** So many values of a key are named to tell two registers apart. */
    private static final int SHOWN = 8;

    private static final String DIFFERENT = "the registers hold golden values of different machines";
    private static final String UNKNOWN = "unknown";
    private static final String PHASE = "phase";
    private static final String VARIANT = "variant";
    private static final String ONLY = "only";
    private static final String FWID = "fwid";
    private static final String NO_FIRMWARE = "none";
    private static final String EFIFW = "efifw:";

    /** The firmware of an image that a value is of, whether by {@code fw} or {@code fwid}. No id has such a key. */
    private static final String SELECTED = "firmware of the image";

    /** Of the register alone: the launch digest's keys, the bank of a PCR, the order of an MRTD, the place in a reference manifest. */
    private static final Set<String> OWN = Set.of("bank", "order", "rules", "hashes", "cpu", "features", "entry");

    /** A golden value that a register holds, and the keys that other registers must have alike. */
    private record Candidate(String id, String phase, Map<String, String> keys) {}

    /** The same order whatever order the evidence has. */
    private static final Comparator<Register> IN_ORDER = Comparator.comparing(
                    (Register register) -> register.text().length())
            .thenComparing(Register::text);

    private final Map<Register, List<Candidate>> candidates = new TreeMap<>(IN_ORDER);
    private final Map<Register, Set<String>> phases = new TreeMap<>(IN_ORDER);

    private GoldenCombinations() {}

    /**
     * {@return the combinations of the golden values that registers hold}
     *
     * @param held the values that registers hold
     * @param right the golden values of each register by id; at least one of them is the one that it holds
     */
    static GoldenCombinations of(Map<Register, Digest> held, Map<Register, Map<String, Digest>> right) {
        GoldenCombinations all = new GoldenCombinations();
        held.forEach((register, value) -> all.add(register, value, right.get(register)));
        return all;
    }

    private void add(Register register, Digest held, Map<String, Digest> right) {
        // What the other golden values say of a boot's moment and variant counts for registers that have such keys.
        boolean moves = register instanceof Register.Pcr || register instanceof Register.Rtmr;
        Map<String, Map<String, String>> parameters = new TreeMap<>();
        right.forEach((id, value) -> {
            if (moves || value.equals(held)) {
                parameters.put(id, ValueId.parameters(id));
            }
        });
        Set<String> words = new TreeSet<>();
        Set<String> own = new TreeSet<>();
        parameters.values().forEach(keys -> {
            words.addAll(words(keys));
            own.add(keys.getOrDefault(PHASE, ""));
        });
        List<Candidate> list = new ArrayList<>();
        parameters.forEach((id, keys) -> {
            if (right.get(id).equals(held)) {
                list.add(new Candidate(id, keys.getOrDefault(PHASE, ""), keys(register, keys, words)));
            }
        });
        candidates.put(register, list);
        phases.put(register, own);
    }

    private static Map<String, String> keys(Register register, Map<String, String> parameters, Set<String> words) {
        // A report of SEV-SNP and a quote of TDX are never of one guest.
        String prefix = register instanceof Register.LaunchDigest ? "snp " : "";
        Map<String, String> keys = new TreeMap<>();
        parameters.forEach((key, value) -> {
            if (!OWN.contains(key) && !key.equals(PHASE) && !key.equals(VARIANT) && !value.equals(UNKNOWN)) {
                keys.put(prefix + key, value);
            }
        });
        selected(parameters).ifPresent(firmware -> keys.put(SELECTED, firmware));
        Set<String> has = words(parameters);
        words.forEach(word -> keys.put(VARIANT + " " + word, has.contains(word) ? word : ""));
        return keys;
    }

    private static Optional<String> selected(Map<String, String> parameters) {
        String fwid = parameters.getOrDefault(FWID, NO_FIRMWARE);
        if (!fwid.equals(NO_FIRMWARE) && !fwid.equals(UNKNOWN)) {
            return Optional.of(fwid);
        }
        return Optional.ofNullable(parameters.get("fw"))
                .filter(fw -> fw.startsWith(EFIFW))
                .map(fw -> fw.substring(EFIFW.length()));
    }

    private static Set<String> words(Map<String, String> parameters) {
        String variant = parameters.getOrDefault(VARIANT, ONLY);
        return variant.equals(ONLY) ? Set.of() : new TreeSet<>(Arrays.asList(variant.split("\\+")));
    }

    /**
     * {@return the machines that all registers agree on, sorted, each with the id of the golden value of every register; empty if they
     * do not agree, or if they are too many to tell}
     */
    List<GoldenMachine> machines() {
        return machines(candidates);
    }

    private List<GoldenMachine> machines(Map<Register, List<Candidate>> of) {
        Set<String> moments = new TreeSet<>();
        of.values().forEach(list -> list.forEach(candidate -> moments.add(candidate.phase())));
        if (moments.size() > 1) {
            moments.remove(""); // a launch digest is there at every moment, and is none of its own
        }
        if (moments.size() > MOST_MOMENTS) {
            return List.of();
        }
        Set<GoldenMachine> machines = new LinkedHashSet<>();
        for (String phase : moments) {
            Map<Register, List<Candidate>> at = new LinkedHashMap<>();
            of.forEach((register, list) -> at.put(
                    register,
                    list.stream()
                            .filter(candidate -> holdsAt(candidate.phase(), phase, phases.get(register)))
                            .toList()));
            Map<Register, KeyIndex<String>> ids = ids(at);
            joined(at).forEach(keys -> machines.add(machine(keys, phase, ids)));
        }
        return machines.stream()
                .sorted(Comparator.comparing(machine -> machine.keys().toString()))
                .toList();
    }

    /** A register that has no golden value for a moment holds that of an earlier one still. */
    private static boolean holdsAt(String own, String moment, Set<String> known) {
        boolean earlier = own.isEmpty() || own.equals("none") || moment.startsWith(own + ":");
        return own.equals(moment) || own.equals(UNKNOWN) || !known.contains(moment) && earlier;
    }

    /** {@return why no machine has all of these values: the first two registers that do not agree} */
    String objection() {
        List<Register> registers = List.copyOf(candidates.keySet());
        for (int second = 1; second < registers.size(); second++) {
            for (int first = 0; first < second; first++) {
                Map<Register, List<Candidate>> two = new LinkedHashMap<>();
                two.put(registers.get(first), candidates.get(registers.get(first)));
                two.put(registers.get(second), candidates.get(registers.get(second)));
                if (machines(two).isEmpty()) {
                    return differ(registers.get(first), registers.get(second));
                }
            }
        }
        return DIFFERENT;
    }

    private String differ(Register first, Register second) {
        Map<String, Set<String>> ofFirst = said(first);
        Map<String, Set<String>> ofSecond = said(second);
        List<String> apart = new ArrayList<>();
        ofFirst.forEach((key, values) -> {
            Set<String> others = ofSecond.getOrDefault(key, values);
            boolean any = values.contains(UNKNOWN) || others.contains(UNKNOWN);
            if (!any && values.stream().noneMatch(others::contains)) {
                apart.add(key);
            }
        });
        if (apart.contains(FWID) || apart.contains("fw")) {
            apart.remove(SELECTED); // the same in other words
        }
        if (apart.stream().anyMatch(key -> !key.equals(PHASE) && !key.equals(VARIANT))) {
            apart.removeAll(List.of(PHASE, VARIANT)); // which may differ
        } else if (apart.contains(VARIANT) && !apart.contains(PHASE) || sharesWords(first, second)) {
            apart.remove(PHASE);
        } else {
            apart.remove(VARIANT);
        }
        return apart.isEmpty()
                ? DIFFERENT + ": " + first.text() + " and " + second.text()
                : DIFFERENT + ": " + first.text() + " of " + text(apart, ofFirst) + ", " + second.text() + " of "
                        + text(apart, ofSecond);
    }

    private static String text(List<String> keys, Map<String, Set<String>> said) {
        return keys.stream().map(key -> key + "=" + text(said.get(key))).collect(Collectors.joining(", "));
    }

    private static String text(Set<String> values) {
        String some = values.stream().limit(SHOWN).collect(Collectors.joining("|"));
        return values.size() > SHOWN ? some + " and " + (values.size() - SHOWN) + " more" : some;
    }

    private boolean sharesWords(Register first, Register second) {
        Set<String> words = new TreeSet<>(wordKeys(first));
        words.retainAll(wordKeys(second));
        return !words.isEmpty();
    }

    private Set<String> wordKeys(Register register) {
        Set<String> words = new TreeSet<>();
        candidates
                .get(register)
                .forEach(candidate -> words.addAll(candidate.keys().keySet()));
        words.removeIf(key -> !key.startsWith(VARIANT + " "));
        return words;
    }

    /** The values of each key in the golden values that a register holds. */
    private Map<String, Set<String>> said(Register register) {
        Map<String, Set<String>> said = new TreeMap<>();
        for (Candidate candidate : candidates.get(register)) {
            Map<String, String> keys = new TreeMap<>(ValueId.parameters(candidate.id()));
            keys.keySet().removeAll(OWN);
            keys.put(SELECTED, selected(keys).orElse(UNKNOWN));
            keys.forEach((key, value) ->
                    said.computeIfAbsent(key, any -> new TreeSet<>()).add(value));
        }
        return said;
    }

    /** The combinations of keys that every register has a candidate for; none if they are too many, or of no ids. */
    private static List<Map<String, String>> joined(Map<Register, List<Candidate>> at) {
        List<Map<String, String>> joined = List.of(Map.of());
        for (List<Candidate> list : at.values()) {
            Set<Map<String, String>> distinct = new LinkedHashSet<>();
            list.forEach(candidate -> distinct.add(candidate.keys()));
            KeyIndex<Map<String, String>> offers = new KeyIndex<>();
            distinct.forEach(keys -> offers.add(keys, keys));
            if (offers.isOdd()) {
                return List.of();
            }
            Set<Map<String, String>> next = new LinkedHashSet<>();
            for (Map<String, String> one : joined) {
                for (Map<String, String> offer : offers.fitting(one)) {
                    Map<String, String> both = new TreeMap<>(one);
                    both.putAll(offer);
                    next.add(both);
                    if (next.size() > MOST) {
                        return List.of();
                    }
                }
            }
            joined = List.copyOf(next);
        }
        return joined;
    }

    private static Map<Register, KeyIndex<String>> ids(Map<Register, List<Candidate>> at) {
        Map<Register, KeyIndex<String>> ids = new LinkedHashMap<>();
        at.forEach((register, list) -> {
            KeyIndex<String> index = new KeyIndex<>();
            list.forEach(candidate -> index.add(candidate.keys(), candidate.id()));
            ids.put(register, index);
        });
        return ids;
    }

    private static GoldenMachine machine(Map<String, String> keys, String phase, Map<Register, KeyIndex<String>> of) {
        Map<Register, String> ids = new LinkedHashMap<>();
        of.forEach((register, index) -> index.first(keys).ifPresent(id -> ids.put(register, id)));
        Map<String, String> named = new TreeMap<>();
        Set<String> variant = new HashSet<>();
        keys.forEach((key, value) -> {
            if (key.equals(SELECTED)) {
                return; // an id says it in its own way
            }
            if (!key.startsWith(VARIANT + " ")) {
                named.put(key.startsWith("snp ") ? key.substring(4) : key, value);
            } else if (!value.isEmpty()) {
                variant.add(value);
            }
        });
        if (!phase.isEmpty()) {
            named.put(PHASE, phase);
        }
        if (!variant.isEmpty()) {
            named.put(VARIANT, String.join("+", new TreeSet<>(variant)));
        }
        return new GoldenMachine(named, ids);
    }
}
