package dev.measure.boot;

import dev.measure.Evidence;
import dev.measure.MalformedInputException;
import dev.measure.Provenance;
import dev.measure.Source;
import dev.measure.Strictness;
import dev.measure.eventlog.EventType;
import dev.measure.pe.PeImage;
import dev.measure.smbios.SmbiosStructure;
import dev.measure.uki.Uki;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

/**
 * What systemd-stub measures (systemd src/boot/stub.c): sections, load options, add-ons, credentials and extensions, and the kernel
 * if it is started through the firmware. It ends with the command line and the initrd that the kernel gets.
 */
final class SystemdStub {
    private static final String SMBIOS_CMDLINE = "io.systemd.stub.kernel-cmdline-extra=";
    private static final String CONSOLE = "console=";
    private static final String ADDON_SUFFIX = ".addon.efi";
    private static final int TAG_PROFILE = 0x13aed6db;
    private static final int TAG_DEVICETREE_ADDON = 0x6c46f751;
    private static final int OEM_STRINGS = 11;
    private static final String NEEDED_SECURE_BOOT = "--secure-boot, or --firmware with --vars";

    /** Device path of the kernel that the stub loads (systemd src/boot/linux.c, STUB_PAYLOAD_GUID). */
    private static final UUID STUB_PAYLOAD = UUID.fromString("55c5d1f8-04cd-46b5-8a20-e56cbb3052d0");

    private final EventRecorder recorder;
    private final BootInputs inputs;
    private final StubBehaviour stub;
    private final StubImage image;
    private final BootState state;
    private final List<StubAddon> addons = new ArrayList<>();
    private final List<Provenance> cmdlineFrom = new ArrayList<>();
    private String cmdline = "";

    SystemdStub(EventRecorder recorder, BootInputs inputs, StubBehaviour stub, StubImage image, BootState state) {
        this.recorder = recorder;
        this.inputs = inputs;
        this.stub = stub;
        this.image = image;
        this.state = state;
    }

    /** Records everything up to the start of the kernel. */
    void run() {
        profileTag();
        sections();
        loadAddons();
        options();
        StubInitrd loaded = new StubInitrd(recorder, inputs, stub, image, addons);
        Initrd initrd = loaded.record();
        kernel();
        LinuxEfiStub.record(
                recorder,
                image.section(".linux"),
                cmdline,
                true,
                new Provenance.Derived("command line of the kernel", cmdlineFrom),
                initrd.isEmpty() ? Optional.empty() : Optional.of(initrd.combined()),
                initrd.provenance(),
                loaded.evidence());
    }

    private Evidence weak(boolean seen) {
        return seen ? stub.evidence() : Evidence.SOURCE;
    }

    /** PCR 12: the number of the profile, unless it is the first. */
    private void profileTag() {
        if (!stub.profiles() || state.profile() == 0) {
            return;
        }
        String number = Integer.toString(state.profile());
        byte[] text = CmdlineText.u16(number);
        tagged(
                recorder,
                "profile " + number,
                TAG_PROFILE,
                text,
                Measured.of("profile", text),
                new Provenance.Parameter("profile", number),
                weak(true));
    }

    /** PCR 11: name and content of each section. */
    private void sections() {
        Optional<String> uncertain = image.uncertain();
        if (uncertain.isPresent()) {
            recorder.unknown(
                    11,
                    "how systemd-stub " + stub.id()
                            + " finds sections is not known, and the image has two ways to read " + uncertain.get(),
                    "--stub");
            return;
        }
        for (StubImage.Section section : image.measured()) {
            byte[] data = CmdlineText.u16(section.name());
            boolean seen = !section.name().equals(".dtb") && !section.name().equals(".dtbauto");
            recorder.add(
                    section.name() + " (name)",
                    Producer.SYSTEMD_STUB,
                    11,
                    EventType.EV_IPL,
                    data,
                    Measured.of(section.name(), (section.name() + '\0').getBytes(StandardCharsets.US_ASCII)),
                    new Provenance.Constant("systemd", "src/fundamental/uki.c"),
                    weak(seen));
            recorder.add(
                    section.name(),
                    Producer.SYSTEMD_STUB,
                    11,
                    EventType.EV_IPL,
                    data,
                    Measured.of(section.content()),
                    section.provenance(),
                    weak(seen));
        }
    }

    /** PCR 4: add-ons, and under Secure Boot only those that verify. */
    private void loadAddons() {
        List<NamedFile> files = new ArrayList<>(NamedFile.taken(inputs.globalAddons, ADDON_SUFFIX));
        files.addAll(NamedFile.taken(inputs.addons, ADDON_SUFFIX));
        if (!stub.addons()) {
            if (!files.isEmpty()) {
                recorder.assume("addon", "ignored", "systemd-stub before 254 loads no add-ons");
            }
            return;
        }
        if (files.isEmpty()) {
            return;
        }
        if (state.secureBoot().isEmpty()) {
            for (int pcr : new int[] {4, 9, 12}) {
                recorder.unknown(pcr, "whether add-ons are taken depends on Secure Boot", NEEDED_SECURE_BOOT);
            }
            return;
        }
        for (NamedFile file : files) {
            PeImage pe = PeImage.read(file.content());
            Optional<Shim> shim = state.gatekeeper(stub.leavesItToShim());
            if (shim.isPresent()) {
                if (!loadedByShim(shim.get(), file, pe)) {
                    return;
                }
                continue;
            }
            BootState.Admission admission = state.admit(pe);
            if (admission == BootState.Admission.UNKNOWN) {
                for (int pcr : new int[] {4, 7, 9, 12}) {
                    recorder.unknown(pcr, "whether " + file.name() + " is allowed depends on db and dbx", "--vars");
                }
                return;
            }
            if (admission == BootState.Admission.REFUSED) {
                recorder.assume(
                        "addon " + file.name(), "refused", "Secure Boot is on and no entry of db allows the add-on");
                continue;
            }
            recorder.add(
                    "add-on " + file.name(),
                    Producer.FIRMWARE,
                    4,
                    EventType.EV_EFI_BOOT_SERVICES_APPLICATION,
                    EventBytes.imageLoad(new byte[0]),
                    new Measured.Image(pe),
                    Provenance.FileRange.of(file.content()),
                    weak(true));
            take(file);
        }
    }

    private void take(NamedFile file) {
        Uki addon = Uki.read(file.content(), Strictness.LENIENT);
        if (applies(addon)) {
            addons.add(new StubAddon(file, addon));
        }
    }

    /** {@return whether it is known what becomes of an add-on that shim loads, or is asked about} */
    private boolean loadedByShim(Shim shim, NamedFile file, PeImage pe) {
        Shim.Caller caller = shim.loadsImages() ? Shim.Caller.LOAD_IMAGE : Shim.Caller.PROTOCOL;
        Shim.Admission admission = shim.loadAddon("add-on " + file.name(), pe, file.content(), caller);
        if (admission == Shim.Admission.UNKNOWN) {
            for (int pcr : new int[] {4, 7, 9, 12}) {
                recorder.unknown(
                        pcr, "whether shim allows " + file.name() + " depends on db, dbx and the MOK lists", "--vars");
            }
            return false;
        }
        if (admission == Shim.Admission.REFUSED) {
            recorder.assume("addon " + file.name(), "refused", "shim does not let the add-on run");
        } else {
            take(file);
        }
        return true;
    }

    private boolean applies(Uki addon) {
        if (addon.base().first(".linux").filter(s -> s.virtualSize() > 0).isPresent()) {
            return false;
        }
        Optional<String> mine = image.section(".uname").map(CmdlineText::of);
        Optional<Source> its =
                addon.base().first(".uname").filter(s -> s.virtualSize() > 0).map(s -> s.content());
        if (mine.isPresent() && its.isPresent() && !begins(mine.get(), its.get())) {
            return false;
        }
        return List.of(".cmdline", ".dtb", ".dtbauto", ".initrd", ".ucode").stream()
                .anyMatch(name -> addon.base()
                        .first(name)
                        .filter(s -> s.virtualSize() > 0)
                        .isPresent());
    }

    /** strneq8 over all bytes of the add-on's section: without a NUL in it the beginning is enough. */
    private static boolean begins(String uname, Source section) {
        String wanted = CmdlineText.of(section);
        boolean ends = wanted.getBytes(StandardCharsets.UTF_8).length < section.length();
        return ends ? uname.equals(wanted) : uname.startsWith(wanted);
    }

    /** PCR 12, rows that make the command line, and PCR 1 between them. */
    private void options() {
        Optional<CmdlineText.Mangle> mangle = stub.mangle();
        String base = image.section(".cmdline").map(CmdlineText::of).orElse("");
        if (mangle.isEmpty() && (!base.isEmpty() || !state.loadOptions().isEmpty() || !addons.isEmpty())) {
            recorder.unknown(9, "how systemd-stub " + stub.id() + " cleans command lines is not known", "--stub");
        }
        CmdlineText.Mangle how = mangle.orElse(CmdlineText.Mangle.BOTH_ENDS);
        cmdline = CmdlineText.mangle(base, how);
        image.section(".cmdline")
                .ifPresent(content ->
                        cmdlineFrom.add(new Provenance.PeSection(".cmdline", Provenance.FileRange.of(content))));
        String options = state.loadOptions();
        if (stub.profiles()) {
            options = withoutProfile(options);
        }
        loadOptions(options, how, mangle.isEmpty());
        addonCmdlines(how);
        smbiosCmdline(how);
        consoles();
        devicetrees();
        if (stub.tagsSmbios() && state.firstToTagSmbios()) {
            SmbiosTags.record(recorder, Producer.SYSTEMD_STUB, inputs.smbios, weak(true));
        }
    }

    /** {@return load options without the selection of a profile at their start} */
    static String withoutProfile(String options) {
        int end = profileEnd(options);
        if (end == 0) {
            return options;
        }
        return end < options.length() ? options.substring(end + 1) : "";
    }

    /** {@return the index behind {@code @N} at the start of a text; 0 if there is none} */
    static int profileEnd(String options) {
        if (!options.startsWith("@")) {
            return 0;
        }
        int end = 1;
        while (end < options.length() && Character.digit(options.charAt(end), 10) >= 0 && options.charAt(end) < 0x80) {
            end++;
        }
        return end > 1 && (end == options.length() || options.charAt(end) == ' ') ? end : 0;
    }

    private void loadOptions(String options, CmdlineText.Mangle how, boolean howUnknown) {
        if (options.isEmpty() || options.charAt(0) < ' ') {
            return;
        }
        if (options.chars().anyMatch(c -> c < ' ')) {
            Optional<Boolean> refused = stub.refusesControlCharacters();
            if (refused.isEmpty()) {
                for (int pcr : new int[] {9, 12}) {
                    recorder.unknown(
                            pcr,
                            "whether systemd-stub " + stub.id()
                                    + " takes load options with a control character is not known",
                            "--stub");
                }
                return;
            }
            if (refused.get()) {
                if (state.profile() != 0) {
                    throw new IllegalArgumentException("the load options hold a control character, so systemd-stub "
                            + stub.id() + " takes nothing of them, and no profile");
                }
                recorder.assume(
                        "load-options",
                        "ignored",
                        "they hold a control character, and systemd-stub from 259 on then takes nothing of them");
                return;
            }
        }
        boolean embedded = image.section(".cmdline").isPresent() || inputs.confidentialVm;
        if (embedded && state.secureBoot().isEmpty()) {
            recorder.unknown(9, "whether load options replace .cmdline depends on Secure Boot", NEEDED_SECURE_BOOT);
            recorder.unknown(12, "whether load options are taken depends on Secure Boot", NEEDED_SECURE_BOOT);
            return;
        }
        if (embedded && state.secureBoot().orElseThrow()) {
            return;
        }
        String text = CmdlineText.mangle(options, how);
        if (text.isEmpty()) {
            return;
        }
        if (howUnknown) {
            recorder.unknown(12, "how systemd-stub " + stub.id() + " cleans load options is not known", "--stub");
        }
        Provenance provenance = new Provenance.Parameter("load-options", options);
        cmdline = text;
        cmdlineFrom.clear();
        cmdlineFrom.add(provenance);
        text("load options", text, provenance, weak(true));
    }

    private void addonCmdlines(CmdlineText.Mangle how) {
        List<String> texts = new ArrayList<>();
        for (StubAddon addon : addons) {
            addon.section(".cmdline").map(CmdlineText::of).ifPresent(text -> texts.add(CmdlineText.mangle(text, how)));
        }
        if (texts.stream().allMatch(String::isEmpty)) {
            return;
        }
        Optional<Boolean> one = stub.oneEventForAddons();
        if (one.isEmpty()) {
            recorder.unknown(
                    12, "how systemd-stub " + stub.id() + " measures command lines of add-ons is not known", "--stub");
            return;
        }
        Provenance provenance = new Provenance.Derived(
                ".cmdline of add-ons",
                addons.stream()
                        .flatMap(addon -> addon.section(".cmdline").stream())
                        .<Provenance>map(
                                content -> new Provenance.PeSection(".cmdline", Provenance.FileRange.of(content)))
                        .toList());
        for (String text : one.get() ? List.of(joined(texts, how)) : texts) {
            if (text.isEmpty()) {
                continue;
            }
            append(text, provenance);
            text("add-on command line", text, provenance, weak(one.get()));
        }
    }

    /** Every add-on but the first puts a space before its text, also if that is empty (load_addons). */
    private static String joined(List<String> texts, CmdlineText.Mangle how) {
        String all = "";
        for (String text : texts) {
            all = all.isEmpty() ? text : all + " " + text;
        }
        return CmdlineText.mangle(all, how);
    }

    private void append(String text, Provenance provenance) {
        cmdlineFrom.add(provenance);
        cmdline = cmdline.isEmpty() ? text : cmdline + " " + text;
    }

    private void smbiosCmdline(CmdlineText.Mangle how) {
        if (!stub.smbiosCmdline() || inputs.confidentialVm) {
            return;
        }
        if (inputs.smbios.isEmpty()) {
            recorder.assume(
                    "smbios",
                    "no " + SMBIOS_CMDLINE.substring(0, SMBIOS_CMDLINE.length() - 1),
                    "the SMBIOS table is not given; an OEM string of that name would change PCRs 9 and 12");
            return;
        }
        Optional<SmbiosStructure> first = inputs.smbios.get().first(OEM_STRINGS);
        if (first.isEmpty()) {
            return;
        }
        for (String string : first.get().strings()) {
            if (string.startsWith(SMBIOS_CMDLINE)) {
                String extra = string.substring(SMBIOS_CMDLINE.length());
                String text = stub.metadataArchives() ? CmdlineText.mangle(extra, how) : extra;
                if (!text.isEmpty()) {
                    Provenance provenance = Provenance.FileRange.of(first.get().bytes());
                    append(text, provenance);
                    text("SMBIOS command line", text, provenance, weak(true));
                }
                return; // further strings are passed over
            }
        }
    }

    /** cmdline_append_console, which measures nothing by itself. */
    private void consoles() {
        if (!stub.looksForConsoles() || cmdline.startsWith(CONSOLE) || cmdline.contains(" " + CONSOLE)) {
            return;
        }
        if (inputs.consoles.isEmpty()) {
            recorder.assume(
                    "console",
                    "none",
                    "the machine is taken to have no console or the graphical one alone; systemd-stub from 261 on adds serial and"
                            + " virtio consoles to a command line without console=, and so to PCR 9: --console");
            return;
        }
        String text = stub.consoles(inputs.consoles.get());
        if (!text.isEmpty()) {
            append(text, new Provenance.Parameter("console", text));
        }
    }

    private void devicetrees() {
        for (StubAddon addon : addons) {
            addon.section(".dtbauto")
                    .filter(dtb -> stub.dtbautoAddons())
                    .or(() -> addon.section(".dtb"))
                    .ifPresent(dtb -> tagged(
                            recorder,
                            "devicetree add-on " + addon.file().name(),
                            TAG_DEVICETREE_ADDON,
                            CmdlineText.u16(addon.file().name()),
                            Measured.of(dtb),
                            Provenance.FileRange.of(dtb),
                            Evidence.SOURCE));
        }
    }

    private void text(String name, String text, Provenance provenance, Evidence evidence) {
        recorder.add(name, Producer.SYSTEMD_STUB, 12, EventType.EV_IPL, CmdlineText.u16(text), provenance, evidence);
    }

    /** Records an EV_EVENT_TAG of PCR 12. */
    static void tagged(
            EventRecorder recorder,
            String name,
            int tag,
            byte[] text,
            Measured measured,
            Provenance provenance,
            Evidence evidence) {
        recorder.add(
                name,
                Producer.SYSTEMD_STUB,
                12,
                EventType.EV_EVENT_TAG,
                EventBytes.tagged(tag, text),
                measured,
                provenance,
                evidence);
    }

    /** PCR 4: the inner kernel, if the stub starts it through the firmware. */
    private void kernel() {
        Optional<Source> linux = image.section(".linux");
        if (!stub.loadsKernelThroughFirmware() || linux.isEmpty()) {
            return;
        }
        if (state.secureBoot().isEmpty()) {
            recorder.unknown(
                    4,
                    "systemd-stub up to 257 has the kernel measured by the firmware unless Secure Boot is on",
                    NEEDED_SECURE_BOOT);
            return;
        }
        Optional<Shim> shim = state.gatekeeper(stub.leavesItToShim()).filter(Shim::loadsImages);
        if (state.secureBoot().get()
                && (shim.isEmpty() || shim.get().behaviour().cachesSections())) {
            if (state.unknownShim()) {
                recorder.unknown(4, "whether the kernel is measured depends on the version of shim", "--shim-version");
            }
            return;
        }
        try {
            PeImage pe = PeImage.read(linux.get());
            if (pe.optionalHeader().majorImageVersion() < 1) {
                return; // started through the EFI handover protocol, which loads no image
            }
            if (shim.isPresent()) {
                shim.get().load(".linux", pe, linux.get(), Shim.Caller.LOAD_IMAGE);
                return;
            }
            recorder.add(
                    ".linux",
                    Producer.FIRMWARE,
                    4,
                    EventType.EV_EFI_BOOT_SERVICES_APPLICATION,
                    EventBytes.imageLoad(
                            DevicePathBytes.path().vendorMedia(STUB_PAYLOAD).end()),
                    new Measured.Image(pe),
                    new Provenance.PeSection(".linux", Provenance.FileRange.of(linux.get())),
                    weak(true));
        } catch (MalformedInputException e) {
            recorder.unknown(
                    4, "the firmware would refuse the kernel: " + e.getMessage(), "a .linux that is an EFI program");
        }
    }
}
