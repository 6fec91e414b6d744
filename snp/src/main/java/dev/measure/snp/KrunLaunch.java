package dev.measure.snp;

import dev.measure.Source;
import java.util.Objects;
import java.util.Optional;

/**
 * What libkrun loads for an SEV-SNP guest. Each part that is not given makes the digest unpredictable, and the answer names it.
 *
 * @param qboot the firmware, 65536 bytes
 * @param kernel the kernel as libkrunfw holds it, a multiple of 4096 bytes
 * @param kernelAddress the guest-physical address that libkrunfw gives to the kernel, a multiple of 4096
 * @param initrd the initrd, a multiple of 4096 bytes
 * @param bootParameters the page of boot parameters (Linux' "zero page") as libkrun fills it, 4096 bytes: it depends on memory size
 *     and command line, and nothing but a copy of it can tell its bytes
 */
public record KrunLaunch(
        Source qboot,
        Optional<Source> kernel,
        Optional<Long> kernelAddress,
        Optional<Source> initrd,
        Optional<Source> bootParameters) {
    /** Checks the address. */
    public KrunLaunch {
        Objects.requireNonNull(qboot, "qboot");
        kernelAddress.ifPresent(address -> {
            if (address < 0 || address % PageInfo.PAGE != 0) {
                throw new IllegalArgumentException(
                        "the kernel's address is a multiple of 4096, got 0x" + Long.toHexString(address));
            }
        });
    }
}
