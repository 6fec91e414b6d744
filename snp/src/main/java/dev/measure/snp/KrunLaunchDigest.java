package dev.measure.snp;

import dev.measure.Digest;
import dev.measure.DigestAlgorithm;
import dev.measure.Evidence;
import dev.measure.Measurement;
import dev.measure.Prediction;
import dev.measure.Provenance;
import dev.measure.Register;
import dev.measure.Source;
import dev.measure.Warning;
import dev.measure.WarningCode;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The launch digest of an SEV-SNP guest under libkrun. Experimental: read in libkrun's source (containers/libkrun
 * src/vmm/src/linux/tee/amdsnp.rs, src/vmm/src/builder.rs, src/arch/src/x86_64), confirmed by no report and no other program.
 *
 * <p>Measured in this order: qboot at 0xffff0000, the kernel at its address, the initrd at 0xa00000 and the boot parameters at
 * 0x7000 as NORMAL pages; a ZERO page at 0; SECRETS at 0x5000; CPUID at 0x6000; ZERO pages from 0x8000 to 0xefff; one VMSA for each
 * vCPU.
 *
 * <p>The {@code krun} of snpguest and virtee/sev is something else: the pages of OVMF with VMSAs that no libkrun makes. It is not
 * offered here.
 */
public final class KrunLaunchDigest {
    private static final Register SNP = new Register.LaunchDigest(Register.Launch.SNP);
    private static final long QBOOT = 0xffff_0000L;
    private static final long QBOOT_SIZE = 0x1_0000;
    private static final long INITRD = 0xa0_0000;
    private static final long SECRETS = 0x5000;
    private static final long CPUID = 0x6000;
    private static final long FIRMWARE_DATA = 0x8000;
    private static final long FIRMWARE_DATA_PAGES = 7;

    private static final Warning EXPERIMENTAL = new Warning(
            WarningCode.EXPERIMENTAL_LAYOUT,
            "krun: read in libkrun's source only; no report and no other program confirms the value");

    private final KrunLaunch launch;

    private KrunLaunchDigest(KrunLaunch launch) {
        this.launch = launch;
    }

    /**
     * {@return the launch digests of guests, in their order, each of them a value or the reason why there is none}
     *
     * @param launch what is loaded
     * @param guests the guests, on {@link Vmm#KRUN}
     * @throws IllegalArgumentException if one is on another VMM
     */
    public static List<Prediction> of(KrunLaunch launch, List<SnpGuest> guests) {
        return new KrunLaunchDigest(launch).predict(guests);
    }

    private List<Prediction> predict(List<SnpGuest> guests) {
        Optional<Prediction> none = missing().or(this::refusal);
        List<LaunchRegion> regions = none.isPresent() ? List.of() : regions();
        PageInfo chain = new PageInfo(Digest.zero(DigestAlgorithm.SHA384));
        regions.forEach(region -> region.extend(chain));
        Digest after = chain.launchDigest();
        List<Prediction> predictions = new ArrayList<>();
        for (SnpGuest guest : guests) {
            if (guest.vmm() != Vmm.KRUN) {
                throw new IllegalArgumentException("VMM " + guest.vmm().id() + " is not krun");
            }
            if (!guest.features().snpActive()) {
                predictions.add(new Prediction.NotLaunchable(
                        SNP,
                        "SNPActive (bit 0) is clear in guest features "
                                + guest.features().hex(),
                        "set bit 0 in --guest-features",
                        false));
            } else {
                predictions.add(none.orElseGet(() -> predicted(regions, after, guest)));
            }
        }
        return predictions;
    }

    private Optional<Prediction> missing() {
        if (launch.kernel().isEmpty()) {
            return missing("libkrun's kernel is measured as pages", "--kernel FILE");
        }
        if (launch.kernelAddress().isEmpty()) {
            return missing("the address of libkrun's kernel is measured", "--kernel-address ADDRESS");
        }
        if (launch.initrd().isEmpty()) {
            return missing("libkrun's initrd is measured as pages", "--initrd FILE");
        }
        if (launch.bootParameters().isEmpty()) {
            return missing(
                    "the page of boot parameters is measured, and libkrun fills it from memory size and command line",
                    "--boot-params FILE");
        }
        return Optional.empty();
    }

    private static Optional<Prediction> missing(String why, String input) {
        return Optional.of(new Prediction.NotPredictable(SNP, why, input));
    }

    private Optional<Prediction> refusal() {
        List<Source> pages = List.of(
                launch.kernel().orElseThrow(),
                launch.initrd().orElseThrow(),
                launch.bootParameters().orElseThrow());
        if (launch.qboot().length() != QBOOT_SIZE) {
            return refusal(launch.qboot(), "qboot of 65536 bytes");
        }
        for (Source file : pages) {
            if (file.length() == 0 || file.length() % PageInfo.PAGE != 0 || file.length() > Integer.MAX_VALUE) {
                return refusal(file, "a positive multiple of 4096 bytes, as KVM demands of launch data");
            }
        }
        if (launch.bootParameters().orElseThrow().length() != PageInfo.PAGE) {
            return refusal(launch.bootParameters().orElseThrow(), "a page of boot parameters of 4096 bytes");
        }
        long kernel = launch.kernelAddress().orElseThrow();
        long kernelEnd = kernel + launch.kernel().orElseThrow().length();
        long initrdEnd = INITRD + launch.initrd().orElseThrow().length();
        long lowEnd = FIRMWARE_DATA + FIRMWARE_DATA_PAGES * PageInfo.PAGE;
        boolean overlap = kernel < initrdEnd && kernelEnd > INITRD || kernel < lowEnd || kernelEnd > QBOOT;
        if (overlap || initrdEnd > QBOOT) {
            return Optional.of(new Prediction.NotLaunchable(
                    SNP,
                    "the kernel at 0x" + Long.toHexString(kernel)
                            + " or the initrd at 0xa00000 overlaps other pages; the"
                            + " processor refuses the second use of a page",
                    "",
                    false));
        }
        return Optional.empty();
    }

    private static Optional<Prediction> refusal(Source file, String expected) {
        return Optional.of(new Prediction.NotLaunchable(
                SNP, file.name() + ": expected " + expected + ", found " + file.length() + " bytes", "", false));
    }

    private List<LaunchRegion> regions() {
        return List.of(
                LaunchRegion.ofFile(launch.qboot(), QBOOT, "qboot", Evidence.SOURCE),
                LaunchRegion.ofFile(
                        launch.kernel().orElseThrow(), launch.kernelAddress().orElseThrow(), "kernel", Evidence.SOURCE),
                LaunchRegion.ofFile(launch.initrd().orElseThrow(), INITRD, "initrd", Evidence.SOURCE),
                LaunchRegion.ofFile(
                        launch.bootParameters().orElseThrow(),
                        Vmsa.KRUN_BOOT_PARAMETERS,
                        "boot parameters",
                        Evidence.SOURCE),
                fixed(PageType.ZERO, 0, 1, "interrupt table"),
                fixed(PageType.SECRETS, SECRETS, 1, "secrets"),
                fixed(PageType.CPUID, CPUID, 1, "CPUID"),
                fixed(PageType.ZERO, FIRMWARE_DATA, FIRMWARE_DATA_PAGES, "stack and page tables"));
    }

    private static LaunchRegion fixed(PageType type, long gpa, long pages, String name) {
        return new LaunchRegion(
                type,
                gpa,
                PageInfo.PAGE,
                pages,
                LaunchRegion.NO_CONTENTS,
                name,
                new Provenance.Constant("libkrun", "src/vmm/src/linux/tee/amdsnp.rs"),
                Evidence.SOURCE);
    }

    private static Prediction predicted(List<LaunchRegion> regions, Digest after, SnpGuest guest) {
        List<LaunchRegion> vmsas = new ArrayList<>();
        vmsas.add(vmsa(guest, true, 1, "VMSA of vCPU 0"));
        if (guest.vcpus() > 1) {
            int others = guest.vcpus() - 1;
            vmsas.add(vmsa(guest, false, others, "VMSA of vCPU 1" + (others > 1 ? " to " + others : "")));
        }
        PageInfo chain = new PageInfo(after);
        vmsas.forEach(region -> region.extend(chain));
        Measurement measurement = Measurement.of(SNP, chain.launchDigest(), Evidence.SOURCE, (detail, sink) -> {
            PageInfo again = new PageInfo(Digest.zero(DigestAlgorithm.SHA384));
            regions.forEach(region -> region.replay(again, detail, sink));
            vmsas.forEach(region -> region.replay(again, detail, sink));
        });
        return new Prediction.Predicted(measurement, List.of(), List.of(EXPERIMENTAL));
    }

    private static LaunchRegion vmsa(SnpGuest guest, boolean first, int count, String name) {
        Provenance from = new Provenance.Derived(
                "state in which libkrun starts the vCPU",
                List.of(
                        new Provenance.Parameter("vmm", guest.vmm().id()),
                        new Provenance.Parameter(
                                "guest-features", guest.features().hex())));
        return LaunchRegion.ofVmsa(
                SnpLaunch.KVM_VMSA_GPA, Vmsa.krun(first, guest.features()), count, name, from, Evidence.SOURCE);
    }
}
