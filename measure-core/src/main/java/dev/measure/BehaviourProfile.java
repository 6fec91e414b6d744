package dev.measure;

import java.util.List;
import java.util.stream.Collectors;

/**
 * A named way in which some program measures: a VMM, a firmware generation, a stub, a rule for CHIDs. The name is the same in
 * options, ids, assumptions and lock files, and never changes its meaning.
 */
public interface BehaviourProfile {

    /** {@return the kind: {@code vmm}, {@code edk2}, {@code stub}, {@code loader}, {@code chid}} */
    String kind();

    /** {@return the name within its kind, such as {@code qemu-10.1}} */
    String id();

    /** {@return what it changes, in one sentence} */
    String changes();

    /** {@return how it is known} */
    Evidence evidence();

    /** {@return where that knowledge comes from} */
    String source();

    /**
     * {@return the profile of a name}
     *
     * @param <P> one kind of profiles
     * @param what the kind in words, for the message
     * @param known all of that kind
     * @param name the id, in any case
     * @throws IllegalArgumentException if none has it; the message lists those that there are
     */
    static <P extends BehaviourProfile> P named(String what, List<P> known, String name) {
        return known.stream()
                .filter(profile -> profile.id().equalsIgnoreCase(name))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("unknown " + what + " '" + name + "', known: "
                        + known.stream().map(BehaviourProfile::id).collect(Collectors.joining(", "))));
    }
}
