package dev.measure.cli;

import dev.measure.snp.KrunLaunch;
import dev.measure.snp.Vmm;
import java.util.List;
import java.util.Optional;

/** {@code measure snp --vmm krun}: experimental launch digests of guests under libkrun. */
final class KrunMode {
    private KrunMode() {}

    /** {@return the options of this VMM} */
    static Options.Group group() {
        return new Options.Group(
                "libkrun (--vmm krun, experimental; --firmware is qboot, --kernel and --initrd are measured as pages)",
                Options.value("ADDRESS", "where libkrunfw puts its kernel", "--kernel-address"),
                Options.value("FILE", "the page of boot parameters as libkrun fills it", "--boot-params"));
    }

    /** {@return whether all guests of a request are libkrun's} */
    static boolean isAskedFor(SnpRequest request) {
        return request.guests().stream().allMatch(guest -> guest.vmm() == Vmm.KRUN);
    }

    /** Adds the values that the command line asks for. */
    static void add(Call call, SnpRequest request, List<LaunchTarget> targets, SnpValues values, Result result) {
        for (String option :
                List.of("--append", "--cmdline-hash", "--kernel-hash", "--initrd-hash", "--snp-ovmf-hash")) {
            if (call.has(option)) {
                throw Complaint.usage(
                        option + " is not for --vmm krun",
                        "libkrun measures pages, not hashes; the command line is part of --boot-params");
            }
        }
        Optional<Long> address = call.value("--kernel-address").map(KrunMode::address);
        call.value("--boot-params")
                .ifPresent(name -> result.input("boot-params", call.inputs().open(name)));
        for (LaunchTarget target : targets) {
            values.addKrun(
                    target,
                    new KrunLaunch(
                            target.image(),
                            call.value("--kernel").map(call.inputs()::open),
                            address,
                            call.value("--initrd").map(call.inputs()::open),
                            call.value("--boot-params").map(call.inputs()::open)));
        }
    }

    private static long address(String text) {
        long address = SnpRequest.number("--kernel-address", text, 0xffff_ffffL);
        if (address % 4096 != 0) {
            throw Complaint.usage("--kernel-address must be a multiple of 4096, got " + text, "");
        }
        return address;
    }
}
