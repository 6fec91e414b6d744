package dev.measure.snp;

import dev.measure.Digest;
import dev.measure.DigestAlgorithm;
import dev.measure.Evidence;
import dev.measure.MalformedInputException;
import dev.measure.MeasuredEvent;
import dev.measure.Measurement;
import dev.measure.Prediction;
import dev.measure.Provenance;
import dev.measure.Register;
import dev.measure.Source;
import dev.measure.Strictness;
import dev.measure.Warning;
import dev.measure.WarningCode;
import dev.measure.firmware.Firmware;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The launch digest of an SEV or SEV-ES guest: {@code SHA-256(firmware, [table of kernel hashes], [VMSA of every vCPU])}.
 *
 * <p>SEV measures no vCPU; SEV-ES measures the page of each, with SEV_FEATURES 0, for that field came with SEV-SNP. The owner of a
 * guest does not see this digest but what {@link LaunchMeasure} makes of it. AMD SEV API, #55766, LAUNCH_UPDATE_DATA and
 * LAUNCH_UPDATE_VMSA; QEMU target/i386/sev.c; agrees with virtee/sev-snp-measure.
 *
 * <p>Many guests are measured in one pass: the firmware is hashed once, and N vCPUs extend the hash of N-1.
 */
public final class SevLaunchDigest {
    private static final Register SEV = new Register.LaunchDigest(Register.Launch.SEV);
    private static final Register SEV_ES = new Register.LaunchDigest(Register.Launch.SEVES);

    private final SnpLaunch launch;
    private final Source image;
    private final boolean vcpusCount;
    private final ResetBlock resetBlock;
    private final List<Piece> pieces = new ArrayList<>();
    private final MessageDigest prefix = DigestAlgorithm.SHA256.newMessageDigest();

    /** Something that is hashed, in one launch command. The first is the firmware, whose bytes are not kept. */
    private record Piece(String name, Optional<byte[]> bytes, Provenance provenance, Evidence evidence) {}

    /** Guests whose VMSAs are alike. */
    private record VmsaKey(Vmm vmm, int signature) {}

    private SevLaunchDigest(SnpLaunch launch, boolean vcpusCount) {
        if (!(launch.firmware() instanceof LaunchFirmware.Image file)) {
            throw new IllegalArgumentException("SEV and SEV-ES hash the firmware's bytes: its metadata is not enough");
        }
        if (launch.firmwareDigest().isPresent()) {
            throw new IllegalArgumentException("the digest of a firmware's SEV-SNP pages is no part of SEV or SEV-ES");
        }
        this.launch = launch;
        this.image = file.firmware().image();
        this.vcpusCount = vcpusCount;
        this.resetBlock = new ResetBlock(launch.firmware());
        checkSize(image);
        image.stream(prefix::update);
        pieces.add(new Piece("firmware", Optional.empty(), Provenance.FileRange.of(image), Evidence.PEER));
        launch.hashes().ifPresent(hashes -> {
            prefix.update(hashes.table());
            pieces.add(new Piece(
                    "table of kernel hashes", Optional.of(hashes.table()), hashes.provenance(), Evidence.PEER));
        });
    }

    /**
     * {@return the launch digest of an SEV guest, or why it could not be launched}
     *
     * @param launch what is loaded, from a firmware file
     * @param vmm the VMM that launches it
     * @throws MalformedInputException if the firmware is empty or its tables are broken
     */
    public static Prediction ofSev(SnpLaunch launch, Vmm vmm) {
        return new SevLaunchDigest(launch, false).withoutVcpus(vmm);
    }

    /**
     * {@return the launch digests of SEV-ES guests, in their order, each of them a value or the reason why there is none}
     *
     * @param launch what is loaded, from a firmware file
     * @param guests the guests, whose features do not count
     * @throws MalformedInputException if the firmware is empty or its tables are broken
     */
    public static List<Prediction> ofSevEs(SnpLaunch launch, List<SnpGuest> guests) {
        return new SevLaunchDigest(launch, true).predict(guests);
    }

    /**
     * {@return the VMSA page of a vCPU of an SEV-ES guest, 4096 bytes}
     *
     * @param guest the guest, whose features do not count
     * @param vcpu the index of the vCPU
     * @param resetAddress where the second and later vCPUs start, 32 bits
     * @throws IllegalArgumentException if the index is not one of the guest's
     */
    public static byte[] vmsa(SnpGuest guest, int vcpu, long resetAddress) {
        return Vmsa.page(withoutFeatures(guest), vcpu, resetAddress);
    }

    private static void checkSize(Source image) {
        if (image.length() == 0 || image.length() > Integer.MAX_VALUE) {
            throw new MalformedInputException(
                    image.name(),
                    image.start(),
                    "a firmware of 1 byte to 2 GiB",
                    image.length() + " bytes",
                    image.length() == 0 ? "the file is empty" : "is it a firmware?");
        }
    }

    private Prediction withoutVcpus(Vmm vmm) {
        Optional<LaunchPlan.Refusal> refusal = refusal(vmm);
        if (refusal.isPresent()) {
            return notLaunchable(refusal.get());
        }
        Digest value = Digest.of(DigestAlgorithm.SHA256, copy(prefix));
        Measurement measurement = Measurement.of(SEV, value, Evidence.PEER, (detail, sink) -> {
            MessageDigest running = DigestAlgorithm.SHA256.newMessageDigest();
            pieces.forEach(piece -> sink.accept(event(running, piece, 1)));
        });
        return new Prediction.Predicted(measurement, List.of(), warnings(vmm));
    }

    private List<Prediction> predict(List<SnpGuest> guests) {
        Map<VmsaKey, List<Integer>> groups = new LinkedHashMap<>();
        for (int i = 0; i < guests.size(); i++) {
            SnpGuest guest = guests.get(i);
            int signature = guest.vmm().measuresCpuSignature() ? guest.cpu().signature() : 0;
            groups.computeIfAbsent(new VmsaKey(guest.vmm(), signature), unused -> new ArrayList<>())
                    .add(i);
        }
        Prediction[] predictions = new Prediction[guests.size()];
        groups.forEach((key, indexes) -> {
            indexes.sort(Comparator.comparingInt(index -> guests.get(index).vcpus()));
            predict(guests, indexes, predictions);
        });
        return List.of(predictions);
    }

    /** One walk along the hash of a group, whose guests come in rising order of vCPUs. */
    private void predict(List<SnpGuest> guests, List<Integer> indexes, Prediction[] predictions) {
        SnpGuest any = withoutFeatures(guests.get(indexes.get(0)));
        Optional<LaunchPlan.Refusal> refusal = refusal(any.vmm());
        List<Warning> warnings = warnings(any.vmm());
        Piece first = null;
        Piece later = null;
        MessageDigest running = null;
        int done = 0;
        for (int index : indexes) {
            SnpGuest guest = withoutFeatures(guests.get(index));
            Optional<LaunchPlan.Refusal> why = refusal.or(() -> resetBlock.refusal(guest, launch.strictness()));
            if (why.isPresent()) {
                predictions[index] = notLaunchable(why.get());
                continue;
            }
            if (running == null) {
                running = copy(prefix);
                first = vmsa(
                        guest, "VMSA of vCPU 0", Vmsa.first(guest), guest.vmm().evidence(1));
                running.update(first.bytes().orElseThrow());
                done = 1;
            }
            if (guest.vcpus() > 1 && later == null) {
                byte[] page = Vmsa.later(guest, resetBlock.address());
                later = vmsa(guest, "VMSA", page, guest.vmm().evidence(2));
            }
            for (; done < guest.vcpus(); done++) {
                running.update(later.bytes().orElseThrow());
            }
            Digest value = Digest.of(DigestAlgorithm.SHA256, copy(running));
            predictions[index] = new Prediction.Predicted(measurement(guest, value, first, later), List.of(), warnings);
        }
    }

    private Measurement measurement(SnpGuest guest, Digest value, Piece first, Piece later) {
        Evidence evidence = Evidence.PEER.weaker(guest.vmm().evidence(guest.vcpus()));
        int others = guest.vcpus() - 1;
        return Measurement.of(SEV_ES, value, evidence, (detail, sink) -> {
            MessageDigest running = DigestAlgorithm.SHA256.newMessageDigest();
            pieces.forEach(piece -> sink.accept(event(running, piece, 1)));
            sink.accept(event(running, first, 1));
            if (others > 0 && detail == Measurement.Detail.REGIONS) {
                String name = "VMSA of vCPU 1" + (others > 1 ? " to " + others : "");
                sink.accept(event(running, renamed(later, name), others));
            } else {
                for (int vcpu = 1; vcpu <= others; vcpu++) {
                    sink.accept(event(running, renamed(later, "VMSA of vCPU " + vcpu), 1));
                }
            }
        });
    }

    private static Piece renamed(Piece piece, String name) {
        return new Piece(name, piece.bytes(), piece.provenance(), piece.evidence());
    }

    /** Hashes a piece a number of times and tells of it. */
    private MeasuredEvent event(MessageDigest running, Piece piece, int times) {
        MessageDigest own = DigestAlgorithm.SHA256.newMessageDigest();
        long length = piece.bytes().isPresent() ? piece.bytes().get().length : image.length();
        if (piece.bytes().isPresent()) {
            byte[] bytes = piece.bytes().get();
            own.update(bytes);
            for (int i = 0; i < times; i++) {
                running.update(bytes);
            }
        } else {
            image.stream((array, offset, count) -> {
                own.update(array, offset, count);
                running.update(array, offset, count);
            });
        }
        Map<String, String> details = new LinkedHashMap<>();
        details.put("bytes", Long.toString(length));
        details.put("times", Integer.toString(times));
        return new MeasuredEvent(
                piece.name(),
                Digest.of(DigestAlgorithm.SHA256, own),
                Digest.of(DigestAlgorithm.SHA256, copy(running)),
                piece.provenance(),
                piece.evidence(),
                details);
    }

    private static Piece vmsa(SnpGuest guest, String name, byte[] page, Evidence evidence) {
        List<Provenance> from = new ArrayList<>();
        from.add(new Provenance.Parameter("vmm", guest.vmm().id()));
        if (guest.vmm().measuresCpuSignature()) {
            from.add(new Provenance.Parameter("vcpu-type", guest.cpu().name()));
        }
        return new Piece(name, Optional.of(page), new Provenance.Derived("reset state of the vCPU", from), evidence);
    }

    private static SnpGuest withoutFeatures(SnpGuest guest) {
        return new SnpGuest(guest.vmm(), guest.vcpus(), guest.cpu(), new SevFeatures(0));
    }

    private static MessageDigest copy(MessageDigest digest) {
        try {
            return (MessageDigest) digest.clone();
        } catch (CloneNotSupportedException e) {
            throw new IllegalStateException("SHA-256 of this Java runtime cannot be copied", e);
        }
    }

    private Prediction notLaunchable(LaunchPlan.Refusal refusal) {
        return new Prediction.NotLaunchable(
                vcpusCount ? SEV_ES : SEV, refusal.why(), refusal.hint(), refusal.lenient());
    }

    private Optional<LaunchPlan.Refusal> refusal(Vmm vmm) {
        if (!vmm.launchesOvmf()) {
            return Optional.of(new LaunchPlan.Refusal(
                    vmm.id() + " launches no SEV or SEV-ES guest from a firmware file", "take another --vmm", false));
        }
        if (launch.hashes().isEmpty()) {
            return Optional.empty();
        }
        Firmware.Area area = launch.firmware().hashTableArea().orElse(new Firmware.Area(0, 0));
        if (area.gpa() != 0 && area.size() >= KernelHashes.SIZE) {
            return Optional.empty();
        }
        return Optional.of(new LaunchPlan.Refusal(
                launch.firmware().name() + ": expected an area for kernel hashes with an address, at least "
                        + KernelHashes.SIZE + " bytes, found address 0x" + Long.toHexString(area.gpa()) + ", size 0x"
                        + Long.toHexString(area.size()),
                "take an OVMF build with kernel hashes, such as Debian's OVMF.amdsev.fd, or leave --kernel out",
                false));
    }

    private List<Warning> warnings(Vmm vmm) {
        List<Warning> warnings = new ArrayList<>(launch.firmware().warnings());
        if (image.length() % PageInfo.PAGE != 0) {
            warnings.add(new Warning(
                    WarningCode.FIRMWARE_NOT_4K,
                    image.name() + " has " + image.length() + " bytes, no multiple of 4096: no VMM takes such a file"));
        }
        if (launch.hashes().isPresent() && !vmm.startsKernels()) {
            warnings.add(new Warning(
                    WarningCode.NO_DIRECT_BOOT,
                    "no kernel can be given to " + vmm.id() + " today; the value is the reference calculator's rule"));
        }
        if (vcpusCount
                && launch.strictness() == Strictness.LENIENT
                && vmm.alwaysNeedsResetBlock()
                && resetBlock.missing()) {
            warnings.add(new Warning(WarningCode.NO_RESET_BLOCK, resetBlock.text()));
        }
        return List.copyOf(warnings);
    }
}
