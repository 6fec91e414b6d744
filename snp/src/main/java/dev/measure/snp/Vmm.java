package dev.measure.snp;

import dev.measure.BehaviourProfile;
import dev.measure.Evidence;
import dev.measure.firmware.SevMetadata;
import java.util.List;

/**
 * How a VMM builds an SEV-SNP launch: the registry of behaviour profiles of kind {@code vmm}. Code asks the profile; nothing
 * else compares VMMs.
 */
public enum Vmm implements BehaviourProfile {
    /** QEMU on a host kernel from 6.10. */
    QEMU(
            "qemu",
            "VMSA as KVM builds it since Linux 6.10: mxcsr 0x1f80, fcw 0x37f on every vCPU; rdx holds the vCPU signature",
            Evidence.PEER,
            "QEMU 10.0 target/i386/sev.c; agrees with virtee/sev-snp-measure 0.0.13"),
    /** QEMU from 10.1, whose second and later vCPUs start with a cleared floating-point state. */
    QEMU_10_1(
            "qemu-10.1",
            "as qemu, but mxcsr and fcw are 0 on the second and later vCPUs",
            Evidence.SOURCE,
            "QEMU 10.1 IGVM change and the QEMU 11.1.3 binary; no report has shown it"),
    /** QEMU on the SNP kernels before 6.10. */
    QEMU_LEGACY(
            "qemu-legacy",
            "as qemu, but mxcsr and fcw are 0 on every vCPU",
            Evidence.PEER,
            "out-of-tree SNP host kernels; virtee/sev-snp-measure up to 0.0.9"),
    /** Amazon EC2. */
    EC2(
            "ec2",
            "CPUID pages last; own segment attributes, rdx 0x600, mxcsr and fcw 0",
            Evidence.HARDWARE,
            "a report of a c6a.xlarge in virtee/sev-snp-measure pull request 60"),
    /** Amazon EC2 until about spring 2026. */
    EC2_LEGACY(
            "ec2-legacy",
            "as ec2, but rdx is 0",
            Evidence.PEER,
            "virtee/sev 7.1.0, virtee/sev-snp-measure before 0.0.13"),
    /** Google Compute Engine. */
    GCE(
            "gce",
            "SNP_SEC_MEM pages are UNMEASURED; g_pat 0x70106, rdx 0x600, mxcsr and fcw 0",
            Evidence.PEER,
            "google/gce-tcb-verifier 74582c0 and virtee/sev-snp-measure 0.0.13"),
    /** libkrun, which starts a kernel without OVMF: {@link KrunLaunchDigest}. */
    KRUN(
            "krun",
            "experimental: qboot, kernel, initrd and boot parameters as pages; no OVMF metadata",
            Evidence.SOURCE,
            "containers/libkrun src/vmm/src/linux/tee/amdsnp.rs and src/arch/src/x86_64; no report, no other program"),
    /** Cloud Hypervisor, which launches IGVM files only. */
    CLOUD_HYPERVISOR(
            "cloud-hypervisor",
            "experimental: launches IGVM files only",
            Evidence.SOURCE,
            "cloud-hypervisor vmm/src/igvm; no report, no other program");

    private final String id;
    private final String changes;
    private final Evidence evidence;
    private final String source;

    Vmm(String id, String changes, Evidence evidence, String source) {
        this.id = id;
        this.changes = changes;
        this.evidence = evidence;
        this.source = source;
    }

    @Override
    public String kind() {
        return "vmm";
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
        return evidence;
    }

    @Override
    public String source() {
        return source;
    }

    /**
     * {@return the VMM of a name}
     *
     * @param name the id, in any case
     * @throws IllegalArgumentException if there is none
     */
    public static Vmm parse(String name) {
        return BehaviourProfile.named("VMM", all(), name);
    }

    /** {@return whether the signature of the vCPU is part of the launch digest} */
    public boolean measuresCpuSignature() {
        return isQemu();
    }

    /** {@return whether it launches OVMF by its SEV metadata, as {@link LaunchDigest} measures} */
    public boolean launchesOvmf() {
        return this != KRUN && this != CLOUD_HYPERVISOR;
    }

    /** {@return whether the layout was only read in the VMM's source: every value gets a warning} */
    public boolean isExperimental() {
        return !launchesOvmf();
    }

    /** {@return why there is no launch digest of OVMF on it} */
    String whyNoOvmf() {
        return this == KRUN
                ? "libkrun does not launch OVMF by its SEV metadata: it measures qboot, kernel, initrd and boot parameters"
                : "Cloud Hypervisor does not launch OVMF by its SEV metadata: it launches IGVM files only";
    }

    /** {@return what to give instead of OVMF} */
    String insteadOfOvmf() {
        return this == KRUN
                ? "give qboot, with --kernel, --kernel-address, --initrd and --boot-params"
                : "give an IGVM file with --igvm-rules cloud-hypervisor";
    }

    /** {@return whether a kernel can be started without a disk, its hashes measured} */
    boolean startsKernels() {
        return isQemu();
    }

    /** {@return whether firmware must be a multiple of 64 KiB} */
    boolean needs64KiBFirmware() {
        return isQemu();
    }

    /** {@return whether the launch stops without a reset block even if there is only one vCPU} */
    boolean alwaysNeedsResetBlock() {
        return isQemu();
    }

    /** {@return whether CPUID sections are measured after all others} */
    boolean measuresCpuidLast() {
        return this == EC2 || this == EC2_LEGACY;
    }

    /** {@return whether the VMM's own tool refuses a kernel-hashes section} */
    boolean hasNoRuleForKernelHashes() {
        return this == GCE;
    }

    /** {@return the page type of a metadata section that holds no table of kernel hashes} */
    PageType pageType(long sectionType) {
        if (sectionType == SevMetadata.SNP_SECRETS) {
            return PageType.SECRETS;
        }
        if (sectionType == SevMetadata.CPUID) {
            return PageType.CPUID;
        }
        return this == GCE && sectionType == SevMetadata.SNP_SEC_MEM ? PageType.UNMEASURED : PageType.ZERO;
    }

    /** {@return how the state of the vCPUs of a guest is known} */
    Evidence evidence(int vcpus) {
        return this == QEMU_10_1 && vcpus == 1 ? QEMU.evidence : evidence;
    }

    /** {@return all profiles, for listing} */
    public static List<Vmm> all() {
        return List.of(values());
    }

    private boolean isQemu() {
        return this == QEMU || this == QEMU_10_1 || this == QEMU_LEGACY;
    }
}
