package dev.measure.snp;

import dev.measure.BehaviourProfile;
import dev.measure.Evidence;
import java.util.List;

/**
 * How an IGVM file becomes an SEV-SNP launch: the registry of behaviour profiles of kind {@code igvm-rules}. The format leaves
 * room, and the loaders use it differently; code asks the profile, nothing else compares rules.
 *
 * <table>
 * <caption>What is measured</caption>
 * <tr><th>directive</th><th>hyperv</th><th>igvmmeasure</th><th>qemu</th></tr>
 * <tr><td>page without data</td><td>NORMAL page of zeros</td><td>the same; ZERO with native-zero</td><td>ZERO</td></tr>
 * <tr><td>shared page</td><td>nothing</td><td>as if not shared</td><td>as if not shared</td></tr>
 * <tr><td>2 MiB page</td><td>with data refused, without it one page</td><td>512 pages</td><td>512 pages</td></tr>
 * <tr><td>parameter insert</td><td>all pages of the area</td><td>its first page</td><td>all pages</td></tr>
 * <tr><td>vCPU context</td><td>VMSA in place, at its address</td><td>the same, whatever the mask</td>
 *     <td>a page that KVM builds, after all others</td></tr>
 * <tr><td>no guest policy</td><td>refused</td><td>of no interest</td><td>of no interest</td></tr>
 * </table>
 *
 * <p>cloud-hypervisor measures like qemu, but a large page counts once as under hyperv, fewer registers come from a context, and
 * the hashes of a kernel can be given.
 */
public enum IgvmRules implements BehaviourProfile {
    /** QEMU from 10.1 on KVM. */
    QEMU(
            "qemu",
            "pages without data are ZERO pages; KVM builds the VMSAs from the contexts and measures them last, one for each vCPU",
            "QEMU 10.1 backends/igvm.c and target/i386/sev.c, QEMU 11.1.3 binary"),
    /** Hyper-V and OpenVMM: the measurement of the microsoft/igvm crate, which follows the specification. */
    HYPERV(
            "hyperv",
            "pages without data are NORMAL pages of zeros, shared pages do not count, VMSAs are measured where they stand in the file",
            "microsoft/igvm e6c3ff1 igvm/src/measurement/snp.rs"),
    /** COCONUT-SVSM's calculator. */
    IGVMMEASURE(
            "igvmmeasure",
            "as hyperv, but shared pages count, a parameter area counts as one page, and a context's mask is not looked at",
            "coconut-svsm/svsm f4bc4bc tools/igvmmeasure"),
    /** QEMU's rules with the order of pages that its source gives. */
    QEMU_BATCHED(
            "qemu-batched",
            "as qemu, but a run of adjacent pages is measured only when the next run begins, so a parameter insert in between comes first",
            "QEMU 10.1 backends/igvm.c, qigvm_process_mem_page; no report has shown it"),
    /** Cloud Hypervisor on KVM. */
    CLOUD_HYPERVISOR(
            "cloud-hypervisor",
            "experimental: pages without data are ZERO pages; KVM builds the VMSAs, of which only segments, control and general"
                    + " registers come from the contexts; a page with kernel hashes at 0x10000",
            "cloud-hypervisor ae44c29 vmm/src/igvm/igvm_loader.rs; no report, no other program");

    private final String id;
    private final String changes;
    private final String source;

    IgvmRules(String id, String changes, String source) {
        this.id = id;
        this.changes = changes;
        this.source = source;
    }

    @Override
    public String kind() {
        return "igvm-rules";
    }

    @Override
    public String id() {
        return id;
    }

    @Override
    public String changes() {
        return changes;
    }

    @Override
    public Evidence evidence() {
        return Evidence.SOURCE;
    }

    @Override
    public String source() {
        return source;
    }

    /**
     * {@return the rules of a name}
     *
     * @param name the id, in any case
     * @throws IllegalArgumentException if there are none
     */
    public static IgvmRules parse(String name) {
        return BehaviourProfile.named("IGVM rules", all(), name);
    }

    /** {@return all profiles, for listing} */
    public static List<IgvmRules> all() {
        return List.of(values());
    }

    /** {@return whether KVM builds the VMSAs, so that vCPUs without a context are measured as well} */
    public boolean buildsVmsas() {
        return isQemu() || this == CLOUD_HYPERVISOR;
    }

    /** {@return whether the layout was only read in the VMM's source: every value gets a warning} */
    public boolean isExperimental() {
        return this == CLOUD_HYPERVISOR;
    }

    /** {@return whether hashes of a kernel beside the file can be measured} */
    public boolean takesKernelHashes() {
        return this == CLOUD_HYPERVISOR;
    }

    /** {@return whether QEMU checks the contexts and starts vCPUs without one in its reset state} */
    boolean isQemu() {
        return this == QEMU || this == QEMU_BATCHED;
    }

    /** {@return whether a page without data is a ZERO page even if nobody asks for it} */
    boolean usesZeroPages() {
        return buildsVmsas();
    }

    /** {@return whether pages that are shared with the host are left out} */
    boolean skipsSharedPages() {
        return this == HYPERV;
    }

    /** {@return whether a large page counts as one small one, and may have no data} */
    boolean countsLargePagesOnce() {
        return this == HYPERV || this == CLOUD_HYPERVISOR;
    }

    /** {@return whether only the first page of a parameter area counts} */
    boolean insertsOnePage() {
        return this == IGVMMEASURE;
    }

    /** {@return whether the mask of a context counts} */
    boolean looksAtContextMask() {
        return this != IGVMMEASURE;
    }

    /** {@return whether a file without a guest policy is refused} */
    boolean needsGuestPolicy() {
        return this == HYPERV;
    }

    /** {@return whether the last run of pages is held back until another begins} */
    boolean holdsPagesBack() {
        return this == QEMU_BATCHED;
    }
}
