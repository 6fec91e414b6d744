package dev.measure.snp;

import dev.measure.Strictness;
import dev.measure.igvm.IgvmFile;
import java.util.Objects;
import java.util.Optional;

/**
 * An SEV-SNP launch of an IGVM file.
 *
 * @param file the file
 * @param rules who loads it
 * @param vcpus how many vCPUs the guest has, 1 to 512; by default as many as the file has contexts
 * @param cpu the vCPU model, needed only where there are more vCPUs than contexts
 * @param strictness whether what the loader would refuse is refused
 * @param nativeZero with igvmmeasure: pages without data are ZERO pages ({@code --native-zero})
 * @param checkKvm with igvmmeasure: what KVM could not launch is refused ({@code --check-kvm})
 * @param kernelHashes with cloud-hypervisor: the hashes of a kernel that is given beside the file
 */
public record IgvmLaunch(
        IgvmFile file,
        IgvmRules rules,
        Optional<Integer> vcpus,
        Optional<CpuModel> cpu,
        Strictness strictness,
        boolean nativeZero,
        boolean checkKvm,
        Optional<KernelHashes> kernelHashes) {
    /** Checks the values. */
    public IgvmLaunch {
        Objects.requireNonNull(file, "file");
        Objects.requireNonNull(rules, "rules");
        Objects.requireNonNull(strictness, "strictness");
        vcpus.ifPresent(count -> {
            if (count < 1 || count > SnpGuest.MAX_VCPUS) {
                throw new IllegalArgumentException("--vcpus must be 1.." + SnpGuest.MAX_VCPUS + ", got " + count);
            }
        });
        if ((nativeZero || checkKvm) && rules != IgvmRules.IGVMMEASURE) {
            throw new IllegalArgumentException(
                    "native-zero and check-kvm belong to the rules igvmmeasure, got " + rules.id());
        }
        if (kernelHashes.isPresent() && !rules.takesKernelHashes()) {
            throw new IllegalArgumentException("kernel hashes belong to the rules cloud-hypervisor, got " + rules.id());
        }
    }

    /** A launch without a kernel beside the file. */
    public IgvmLaunch(
            IgvmFile file,
            IgvmRules rules,
            Optional<Integer> vcpus,
            Optional<CpuModel> cpu,
            Strictness strictness,
            boolean nativeZero,
            boolean checkKvm) {
        this(file, rules, vcpus, cpu, strictness, nativeZero, checkKvm, Optional.empty());
    }

    /**
     * {@return a strict launch with as many vCPUs as the file has contexts}
     *
     * @param file the file
     * @param rules who loads it
     */
    public static IgvmLaunch of(IgvmFile file, IgvmRules rules) {
        return new IgvmLaunch(file, rules, Optional.empty(), Optional.empty(), Strictness.STRICT, false, false);
    }
}
