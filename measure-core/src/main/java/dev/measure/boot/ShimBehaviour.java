package dev.measure.boot;

import dev.measure.BehaviourProfile;
import dev.measure.Evidence;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * How a version of shim measures.
 *
 * <p>Sources: shim tpm.c, mok.c, sbat.c, shim.c, pe.c of the tags 15 to 16.1; published logs with 15.2, 15.5 to 15.8; boots with 16.1.
 *
 * @param id the version
 * @param number major and minor version as one number, for the order
 * @param changes what is new in it
 * @param evidence how it is known
 */
public record ShimBehaviour(String id, int number, String changes, Evidence evidence) implements BehaviourProfile {
    private static final int MINORS = 1000;
    private static final Pattern VERSION = Pattern.compile("([0-9]{1,4})(?:\\.([0-9]{1,3}))?(?:[^0-9.].*)?");

    /** The newest version that is known: what later ones do nobody has looked at. */
    private static final int NEWEST = number(16, MINORS - 1);

    private static final List<ShimBehaviour> ALL = List.of(
            of(
                    "15",
                    "MOK variables into PCR 14 if the machine has them; a certificate into PCR 7 at its first use",
                    Evidence.BOOT),
            of("15.1", "MokList and MokListX always, with shim's own lists before them; vendor_db", Evidence.SOURCE),
            of("15.2", "variables in PCR 7 without surplus bytes", Evidence.BOOT),
            of("15.3", "a variable SBAT into PCR 7; certificates of lists with their owner", Evidence.SOURCE),
            of("15.4", "SbatLevel instead of SBAT", Evidence.SOURCE),
            of("15.5", "MokListTrusted into PCRs 7 and 14 if the machine has it", Evidence.SOURCE),
            of(
                    "15.6",
                    "MokListTrusted if the machine does not have it; MokPolicy; verifies before it measures",
                    Evidence.BOOT),
            of(
                    "15.7",
                    "the built-in certificate as MokListRT; revocations in .sbatlevel; MokListTrusted not into PCR 7",
                    Evidence.SOURCE),
            of("15.8", "without Secure Boot SbatLevel is reset", Evidence.BOOT),
            of("16", "loads what boot loaders start, and so measures the kernel in a UKI again", Evidence.SOURCE),
            of(
                    "16.1",
                    "knows the sections of a UKI that it has verified, and does not measure the kernel in it",
                    Evidence.BOOT));

    private static ShimBehaviour of(String id, String changes, Evidence evidence) {
        int dot = id.indexOf('.');
        int major = Integer.parseInt(dot < 0 ? id : id.substring(0, dot));
        int minor = dot < 0 ? 0 : Integer.parseInt(id.substring(dot + 1));
        return new ShimBehaviour(id, number(major, minor), changes, evidence);
    }

    private static int number(int major, int minor) {
        return major * MINORS + minor;
    }

    /** {@return all versions with a rule, oldest first} */
    public static List<ShimBehaviour> all() {
        return ALL;
    }

    /**
     * {@return the behaviour of a version; empty if nobody has looked at it: older than 15, newer than 16, or no version}
     *
     * @param version such as {@code 15.8}
     */
    public static Optional<ShimBehaviour> of(String version) {
        Matcher m = VERSION.matcher(version);
        if (!m.matches()) {
            return Optional.empty();
        }
        int number = number(Integer.parseInt(m.group(1)), m.group(2) == null ? 0 : Integer.parseInt(m.group(2)));
        if (number < ALL.get(0).number || number > NEWEST) {
            return Optional.empty();
        }
        ShimBehaviour found = ALL.get(0);
        for (ShimBehaviour behaviour : ALL) {
            if (behaviour.number <= number) {
                found = behaviour;
            }
        }
        return Optional.of(found);
    }

    @Override
    public String kind() {
        return "shim";
    }

    @Override
    public String source() {
        return evidence == Evidence.BOOT
                ? "boots under QEMU with a software TPM or published logs; shim mok.c, tpm.c, sbat.c"
                : "shim mok.c, tpm.c, sbat.c";
    }

    private boolean from(int major, int minor) {
        return number >= number(major, minor);
    }

    /** {@return whether MokList and MokListX are measured always, with shim's own lists} */
    boolean mirrorsAlways() {
        return from(15, 1);
    }

    /** {@return whether the bytes of a variable in PCR 7 end where its value ends} */
    boolean packed() {
        return from(15, 2);
    }

    /** {@return whether entries of lists are measured with their owner} */
    boolean measuresOwners() {
        return from(15, 3);
    }

    /** {@return the variable with the revocations} */
    Optional<String> sbatVariable() {
        return from(15, 4) ? Optional.of("SbatLevel") : from(15, 3) ? Optional.of("SBAT") : Optional.empty();
    }

    /** {@return whether it has revocations of its own, which a policy chooses from} */
    boolean choosesSbatLevel() {
        return from(15, 6);
    }

    /** {@return whether its revocations are in a section} */
    boolean sbatLevelSection() {
        return from(15, 7);
    }

    /** {@return whether the revocations are reset without Secure Boot, and checked against shim itself before they are written} */
    boolean resetsSbatLevel() {
        return from(15, 8);
    }

    /** When MokListTrusted is measured. */
    enum Trusted {
        /** Never. */
        NEVER,
        /** With its value, if there is such a variable. */
        PRESENT,
        /** As the byte 1, if there is none. */
        ABSENT
    }

    /** {@return when MokListTrusted is measured} */
    Trusted mokListTrusted() {
        return from(15, 6) ? Trusted.ABSENT : from(15, 5) ? Trusted.PRESENT : Trusted.NEVER;
    }

    /** {@return whether MokListTrusted is measured into PCR 7 too} */
    boolean mokListTrustedInPcr7() {
        return from(15, 5) && !from(15, 7);
    }

    /** {@return whether MokPolicy is measured} */
    boolean mokPolicy() {
        return from(15, 6);
    }

    /** {@return the variable that is searched for what the owner allows} */
    String mokListVariable() {
        return from(15, 7) ? "MokListRT" : "MokList";
    }

    /** {@return whether an image that shim loads is verified before it is measured} */
    boolean verifiesFirst() {
        return from(15, 6);
    }

    /** {@return whether it measures into RTMRs, too (tpm.c, cc_log_event_raw)} */
    boolean measuresThroughCc() {
        return from(15, 7);
    }

    /** {@return whether it takes files with certificates and revocations from its folder} */
    boolean readsFolder() {
        return from(15, 8);
    }

    /** {@return whether a boot loader can ask it to stay for what comes after} */
    boolean canStay() {
        return from(15, 8);
    }

    /** {@return whether it loads what boot loaders start} */
    boolean loadsImages() {
        return from(16, 0);
    }

    /** {@return whether it knows the sections of what it has loaded} */
    boolean cachesSections() {
        return from(16, 1);
    }
}
