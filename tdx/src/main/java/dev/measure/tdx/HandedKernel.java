package dev.measure.tdx;

import dev.measure.Digest;
import dev.measure.DigestAlgorithm;
import dev.measure.Evidence;
import dev.measure.Provenance;
import dev.measure.Source;
import dev.measure.boot.BootEvent;
import dev.measure.boot.DirectKernel;
import dev.measure.boot.EventDigests;
import dev.measure.boot.LinuxEfiStub;
import dev.measure.eventlog.EventType;
import dev.measure.pe.PeImage;
import dev.measure.uefi.ImageAuthority;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A direct boot: the VMM hands kernel, initrd and command line to the firmware (edk2 OvmfPkg/Library/GenericQemuLoadImageLib). */
final class HandedKernel implements ImageEvents {
    private static final String CALLING = "Calling EFI Application from Boot Option";
    private static final List<String> EXIT =
            List.of("Exit Boot Services Invocation", "Exit Boot Services Returned with Success");

    private static final String INSTEAD = "a bzImage, or the UKI as parameter, with --direct if the VMM hands it over";

    private static final long NORMALIZED_MEMORY = 4L << 30;
    private static final Pattern VERSION = Pattern.compile("v?([0-9]{1,4})(?:\\.([0-9]{1,4}))?");

    private final RtmrRecorder rtmr1 = new RtmrRecorder(1);
    private final RtmrRecorder rtmr2 = new RtmrRecorder(2);
    private final RtmrInputs inputs;
    private final Edk2Generation edk2;
    private final SecureBootState secureBoot;
    private Optional<ImageAuthority> authority = Optional.empty();

    private HandedKernel(RtmrInputs inputs, Edk2Generation edk2, SecureBootState secureBoot) {
        this.inputs = inputs;
        this.edk2 = edk2;
        this.secureBoot = secureBoot;
    }

    static HandedKernel of(RtmrInputs inputs, Edk2Generation edk2, SecureBootState secureBoot) {
        HandedKernel kernel = new HandedKernel(inputs, edk2, secureBoot);
        Rtmr.assume(kernel.rtmr1, inputs, edk2);
        Rtmr.assume(kernel.rtmr2, inputs, edk2);
        kernel.image();
        kernel.firmware();
        kernel.stub();
        return kernel;
    }

    private void image() {
        if (inputs.kernel.isEmpty()) {
            rtmr1.unknown("nothing is given that boots", "a UKI, or --kernel");
            return;
        }
        EventType type = EventType.EV_EFI_BOOT_SERVICES_APPLICATION;
        Optional<Source> file = inputs.kernel.get().bytes();
        if (file.isEmpty()) {
            if (inputs.published.isPresent() && !leavesHeader(inputs).equals(Optional.of(false))) {
                rtmr1.assume(
                        "kernel-header",
                        "as QEMU before 10.2 writes it",
                        "the digest that dstack published is of this kernel; on a later QEMU it holds for images whose firmware"
                                + " writes the same, kernel_header_normalized");
            }
            rtmr1.add("kernel", type, inputs.kernel.get(), Evidence.HARDWARE);
            return;
        }
        Optional<Source> handed = handed(file.get());
        if (handed.isEmpty()) {
            return;
        }
        PeImage image = PeImage.read(handed.get());
        X64Program.refusal(image).ifPresent(why -> {
            rtmr1.refuse(why, X64Program.HINT);
            rtmr2.refuse(why, X64Program.HINT);
        });
        Digest digest = image.authenticode(Set.of(DigestAlgorithm.SHA384)).get(DigestAlgorithm.SHA384);
        rtmr1.add(new RtmrEvent(
                "kernel",
                type,
                digest,
                RtmrEvent.Origin.PREDICTED,
                new Provenance.Derived("Authenticode digest", List.of(Provenance.FileRange.of(handed.get()))),
                handed.get().equals(file.get()) ? Evidence.SOURCE : Evidence.PEER));
        if (secureBoot.on().equals(Optional.of(true))) {
            authority = Optional.of(ImageAuthority.of(image, secureBoot.database("db"), secureBoot.database("dbx")));
        }
    }

    /**
     * The file as the firmware measures it: as it is from QEMU 10.2 on, and from 10.0 on where EDK2 is 202502 or later, else with a
     * changed setup header; with the same changed header always if the firmware writes it.
     */
    private Optional<Source> handed(Source file) {
        if (!DirectKernel.isBzImage(file)) {
            PeImage.read(file); // a file that is no EFI program either is broken
            String why =
                    file.name() + " is no bzImage, and what other images measure by themselves is not that of a kernel";
            rtmr1.unknown(why, INSTEAD);
            rtmr2.unknown(why, INSTEAD);
            return Optional.empty();
        }
        Optional<Long> size = initrdSize();
        try {
            DirectKernel.check(file, inputs.memory, size, inputs.append.orElse(""));
        } catch (IllegalArgumentException e) {
            rtmr1.refuse(e.getMessage(), "");
            rtmr2.refuse(e.getMessage(), "");
            return Optional.empty();
        }
        Optional<Boolean> left = leavesHeader(inputs);
        if (inputs.kernelHeaderNormalized && DirectKernel.isLoadedHigh(file)) {
            return normalized(file, size, left);
        }
        if (left.equals(Optional.of(true))) {
            return Optional.of(file);
        }
        if (edk2.namedBlobs()) {
            Optional<Boolean> unpatched = exportsTheFile();
            if (unpatched.isEmpty()) {
                rtmr1.unknown(
                        "whether the firmware measures the kernel as QEMU has changed it depends on the version of QEMU",
                        "--qemu-version");
                return Optional.empty();
            }
            if (unpatched.get()) {
                return Optional.of(file);
            }
        }
        if (inputs.memory.isEmpty()) {
            rtmr1.unknown(
                    "the address of the initrd, which QEMU writes into the kernel, depends on memory", "--memory");
            return Optional.empty();
        }
        if (inputs.initrd.isPresent() && size.isEmpty()) {
            rtmr1.unknown("the size of the initrd, which QEMU writes into the kernel, is not known", "--initrd FILE");
            return Optional.empty();
        }
        if (left.isEmpty()) {
            rtmr1.assume(
                    "qemu-version",
                    "before 10.2",
                    "later ones leave the setup header of the kernel alone in a trust domain; --qemu-version tells");
        }
        return Optional.of(DirectKernel.asHandedOver(file, inputs.memory.get(), size, inputs.append.orElse("")));
    }

    /**
     * dstack's OVMF writes what QEMU before 10.2 does for a guest with 2 GiB below 4 GiB, whatever the guest has; a kernel that is not
     * loaded high it leaves alone. The video mode is not among it, and is there if QEMU has written it.
     */
    private Optional<Source> normalized(Source file, Optional<Long> size, Optional<Boolean> left) {
        if (inputs.initrd.isPresent() && size.isEmpty()) {
            rtmr1.unknown(
                    "the size of the initrd, which the firmware writes into the kernel, is not known", "--initrd FILE");
            return Optional.empty();
        }
        boolean asItIs = left.equals(Optional.of(true))
                || edk2.namedBlobs() && exportsTheFile().equals(Optional.of(true));
        return Optional.of(
                DirectKernel.asHandedOver(file, NORMALIZED_MEMORY, size, asItIs ? "" : inputs.append.orElse("")));
    }

    private Optional<Long> initrdSize() {
        return inputs.initrd.flatMap(RtmrContent::bytes).map(Source::length);
    }

    /** {@return whether QEMU has the kernel as it is, too: from 10.0 on; empty if its version is not known} */
    private Optional<Boolean> exportsTheFile() {
        return exportsTheFile(inputs);
    }

    /**
     * RTMR0 to RTMR2 where QEMU's -shim makes a difference; empty where it makes none. The option came with QEMU 10.0, as did the blob
     * etc/boot/shim, which EDK2 takes from 202502 on: then shim is the first image, and what it measures goes into all three.
     */
    static List<RtmrValue> ofShim(RtmrInputs inputs, Edk2Generation edk2) {
        Optional<Boolean> known = exportsTheFile(inputs);
        if (!edk2.namedBlobs() && !known.equals(Optional.of(false))) {
            return List.of(); // the firmware does not look at it
        }
        List<RtmrValue> values = new ArrayList<>();
        for (int register = 0; register < 3; register++) {
            RtmrRecorder recorder = new RtmrRecorder(register);
            if (known.equals(Optional.of(false))) {
                recorder.refuse("QEMU has -shim from 10.0 on", "leave --direct-shim out, or name a later QEMU");
            } else {
                recorder.unknown(
                        "a shim that QEMU hands over is started in place of the kernel, and what it then measures itself is not"
                                + " predicted",
                        "the log of such a boot: measure eventlog replay CCEL --quote QUOTE; or boot without -shim");
            }
            values.add(recorder.value("only", ""));
        }
        return values;
    }

    private static Optional<Boolean> exportsTheFile(RtmrInputs inputs) {
        return known(inputs, 10, 0, TdxVmm::exportsTheKernelFile);
    }

    /** QEMU commit a7542a38f399, first in 10.2: hw/i386/x86-common.c changes the header only where no confidential guest starts. */
    private static Optional<Boolean> leavesHeader(RtmrInputs inputs) {
        return known(inputs, 10, 2, TdxVmm::leavesKernelHeader);
    }

    private static Optional<Boolean> known(
            RtmrInputs inputs, int major, int minor, Function<TdxVmm, Optional<Boolean>> profile) {
        return inputs.qemuVersion
                .map(version -> isAtLeast(version, major, minor))
                .or(() -> inputs.firmware
                        .flatMap(firmware -> firmware.launch().vmm())
                        .flatMap(profile));
    }

    /** An initrd without bytes is none to the firmware, though QEMU writes its place into the kernel. */
    private boolean hasInitrd() {
        return inputs.initrd.isPresent() && !initrdSize().equals(Optional.of(0L));
    }

    private static boolean isAtLeast(String version, int major, int minor) {
        Matcher matcher = VERSION.matcher(version);
        if (!matcher.lookingAt()) {
            return false;
        }
        int first = Integer.parseInt(matcher.group(1));
        int second = matcher.group(2) == null ? 0 : Integer.parseInt(matcher.group(2));
        return first > major || (first == major && second >= minor);
    }

    private void firmware() {
        action(CALLING, "MdeModulePkg/Library/UefiBootManagerLib/BmBoot.c");
        if (edk2.secondSeparator() == 1) {
            rtmr1.separator(edk2.evidence());
        }
        EXIT.forEach(text -> action(text, "MdeModulePkg/Core/Dxe/DxeMain/DxeMain.c"));
    }

    private void action(String text, String place) {
        rtmr1.add(
                text,
                EventType.EV_EFI_ACTION,
                text.getBytes(StandardCharsets.US_ASCII),
                Rtmr.edk2(place),
                Evidence.HARDWARE);
    }

    private void stub() {
        if (inputs.kernel.isEmpty()) {
            rtmr2.unknown("nothing is given that boots", "a UKI, or --kernel");
            return;
        }
        if (inputs.loadOptions.isPresent()) {
            rtmr2.add("LoadOptions", EventType.EV_EVENT_TAG, inputs.loadOptions.get(), Evidence.HARDWARE);
        }
        String options = inputs.loadOptions.isPresent() ? "" : loadOptions();
        Optional<Source> initrd = inputs.initrd.flatMap(RtmrContent::bytes).filter(bytes -> bytes.length() > 0);
        LinuxEfiStub.Measurements measured =
                LinuxEfiStub.measure(inputs.kernel.get().bytes(), options, initrd);
        rtmr2.assume(measured.assumptions());
        measured.notKnown().ifPresent(not -> rtmr2.unknown(not.why(), not.input()));
        if (inputs.kernel.get().bytes().isEmpty()) {
            rtmr2.assume("kernel", "6.9 or later", "earlier ones measure neither command line nor initrd into RTMRs");
        }
        EventDigests digests = EventDigests.of(measured.events(), Set.of(DigestAlgorithm.SHA384));
        for (BootEvent event : measured.events()) {
            rtmr2.add(new RtmrEvent(
                    event.name(),
                    event.type(),
                    digests.digest(event, DigestAlgorithm.SHA384),
                    RtmrEvent.Origin.PREDICTED,
                    event.provenance(),
                    event.evidence()));
        }
        if (hasInitrd() && initrd.isEmpty()) {
            rtmr2.add("initrd", EventType.EV_EVENT_TAG, inputs.initrd.get(), Evidence.HARDWARE);
        }
    }

    private String loadOptions() {
        String text = DirectKernel.loadOptions(inputs.append.orElse(""));
        if (!hasInitrd()) {
            return text;
        }
        return edk2.initrdFirst() ? "initrd=initrd " + text : text + " initrd=initrd";
    }

    @Override
    public void intoRtmr0(RtmrRecorder rtmr0, Runnable readyToBoot) {
        if (secureBoot.on().equals(Optional.of(true))) {
            if (authority.isEmpty()) {
                boolean file = inputs.kernel.flatMap(RtmrContent::bytes).isPresent();
                rtmr1.notKnown()
                        .filter(not -> file)
                        .ifPresentOrElse(
                                not -> rtmr0.unknown(
                                        "Secure Boot is on, and which entry of db allows the kernel is not known, since "
                                                + not.why(),
                                        not.input()),
                                () -> rtmr0.unknown(
                                        "Secure Boot is on, and which entry of db allows the kernel is not known",
                                        "--kernel FILE"));
            } else {
                authority(rtmr0, authority.get());
            }
        }
        readyToBoot.run();
        if (edk2.secondSeparator() == 0) {
            rtmr0.separator(edk2.evidence());
        }
    }

    private static void authority(RtmrRecorder rtmr0, ImageAuthority authority) {
        authority
                .measured()
                .ifPresent(entry -> rtmr0.add(
                        "db entry that allows the kernel",
                        EventType.EV_EFI_VARIABLE_AUTHORITY,
                        ImageAuthority.eventData(entry),
                        Provenance.FileRange.of(entry.whole()),
                        Evidence.SOURCE));
        if (authority instanceof ImageAuthority.Forbidden || authority instanceof ImageAuthority.NotAllowed) {
            rtmr0.refuse("Secure Boot is on and no entry of db allows the kernel", "sign the kernel");
        }
    }

    @Override
    public List<RtmrValue> values() {
        return List.of(rtmr1.value("only", ""), rtmr2.value("only", ""));
    }
}
