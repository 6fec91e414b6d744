package dev.measure.tdx;

import dev.measure.Evidence;
import dev.measure.MalformedInputException;
import dev.measure.Provenance;
import dev.measure.eventlog.EventType;
import dev.measure.firmware.FirmwareVersion;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The run-time measurement registers of a trust domain: RTMR0 by the firmware of its machine, RTMR1 by the images that it starts,
 * RTMR2 by loader, stub and kernel, RTMR3 by the running system.
 */
public final class Rtmr {
    private Rtmr() {}

    /**
     * {@return the generation of EDK2 that predictions take: the one that is given, or the one that the firmware's version string
     * names; empty if neither says}
     *
     * @param inputs what is given
     */
    public static Optional<Edk2Generation> generation(RtmrInputs inputs) {
        return inputs.edk2.or(() -> inputs.launch
                .flatMap(launch -> FirmwareVersion.find(launch.firmware()))
                .flatMap(Edk2Generation::ofVersion));
    }

    /**
     * {@return RTMR0 to RTMR3, in order; a register with several right values has an entry for each}
     *
     * @param inputs what the boot is made of
     * @throws MalformedInputException if an input is broken
     */
    public static List<RtmrValue> of(RtmrInputs inputs) {
        RtmrRecorder rtmr0 = new RtmrRecorder(0);
        List<RtmrValue> values = new ArrayList<>();
        Optional<Edk2Generation> edk2 = generation(inputs);
        if (edk2.isEmpty()) {
            String why = "what the firmware measures depends on its generation of EDK2, which the image does not say";
            for (int register = 0; register < 3; register++) {
                RtmrRecorder recorder = register == 0 ? rtmr0 : new RtmrRecorder(register);
                recorder.unknown(why, "--edk2, such as --edk2 202411");
                values.add(recorder.value("only", ""));
            }
            values.add(runtime(inputs));
            return values;
        }
        SecureBootState secureBoot = SecureBootState.of(inputs);
        FirmwareEvents firmware = new FirmwareEvents(rtmr0, inputs, edk2.get(), secureBoot);
        assume(rtmr0, inputs, edk2.get());
        firmware.early();
        ImageEvents images = inputs.boot.isPresent()
                ? BootedImage.of(inputs, edk2.get(), secureBoot)
                : HandedKernel.of(inputs, edk2.get(), secureBoot);
        images.intoRtmr0(rtmr0, firmware::bootVariables, edk2.get());
        values.add(rtmr0.value("only", ""));
        values.addAll(images.values());
        values.add(runtime(inputs));
        return values;
    }

    static void assume(RtmrRecorder recorder, RtmrInputs inputs, Edk2Generation edk2) {
        if (inputs.edk2.isEmpty()) {
            String version = inputs.launch
                    .flatMap(launch -> FirmwareVersion.find(launch.firmware()))
                    .orElse("");
            boolean exact = version.startsWith(
                    edk2.id().substring(0, 4) + "." + edk2.id().substring(4));
            recorder.assume(
                    "edk2",
                    edk2.id(),
                    exact
                            ? "the firmware names this release in its version string; --edk2 says otherwise"
                            : "the firmware is " + version
                                    + ", and this is the last release before it whose rules are known");
        }
        if (!edk2.genericMeasures()) {
            recorder.assume(
                    "firmware-platform",
                    "IntelTdxX64",
                    "in EDK2 " + edk2.id() + " OvmfPkgX64 measures nothing in a trust domain");
        }
    }

    static Provenance edk2(String place) {
        return new Provenance.Constant("edk2", place);
    }

    private static RtmrValue runtime(RtmrInputs inputs) {
        RtmrRecorder rtmr3 = new RtmrRecorder(3);
        if (inputs.runtimeEvents.isEmpty()) {
            rtmr3.assume(
                    "rtmr3", "nothing", "no run-time events are given; firmware and kernel measure nothing into RTMR3");
        }
        for (RuntimeEvent event : inputs.runtimeEvents) {
            Provenance from = event instanceof RuntimeEvent.Content content
                    ? Provenance.FileRange.of(content.content())
                    : new Provenance.Parameter("runtime-event", event.name());
            rtmr3.add(new RtmrEvent(
                    event.name(),
                    new EventType(event.type()),
                    event.digest(),
                    RtmrEvent.Origin.PREDICTED,
                    from,
                    event instanceof RuntimeEvent.DstackV1 ? Evidence.HARDWARE : Evidence.SOURCE));
        }
        return rtmr3.value("only", "");
    }
}
