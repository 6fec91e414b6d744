package dev.measure.snp;

import dev.measure.Assumption;
import dev.measure.Digest;
import dev.measure.DigestAlgorithm;
import dev.measure.Evidence;
import dev.measure.Measurement;
import dev.measure.Prediction;
import dev.measure.Register;
import dev.measure.Warning;
import dev.measure.WarningCode;
import dev.measure.igvm.IgvmFile;
import dev.measure.igvm.IgvmPlatformType;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The launch digest of an SEV-SNP guest that is loaded from an IGVM file. {@link IgvmRules} says how the loaders differ.
 *
 * <p>The digest is extended as for any guest ({@link LaunchDigest}): by a {@code PAGE_INFO} for every page, whose addresses, types
 * and order come from the file. Guest policy, ID block and the contents of unmeasured pages are not in it.
 */
public final class IgvmLaunchDigest {
    private static final Register SNP = new Register.LaunchDigest(Register.Launch.SNP);

    private IgvmLaunchDigest() {}

    /**
     * {@return the launch digest, or why there is none}
     *
     * @param launch the file and who loads it
     */
    public static Prediction of(IgvmLaunch launch) {
        IgvmLaunchPlan plan = IgvmLaunchPlan.of(launch);
        if (plan.refusal().isPresent()) {
            LaunchPlan.Refusal refused = plan.refusal().get();
            return new Prediction.NotLaunchable(SNP, refused.why(), refused.hint(), refused.lenient());
        }
        if (plan.missingContext().isPresent()) {
            return new Prediction.NotPredictable(
                    SNP,
                    "vCPU " + plan.missingContext().getAsInt()
                            + " has no context in the file: it starts in its reset state, which holds the vCPU's signature",
                    "--vcpu-type");
        }
        List<LaunchRegion> regions = plan.regions();
        if (regions.isEmpty()) {
            return new Prediction.NotLaunchable(
                    SNP,
                    launch.file().source().name() + ": expected a page to launch, found none",
                    "the file has no directive for SEV_SNP",
                    false);
        }
        PageInfo chain = new PageInfo(Digest.zero(DigestAlgorithm.SHA384));
        regions.forEach(region -> region.extend(chain));
        Measurement measurement = Measurement.of(SNP, chain.launchDigest(), Evidence.SOURCE, (detail, sink) -> {
            PageInfo again = new PageInfo(Digest.zero(DigestAlgorithm.SHA384));
            regions.forEach(region -> region.replay(again, detail, sink));
        });
        List<Warning> warnings = new ArrayList<>(plan.warnings());
        idBlockWarning(launch.file(), measurement.value()).ifPresent(warnings::add);
        return new Prediction.Predicted(measurement, assumptions(launch, plan), warnings);
    }

    /**
     * {@return how many vCPUs a guest has if nobody says how many: as many as the file has contexts for SEV-SNP, at least one}
     *
     * @param file the file
     * @param rules who loads it
     */
    public static int defaultVcpus(IgvmFile file, IgvmRules rules) {
        return Math.max(1, IgvmLaunchPlan.contexts(file, rules));
    }

    /**
     * {@return SEV_FEATURES of vCPU 0, as its context has them; SNPActive alone if it has none}
     *
     * @param file the file
     * @param rules who loads it
     */
    public static SevFeatures features(IgvmFile file, IgvmRules rules) {
        return IgvmLaunchPlan.features(file, rules);
    }

    /** The firmware of the processor compares; tools leave zeros where they do not know the digest yet. */
    private static Optional<Warning> idBlockWarning(IgvmFile file, Digest value) {
        return file.idBlock(file.mask(IgvmPlatformType.SEV_SNP).orElse(0))
                .map(block -> Digest.of(DigestAlgorithm.SHA384, block.ld().toByteArray()))
                .filter(ld -> !ld.equals(value) && !ld.equals(Digest.zero(DigestAlgorithm.SHA384)))
                .map(ld -> new Warning(
                        WarningCode.IGVM_ID_BLOCK_MISMATCH,
                        "the ID block in " + file.source().name() + " has the launch digest " + ld.hex()
                                + "; the processor refuses to start the guest"));
    }

    private static List<Assumption> assumptions(IgvmLaunch launch, IgvmLaunchPlan plan) {
        List<Assumption> assumptions = new ArrayList<>();
        if (launch.vcpus().isEmpty()) {
            assumptions.add(new Assumption(
                    "vcpus", Integer.toString(plan.vcpus()), "default: as many as the file has contexts"));
        }
        if (launch.rules().buildsVmsas()) {
            assumptions.add(new Assumption(
                    "guest-features",
                    plan.features().hex(),
                    "sev_features of vCPU 0 in the file; "
                            + (launch.rules().isQemu() ? "QEMU refuses it" : "the launch fails")
                            + " if the host kernel does not offer them all"));
        }
        return assumptions;
    }
}
