package dev.measure.boot;

import dev.measure.BehaviourProfile;
import dev.measure.Evidence;
import dev.measure.uki.StubVersion;
import java.util.List;
import java.util.Optional;

/**
 * How a version of systemd-boot measures.
 *
 * @param id the version
 * @param number major and minor version as one number, for the order
 * @param changes what is new in it
 * @param evidence how it is known
 */
public record LoaderBehaviour(String id, int number, String changes, Evidence evidence) implements BehaviourProfile {
    private static final int MINORS = 1000;

    private static final List<LoaderBehaviour> ALL = List.of(
            of("252", "passes a UKI's own .cmdline as load options, so it is measured into PCR 12", Evidence.BOOT),
            of("253", "what it passes to a UKI is not known", Evidence.SOURCE),
            of("255", "loader.conf into PCR 5", Evidence.SOURCE),
            of("257", "passes nothing to a UKI unless the entry is edited or has a profile", Evidence.BOOT),
            of("258", "as 257", Evidence.SOURCE),
            of("261", "SMBIOS structures of types 1, 2 and 11 into PCR 1", Evidence.SOURCE),
            of("262", "as 261", Evidence.SOURCE),
            of("262.1", "as 262", Evidence.BOOT));

    private static LoaderBehaviour of(String id, String changes, Evidence evidence) {
        StubVersion version = StubVersion.parse(id);
        return new LoaderBehaviour(id, version.major() * MINORS + version.minor(), changes, evidence);
    }

    /** {@return all versions with a rule, oldest first} */
    public static List<LoaderBehaviour> all() {
        return ALL;
    }

    /**
     * {@return the behaviour of a version; empty if nobody has looked at it: older than 252 or newer than 262}
     *
     * @param version the version
     */
    public static Optional<LoaderBehaviour> of(StubVersion version) {
        if (version.major() < 252 || version.major() > StubBehaviour.NEWEST) {
            return Optional.empty();
        }
        int number = version.major() * MINORS + Math.min(version.minor(), MINORS - 1);
        LoaderBehaviour found = ALL.get(0);
        for (LoaderBehaviour behaviour : ALL) {
            if (behaviour.number <= number) {
                found = behaviour;
            }
        }
        return Optional.of(found);
    }

    @Override
    public String kind() {
        return "loader";
    }

    @Override
    public String source() {
        return evidence == Evidence.BOOT
                ? "boots under QEMU with a software TPM; systemd src/boot/boot.c"
                : "systemd src/boot/boot.c";
    }

    private int major() {
        return number / MINORS;
    }

    /** {@return whether loader.conf goes into PCR 5} */
    public boolean measuresLoaderConf() {
        return major() >= 255;
    }

    /** {@return whether SMBIOS structures go into PCR 1} */
    public boolean tagsSmbios() {
        return major() >= 261;
    }

    /** {@return whether it asks a shim from 15.8 on to stay for what comes after it (ShimRetainProtocol)} */
    boolean asksShimToStay() {
        return major() >= 256;
    }

    /** {@return whether it knows that a shim from 16 on takes over LoadImage, and does not ask such a shim (shim_loader_available)} */
    boolean leavesItToShim() {
        return major() >= 258;
    }

    /** {@return whether a UKI gets its own .cmdline as load options; empty if nobody has looked} */
    public Optional<Boolean> passesCmdline() {
        return major() >= 257 ? Optional.of(false) : major() == 252 ? Optional.of(true) : Optional.empty();
    }
}
