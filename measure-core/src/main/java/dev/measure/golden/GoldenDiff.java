package dev.measure.golden;

import dev.measure.Assumption;
import dev.measure.Digest;
import dev.measure.ValueId;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * What differs between two sets of golden values: which values moved, and which change of an input is to blame.
 *
 * <p>A value knows the parts of inputs that are measured into it. Of the parts that changed, those are to blame; a part that changed
 * and is measured into nothing that moved is listed, but blamed for nothing.
 *
 * @param inputs the parts of inputs that are not the same, sorted by name
 * @param behaviours names of profiles that are in force on one side only, or have another rule
 * @param assumptions keys of assumptions that are not the same
 * @param moved values of ids that both have, and that are not the same; sorted by id
 * @param added ids that only the second has, sorted
 * @param removed ids that only the first has, sorted
 * @param same how many values are the same
 * @param retold of what is the same, that of which something else is said: ids of values with another status, evidence or origins, and
 *     names of inputs in another role; sorted
 * @param sameProgram whether one version of the program made both, which says one thing alone of the same values; false if one of them
 *     does not name its program
 */
public record GoldenDiff(
        List<InputChange> inputs,
        List<String> behaviours,
        List<String> assumptions,
        List<Moved> moved,
        List<String> added,
        List<String> removed,
        int same,
        List<String> retold,
        boolean sameProgram) {
    /** In ids, the only key that is made from the bytes of files: a value whose kernel changed has another id. */
    private static final String HASHES = "hashes";

    /** Copies the lists. */
    public GoldenDiff {
        inputs = List.copyOf(inputs);
        behaviours = List.copyOf(behaviours);
        assumptions = List.copyOf(assumptions);
        moved = List.copyOf(moved);
        added = List.copyOf(added);
        removed = List.copyOf(removed);
        retold = List.copyOf(retold);
    }

    /**
     * Bytes of a part.
     *
     * @param size how many
     * @param sha256 their SHA-256
     */
    public record Content(long size, Digest sha256) {}

    /**
     * A part of an input that is not the same.
     *
     * @param part its name, as {@link GoldenInput#parts} has it
     * @param before what it was; empty if it was not there
     * @param after what it is; empty if it is not there
     */
    public record InputChange(String part, Optional<Content> before, Optional<Content> after) {
        /** {@return the name of the file} */
        public String file() {
            int at = part.indexOf(GoldenInput.SEPARATOR);
            return at < 0 ? part : part.substring(0, at);
        }

        /** {@return the name of the section; empty if the file has none} */
        public Optional<String> section() {
            int at = part.indexOf(GoldenInput.SEPARATOR);
            return at < 0 ? Optional.empty() : Optional.of(part.substring(at + 1));
        }
    }

    /** What can move a value. */
    public enum CauseKind {
        /** A part of an input, by its name. */
        INPUT,
        /** A behaviour profile. */
        BEHAVIOUR,
        /** Something taken for granted. */
        ASSUMPTION,
        /** The program that computed the values, by name and version. */
        PROGRAM,
        /** Nothing that is known of both: one of them was edited. */
        UNKNOWN
    }

    /**
     * What moved a value.
     *
     * @param kind what it is
     * @param name its name
     */
    public record Cause(CauseKind kind, String name) {}

    /**
     * A value that is not the same.
     *
     * @param id its id in the second
     * @param idBefore its id in the first, which is another one if the kernel's hashes are part of it
     * @param before the value in the first
     * @param after the value in the second
     * @param causes what is to blame, at least one
     */
    public record Moved(String id, String idBefore, Digest before, Digest after, List<Cause> causes) {
        /** Copies the list. */
        public Moved {
            causes = List.copyOf(causes);
        }
    }

    /**
     * {@return the differences}
     *
     * @param first the golden values before
     * @param second those after
     */
    public static GoldenDiff of(GoldenValues first, GoldenValues second) {
        Set<String> whole = whole(first, second);
        List<InputChange> inputs = inputs(first, second, whole);
        List<String> behaviours =
                changed(first.behaviours(), second.behaviours(), GoldenBehaviour::name, GoldenBehaviour::rule);
        List<String> assumptions = changed(
                first.assumptions(),
                second.assumptions(),
                Assumption::key,
                assumption -> assumption.value() + "\n" + assumption.why());
        List<Cause> others = others(first, second, behaviours, assumptions);
        Map<String, GoldenValue> before = byId(first);
        Map<String, GoldenValue> after = byId(second);
        Map<String, String> renamed = renamed(before.keySet(), after.keySet());
        List<Moved> moved = new ArrayList<>();
        List<String> added = new ArrayList<>();
        Set<String> removed = new TreeSet<>(before.keySet());
        Set<String> retold = retold(first, second);
        int same = 0;
        for (GoldenValue value : after.values()) {
            String idBefore = renamed.getOrDefault(value.id(), value.id());
            GoldenValue old = before.get(idBefore);
            if (old == null) {
                added.add(value.id());
                continue;
            }
            removed.remove(idBefore);
            if (old.digest().equals(value.digest())) {
                same++;
                if (!old.equals(value) && idBefore.equals(value.id()) && whole.isEmpty()) {
                    retold.add(value.id());
                }
            } else {
                moved.add(new Moved(
                        value.id(), idBefore, old.digest(), value.digest(), causes(old, value, inputs, whole, others)));
            }
        }
        boolean known = !first.madeBy().isEmpty() && !second.madeBy().isEmpty(); // by a program that tells all of it
        return new GoldenDiff(
                inputs,
                behaviours,
                assumptions,
                moved,
                added,
                List.copyOf(removed),
                same,
                known ? List.copyOf(retold) : List.of(),
                known && first.madeBy().equals(second.madeBy()));
    }

    /** {@return whether both hold the same values, made from the same inputs, and neither says of them what its program does not} */
    public boolean isEmpty() {
        return inputs.isEmpty() && hasSameValues() && !isEdited();
    }

    /**
     * {@return whether one of them says something else of the same values than the program that made both does}
     *
     * <p>Of the values of two versions nobody can tell: what another version said may be right, or somebody changed it, and the version
     * with it. Where {@link #sameProgram} is false, {@link #retold}, {@link #behaviours} and {@link #assumptions} are only told.
     */
    public boolean isEdited() {
        return sameProgram && !retold.isEmpty() || isEditedInRules();
    }

    /** {@return whether one of them names other profiles or assumptions behind the same values, from the same inputs, than the program does} */
    public boolean isEditedInRules() {
        return sameProgram && hasSameValues() && inputs.isEmpty() && !(behaviours.isEmpty() && assumptions.isEmpty());
    }

    /** {@return whether both hold the same values under the same ids} */
    public boolean hasSameValues() {
        return moved.isEmpty() && added.isEmpty() && removed.isEmpty();
    }

    /** {@return the moved values by what is to blame for them, in order of their first ids} */
    public Map<List<Cause>, List<Moved>> byCauses() {
        Map<List<Cause>, List<Moved>> groups = new LinkedHashMap<>();
        for (Moved value : moved) {
            groups.computeIfAbsent(value.causes(), any -> new ArrayList<>()).add(value);
        }
        return Collections.unmodifiableMap(groups);
    }

    /** {@return the change of a part} */
    public Optional<InputChange> input(String part) {
        return inputs.stream().filter(change -> change.part().equals(part)).findFirst();
    }

    private static List<InputChange> inputs(GoldenValues first, GoldenValues second, Set<String> whole) {
        Map<String, Content> before = contents(first, whole);
        Map<String, Content> after = contents(second, whole);
        Map<String, InputChange> changes = changes(before, after);
        Set<String> changed = new HashSet<>();
        changes.values().forEach(change -> changed.add(change.file()));
        // Of a file whose sections are the same, other bytes may have changed, or somebody changed its digest alone.
        changes(files(first), files(second)).forEach((name, change) -> {
            if (!changed.contains(name)
                    && change.before().isPresent()
                    && change.after().isPresent()) {
                changes.put(name, change);
            }
        });
        return List.copyOf(changes.values());
    }

    private static Map<String, InputChange> changes(Map<String, Content> before, Map<String, Content> after) {
        Set<String> all = new TreeSet<>(before.keySet());
        all.addAll(after.keySet());
        Map<String, InputChange> changes = new TreeMap<>();
        for (String part : all) {
            Optional<Content> old = Optional.ofNullable(before.get(part));
            Optional<Content> now = Optional.ofNullable(after.get(part));
            if (!old.equals(now)) {
                changes.put(part, new InputChange(part, old, now));
            }
        }
        return changes;
    }

    private static Map<String, Content> files(GoldenValues golden) {
        Map<String, Content> files = new HashMap<>();
        golden.inputs().forEach(input -> files.put(input.name(), new Content(input.size(), input.sha256())));
        return files;
    }

    /** The files whose sections only one side knows, as a result of the command does not: they are compared whole. */
    private static Set<String> whole(GoldenValues first, GoldenValues second) {
        Set<String> before = new HashSet<>();
        Set<String> after = new HashSet<>();
        first.inputs().stream().filter(input -> !input.sections().isEmpty()).forEach(input -> before.add(input.name()));
        second.inputs().stream().filter(input -> !input.sections().isEmpty()).forEach(input -> after.add(input.name()));
        Set<String> whole = new HashSet<>(files(first).keySet());
        whole.retainAll(files(second).keySet());
        whole.removeIf(name -> before.contains(name) == after.contains(name));
        return whole;
    }

    /** The inputs that both have, in other roles. */
    private static Set<String> retold(GoldenValues first, GoldenValues second) {
        Map<String, Set<String>> before = roles(first);
        Set<String> retold = new TreeSet<>();
        roles(second).forEach((name, roles) -> {
            if (!before.getOrDefault(name, roles).equals(roles)) {
                retold.add(name);
            }
        });
        return retold;
    }

    private static Map<String, Set<String>> roles(GoldenValues golden) {
        Map<String, Set<String>> roles = new HashMap<>();
        golden.inputs()
                .forEach(input -> roles.computeIfAbsent(input.name(), any -> new TreeSet<>())
                        .add(input.role()));
        return roles;
    }

    private static Map<String, Content> contents(GoldenValues golden, Set<String> whole) {
        Map<String, Content> contents = new HashMap<>();
        for (GoldenInput input : golden.inputs()) {
            if (input.sections().isEmpty() || whole.contains(input.name())) {
                contents.put(input.name(), new Content(input.size(), input.sha256()));
                continue;
            }
            input.sections()
                    .forEach(section -> contents.put(
                            input.name() + GoldenInput.SEPARATOR + section.name(),
                            new Content(section.size(), section.sha256())));
        }
        return contents;
    }

    @FunctionalInterface
    private interface Text<T> {
        String of(T item);
    }

    private static <T> List<String> changed(List<T> first, List<T> second, Text<T> name, Text<T> content) {
        Map<String, Set<String>> before = new TreeMap<>();
        Map<String, Set<String>> after = new TreeMap<>();
        first.forEach(item ->
                before.computeIfAbsent(name.of(item), any -> new TreeSet<>()).add(content.of(item)));
        second.forEach(item ->
                after.computeIfAbsent(name.of(item), any -> new TreeSet<>()).add(content.of(item)));
        Set<String> names = new TreeSet<>(before.keySet());
        names.addAll(after.keySet());
        return names.stream()
                .filter(one -> !before.getOrDefault(one, Set.of()).equals(after.getOrDefault(one, Set.of())))
                .toList();
    }

    /** What is to blame where no input is. */
    private static List<Cause> others(
            GoldenValues first, GoldenValues second, List<String> behaviours, List<String> assumptions) {
        if (!behaviours.isEmpty()) {
            return causes(CauseKind.BEHAVIOUR, behaviours);
        }
        if (!assumptions.isEmpty()) {
            return causes(CauseKind.ASSUMPTION, assumptions);
        }
        if (!first.madeBy().equals(second.madeBy())) {
            return List.of(new Cause(CauseKind.PROGRAM, first.madeBy() + " -> " + second.madeBy()));
        }
        return List.of(new Cause(CauseKind.UNKNOWN, "no input, behaviour or assumption changed"));
    }

    private static List<Cause> causes(CauseKind kind, List<String> names) {
        return names.stream().map(name -> new Cause(kind, name)).toList();
    }

    private static Map<String, GoldenValue> byId(GoldenValues golden) {
        Map<String, GoldenValue> values = new LinkedHashMap<>();
        golden.values().forEach(value -> values.put(value.id(), value));
        return values;
    }

    /** Ids that are the same but for the hashes of the kernel, if only one on each side is. */
    private static Map<String, String> renamed(Set<String> before, Set<String> after) {
        Map<String, List<String>> gone = new HashMap<>();
        before.stream()
                .filter(id -> !after.contains(id))
                .forEach(id -> withoutHashes(id)
                        .ifPresent(key -> gone.computeIfAbsent(key, any -> new ArrayList<>())
                                .add(id)));
        Map<String, List<String>> come = new HashMap<>();
        after.stream()
                .filter(id -> !before.contains(id))
                .forEach(id -> withoutHashes(id)
                        .ifPresent(key -> come.computeIfAbsent(key, any -> new ArrayList<>())
                                .add(id)));
        Map<String, String> renamed = new HashMap<>();
        come.forEach((key, ids) -> {
            List<String> old = gone.getOrDefault(key, List.of());
            if (ids.size() == 1 && old.size() == 1) {
                renamed.put(ids.get(0), old.get(0));
            }
        });
        return renamed;
    }

    private static Optional<String> withoutHashes(String id) {
        Map<String, String> keys = ValueId.parameters(id);
        return keys.getOrDefault(HASHES, "none").equals("none")
                ? Optional.empty()
                : Optional.of(ValueId.register(id) + withAnyHashes(keys));
    }

    private static String withAnyHashes(Map<String, String> keys) {
        Map<String, String> rest = new TreeMap<>(keys);
        rest.put(HASHES, "*");
        return rest.toString();
    }

    private static List<Cause> causes(
            GoldenValue old, GoldenValue now, List<InputChange> inputs, Set<String> whole, List<Cause> others) {
        Set<String> origins = new LinkedHashSet<>();
        for (GoldenValue value : List.of(old, now)) {
            for (String part : value.origins()) {
                int at = part.indexOf(GoldenInput.SEPARATOR);
                origins.add(at >= 0 && whole.contains(part.substring(0, at)) ? part.substring(0, at) : part);
            }
        }
        List<String> blamed = new ArrayList<>();
        for (InputChange change : inputs) {
            if (origins.contains(change.part())) {
                blamed.add(change.part());
            }
        }
        // Headers hold the sizes and places of sections, and zeros fill them up, so these change with them.
        List<String> sections = blamed.stream()
                .filter(part -> !followsSections(part) || !isExplained(part, blamed))
                .sorted(Comparator.naturalOrder())
                .toList();
        if (!sections.isEmpty()) {
            return causes(CauseKind.INPUT, sections);
        }
        if (!inputs.isEmpty() && others.get(0).kind() == CauseKind.UNKNOWN) {
            // It went in by a way that the value does not tell of.
            return causes(
                    CauseKind.INPUT, inputs.stream().map(InputChange::part).toList());
        }
        return others;
    }

    /** {@return whether a part of an image changes with its sections: the headers, and the zeros between sections} */
    public static boolean followsSections(String part) {
        return part.endsWith(GoldenInput.SEPARATOR + GoldenSection.HEADERS)
                || part.endsWith(GoldenInput.SEPARATOR + GoldenSection.PADDING);
    }

    private static boolean isExplained(String follower, List<String> blamed) {
        String file = follower.substring(0, follower.lastIndexOf(GoldenInput.SEPARATOR) + 1);
        return blamed.stream().anyMatch(part -> part.startsWith(file) && !followsSections(part));
    }
}
