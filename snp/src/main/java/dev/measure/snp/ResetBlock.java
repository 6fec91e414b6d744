package dev.measure.snp;

import dev.measure.Strictness;
import java.util.Optional;

/**
 * What stops a launch for want of an SEV-ES reset block, which says where the second and later vCPUs start. That depends on the VMM
 * and on the number of vCPUs: QEMU (target/i386/sev.c, sev_es_save_reset_vector) stops even with one.
 */
final class ResetBlock {
    private static final String HINT = "take a firmware built for SEV-ES or SEV-SNP";

    private final LaunchFirmware firmware;
    private final Optional<Long> address;

    ResetBlock(LaunchFirmware firmware) {
        this.firmware = firmware;
        this.address = firmware.resetAddress();
    }

    /** Whether there is none, or one that says 0. */
    boolean missing() {
        return address.orElse(0L) == 0;
    }

    /** Where the second and later vCPUs start; only if it is not missing. */
    long address() {
        return address.orElseThrow();
    }

    /** Why a guest cannot be launched, if it cannot. */
    Optional<LaunchPlan.Refusal> refusal(SnpGuest guest, Strictness strictness) {
        if (!missing()) {
            return Optional.empty();
        }
        if (guest.vcpus() > 1) {
            return Optional.of(new LaunchPlan.Refusal(text() + "; it says where the second vCPU starts", HINT, false));
        }
        if (guest.vmm().alwaysNeedsResetBlock() && strictness == Strictness.STRICT) {
            return Optional.of(new LaunchPlan.Refusal(text() + "; QEMU refuses even one vCPU without it", HINT, true));
        }
        return Optional.empty();
    }

    /** What was looked for and what was found. */
    String text() {
        return firmware.name() + ": expected an SEV-ES reset block with an address, found "
                + (address.isEmpty() ? "none" : "address 0");
    }
}
