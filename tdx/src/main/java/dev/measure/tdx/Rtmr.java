package dev.measure.tdx;

import dev.measure.Evidence;
import dev.measure.MalformedInputException;
import dev.measure.Prediction;
import dev.measure.Provenance;
import dev.measure.boot.BootDisk;
import dev.measure.boot.BootVariant;
import dev.measure.boot.FirmwareApplications;
import dev.measure.eventlog.EventType;
import dev.measure.firmware.TdxMetadata;
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
        return inputs.edk2
                .or(() -> inputs.firmware.flatMap(TdFirmware::version).flatMap(Edk2Generation::ofVersion))
                .or(() -> inputs.firmware.isPresent() ? Optional.empty() : published(inputs));
    }

    /** What dstack calls pre202505 has its second separator in RTMR1, and UiApp. */
    private static Optional<Edk2Generation> published(RtmrInputs inputs) {
        return inputs.published
                .filter(image -> image.ovmf().equals("pre202505"))
                .flatMap(image -> Edk2Generation.of("202411"));
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
        Optional<TdxVmm> vmm = inputs.firmware.flatMap(
                firmware -> firmware.launch().recognised().vmm());
        if (vmm.equals(Optional.of(TdxVmm.TD_SHIM))) {
            values.addAll(TdShimEvents.of(
                    inputs, inputs.firmware.orElseThrow().launch().recognised()));
            values.add(runtime(inputs, values));
            return values;
        }
        if (vmm.filter(known -> !known.isQemu()).isPresent()) {
            return elsewhere(inputs, vmm.get());
        }
        Optional<TdxLaunch> launch = inputs.firmware.map(TdFirmware::launch);
        if (launch.isPresent() && TdxMetadata.find(launch.get().firmware()).isEmpty()) {
            return neverStarted(TdxPlan.of(launch.get()).refusal().orElseThrow());
        }
        Optional<Edk2Generation> edk2 = generation(inputs);
        if (edk2.isEmpty()) {
            boolean newer = inputs.firmware.flatMap(TdFirmware::measuresSmbios).orElse(false);
            String hint = newer ? "--edk2; by its files 202505 or later" : "--edk2, such as --edk2 202411";
            String why = "what the firmware measures depends on its generation of EDK2, which the image does not say";
            for (int register = 0; register < 3; register++) {
                RtmrRecorder recorder = register == 0 ? rtmr0 : new RtmrRecorder(register);
                recorder.unknown(why, hint);
                values.add(recorder.value("only", ""));
            }
            values.add(runtime(inputs, List.of()));
            return values;
        }
        if (inputs.firmware.flatMap(TdFirmware::measures).equals(Optional.of(false))) {
            values.addAll(withoutDriver(inputs, edk2.get()));
            values.add(runtime(inputs, values));
            return values;
        }
        if (inputs.shim) {
            values.addAll(HandedKernel.ofShim(inputs, edk2.get()));
            if (!values.isEmpty()) {
                values.add(runtime(inputs, values));
                return values;
            }
        }
        SecureBootState secureBoot = SecureBootState.of(inputs);
        ImageEvents images = inputs.boot.isPresent()
                ? BootedImage.of(inputs, edk2.get(), secureBoot)
                : HandedKernel.of(inputs, edk2.get(), secureBoot);
        values.addAll(firmware(inputs, edk2.get(), secureBoot, images));
        values.addAll(images.values());
        values.add(runtime(inputs, values));
        return values;
    }

    /** No VMM makes a trust domain with this firmware, so that there are no registers. */
    private static List<RtmrValue> neverStarted(TdxPlan.Refusal refusal) {
        List<RtmrValue> values = new ArrayList<>();
        for (int register = 0; register < 4; register++) {
            RtmrRecorder recorder = new RtmrRecorder(register);
            recorder.refuse(refusal.why(), refusal.hint());
            values.add(recorder.value("only", ""));
        }
        return values;
    }

    /** RTMR0: a set with a value for each usual disk, where nothing says what the machine boots from and it makes a difference. */
    private static List<RtmrValue> firmware(
            RtmrInputs inputs, Edk2Generation edk2, SecureBootState secureBoot, ImageEvents images) {
        boolean open = !inputs.handedOver() && inputs.bootDisk.isEmpty();
        List<BootDisk> disks =
                open ? BootDisk.usual(Optional.empty()) : List.of(inputs.bootDisk.orElse(BootDisk.DEFAULT));
        List<RtmrValue> values = new ArrayList<>();
        for (BootDisk disk : disks) {
            RtmrRecorder rtmr0 = new RtmrRecorder(0);
            assume(rtmr0, inputs, edk2);
            FirmwareEvents firmware = new FirmwareEvents(rtmr0, inputs, edk2, secureBoot, disk);
            firmware.early();
            images.intoRtmr0(rtmr0, firmware::readyToBoot);
            if (disks.size() == 1 || !firmware.diskCounts()) {
                return List.of(rtmr0.value(BootVariant.ONLY, ""));
            }
            RtmrValue value = rtmr0.value(
                    "disk-" + disk.device().qemu(),
                    "the machine boots from a " + disk.device().qemu());
            if (!(value.prediction() instanceof Prediction.Predicted)) {
                return List.of(rtmr0.value(BootVariant.ONLY, "")); // no disk makes it known
            }
            values.add(value);
        }
        return values;
    }

    /** RTMR0 to RTMR2 where it is not QEMU that starts the firmware: none of it is predicted but that a paravisor leaves them alone. */
    private static List<RtmrValue> elsewhere(RtmrInputs inputs, TdxVmm vmm) {
        List<RtmrValue> values = new ArrayList<>();
        for (int register = 0; register < 3; register++) {
            RtmrRecorder recorder = new RtmrRecorder(register);
            switch (vmm) {
                case HYPERV ->
                    recorder.assume(
                            "paravisor",
                            "OpenHCL",
                            "the guest has a virtual TPM of the paravisor; in a report of Azure all RTMRs are zero");
                case GCE, GCE_TDHOB_BUG ->
                    recorder.unknown(
                            "Google's firmware is no release of EDK2, and Google Compute Engine builds its own TD HOB and ACPI"
                                    + " tables",
                            "a log of such a guest: measure eventlog replay CCEL --quote QUOTE");
                default ->
                    recorder.unknown(
                            vmm.id() + " builds its own TD HOB, with ACPI tables in it",
                            "a log of such a guest: measure eventlog replay CCEL --quote QUOTE");
            }
            values.add(recorder.value("only", ""));
        }
        values.add(runtime(inputs, values));
        return values;
    }

    /**
     * A firmware without TdTcg2Dxe offers no EFI_CC_MEASUREMENT_PROTOCOL, so neither its drivers nor loaders, stub and kernel measure;
     * what SEC measures by itself remains.
     */
    private static List<RtmrValue> withoutDriver(RtmrInputs inputs, Edk2Generation edk2) {
        TdFirmware firmware = inputs.firmware.orElseThrow();
        boolean amdSev = firmware.applications().map(FirmwareApplications::grub).orElse(false);
        List<RtmrValue> values = new ArrayList<>();
        for (int register = 0; register < 3; register++) {
            RtmrRecorder recorder = new RtmrRecorder(register);
            assume(recorder, inputs, edk2);
            recorder.assume(
                    "firmware-measures",
                    register == 0 && edk2.secMeasures() ? "TD HOB and CFV" : "nothing",
                    "the image lacks TdTcg2Dxe, without which nothing that runs later measures into RTMRs");
            if (amdSev && edk2.secMeasures()) {
                // edk2 OvmfPkg/IntelTdx/TdxHelperLib/TdxHelperNull.c and OvmfPkg/Sec/SecMain.c: CpuDeadLoop
                recorder.refuse(
                        "the firmware is a build of OvmfPkg/AmdSev, which stops in SEC when it finds itself in a trust domain",
                        "take a build of IntelTdxX64 or OvmfPkgX64");
            }
            if (register == 0 && edk2.secMeasures()) {
                new FirmwareEvents(recorder, inputs, edk2, SecureBootState.of(inputs)).first(firmware.launch());
            }
            values.add(recorder.value("only", ""));
        }
        return values;
    }

    static void assume(RtmrRecorder recorder, RtmrInputs inputs, Edk2Generation edk2) {
        if (inputs.edk2.isEmpty()) {
            String version = inputs.firmware.flatMap(TdFirmware::version).orElse("");
            boolean exact = version.startsWith(
                    edk2.id().substring(0, 4) + "." + edk2.id().substring(4));
            recorder.assume(
                    "edk2",
                    edk2.id(),
                    version.isEmpty()
                            ? "dstack's measurement.cbor calls the firmware pre202505"
                            : exact
                                    ? "the firmware names this release in its version string; --edk2 says otherwise"
                                    : "the firmware is " + version
                                            + ", and this is the last release before it whose rules are known");
        }
        if (!edk2.genericMeasures()
                && inputs.firmware.flatMap(TdFirmware::measures).isEmpty()) {
            recorder.assume(
                    "firmware-platform",
                    "IntelTdxX64",
                    "in EDK2 " + edk2.id() + " OvmfPkgX64 measures nothing in a trust domain");
        }
    }

    static Provenance edk2(String place) {
        return new Provenance.Constant("edk2", place);
    }

    /** A system that never starts extends nothing, but nor is there a register. */
    private static RtmrValue runtime(RtmrInputs inputs, List<RtmrValue> others) {
        RtmrRecorder rtmr3 = new RtmrRecorder(3);
        for (RtmrValue other : others) {
            if (other.prediction() instanceof Prediction.NotLaunchable refused) {
                rtmr3.refuse(refused.why(), refused.hint());
            }
        }
        if (inputs.runtimeEvents.isEmpty()) {
            rtmr3.assume(
                    "rtmr3", "nothing", "no run-time events are given; firmware and kernel measure nothing into RTMR3");
        }
        for (RuntimeEvent event : inputs.runtimeEvents) {
            Provenance from = event instanceof RuntimeEvent.Content content
                    ? Provenance.FileRange.of(content.content())
                    : event instanceof RuntimeEvent.Logged logged
                            ? new Provenance.Parameter("from-log", logged.log())
                            : new Provenance.Parameter("runtime-event", event.name());
            rtmr3.add(new RtmrEvent(
                    event.name(),
                    new EventType(event.type()),
                    event.digest(),
                    event instanceof RuntimeEvent.Logged ? RtmrEvent.Origin.LOG : RtmrEvent.Origin.PREDICTED,
                    from,
                    event instanceof RuntimeEvent.DstackV1 ? Evidence.HARDWARE : Evidence.SOURCE));
        }
        return rtmr3.value("only", "");
    }
}
