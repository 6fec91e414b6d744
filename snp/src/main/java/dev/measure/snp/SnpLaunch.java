package dev.measure.snp;

import dev.measure.Digest;
import dev.measure.DigestAlgorithm;
import dev.measure.Strictness;
import dev.measure.firmware.Firmware;
import java.util.Objects;
import java.util.Optional;

/**
 * What is loaded into a guest before it starts.
 *
 * @param firmware the firmware or what is known of it; a VMM maps it so that it ends at 4 GiB
 * @param hashes the hashes of a kernel that the VMM starts without a disk, if there is one
 * @param firmwareDigest the launch digest after the firmware's pages, to be taken as it is instead of hashing them; nothing can
 *     check that it belongs to the firmware, whose length and tables still count
 * @param strictness whether what VMM or processor would refuse is refused
 * @param vmsaGpa the guest-physical address of every VMSA
 */
public record SnpLaunch(
        LaunchFirmware firmware,
        Optional<KernelHashes> hashes,
        Optional<Digest> firmwareDigest,
        Strictness strictness,
        long vmsaGpa) {
    /** The address that KVM gives to every VMSA (arch/x86/kvm/svm/sev.c), for processors with 48 bits of it. */
    public static final long KVM_VMSA_GPA = 0x0000_ffff_ffff_f000L;

    /** Checks the digest's algorithm and the address; takes the digest of a firmware's metadata if no other is given. */
    public SnpLaunch {
        Objects.requireNonNull(firmware, "firmware");
        if (vmsaGpa % PageInfo.PAGE != 0) {
            throw new IllegalArgumentException(
                    "a VMSA address is a multiple of 4096, got 0x" + Long.toHexString(vmsaGpa));
        }
        if (firmwareDigest.isEmpty() && firmware instanceof FirmwareMetadata metadata) {
            firmwareDigest = Optional.of(metadata.launchDigest());
        }
        Objects.requireNonNull(strictness, "strictness");
        firmwareDigest.ifPresent(digest -> {
            if (digest.algorithm() != DigestAlgorithm.SHA384) {
                throw new IllegalArgumentException(
                        "a launch digest is sha384, got " + digest.algorithm().id());
            }
        });
    }

    /**
     * Makes a launch whose VMSAs lie where KVM puts them.
     *
     * @param firmware the firmware
     * @param hashes the hashes of a kernel, if there is one
     * @param firmwareDigest the launch digest after the firmware's pages, if they are not to be hashed
     * @param strictness whether what VMM or processor would refuse is refused
     */
    public SnpLaunch(
            Firmware firmware, Optional<KernelHashes> hashes, Optional<Digest> firmwareDigest, Strictness strictness) {
        this(firmware, hashes, firmwareDigest, strictness, KVM_VMSA_GPA);
    }

    /**
     * Makes a launch of a firmware file.
     *
     * @param firmware the firmware
     * @param hashes the hashes of a kernel, if there is one
     * @param firmwareDigest the launch digest after the firmware's pages, if they are not to be hashed
     * @param strictness whether what VMM or processor would refuse is refused
     * @param vmsaGpa the guest-physical address of every VMSA, a multiple of 4096
     */
    public SnpLaunch(
            Firmware firmware,
            Optional<KernelHashes> hashes,
            Optional<Digest> firmwareDigest,
            Strictness strictness,
            long vmsaGpa) {
        this(new LaunchFirmware.Image(firmware), hashes, firmwareDigest, strictness, vmsaGpa);
    }

    /**
     * {@return a strict launch of a firmware that finds its kernel by itself}
     *
     * @param firmware the firmware
     */
    public static SnpLaunch of(Firmware firmware) {
        return new SnpLaunch(firmware, Optional.empty(), Optional.empty(), Strictness.STRICT);
    }
}
