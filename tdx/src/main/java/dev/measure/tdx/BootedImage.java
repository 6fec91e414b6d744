package dev.measure.tdx;

import dev.measure.DigestAlgorithm;
import dev.measure.Evidence;
import dev.measure.Source;
import dev.measure.boot.BootEvent;
import dev.measure.boot.BootInputs;
import dev.measure.boot.BootPrediction;
import dev.measure.boot.BootSequence;
import dev.measure.boot.BootVariant;
import dev.measure.boot.EventDigests;
import dev.measure.boot.NotKnown;
import dev.measure.boot.Producer;
import dev.measure.eventlog.EventType;
import dev.measure.pe.PeImage;
import dev.measure.uki.Uki;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/**
 * The boot of a UKI, or of what loaders start before it: the events that go into PCRs elsewhere, folded into RTMRs. PCRs 2 to 6 are
 * RTMR1 and 8 to 15 RTMR2, in the order of the log; of PCRs 1 and 7 only what others than the firmware add, for its own events are
 * those of {@link FirmwareEvents} (edk2 OvmfPkg/Library/SecMeasurementLib, PCR_TO_CC_MR_INDEX).
 */
final class BootedImage implements ImageEvents {
    private static final String CALLING = "Calling EFI Application from Boot Option";

    private static final String HINT = "sign it for a key in db, or take a firmware without Secure Boot";

    private final BootPrediction boot;
    private final Optional<String> foreign;
    private final EventDigests digests;
    private final RtmrInputs inputs;
    private final Edk2Generation edk2;
    private final SecureBootState secureBoot;

    private BootedImage(RtmrInputs inputs, Edk2Generation edk2, SecureBootState secureBoot) {
        this.inputs = inputs;
        this.edk2 = edk2;
        this.secureBoot = secureBoot;
        BootInputs given = inputs.boot.orElseThrow();
        this.foreign = Stream.concat(given.loaders().stream().map(PeImage::read), given.uki().map(Uki::image).stream())
                .flatMap(program -> X64Program.refusal(program).stream())
                .findFirst();
        BootInputs.Builder in = given.toBuilder().confidentialVm(true).ccMeasurement(true);
        secureBoot.on().ifPresent(in::secureBoot);
        inputs.smbiosTable.ifPresent(in::smbios);
        if (!inputs.variables.isEmpty()) {
            Map<String, Source> keys = new LinkedHashMap<>();
            for (String name : List.of("PK", "KEK", "db", "dbx")) {
                keys.put(name, secureBoot.value(name));
            }
            in.secureBootKeys(keys);
        } else {
            inputs.firmware.ifPresent(
                    firmware -> in.variables(firmware.launch().firmware().image()));
        }
        this.boot = BootSequence.of(in.build());
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
        return foreign.isEmpty()
                && boot.refusal().isEmpty()
                && boot.notKnown().keySet().stream().noneMatch(not -> pcr == 2 ? not >= 2 && not <= 6 : not >= 8);
    }

    private void add(RtmrRecorder recorder, BootEvent event) {
        recorder.add(new RtmrEvent(
                event.name(),
                event.type(),
                digests.digest(event, DigestAlgorithm.SHA384),
                RtmrEvent.Origin.PREDICTED,
                event.provenance(),
                event.evidence().weaker(Evidence.SOURCE)));
    }

    private void refuse(RtmrRecorder recorder) {
        foreign.ifPresent(why -> recorder.refuse(why, X64Program.HINT));
        boot.refusal().ifPresent(why -> recorder.refuse(why, HINT));
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
        refuse(recorder);
        boolean separated = false;
        for (BootEvent event : known(from) ? variant.events() : List.<BootEvent>of()) {
            boolean separator = event.type().equals(EventType.EV_SEPARATOR) && event.producer() == Producer.FIRMWARE;
            if (event.pcr() < from || event.pcr() > to || separator) {
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
    public void intoRtmr0(RtmrRecorder rtmr0, Runnable readyToBoot) {
        List<BootEvent> events = boot.variants().get(0).events();
        int calling = 0; // an image that the VMM hands over is loaded, and its authority measured, before
        while (calling < events.size() && !events.get(calling).name().equals(CALLING)) {
            calling++;
        }
        others(rtmr0, events.subList(0, calling));
        readyToBoot.run();
        if (edk2.secondSeparator() == 0) {
            rtmr0.separator(edk2.evidence());
        }
        others(rtmr0, events.subList(calling, events.size()));
        for (int pcr : new int[] {1, 7}) {
            Optional.ofNullable(boot.notKnown().get(pcr)).ifPresent(not -> rtmr0.unknown(not.why(), not.input()));
        }
        refuse(rtmr0);
    }

    /** The db entries that allow images, and what loaders and stub add. */
    private void others(RtmrRecorder rtmr0, List<BootEvent> events) {
        for (BootEvent event : events) {
            if ((event.pcr() == 7 || event.pcr() == 1) && !event.type().equals(EventType.EV_SEPARATOR)) {
                add(rtmr0, event);
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
