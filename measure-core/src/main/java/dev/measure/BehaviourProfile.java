package dev.measure;

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
}
