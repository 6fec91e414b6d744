package dev.measure.snp;

import dev.measure.Digest;
import dev.measure.DigestAlgorithm;
import dev.measure.Evidence;
import dev.measure.MalformedInputException;
import dev.measure.Measurement;
import dev.measure.Prediction;
import dev.measure.Provenance;
import dev.measure.Register;
import dev.measure.Source;
import dev.measure.Warning;
import dev.measure.WarningCode;
import dev.measure.firmware.Firmware;
import dev.measure.firmware.GuidedTable;
import dev.measure.firmware.SevMetadata;
import dev.measure.parse.Cursor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

/**
 * The launch digest of an SEV-SNP guest with a raw SVSM in front of its firmware, as COCONUT's old fork of QEMU launched it; today's
 * SVSM comes as an IGVM file.
 *
 * <p>Measured in this order: the firmware; the SVSM; the sections of the SVSM's own metadata; one VMSA for each vCPU, all alike,
 * which starts in protected mode where the SVSM's info entry says. Guest features are always 1, and no kernel is measured.
 *
 * <p>What virtee/sev-snp-measure from 0.0.10 prints for {@code --mode snp:svsm} matches no kernel; see
 * {@link SvsmRules#REFERENCE_CALCULATOR_0_0_13}, which reproduces it.
 */
public final class SvsmLaunchDigest {
    /** The GUID of the SVSM info entry: u32 offset of the first instruction from the start of the image. */
    public static final UUID SVSM_INFO = UUID.fromString("a789a612-0597-4c4b-a49f-cbb1fe9d1ddd");

    private static final Register SVSM = new Register.LaunchDigest(Register.Launch.SVSM);
    private static final List<Vmm> VMMS = List.of(Vmm.QEMU, Vmm.QEMU_LEGACY);

    private final SvsmLaunch launch;
    private final SnpLaunch svsm;
    private final long entry;

    private SvsmLaunchDigest(SvsmLaunch launch) {
        this.launch = launch;
        LaunchDigest.checkSize(launch.firmware().image());
        LaunchDigest.checkSize(launch.svsm().image());
        this.svsm = new SnpLaunch(launch.svsm(), Optional.empty(), Optional.empty(), launch.strictness());
        if (SevMetadata.find(launch.svsm()).isEmpty()) {
            throw missing("SEV metadata " + SevMetadata.ENTRY);
        }
        this.entry = entry();
    }

    /**
     * {@return the launch digests of guests, in their order, each of them a value or the reason why there is none}
     *
     * @param launch what is loaded
     * @param guests the guests, whose features do not count
     * @throws MalformedInputException if a file is empty, no multiple of 4096 bytes, or its tables are broken or missing
     */
    public static List<Prediction> of(SvsmLaunch launch, List<SnpGuest> guests) {
        return new SvsmLaunchDigest(launch).predict(guests);
    }

    /**
     * {@return the VMSA page of every vCPU, 4096 bytes}
     *
     * @param launch what is loaded
     * @param guest the guest
     * @throws MalformedInputException if the SVSM's tables are broken or missing
     * @throws IllegalArgumentException if the VMM launches no raw SVSM, or the files do not fit below 4 GiB
     */
    public static byte[] vmsa(SvsmLaunch launch, SnpGuest guest) {
        if (!VMMS.contains(guest.vmm()) || launch.svsmBase() < 0) {
            throw new IllegalArgumentException("such a launch is not possible");
        }
        return Vmsa.svsm(guest, launch.rules(), new SvsmLaunchDigest(launch).entryAddress());
    }

    private MalformedInputException missing(String what) {
        Source image = launch.svsm().image();
        return new MalformedInputException(
                image.name(),
                image.start() + Math.max(0, image.length() - 48),
                "a GUIDed table with " + what,
                launch.svsm().table().isEmpty() ? "no GUIDed table" : "a GUIDed table without such an entry",
                "is this a raw SVSM image? those of today are IGVM files: give it to measure snp as it is");
    }

    private long entry() {
        GuidedTable.Entry info = launch.svsm()
                .table()
                .flatMap(table -> table.entry(SVSM_INFO))
                .orElseThrow(() -> missing("an SVSM info entry " + SVSM_INFO));
        Cursor data = Cursor.of(info.data());
        if (data.remaining() != 4) {
            throw data.malformed(
                    "an SVSM info entry of 4 bytes", data.remaining() + " bytes", "the GUIDed table is damaged");
        }
        long offset = data.u32("SVSM launch offset");
        long length = launch.svsm().image().length();
        if (offset >= length) {
            throw data.malformed(0, "an SVSM launch offset of 0.." + (length - 1), "0x" + Long.toHexString(offset), "");
        }
        return offset;
    }

    private long entryAddress() {
        return launch.svsmBase() + entry;
    }

    private List<Prediction> predict(List<SnpGuest> guests) {
        Prediction[] predictions = new Prediction[guests.size()];
        Optional<Prefix> prefix = Optional.empty();
        for (int i = 0; i < predictions.length; i++) {
            Optional<LaunchPlan.Refusal> refusal = refusal(guests.get(i));
            if (refusal.isEmpty() && prefix.isEmpty()) {
                prefix = Optional.of(prefix());
            }
            Optional<LaunchPlan.Refusal> why =
                    refusal.isPresent() ? refusal : prefix.orElseThrow().plan().refusal();
            predictions[i] = why.isPresent()
                    ? new Prediction.NotLaunchable(
                            SVSM, why.get().why(), why.get().hint(), why.get().lenient())
                    : predicted(prefix.orElseThrow(), guests.get(i));
        }
        return Arrays.asList(predictions);
    }

    /** What all guests have in common: the pages, and the chain after them. */
    private record Prefix(LaunchPlan plan, List<LaunchRegion> regions, Digest after) {}

    private Prefix prefix() {
        Source firmware = launch.firmware().image();
        Source image = launch.svsm().image();
        List<Firmware.Area> roms = List.of(
                new Firmware.Area(launch.svsmBase(), image.length()),
                new Firmware.Area(launch.firmware().base(), firmware.length()));
        LaunchPlan plan = LaunchPlan.ofSvsm(svsm, Vmm.QEMU, roms);
        List<LaunchRegion> regions = new ArrayList<>();
        PageInfo chain = new PageInfo(Digest.zero(DigestAlgorithm.SHA384));
        if (plan.refusal().isEmpty()) {
            regions.add(LaunchRegion.ofFile(firmware, launch.firmware().base(), "firmware", Evidence.HARDWARE));
            regions.add(LaunchRegion.ofFile(image, launch.svsmBase(), "SVSM", Evidence.HARDWARE));
            regions.addAll(plan.regions());
            regions.forEach(region -> region.extend(chain));
        }
        return new Prefix(plan, List.copyOf(regions), chain.launchDigest());
    }

    private Prediction predicted(Prefix prefix, SnpGuest guest) {
        LaunchRegion vmsas = LaunchRegion.ofVmsa(
                SnpLaunch.KVM_VMSA_GPA,
                Vmsa.svsm(guest, launch.rules(), entryAddress()),
                guest.vcpus(),
                "VMSA of vCPU 0" + (guest.vcpus() > 1 ? " to " + (guest.vcpus() - 1) : ""),
                new Provenance.Derived(
                        "state in which the vCPU enters the SVSM",
                        List.of(
                                new Provenance.Parameter("vmm", guest.vmm().id()),
                                new Provenance.Parameter(
                                        "vcpu-type", guest.cpu().name()),
                                new Provenance.Parameter(
                                        "svsm-rules", launch.rules().id()))),
                evidence(guest));
        PageInfo chain = new PageInfo(prefix.after());
        vmsas.extend(chain);
        Measurement measurement = Measurement.of(SVSM, chain.launchDigest(), evidence(guest), (detail, sink) -> {
            PageInfo again = new PageInfo(Digest.zero(DigestAlgorithm.SHA384));
            prefix.regions().forEach(region -> region.replay(again, detail, sink));
            vmsas.replay(again, detail, sink);
        });
        List<Warning> warnings = new ArrayList<>(prefix.plan().warnings());
        warnings.addAll(launch.firmware().warnings());
        if (guest.features().bits() != SevFeatures.SNP_ACTIVE.bits()) {
            warnings.add(new Warning(
                    WarningCode.SVSM_INPUT_IGNORED,
                    "guest features " + guest.features().hex() + " are ignored: a raw SVSM launch always has 0x1"));
        }
        return new Prediction.Predicted(measurement, List.of(), warnings);
    }

    /** The pages of older kernels were seen in reports; those of newer ones were only read in the kernel's source. */
    private Evidence evidence(SnpGuest guest) {
        if (launch.rules() != SvsmRules.RAW) {
            return launch.rules().evidence();
        }
        return guest.vmm() == Vmm.QEMU_LEGACY ? Evidence.HARDWARE : Evidence.SOURCE;
    }

    private Optional<LaunchPlan.Refusal> refusal(SnpGuest guest) {
        if (!VMMS.contains(guest.vmm())) {
            return Optional.of(new LaunchPlan.Refusal(
                    "VMM " + guest.vmm().id() + " launches no raw SVSM: only COCONUT's old fork of QEMU did",
                    "take --vmm qemu, or --vmm qemu-legacy for a host kernel before 6.10",
                    false));
        }
        if (launch.rules() == SvsmRules.REFERENCE_CALCULATOR_0_0_13 && guest.vmm() != Vmm.QEMU) {
            return Optional.of(new LaunchPlan.Refusal(
                    "the rules " + launch.rules().id() + " know only --vmm qemu", "take --vmm qemu", false));
        }
        if (launch.svsmBase() < 0) {
            return Optional.of(new LaunchPlan.Refusal(
                    "firmware, variable store and SVSM do not fit below 4 GiB together", "", false));
        }
        return Optional.empty();
    }
}
