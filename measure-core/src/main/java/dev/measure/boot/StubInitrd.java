package dev.measure.boot;

import dev.measure.Evidence;
import dev.measure.Provenance;
import dev.measure.Source;
import dev.measure.eventlog.EventType;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/**
 * The initrd that systemd-stub puts together (systemd src/boot/stub.c, src/boot/cpio.c): the sections of the image and of its
 * add-ons, and an archive for each kind of file beside it. The archives are measured into PCRs 12 and 13.
 */
final class StubInitrd {
    private static final int TAG_INITRD_ADDON = 0x49dffe0f;
    private static final int TAG_UCODE_ADDON = 0xdac08e1a;

    private final EventRecorder recorder;
    private final BootInputs inputs;
    private final StubBehaviour stub;
    private final StubImage image;
    private final List<StubAddon> addons;

    StubInitrd(EventRecorder recorder, BootInputs inputs, StubBehaviour stub, StubImage image, List<StubAddon> addons) {
        this.recorder = recorder;
        this.inputs = inputs;
        this.stub = stub;
        this.image = image;
        this.addons = List.copyOf(addons);
    }

    /** Records the events of PCRs 12 and 13, and returns the initrd that the kernel gets. */
    Initrd record() {
        Initrd initrd = new Initrd();
        List<StubAddon> microcode = withSection(".ucode");
        Collections.reverse(microcode);
        if (stub.metadataArchives()) {
            microcode.forEach(
                    addon -> initrd.add(List.of(addon.section(".ucode").orElseThrow())));
            image.section(".ucode").ifPresent(part -> initrd.add(List.of(part)));
        }
        image.section(".initrd").ifPresent(part -> initrd.add(List.of(part)));
        files(initrd, 12, inputs.credentials, ".cred", ".extra/credentials", 0500, 0400, "Credentials initrd", true);
        files(
                initrd,
                12,
                inputs.globalCredentials,
                ".cred",
                ".extra/global_credentials",
                0500,
                0400,
                "Global credentials initrd",
                true);
        extensions(initrd);
        if (stub.metadataArchives()) {
            for (StubAddon addon : microcode) {
                section(addon, ".ucode", TAG_UCODE_ADDON, "microcode add-on ");
            }
        }
        meta(initrd, ".pcrsig", "tpm2-pcr-signature.json");
        meta(initrd, ".pcrpkey", "tpm2-pcr-public-key.pem");
        if (stub.metadataArchives()) {
            meta(initrd, ".osrel", "os-release");
            meta(initrd, ".profile", "profile");
            for (StubAddon addon : withSection(".initrd")) {
                section(addon, ".initrd", TAG_INITRD_ADDON, "initrd add-on ");
                initrd.add(List.of(addon.section(".initrd").orElseThrow()));
            }
        }
        if (!stub.initrdKnown()) {
            recorder.unknown(
                    9, "which archives systemd-stub " + stub.id() + " adds to the initrd is not known", "--stub");
        }
        if (stub.bootSecret()) {
            recorder.assume(
                    "boot-secret",
                    "none",
                    "systemd-stub from 261 on adds a boot secret to the initrd where the machine has one; PCR 9 then differs"
                            + " on every machine");
        }
        return initrd;
    }

    private List<StubAddon> withSection(String name) {
        return new ArrayList<>(
                addons.stream().filter(addon -> addon.section(name).isPresent()).toList());
    }

    private void section(StubAddon addon, String section, int tag, String name) {
        Source content = addon.section(section).orElseThrow();
        SystemdStub.tagged(
                recorder,
                name + addon.file().name(),
                tag,
                CmdlineText.u16(addon.file().name()),
                Measured.of(content),
                new Provenance.PeSection(section, Provenance.FileRange.of(content)),
                weak(true));
    }

    private void extensions(Initrd initrd) {
        List<NamedFile> system = withoutConfiguration(inputs.sysexts);
        List<NamedFile> global = withoutConfiguration(inputs.globalSysexts);
        files(initrd, 13, system, ".raw", ".extra/sysext", 0555, 0444, "System extension initrd", false);
        if (!stub.metadataArchives() && !global.isEmpty()) {
            recorder.unknown(13, "global extensions of systemd-stub " + stub.id() + " are not known", "--stub");
            recorder.unknown(9, "global extensions of systemd-stub " + stub.id() + " are not known", "--stub");
        }
        files(initrd, 13, global, ".raw", ".extra/global_sysext", 0555, 0444, "Global system extension initrd", false);
        if (!stub.metadataArchives() && !(inputs.confexts.isEmpty() && inputs.globalConfexts.isEmpty())) {
            recorder.unknown(12, "configuration extensions of systemd-stub " + stub.id() + " are not known", "--stub");
            recorder.unknown(9, "configuration extensions of systemd-stub " + stub.id() + " are not known", "--stub");
        }
        files(
                initrd,
                12,
                inputs.confexts,
                ".confext.raw",
                ".extra/confext",
                0555,
                0444,
                "Configuration extension initrd",
                false);
        files(
                initrd,
                12,
                inputs.globalConfexts,
                ".confext.raw",
                ".extra/global_confext",
                0555,
                0444,
                "Global configuration extension initrd",
                false);
    }

    private static List<NamedFile> withoutConfiguration(List<NamedFile> files) {
        return files.stream().filter(file -> !file.passes(".confext.raw")).toList();
    }

    private void files(
            Initrd initrd,
            int pcr,
            List<NamedFile> files,
            String suffix,
            String folder,
            int folderMode,
            int fileMode,
            String description,
            boolean seen) {
        List<NamedFile> taken = NamedFile.taken(files, suffix);
        if (taken.isEmpty()) {
            return;
        }
        List<Source> archive = CpioArchive.of(folder, folderMode, fileMode, taken);
        recorder.add(
                description,
                Producer.SYSTEMD_STUB,
                pcr,
                EventType.EV_IPL,
                CmdlineText.u16(description),
                new Measured.Bytes(archive),
                new Provenance.Derived(
                        "cpio archive",
                        taken.stream()
                                .<Provenance>map(file -> Provenance.FileRange.of(file.content()))
                                .toList()),
                weak(seen));
        initrd.add(archive);
    }

    private void meta(Initrd initrd, String section, String name) {
        image.section(section)
                .ifPresent(content ->
                        initrd.add(CpioArchive.of(".extra", 0555, 0444, List.of(new NamedFile(name, content)))));
    }

    /** {@return how what is in the initrd is known} */
    Evidence evidence() {
        boolean unseen = image.section(".pcrsig").isPresent()
                || !inputs.sysexts.isEmpty()
                || !inputs.globalSysexts.isEmpty()
                || !inputs.confexts.isEmpty()
                || !inputs.globalConfexts.isEmpty();
        return weak(!unseen);
    }

    private Evidence weak(boolean seen) {
        return seen ? stub.evidence() : Evidence.SOURCE;
    }
}
