package dev.measure.tdx;

import dev.measure.DigestAlgorithm;
import dev.measure.boot.BootEvent;
import dev.measure.boot.BootInputs;
import dev.measure.boot.BootPrediction;
import dev.measure.boot.BootSequence;
import dev.measure.boot.BootVariant;
import dev.measure.boot.Edk2Build;
import dev.measure.boot.EventDigests;
import dev.measure.boot.NotKnown;
import dev.measure.boot.Producer;
import dev.measure.eventlog.EventType;
import dev.measure.uki.StubVersion;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * The boot of a UKI, or of what loaders start before it: the events that go into PCRs elsewhere, folded into RTMRs. PCRs 2 to 6 are
 * RTMR1 and 8 to 15 RTMR2, in the order of the log; of PCRs 1 and 7 only what others than the firmware add, for its own events are
 * those of {@link FirmwareEvents} (edk2 OvmfPkg/Library/SecMeasurementLib, PCR_TO_CC_MR_INDEX).
 */
final class BootedImage implements ImageEvents {
    private static final String CALLING = "Calling EFI Application from Boot Option";

    private static final String HINT = "sign it for a key in db, or take a firmware without Secure Boot";

    private final BootPrediction boot;
    private final EventDigests digests;
    private final RtmrInputs inputs;
    private final Edk2Generation edk2;
    private final SecureBootState secureBoot;
    private final Optional<StubVersion> stub;

    private BootedImage(RtmrInputs inputs, Edk2Generation edk2, SecureBootState secureBoot) {
        this.inputs = inputs;
        this.edk2 = edk2;
        this.secureBoot = secureBoot;
        BootInputs given = inputs.boot.orElseThrow();
        BootInputs.Builder in = given.toBuilder().confidentialVm(true);
        inputs.firmware.ifPresent(
                firmware -> in.variables(firmware.launch().firmware().image()));
        secureBoot.on().ifPresent(in::secureBoot);
        if (secureBoot.on().equals(Optional.of(true))) {
            // Only for the fact that it is built with Secure Boot; what it measures by itself is not taken from there.
            Edk2Build.of("2025.02-secboot").ifPresent(in::edk2);
            in.exitBootRetry(BootInputs.ExitBootRetry.BOTH);
        }
        this.boot = BootSequence.of(in.build());
        this.stub = given.stub().or(() -> given.uki().flatMap(uki -> uki.stubVersion()));
        List<BootEvent> all = new ArrayList<>();
        // What makes a register not predictable spares hashing the rest of it.
        boot.variants()
                .forEach(variant -> variant.events().stream()
                        .filter(event -> event.pcr() == 1 || event.pcr() == 7 || known(event.pcr() < 8 ? 2 : 8))
                        .forEach(all::add));
        this.digests = EventDigests.of(all, Set.of(DigestAlgorithm.SHA384));
    }

    static BootedImage of(RtmrInputs inputs, Edk2Generation edk2, SecureBootState secureBoot) {
        return new BootedImage(inputs, edk2, secureBoot);
    }

    /** Whether all PCRs are known that go into the register which takes the PCR. */
    private boolean known(int pcr) {
        return boot.refusal().isEmpty()
                && boot.notKnown().keySet().stream().noneMatch(not -> pcr == 2 ? not >= 2 && not <= 6 : not >= 8);
    }

    /** Whether the event is one that the producer measures in a trust domain; systemd-stub does since 256, tagged ones since 261. */
    private boolean measured(BootEvent event) {
        if (event.producer() != Producer.SYSTEMD_STUB || stub.isEmpty()) {
            return true;
        }
        boolean tagged = event.type().equals(EventType.EV_EVENT_TAG);
        return stub.get().major() >= (tagged ? 261 : 256);
    }

    private void add(RtmrRecorder recorder, BootEvent event) {
        boolean tagged =
                event.producer() == Producer.SYSTEMD_STUB && event.type().equals(EventType.EV_EVENT_TAG);
        recorder.add(new RtmrEvent(
                event.name(),
                tagged ? EventType.EV_IPL : event.type(), // as the stub logs it to the CC protocol
                digests.digest(event, DigestAlgorithm.SHA384),
                RtmrEvent.Origin.PREDICTED,
                event.provenance(),
                event.evidence().weaker(dev.measure.Evidence.SOURCE)));
    }

    private void fold(RtmrRecorder recorder, BootVariant variant, int from, int to) {
        Rtmr.assume(recorder, inputs, edk2);
        recorder.assume(boot.assumptions().stream()
                .filter(assumption -> !assumption.key().equals("edk2"))
                .toList());
        recorder.warn(boot.warnings());
        for (Map.Entry<Integer, NotKnown> not : boot.notKnown().entrySet()) {
            if (not.getKey() >= from && not.getKey() <= to) {
                recorder.unknown(not.getValue().why(), not.getValue().input());
            }
        }
        boot.refusal().ifPresent(why -> recorder.refuse(why, HINT));
        boolean separated = false;
        for (BootEvent event : known(from) ? variant.events() : List.<BootEvent>of()) {
            boolean separator = event.type().equals(EventType.EV_SEPARATOR) && event.producer() == Producer.FIRMWARE;
            if (event.pcr() < from || event.pcr() > to || separator || !measured(event)) {
                continue;
            }
            add(recorder, event);
            if (from == 2 && !separated && event.name().equals(CALLING)) {
                separated = true;
                if (edk2.secondSeparator() == 1) {
                    recorder.separator(edk2.evidence());
                }
            }
        }
    }

    @Override
    public void intoRtmr0(RtmrRecorder rtmr0, Runnable bootVariables, Edk2Generation generation) {
        BootInputs given = inputs.boot.orElseThrow();
        if (!given.direct()) {
            bootVariables.run();
            if (generation.secondSeparator() == 0) {
                rtmr0.separator(generation.evidence());
            }
        }
        boolean shim = boot.notKnown().containsKey(14);
        Optional<NotKnown> not = Optional.ofNullable(boot.notKnown().get(7));
        if (not.isPresent() && (shim || !secureBoot.on().equals(Optional.of(false)))) {
            rtmr0.unknown(not.get().why(), not.get().input());
        }
        boot.refusal().ifPresent(why -> rtmr0.refuse(why, HINT));
        for (BootEvent event : boot.variants().get(0).events()) {
            boolean authority = event.type().equals(EventType.EV_EFI_VARIABLE_AUTHORITY);
            boolean others = event.producer() != Producer.FIRMWARE && measured(event);
            if ((event.pcr() == 7 || event.pcr() == 1) && (authority || others)) {
                add(rtmr0, event);
            }
        }
        if (given.direct()) {
            bootVariables.run();
            if (generation.secondSeparator() == 0) {
                rtmr0.separator(generation.evidence());
            }
        }
    }

    @Override
    public List<RtmrValue> values() {
        List<RtmrValue> values = new ArrayList<>();
        for (BootVariant variant : boot.variants()) {
            RtmrRecorder rtmr1 = new RtmrRecorder(1);
            fold(rtmr1, variant, 2, 6);
            values.add(rtmr1.value(variant.name(), variant.why()));
        }
        RtmrRecorder rtmr2 = new RtmrRecorder(2);
        fold(rtmr2, boot.variants().get(0), 8, 15);
        values.add(rtmr2.value("only", ""));
        return values;
    }
}
