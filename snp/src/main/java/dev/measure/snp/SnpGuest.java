package dev.measure.snp;

import java.util.Objects;

/**
 * What of a guest's configuration enters its launch digest, besides firmware and kernel.
 *
 * @param vmm the VMM that launches it
 * @param vcpus how many vCPUs exist at launch, 1 to 512; those that can be plugged in later do not count
 * @param cpu the vCPU model; {@link CpuModel#NONE} where the VMM does not measure it
 * @param features SEV_FEATURES of every vCPU
 */
public record SnpGuest(Vmm vmm, int vcpus, CpuModel cpu, SevFeatures features) {
    /** The most vCPUs of a guest: the limit of AMD's SNP guests on today's VMMs. */
    public static final int MAX_VCPUS = 512;

    /** Checks the values. */
    public SnpGuest {
        Objects.requireNonNull(vmm, "vmm");
        Objects.requireNonNull(features, "features");
        if (vcpus < 1 || vcpus > MAX_VCPUS) {
            throw new IllegalArgumentException("--vcpus must be 1.." + MAX_VCPUS + ", got " + vcpus);
        }
        if (cpu.equals(CpuModel.NONE) && vmm.measuresCpuSignature()) {
            throw new IllegalArgumentException(
                    "VMM " + vmm.id() + " measures the vCPU signature, so it needs a vCPU type");
        }
    }

    /**
     * {@return a guest on QEMU with the features that a host kernel gives by default}
     *
     * @param vcpus how many vCPUs
     * @param cpu the vCPU model
     */
    public static SnpGuest qemu(int vcpus, CpuModel cpu) {
        return new SnpGuest(Vmm.QEMU, vcpus, cpu, SevFeatures.SNP_ACTIVE);
    }
}
