package dev.measure.snp;

import dev.measure.Assumption;
import dev.measure.Digest;
import dev.measure.DigestAlgorithm;
import dev.measure.Evidence;
import dev.measure.MalformedInputException;
import dev.measure.Measurement;
import dev.measure.Prediction;
import dev.measure.Provenance;
import dev.measure.Register;
import dev.measure.Source;
import dev.measure.Strictness;
import dev.measure.Warning;
import dev.measure.WarningCode;
import dev.measure.firmware.Firmware;
import dev.measure.hash.Sha384Chains;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The launch digest of an SEV-SNP guest: MEASUREMENT in its attestation report.
 *
 * <p>It starts as 48 zero bytes and is extended by a {@code PAGE_INFO} for every page of the launch: the firmware, the sections of
 * its SEV metadata, and one VMSA for each vCPU. Policy, host data, ID block, and the contents of CPUID and secrets pages are not in
 * it. AMD SEV-SNP Firmware ABI, #56860, SNP_LAUNCH_UPDATE.
 *
 * <p>Many guests are measured in one pass: the firmware is hashed once, each VMM's sections once, each VMSA once, and N vCPUs
 * extend the chain of N-1, side by side with the chains of other VMSAs. All methods may be called by several threads.
 */
public final class LaunchDigest {
    /** As many groups of guests as are worked on at once, which bounds the memory for their values. */
    private static final int SIDE_BY_SIDE = 256;

    private static final Register SNP = new Register.LaunchDigest(Register.Launch.SNP);

    private final SnpLaunch launch;
    private final LaunchPlan.FirmwarePages firmware;
    private final ResetBlock resetBlock;
    private final Map<Vmm, Prefix> prefixes = new EnumMap<>(Vmm.class);

    /** What all guests on one VMM have in common: the plan, and the chain after its pages. */
    private record Prefix(LaunchPlan plan, Digest after) {}

    /** Guests whose VMSAs are alike. */
    private record VmsaKey(Vmm vmm, int signature, long features) {
        // Spelled out, because what the compiler adds is linked when it is first called, which takes longer than a page
        // to hash.
        @Override
        public boolean equals(Object other) {
            return other instanceof VmsaKey key
                    && vmm == key.vmm
                    && signature == key.signature
                    && features == key.features;
        }

        @Override
        public int hashCode() {
            return (31 * vmm.ordinal() + signature) * 31 + Long.hashCode(features);
        }
    }

    private LaunchDigest(SnpLaunch launch) {
        this.launch = launch;
        if (launch.firmware() instanceof LaunchFirmware.Image file) {
            checkSize(file.firmware().image());
        }
        this.resetBlock = new ResetBlock(launch.firmware());
        this.firmware = LaunchPlan.FirmwarePages.of(launch);
    }

    /**
     * {@return the launch digest of a guest, or why it could not be launched}
     *
     * @param launch what is loaded
     * @param guest the guest
     * @throws MalformedInputException if the firmware is empty, no multiple of 4096 bytes, or its tables are broken
     */
    public static Prediction of(SnpLaunch launch, SnpGuest guest) {
        return of(launch, List.of(guest)).get(0);
    }

    /**
     * {@return the launch digests of guests, in their order, each of them a value or the reason why there is none}
     *
     * @param launch what is loaded
     * @param guests the guests
     * @throws MalformedInputException if the firmware is empty, no multiple of 4096 bytes, or its tables are broken
     */
    public static List<Prediction> of(SnpLaunch launch, List<SnpGuest> guests) {
        return new LaunchDigest(launch).predict(guests);
    }

    /**
     * {@return the launch digest after the pages of a firmware: what {@link SnpLaunch#firmwareDigest} takes}
     *
     * @param firmware the firmware
     * @throws MalformedInputException if it is empty or no multiple of 4096 bytes
     */
    public static Digest ofFirmware(Firmware firmware) {
        checkSize(firmware.image());
        return LaunchPlan.FirmwarePages.of(SnpLaunch.of(firmware)).after();
    }

    static void checkSize(Source image) {
        if (image.length() == 0 || image.length() % PageInfo.PAGE != 0 || image.length() > Integer.MAX_VALUE) {
            throw new MalformedInputException(
                    image.name(),
                    image.start() + image.length() / PageInfo.PAGE * PageInfo.PAGE,
                    "a firmware whose size is a positive multiple of 4096 bytes, at most 2 GiB",
                    image.length() + " bytes",
                    image.length() == 0 ? "the file is empty" : "is the file complete, and is it a firmware?");
        }
    }

    private List<Prediction> predict(List<SnpGuest> guests) {
        Map<VmsaKey, List<Integer>> groups = new LinkedHashMap<>();
        for (int i = 0; i < guests.size(); i++) {
            SnpGuest guest = guests.get(i);
            VmsaKey key = new VmsaKey(
                    guest.vmm(),
                    guest.vmm().measuresCpuSignature() ? guest.cpu().signature() : 0,
                    guest.features().bits());
            groups.computeIfAbsent(key, unused -> new ArrayList<>()).add(i);
        }
        Prediction[] predictions = new Prediction[guests.size()];
        List<Launchable> launchable = new ArrayList<>();
        for (List<Integer> indexes : groups.values()) {
            refuse(guests, indexes, predictions).ifPresent(launchable::add);
            if (launchable.size() == SIDE_BY_SIDE) {
                predict(launchable, predictions);
                launchable.clear();
            }
        }
        predict(launchable, predictions);
        return List.of(predictions);
    }

    /** Guests that can be launched and whose VMSAs are alike. */
    private static final class Launchable {
        private final Prefix prefix;
        private final SnpGuest any;
        private final Map<Integer, SnpGuest> guests = new LinkedHashMap<>(); // by index
        private int vcpus; // the most of all guests
        private int first; // which of the VMSA pages is that of vCPU 0
        private int later = -1; // and that of the others, if there are any

        private Launchable(Prefix prefix, SnpGuest any) {
            this.prefix = prefix;
            this.any = any;
        }
    }

    /** Takes out the guests of a group that have no value; empty if none is left. */
    private Optional<Launchable> refuse(List<SnpGuest> guests, List<Integer> indexes, Prediction[] predictions) {
        SnpGuest any = guests.get(indexes.get(0));
        if (!any.vmm().launchesOvmf()) {
            indexes.forEach(index -> predictions[index] = new Prediction.NotLaunchable(
                    SNP, any.vmm().whyNoOvmf(), any.vmm().insteadOfOvmf(), false));
            return Optional.empty();
        }
        Prefix prefix = prefixes.computeIfAbsent(any.vmm(), this::prefix);
        Optional<LaunchPlan.Refusal> refusal = prefix.plan().refusal().or(() -> refuseFeatures(any));
        Launchable launchable = new Launchable(prefix, any);
        for (int index : indexes) {
            SnpGuest guest = guests.get(index);
            Optional<LaunchPlan.Refusal> reset = resetBlock.refusal(guest, launch.strictness());
            boolean noValueAtAll = reset.isPresent() && !reset.get().lenient();
            // A refusal that lenient mode would lift must not hide one that it would not.
            Optional<LaunchPlan.Refusal> why =
                    noValueAtAll && refusal.map(LaunchPlan.Refusal::lenient).orElse(true)
                            ? reset
                            : refusal.or(() -> reset);
            if (why.isPresent()) {
                LaunchPlan.Refusal refused = why.get();
                predictions[index] =
                        new Prediction.NotLaunchable(SNP, refused.why(), refused.hint(), refused.lenient());
                continue;
            }
            launchable.guests.put(index, guest);
            launchable.vcpus = Math.max(launchable.vcpus, guest.vcpus());
        }
        return launchable.guests.isEmpty() ? Optional.empty() : Optional.of(launchable);
    }

    /** One walk along the chain of each group, to the guest with most vCPUs; the chains of all groups go side by side. */
    private void predict(List<Launchable> groups, Prediction[] predictions) {
        VmsaPages pages = new VmsaPages();
        for (Launchable group : groups) {
            group.first = pages.add(Vmsa.first(group.any));
            if (group.vcpus > 1) {
                group.later = pages.add(Vmsa.later(group.any, resetBlock.address()));
            }
        }
        List<byte[]> contents = pages.digests();

        byte[] messages = new byte[groups.size() * PageInfo.SIZE];
        int[] steps = new int[groups.size()];
        for (int i = 0; i < steps.length; i++) {
            Launchable group = groups.get(i);
            new PageInfo(group.prefix.after())
                    .describe(PageType.VMSA, launch.vmsaGpa(), contents.get(group.first), 0, messages, i);
            steps[i] = 1;
        }
        byte[][] afterFirst = Sha384Chains.advance(messages, PageInfo.SIZE, steps);
        for (int i = 0; i < steps.length; i++) {
            Launchable group = groups.get(i);
            steps[i] = group.vcpus - 1;
            if (group.vcpus > 1) {
                new PageInfo(Digest.of(DigestAlgorithm.SHA384, afterFirst[i]))
                        .describe(PageType.VMSA, launch.vmsaGpa(), contents.get(group.later), 0, messages, i);
            }
        }
        byte[][] afterLater = Sha384Chains.advance(messages, PageInfo.SIZE, steps);
        for (int i = 0; i < steps.length; i++) {
            predict(groups.get(i), contents, afterFirst[i], afterLater[i], predictions);
        }
    }

    private void predict(
            Launchable group, List<byte[]> contents, byte[] afterFirst, byte[] afterLater, Prediction[] predictions) {
        List<Warning> warnings = warnings(group.prefix, group.any, 1);
        List<Warning> warningsOfMany = warnings(group.prefix, group.any, 2);
        LaunchRegion first = vmsa(
                group.any,
                "VMSA of vCPU 0",
                contents.get(group.first),
                1,
                group.any.vmm().evidence(1));
        LaunchRegion later = group.later < 0
                ? first
                : vmsa(
                        group.any,
                        "VMSA",
                        contents.get(group.later),
                        SnpGuest.MAX_VCPUS,
                        group.any.vmm().evidence(2));
        group.guests.forEach((index, guest) -> {
            int at = (guest.vcpus() - 2) * PageInfo.DIGEST;
            byte[] value = guest.vcpus() == 1 ? afterFirst : Arrays.copyOfRange(afterLater, at, at + PageInfo.DIGEST);
            predictions[index] = new Prediction.Predicted(
                    measurement(group.prefix, guest, first, later, Digest.of(DigestAlgorithm.SHA384, value)),
                    assumptions(guest),
                    guest.vcpus() == 1 ? warnings : warningsOfMany);
        });
    }

    private Prefix prefix(Vmm vmm) {
        LaunchPlan plan = LaunchPlan.of(launch, vmm, firmware);
        PageInfo chain = new PageInfo(firmware.after());
        plan.regions().stream().skip(1).forEach(region -> region.extend(chain));
        return new Prefix(plan, chain.launchDigest());
    }

    private LaunchRegion vmsa(SnpGuest guest, String name, byte[] contents, int count, Evidence evidence) {
        List<Provenance> from = new ArrayList<>();
        from.add(new Provenance.Parameter("vmm", guest.vmm().id()));
        if (guest.vmm().measuresCpuSignature()) {
            from.add(new Provenance.Parameter("vcpu-type", guest.cpu().name()));
        }
        from.add(new Provenance.Parameter("guest-features", guest.features().hex()));
        return LaunchRegion.ofVmsaDigest(
                launch.vmsaGpa(),
                contents,
                count,
                name,
                new Provenance.Derived("reset state of the vCPU", from),
                evidence);
    }

    private Measurement measurement(
            Prefix prefix, SnpGuest guest, LaunchRegion first, LaunchRegion later, Digest value) {
        Evidence evidence = Evidence.PEER.weaker(guest.vmm().evidence(guest.vcpus()));
        return Measurement.of(SNP, value, evidence, (detail, sink) -> {
            PageInfo chain = new PageInfo(launch.firmwareDigest().orElse(Digest.zero(DigestAlgorithm.SHA384)));
            prefix.plan().regions().forEach(region -> region.replay(chain, detail, sink));
            first.replay(chain, detail, sink);
            if (guest.vcpus() > 1) {
                String name = "VMSA of vCPU 1" + (guest.vcpus() > 2 ? " to " + (guest.vcpus() - 1) : "");
                later.first(guest.vcpus() - 1, name).replay(chain, detail, sink);
            }
        });
    }

    private List<Warning> warnings(Prefix prefix, SnpGuest guest, int vcpus) {
        List<Warning> warnings = new ArrayList<>(prefix.plan().warnings());
        if (guest.features().reservedBits() != 0) {
            warnings.add(new Warning(
                    WarningCode.FEATURE_BITS_RESERVED,
                    "guest features " + guest.features().hex() + " set bits without a meaning: 0x"
                            + Long.toHexString(guest.features().reservedBits())));
        }
        if (launch.strictness() == Strictness.LENIENT && !guest.features().snpActive()) {
            warnings.add(new Warning(WarningCode.SNP_ACTIVE_CLEAR, inactive(guest)));
        }
        if (launch.strictness() == Strictness.LENIENT && guest.vmm().alwaysNeedsResetBlock() && resetBlock.missing()) {
            warnings.add(new Warning(WarningCode.NO_RESET_BLOCK, resetBlock.text()));
        }
        if (guest.vmm() == Vmm.QEMU_10_1 && vcpus > 1) {
            warnings.add(
                    new Warning(
                            WarningCode.VMSA_AP_UNCERTAIN,
                            "no report has shown how QEMU from 10.1 sets up the second and later vCPUs; the value follows its source"));
        }
        return List.copyOf(warnings);
    }

    private List<Assumption> assumptions(SnpGuest guest) {
        List<Assumption> assumptions = new ArrayList<>();
        if (guest.vmm() == Vmm.QEMU && guest.vcpus() > 1) {
            assumptions.addAll(QEMU_ASSUMPTIONS);
        }
        if (launch.firmware().size().isEmpty()) {
            assumptions.add(new Assumption(
                    "firmware-size",
                    "unknown",
                    launch.firmware().name()
                            + " does not say; that no section overlaps the firmware is taken for granted"));
        }
        return assumptions;
    }

    private static final List<Assumption> QEMU_ASSUMPTIONS = List.of(
            new Assumption(
                    "vmm",
                    "qemu",
                    "QEMU up to 10.0; from 10.1 the second and later vCPUs may start with mxcsr and fcw 0: then use --vmm qemu-10.1"));

    private Optional<LaunchPlan.Refusal> refuseFeatures(SnpGuest guest) {
        if (guest.features().snpActive() || launch.strictness() == Strictness.LENIENT) {
            return Optional.empty();
        }
        return Optional.of(new LaunchPlan.Refusal(inactive(guest), "set bit 0 in --guest-features", true));
    }

    private static String inactive(SnpGuest guest) {
        return "SNPActive (bit 0) is clear in guest features "
                + guest.features().hex() + ": the guest would be no SEV-SNP guest";
    }
}
