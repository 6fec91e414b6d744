package dev.measure.tdx;

import dev.measure.BehaviourProfile;
import dev.measure.Evidence;
import java.util.List;
import java.util.Optional;

/**
 * What a stable release of EDK2 measures into the RTMRs: the registry of behaviour profiles of kind {@code edk2} for trust domains.
 * Code asks the profile; nothing else compares releases. Read tag by tag in tianocore/edk2.
 *
 * @param id the tag without its prefix, such as {@code 202411}
 * @param secondSeparator the RTMR that the separator of ReadyToBoot goes into: 0 before commit efaf8931bb, then 1
 * @param acpi whether the ACPI blobs go into RTMR0
 * @param fwCfg whether fw_cfg items that the firmware reads early go into RTMR0
 * @param smbios whether the SMBIOS table goes into RTMR0
 * @param initrdFirst whether {@code initrd=initrd} stands before the command line of a direct boot, not behind it
 * @param namedBlobs whether the unpatched kernel of fw_cfg etc/boot/kernel is preferred, which QEMU has from 10.0 on
 * @param separateSetup whether boot manager menu and setup are two programs, each with a boot option
 * @param genericMeasures whether OvmfPkgX64 measures, too, and not IntelTdxX64 alone
 * @param evidence how it is known
 */
public record Edk2Generation(
        String id,
        int secondSeparator,
        boolean acpi,
        boolean fwCfg,
        boolean smbios,
        boolean initrdFirst,
        boolean namedBlobs,
        boolean separateSetup,
        boolean genericMeasures,
        Evidence evidence)
        implements BehaviourProfile {

    // spotless:off
    private static final List<Edk2Generation> ALL = List.of(
            //                      separator  ACPI   fw_cfg SMBIOS initrd blobs  setup  generic
            new Edk2Generation("202211",   0, false, false, false, false, false, false, false, Evidence.SOURCE),
            new Edk2Generation("202302",   0, true,  false, false, false, false, false, false, Evidence.SOURCE),
            new Edk2Generation("202305",   0, true,  false, false, false, false, false, false, Evidence.SOURCE),
            new Edk2Generation("202308",   0, true,  false, false, false, false, false, false, Evidence.SOURCE),
            new Edk2Generation("202311",   0, true,  false, false, false, false, false, false, Evidence.SOURCE),
            new Edk2Generation("202402",   0, true,  false, false, false, false, false, false, Evidence.SOURCE),
            new Edk2Generation("202405",   0, true,  false, false, false, false, false, false, Evidence.SOURCE),
            new Edk2Generation("202408",   0, true,  false, false, false, false, false, true,  Evidence.SOURCE),
            new Edk2Generation("202411",   1, true,  false, false, false, false, false, true,  Evidence.HARDWARE),
            new Edk2Generation("202502",   1, true,  false, false, false, true,  false, true,  Evidence.SOURCE),
            new Edk2Generation("202505",   1, true,  true,  true,  false, true,  true,  true,  Evidence.SOURCE),
            new Edk2Generation("202508",   1, true,  true,  true,  true,  true,  true,  true,  Evidence.SOURCE),
            new Edk2Generation("202511",   1, true,  true,  true,  true,  true,  true,  true,  Evidence.SOURCE),
            new Edk2Generation("202602",   1, true,  true,  true,  true,  true,  true,  true,  Evidence.SOURCE),
            new Edk2Generation("202605",   1, true,  true,  true,  true,  true,  true,  true,  Evidence.SOURCE));
    // spotless:on

    /** {@return all generations, oldest first} */
    public static List<Edk2Generation> all() {
        return ALL;
    }

    /**
     * {@return the generation of a tag}
     *
     * @param tag such as {@code 202411}, {@code edk2-stable202411} or {@code 202408.01}, a release that changes no rule
     */
    public static Optional<Edk2Generation> of(String tag) {
        String digits = tag.startsWith("edk2-stable") ? tag.substring("edk2-stable".length()) : tag;
        String release = digits.endsWith(".01") ? digits.substring(0, digits.length() - 3) : digits;
        return ALL.stream().filter(generation -> generation.id.equals(release)).findFirst();
    }

    /**
     * {@return the newest generation that is not newer than a firmware, by the version string that the firmware carries}
     *
     * @param version such as {@code 2025.02-8+deb13u1}
     */
    public static Optional<Edk2Generation> ofVersion(String version) {
        if (!version.matches("20[0-9]{2}\\.[0-9]{2}.*")) {
            return Optional.empty();
        }
        String release = version.substring(0, 4) + version.substring(5, 7);
        return ALL.stream()
                .filter(generation -> generation.id.compareTo(release) <= 0)
                .reduce((older, newer) -> newer);
    }

    /** {@return whether SEC measures TD HOB and CFV, in every build for trust domains, and not IntelTdxX64's PEI-less library} */
    boolean secMeasures() {
        return id.compareTo("202302") >= 0;
    }

    @Override
    public String kind() {
        return "edk2";
    }

    @Override
    public String changes() {
        return "second separator in RTMR" + secondSeparator
                + (acpi ? "; ACPI blobs" : "; no ACPI blobs")
                + (fwCfg ? ", fw_cfg items" : "")
                + (smbios ? ", SMBIOS table" : "")
                + (acpi ? " in RTMR0" : "")
                + (initrdFirst ? "; initrd= before the command line" : "; initrd= behind the command line")
                + (namedBlobs ? "; unpatched kernel from QEMU 10.0 on" : "")
                + (separateSetup ? "; boot options BootManagerMenuApp and setup" : "; boot option UiApp")
                + (genericMeasures ? "" : "; OvmfPkgX64 measures nothing, only IntelTdxX64 does");
    }

    @Override
    public String source() {
        return "tianocore/edk2, tag edk2-stable" + id
                + (evidence == Evidence.HARDWARE ? "; quotes in dstack's fixtures tdx-lite and quote-report" : "");
    }
}
