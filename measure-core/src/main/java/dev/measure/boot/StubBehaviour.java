package dev.measure.boot;

import dev.measure.BehaviourProfile;
import dev.measure.Evidence;
import dev.measure.uki.FirmwareChoice;
import dev.measure.uki.StubVersion;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * How a version of systemd-stub measures.
 *
 * <p>Sources: systemd src/boot/stub.c, src/fundamental/uki.c of the versions; boots with 252.39, 257.13 and 262.1; the tool
 * systemd-measure of 252, 254, 257 and 262.
 *
 * @param id the version: a major one, and 262.1, which has been booted
 * @param number major and minor version as one number, for the order
 * @param changes what is new in it
 * @param evidence how it is known
 */
public record StubBehaviour(String id, int number, String changes, Evidence evidence) implements BehaviourProfile {
    private static final int MINORS = 1000;

    private static final List<String> SECTIONS_252 =
            List.of(".linux", ".osrel", ".cmdline", ".initrd", ".splash", ".dtb", ".pcrpkey");
    private static final List<String> SECTIONS_254 =
            List.of(".linux", ".osrel", ".cmdline", ".initrd", ".splash", ".dtb", ".uname", ".sbat", ".pcrpkey");
    private static final List<String> SECTIONS_256 = List.of(
            ".linux", ".osrel", ".cmdline", ".initrd", ".ucode", ".splash", ".dtb", ".uname", ".sbat", ".pcrpkey");
    private static final List<String> SECTIONS_257 = List.of(
            ".linux",
            ".osrel",
            ".cmdline",
            ".initrd",
            ".ucode",
            ".splash",
            ".dtb",
            ".uname",
            ".sbat",
            ".pcrpkey",
            ".profile",
            ".dtbauto",
            ".hwids");
    private static final List<String> SECTIONS_258 = List.of(
            ".linux",
            ".osrel",
            ".cmdline",
            ".initrd",
            ".ucode",
            ".splash",
            ".dtb",
            ".uname",
            ".sbat",
            ".pcrpkey",
            ".profile",
            ".dtbauto",
            ".hwids",
            ".efifw");

    /** The newest version that is known: what later ones do nobody has looked at. */
    public static final int NEWEST = 262;

    private static final List<StubBehaviour> ALL = List.of(
            of("250", "measures no section", Evidence.SOURCE),
            of("251", "measures no section", Evidence.SOURCE),
            of(
                    "252",
                    "PCR 11: .linux .osrel .cmdline .initrd .splash .dtb .pcrpkey; starts .linux through the firmware,"
                            + " which measures it into PCR 4 unless Secure Boot is on",
                    Evidence.BOOT),
            of("253", "as 252", Evidence.SOURCE),
            of("254", "PCR 11: also .uname .sbat; add-ons, extra command line from SMBIOS", Evidence.PEER),
            of("255", "as 254", Evidence.SOURCE),
            of("256", "PCR 11: also .ucode", Evidence.SOURCE),
            of(
                    "257",
                    "PCR 11: also .profile .dtbauto .hwids; profiles, initrd and microcode add-ons; .osrel, .pcrpkey and"
                            + " .profile reach the initrd and so PCR 9",
                    Evidence.BOOT),
            of("258", "never measures .linux into PCR 4; knows .efifw", Evidence.SOURCE),
            of("259", "takes no load options with a control character in them", Evidence.SOURCE),
            of("260", "as 259", Evidence.SOURCE),
            of(
                    "261",
                    "SMBIOS structures of types 1, 2 and 11 into PCR 1; adds the virtio or serial console to a command line without"
                            + " console=",
                    Evidence.SOURCE),
            of(
                    "262",
                    "selects .efifw by hardware id and measures it into PCR 11; adds all consoles to a command line without"
                            + " console=",
                    Evidence.SOURCE),
            of("262.1", "as 262", Evidence.BOOT));

    private static StubBehaviour of(String id, String changes, Evidence evidence) {
        StubVersion version = StubVersion.parse(id);
        return new StubBehaviour(id, version.major() * MINORS + version.minor(), changes, evidence);
    }

    /** {@return all versions with a rule, oldest first} */
    public static List<StubBehaviour> all() {
        return ALL;
    }

    /**
     * {@return the behaviour of a version; empty if nobody has looked at it: older than 250 or newer than 262}
     *
     * @param version the version
     */
    public static Optional<StubBehaviour> of(StubVersion version) {
        if (version.major() < 250 || version.major() > NEWEST) {
            return Optional.empty();
        }
        int number = version.major() * MINORS + Math.min(version.minor(), MINORS - 1);
        StubBehaviour found = ALL.get(0);
        for (StubBehaviour behaviour : ALL) {
            if (behaviour.number <= number) {
                found = behaviour;
            }
        }
        return Optional.of(found);
    }

    @Override
    public String kind() {
        return "stub";
    }

    @Override
    public String source() {
        return evidence == Evidence.BOOT
                ? "boots under QEMU with a software TPM; systemd src/boot/stub.c"
                : evidence == Evidence.PEER ? "systemd-measure of that version" : "systemd src/boot/stub.c";
    }

    private int major() {
        return number / MINORS;
    }

    /** {@return the weakest evidence of this version and of a rule that was seen with other versions} */
    Evidence seen() {
        return evidence;
    }

    /** {@return the sections that go into PCR 11, in the order of measuring} */
    public List<String> measuredSections() {
        List<String> sections = new ArrayList<>();
        if (major() >= 258) {
            sections.addAll(SECTIONS_258);
        } else if (major() == 257) {
            sections.addAll(SECTIONS_257);
        } else if (major() == 256) {
            sections.addAll(SECTIONS_256);
        } else if (major() >= 254) {
            sections.addAll(SECTIONS_254);
        } else if (major() >= 252) {
            sections.addAll(SECTIONS_252);
        }
        return List.copyOf(sections);
    }

    /** How a stub finds a section. */
    public enum Lookup {
        /** By its first bytes; the last one wins. */
        PREFIX,
        /** By its whole name; the first one wins. */
        EXACT,
        /** Nobody has looked. */
        UNKNOWN
    }

    /** {@return how a section is found by its name} */
    public Lookup lookup() {
        return major() >= 257 ? Lookup.EXACT : major() >= 255 ? Lookup.UNKNOWN : Lookup.PREFIX;
    }

    /** {@return whether it knows profiles} */
    public boolean profiles() {
        return major() >= 257;
    }

    /** {@return whether it selects {@code .efifw}} */
    public boolean selectsFirmware() {
        return major() >= FirmwareChoice.FIRST_STUB;
    }

    /** {@return whether it knows that a shim from 16 on takes over LoadImage, and does not ask such a shim (shim_loader_available)} */
    boolean leavesItToShim() {
        return major() >= 258;
    }

    /** {@return whether it loads add-ons} */
    public boolean addons() {
        return major() >= 254;
    }

    /** {@return whether it starts {@code .linux} through LoadImage, so that the firmware may measure it} */
    public boolean loadsKernelThroughFirmware() {
        return major() >= 252 && major() <= 257;
    }

    /** {@return whether it measures SMBIOS structures into PCR 1} */
    public boolean tagsSmbios() {
        return major() >= 261;
    }

    /** {@return what it adds to a command line without {@code console=} on a machine with these consoles} */
    String consoles(List<BootConsole> consoles) {
        return major() >= 262 ? BootConsole.all(consoles) : BootConsole.one(consoles);
    }

    /** {@return whether it looks for consoles} */
    boolean looksForConsoles() {
        return major() >= 261;
    }

    /**
     * {@return whether a control character anywhere in load options makes them none; before only the first character counts. Empty if
     * nobody has looked (systemd pull request 39347, seen with 262.1, not with 257.13)}
     */
    Optional<Boolean> refusesControlCharacters() {
        return major() == 258 ? Optional.empty() : Optional.of(major() >= 259);
    }

    /** {@return whether the device tree of an add-on may be in .dtbauto} */
    boolean dtbautoAddons() {
        return major() >= 257;
    }

    /** {@return whether it takes extra command line from SMBIOS} */
    public boolean smbiosCmdline() {
        return major() >= 254;
    }

    /** {@return whether it hands .osrel, .pcrpkey and .profile to the kernel in archives of their own} */
    public boolean metadataArchives() {
        return major() >= 257;
    }

    /** {@return whether its assembled initrd is known} */
    public boolean initrdKnown() {
        return major() >= 257 || major() == 252;
    }

    /** {@return whether a boot secret of the machine may be in the initrd} */
    public boolean bootSecret() {
        return major() >= 261;
    }

    /** {@return how command lines are cleaned; empty if nobody has looked} */
    Optional<CmdlineText.Mangle> mangle() {
        if (major() >= 257) {
            return Optional.of(CmdlineText.Mangle.BOTH_ENDS);
        }
        return major() >= 252 && major() <= 254 ? Optional.of(CmdlineText.Mangle.END) : Optional.empty();
    }

    /** {@return whether the command lines of all add-ons are one event; empty if nobody has looked} */
    Optional<Boolean> oneEventForAddons() {
        return major() >= 257 ? Optional.of(true) : major() == 254 ? Optional.of(false) : Optional.empty();
    }
}
