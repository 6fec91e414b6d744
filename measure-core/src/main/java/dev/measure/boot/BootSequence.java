package dev.measure.boot;

import dev.measure.Evidence;
import dev.measure.MalformedInputException;
import dev.measure.Provenance;
import dev.measure.Source;
import dev.measure.Strictness;
import dev.measure.Warning;
import dev.measure.WarningCode;
import dev.measure.eventlog.EventType;
import dev.measure.pe.PeImage;
import dev.measure.pe.PeSection;
import dev.measure.smbios.ChidMode;
import dev.measure.smbios.Chids;
import dev.measure.smbios.MachineIdentity;
import dev.measure.uki.DeviceTreeChoice;
import dev.measure.uki.EfiFirmware;
import dev.measure.uki.FirmwareChoice;
import dev.measure.uki.LoaderInfo;
import dev.measure.uki.StubVersion;
import dev.measure.uki.Uki;
import dev.measure.uki.UkiFirmware;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.UUID;

/**
 * The order in which the programs of a boot measure: firmware, boot loaders, stub, kernel, system. Reads top to bottom like the log
 * that a boot leaves.
 */
public final class BootSequence {
    /** Device path of a kernel that QEMU hands over (edk2 OvmfPkg/QemuKernelLoaderFsDxe). */
    private static final UUID QEMU_KERNEL_LOADER = UUID.fromString("1428f772-b64a-441e-b8c3-9ebdd7f893c7");

    private final EventRecorder recorder = new EventRecorder();
    private final BootInputs inputs;
    private final Optional<FirmwareFacts> facts;
    private final Optional<Boolean> secureBoot;
    private final int profile;
    private final Optional<StubBehaviour> stub;
    private final Optional<UkiFirmware> firmware;
    private final Ovmf ovmf;
    private final BootState state;
    private Optional<String> refusal = Optional.empty();
    private Optional<Grub> grub = Optional.empty();

    private BootSequence(BootInputs inputs) {
        this.inputs = inputs;
        if (inputs.ccMeasurement) {
            recorder.measureThroughCc();
        }
        this.facts = FirmwareFacts.of(recorder, inputs);
        this.secureBoot = inputs.secureBoot.or(() -> facts.flatMap(FirmwareFacts::secureBoot));
        this.profile = profileOf(inputs);
        this.stub = stub();
        this.firmware = selected();
        firmware.ifPresent(this::warnOfSignatures);
        this.ovmf = new Ovmf(recorder, inputs, facts);
        this.state = new BootState(recorder, secureBoot, facts, loadOptionsOf(inputs, profile), profile);
    }

    /**
     * {@return what the boot measures}
     *
     * @param inputs what the boot is made of
     * @throws dev.measure.MalformedInputException if an input is broken
     * @throws IllegalArgumentException if the inputs contradict each other
     */
    public static BootPrediction of(BootInputs inputs) {
        return new BootSequence(inputs).predict();
    }

    private BootPrediction predict() {
        boolean tpm = !inputs.ccMeasurement;
        if (tpm) {
            ovmf.firmwareVolumes();
            ovmf.secureBootVariables(secureBoot);
            ovmf.acpi();
        }
        ovmf.optionRoms(secureBoot);
        if (inputs.direct) {
            directImage();
        }
        if (tpm) {
            ovmf.smbios(Edk2Build.Smbios.BEFORE_BOOT_VARIABLES);
            ovmf.bootVariables();
        }
        ovmf.calling();
        ovmf.separators();
        if (tpm) {
            ovmf.smbios(Edk2Build.Smbios.AFTER_SEPARATORS);
        }
        Runnable kernel = inputs.direct ? this::directKernel : diskBoot();
        kernel.run();
        return variants();
    }

    /** {@return the end of a boot from disk, after the images up to the UKI or kernel have been loaded} */
    private Runnable diskBoot() {
        for (Optional<Source> failed : ovmf.failedOptions()) {
            failed.ifPresent(
                    image -> application("boot option that fails", PeImage.read(image), image, Evidence.SOURCE));
            ovmf.returning();
            ovmf.calling();
        }
        boolean first = true;
        Optional<SystemdBoot> loader = Optional.empty();
        for (Source file : inputs.loaders) {
            PeImage image = PeImage.read(file);
            image(file.name(), image, file, first, loader);
            first = false;
            loader = loader(file, image);
        }
        Optional<SystemdBoot> last = loader;
        Optional<Source> own = inputs.loaderEntry.isPresent() ? inputs.kernel : bootedImage();
        if (grub.isPresent()) {
            return this::grubKernel;
        }
        if (own.isPresent()) {
            image(own.get().name(), bootedPe(own.get()), own.get(), first, last);
        } else if (inputs.parts.isEmpty()) {
            unknownFrom(4, "the image that boots is not given", "a UKI");
        } else {
            recorder.unknown(4, "the UKI is given in parts, and PCR 4 is over the whole image", "the UKI");
            ovmf.partitionTable();
        }
        return () -> {
            if (inputs.loaderEntry.isPresent()) {
                entry(last);
            } else {
                uki(last);
            }
        };
    }

    /** What GRUB does after it has been loaded. */
    private void grubKernel() {
        if (inputs.uki.filter(uki -> uki.kind() == Uki.Kind.UKI).isPresent() || !inputs.parts.isEmpty()) {
            unknownFrom(4, "how grub starts a UKI is not known", "--loader without grub, or --kernel instead of a UKI");
            return;
        }
        grub.get().run();
        refusal = refusal.or(() -> state.shim().flatMap(Shim::refusal));
    }

    private Optional<Source> bootedImage() {
        return inputs.uki.map(uki -> uki.image().source()).or(() -> inputs.kernel);
    }

    /** The image of the UKI as it has been read, or another one. */
    private PeImage bootedPe(Source own) {
        return inputs.uki
                .map(Uki::image)
                .filter(image -> image.source().equals(own))
                .orElseGet(() -> PeImage.read(own));
    }

    private void unknownFrom(int pcr, String why, String input) {
        for (int each : new int[] {pcr, 5, 9, 11, 12, 13}) {
            recorder.unknown(each, why, input);
        }
    }

    /** An image that firmware or loader starts; with the first one the partition table is measured. */
    private void image(String name, PeImage image, Source file, boolean first, Optional<SystemdBoot> loader) {
        if (!first && throughShim(name, image, file, loader)) {
            return;
        }
        BootState.Admission admission = state.admit(image);
        if (admission == BootState.Admission.REFUSED && refusal.isEmpty()) {
            refusal = Optional.of("Secure Boot is on and no entry of db allows " + name);
        } else if (admission == BootState.Admission.UNKNOWN && secureBoot.isPresent()) {
            recorder.unknown(7, "which entry of db allows " + name + " is not known", "--vars");
        }
        if (first) {
            ovmf.partitionTable();
        }
        application(name, image, file, state.unknownShim() ? Evidence.SOURCE : Evidence.BOOT);
    }

    /** {@return whether shim is who loads an image, or who is asked about it} */
    private boolean throughShim(String name, PeImage image, Source file, Optional<SystemdBoot> loader) {
        boolean shimLoads = loader.isEmpty();
        boolean leavesItToShim = loader.filter(SystemdBoot::leavesItToShim).isPresent();
        Optional<Shim> shim = shimLoads ? state.shim() : state.gatekeeper(leavesItToShim);
        if (shim.isEmpty()) {
            return false;
        }
        Shim.Caller caller =
                shimLoads ? Shim.Caller.SHIM : shim.get().loadsImages() ? Shim.Caller.LOAD_IMAGE : Shim.Caller.PROTOCOL;
        if (shim.get().load(name, image, file, caller) == Shim.Admission.UNKNOWN) {
            recorder.unknown(7, "which list of shim or of the firmware allows " + name + " is not known", "--vars");
        }
        if (refusal.isEmpty()) {
            refusal = shim.get().refusal();
        }
        loader.ifPresent(boot -> state.loaderHasStarted(boot.asksShimToStay()));
        return true;
    }

    private void application(String name, PeImage image, Source file, Evidence evidence) {
        recorder.add(
                name,
                Producer.FIRMWARE,
                4,
                EventType.EV_EFI_BOOT_SERVICES_APPLICATION,
                EventBytes.imageLoad(new byte[0]),
                new Measured.Image(image),
                Provenance.FileRange.of(file),
                evidence);
    }

    /** What a boot loader measures before it starts the next image. */
    private Optional<SystemdBoot> loader(Source file, PeImage image) {
        if (ShimImage.is(image)) {
            shim(image);
            return Optional.empty();
        }
        if (GrubImage.is(image)) {
            grub = Optional.of(new Grub(recorder, inputs, GrubImage.read(image), state));
            return Optional.empty();
        }
        Optional<LoaderInfo> info = Uki.read(file, Strictness.LENIENT).loaderInfo();
        if (info.isEmpty() || !info.get().program().equals("systemd-boot")) {
            for (int pcr : new int[] {5, 8, 9, 12}) {
                recorder.unknown(
                        pcr,
                        file.name() + " is neither systemd-boot, grub nor shim; what it measures is not known",
                        "--loader with systemd-boot or grub, or a log of that machine");
            }
            return Optional.empty();
        }
        StubVersion version = info.get().version();
        if (inputs.ccMeasurement) {
            recorder.measureThroughCc(Producer.SYSTEMD_BOOT, version.major());
        }
        Optional<LoaderBehaviour> behaviour = LoaderBehaviour.of(version);
        if (behaviour.isEmpty()) {
            for (int pcr : new int[] {1, 5, 12}) {
                recorder.unknown(
                        pcr, "what systemd-boot " + version + " measures is not known", "--loader of 252 to 262");
            }
            return Optional.empty();
        }
        SystemdBoot boot = new SystemdBoot(recorder, inputs, behaviour.get(), state);
        boot.configuration();
        return Optional.of(boot);
    }

    /** What shim measures before it loads the next image. */
    private void shim(PeImage image) {
        ShimImage read = ShimImage.read(image);
        Optional<String> version = inputs.shimVersion.or(read::version);
        Optional<ShimBehaviour> behaviour = version.flatMap(ShimBehaviour::of);
        if (behaviour.isEmpty()) {
            String why = version.map(v -> "what shim " + v + " measures is not known, only 15 to 16 are")
                    .orElse("the shim does not say its version");
            state.shimOfUnknownVersion();
            recorder.unknown(7, why, "--shim-version");
            recorder.unknown(14, why, "--shim-version");
            return;
        }
        if (recorder.isThroughCc() && !behaviour.get().measuresThroughCc() && !CcProtocol.isNamedIn(image.source())) {
            recorder.passOver(Producer.SHIM);
            recorder.assume(
                    "shim-measures",
                    "nothing",
                    "shim " + version.get() + " measures into a TPM alone: into RTMRs from 15.7 on");
        }
        Shim shim = new Shim(recorder, read, behaviour.get(), secureBoot, facts);
        shim.start();
        state.shim(shim);
        refusal = refusal.or(shim::refusal);
    }

    /** The UKI after it has been loaded: the loader's load options, then the stub. */
    private void uki(Optional<SystemdBoot> loader) {
        boolean program = inputs.uki.filter(uki -> uki.kind() == Uki.Kind.UKI).isPresent() || !inputs.parts.isEmpty();
        if (!program) {
            bareKernel(loader);
            return;
        }
        if (stub.isEmpty()) {
            return;
        }
        StubImage image = new StubImage(inputs, profile, firmware, deviceTree(), stub.get());
        loader.ifPresent(boot -> boot.handOver(image.section(".cmdline")));
        new SystemdStub(recorder, inputs, stub.get(), image, state).run();
        refusal = refusal.or(() -> state.shim().flatMap(Shim::refusal));
    }

    private void bareKernel(Optional<SystemdBoot> loader) {
        Optional<Source> kernel = bootedImage();
        if (kernel.isEmpty()) {
            return;
        }
        if (loader.isPresent()) {
            loader.get().handOver(Optional.empty());
        }
        plainKernel(kernel.get(), state.loadOptions());
    }

    private void plainKernel(Source kernel, String options) {
        LinuxEfiStub.record(
                recorder,
                Optional.of(kernel),
                options,
                inputs.initrd.map(initrd -> new Measured.Bytes(List.of(initrd))),
                inputs.initrd
                        .<Provenance>map(Provenance.FileRange::of)
                        .orElseGet(() -> new Provenance.Parameter("initrd", "none")),
                Evidence.BOOT);
    }

    /** An entry of type 1: kernel, initrd and options by name. */
    private void entry(Optional<SystemdBoot> loader) {
        if (inputs.kernel.isEmpty()) {
            unknownFrom(4, "the kernel of the loader entry is not given", "--kernel");
            return;
        }
        if (loader.isEmpty()) {
            recorder.unknown(12, "an entry of type 1 is started by systemd-boot, which is not given", "--loader");
            recorder.unknown(9, "an entry of type 1 is started by systemd-boot, which is not given", "--loader");
            return;
        }
        String options = loader.get().entry(inputs.loaderEntry.orElseThrow());
        boolean names = options.startsWith("initrd=");
        if (names && inputs.initrd.isEmpty()) {
            recorder.unknown(9, "the initrd that the loader entry names is not given", "--initrd");
        }
        plainKernel(inputs.kernel.get(), options);
    }

    /** PCR 4, before the firmware's own events: an image that the VMM hands over. */
    private void directImage() {
        Optional<Source> kernel = bootedImage();
        if (kernel.isEmpty()) {
            unknownFrom(4, "the kernel that the VMM hands over is not given", "a UKI, or --kernel");
            return;
        }
        boolean raw =
                inputs.uki.filter(uki -> uki.kind() == Uki.Kind.UKI).isEmpty() && DirectKernel.isBzImage(kernel.get());
        Optional<PeImage> image;
        try {
            image = raw ? DirectKernel.patched(recorder, inputs, kernel.get()) : Optional.of(bootedPe(kernel.get()));
        } catch (IllegalArgumentException e) {
            refusal = Optional.of(e.getMessage());
            return;
        }
        if (image.isEmpty()) {
            return;
        }
        BootState.Admission admission = state.admit(image.get());
        if (admission == BootState.Admission.REFUSED) {
            refusal = Optional.of("Secure Boot is on and no entry of db allows "
                    + kernel.get().name());
        } else if (admission == BootState.Admission.UNKNOWN && secureBoot.isPresent()) {
            recorder.unknown(7, "which entry of db allows the kernel is not known", "--vars");
        }
        recorder.add(
                kernel.get().name(),
                Producer.FIRMWARE,
                4,
                EventType.EV_EFI_BOOT_SERVICES_APPLICATION,
                EventBytes.imageLoad(DevicePathBytes.path()
                        .vendorMedia(QEMU_KERNEL_LOADER)
                        .file("kernel")
                        .end()),
                new Measured.Image(image.get()),
                Provenance.FileRange.of(kernel.get()),
                Evidence.BOOT);
    }

    private void directKernel() {
        if (bootedImage().isEmpty()) {
            return;
        }
        if (inputs.uki.filter(uki -> uki.kind() == Uki.Kind.UKI).isPresent()) {
            if (inputs.initrd.isPresent()) {
                recorder.unknown(9, "what the stub does with an initrd of the VMM is not known", "no --initrd");
            }
            uki(Optional.empty());
            return;
        }
        Optional<Edk2Build> build = facts.flatMap(FirmwareFacts::build);
        String append = DirectKernel.loadOptions(inputs.append.orElse(""));
        String options = append;
        if (inputs.initrd.isPresent()) {
            if (build.isEmpty()) {
                recorder.unknown(
                        9,
                        "the firmware adds initrd=initrd to the command line, at a place that depends on its build",
                        "--firmware");
                return;
            }
            boolean before = build.get().release().equals("2026.08");
            options = before ? "initrd=initrd " + append : append + " initrd=initrd";
        }
        plainKernel(bootedImage().orElseThrow(), options);
    }

    private static int profileOf(BootInputs inputs) {
        int end = inputs.loadOptions.map(SystemdStub::profileEnd).orElse(0);
        if (end == 0 || end > 5) {
            return inputs.profile;
        }
        int asked = Integer.parseInt(inputs.loadOptions.orElseThrow().substring(1, end));
        if (inputs.profile != 0 && inputs.profile != asked) {
            throw new IllegalArgumentException(
                    "the load options select profile " + asked + ", and profile " + inputs.profile + " is asked for");
        }
        return asked;
    }

    private static String loadOptionsOf(BootInputs inputs, int profile) {
        String given = inputs.loadOptions
                .or(() -> inputs.direct ? inputs.append.map(DirectKernel::loadOptions) : Optional.empty())
                .orElse("");
        if (profile == 0 || SystemdStub.profileEnd(given) != 0) {
            return given;
        }
        return "@" + profile + (given.isEmpty() ? "" : " " + given);
    }

    private Optional<StubBehaviour> stub() {
        boolean program = inputs.uki.filter(uki -> uki.kind() == Uki.Kind.UKI).isPresent();
        if (!program && inputs.parts.isEmpty()) {
            return Optional.empty();
        }
        Optional<StubVersion> version = inputs.stub.or(() -> inputs.uki.flatMap(Uki::stubVersion));
        if (version.isEmpty() && inputs.uki.isEmpty()) {
            version = Optional.of(StubVersion.parse("262.1"));
            recorder.assume("stub", "262.1", "the sections are given in parts, without the stub that measures them");
        }
        if (inputs.ccMeasurement) {
            version.ifPresent(v -> recorder.measureThroughCc(Producer.SYSTEMD_STUB, v.major()));
        }
        Optional<StubBehaviour> known = version.flatMap(StubBehaviour::of);
        if (known.isEmpty()) {
            String why = version.map(v -> "what systemd-stub " + v + " measures is not known, only 250 to 262 are")
                    .orElse("the image does not say that its code is a systemd-stub");
            for (int pcr : new int[] {1, 4, 9, 11, 12, 13}) {
                recorder.unknown(pcr, why, "--stub");
            }
        } else {
            inputs.uki.filter(uki -> known.get().profiles()).ifPresent(uki -> uki.profile(profile));
        }
        return known;
    }

    private Optional<UkiFirmware> selected() {
        if (inputs.uki.isEmpty()
                || stub.isEmpty()
                || inputs.uki.get().firmwares().isEmpty()) {
            return Optional.empty();
        }
        Uki uki = inputs.uki.get();
        if (!stub.get().selectsFirmware()) {
            return Optional.empty();
        }
        if (inputs.firmwareSelection instanceof FirmwareSelection.Given given) {
            return Optional.of(given.firmware());
        }
        if (inputs.firmwareSelection instanceof FirmwareSelection.None) {
            return Optional.empty();
        }
        if (inputs.smbios.isEmpty()) {
            recorder.assume("fwid", "none", "no machine is given, so no hardware id is taken to match");
            return Optional.empty();
        }
        FirmwareChoice choice = FirmwareChoice.of(
                uki, profile, chids(), StubVersion.parse(stub.get().id()));
        if (choice instanceof FirmwareChoice.Selected found) {
            return Optional.of(found.firmware());
        }
        return Optional.empty();
    }

    private Map<String, UUID> chids() {
        Map<String, UUID> chids = new LinkedHashMap<>();
        Chids.of(MachineIdentity.of(inputs.smbios.orElseThrow()), ChidMode.STUB)
                .lookups()
                .forEach((type, chid) -> chids.put(type.id(), chid));
        return chids;
    }

    /** The device tree that the machine's hardware ids lead to; virtual machines of x86 have none of their own. */
    private Optional<PeSection> deviceTree() {
        Optional<Uki> uki =
                inputs.uki.filter(image -> stub.orElseThrow().measuredSections().contains(".dtbauto"));
        if (uki.isEmpty() || !DeviceTreeChoice.dependsOnMachine(uki.get(), profile)) {
            return Optional.empty();
        }
        if (inputs.smbios.isEmpty()) {
            recorder.assume(
                    "dtbauto", "none", "no machine is given, so no hardware id of a device tree is taken to match");
            return Optional.empty();
        }
        return DeviceTreeChoice.of(
                uki.get(), profile, chids(), StubVersion.parse(stub.get().id()));
    }

    /** The id of the firmware that is measured: the selected one, or that of a UKI that is given in parts. */
    private Optional<String> fwid() {
        Optional<Source> part = inputs.parts.stream()
                .filter(section -> section.name().equals(".efifw"))
                .map(NamedFile::content)
                .findFirst();
        if (part.isEmpty() || stub.isEmpty() || !stub.get().measuredSections().contains(".efifw")) {
            return firmware.flatMap(found -> found.firmware().fwid());
        }
        try {
            return EfiFirmware.read(part.get()).fwid();
        } catch (MalformedInputException e) {
            return Optional.empty(); // measured all the same, as systemd-measure does, though no stub would select it
        }
    }

    private void warnOfSignatures(UkiFirmware found) {
        recorder.warn(new Warning(
                WarningCode.PCRSIG_MISSES_EFIFW,
                "ukify's own prediction of PCR 11, and so a .pcrsig that it makes, leaves out firmware "
                        + found.firmware().fwid().orElse("") + ", which the stub measures when it selects it"));
    }

    /** The list up to the end of boot services, in each course that this may take. */
    private BootPrediction variants() {
        List<BootVariant> variants = new ArrayList<>();
        for (BootVariant course : recorder.courses()) {
            List<Boolean> retries = ovmf.exitBootCourses();
            for (boolean retry : retries) {
                EventRecorder end = new EventRecorder();
                Ovmf.exitBootServices(end, retry);
                List<BootVariant.Choice> choices = new ArrayList<>(course.choices());
                if (retries.size() > 1) {
                    choices.add(exitBoot(retry));
                }
                variants.add(new BootVariant(choices, course.events()).with(end.events()));
            }
        }
        return new BootPrediction(
                BootPhase.KERNEL_START,
                variants,
                new TreeMap<>(recorder.notKnown()),
                recorder.assumptions(),
                recorder.warnings(),
                fwid(),
                profile,
                secureBoot,
                refusal);
    }

    private static BootVariant.Choice exitBoot(boolean retry) {
        return new BootVariant.Choice(
                "exit-boot",
                retry ? "exit-boot-retry" : "exit-boot-once",
                retry
                        ? "the first ExitBootServices fails and the kernel tries again, as seen with OVMF 2026.08 from disk"
                        : "the first ExitBootServices succeeds");
    }
}
