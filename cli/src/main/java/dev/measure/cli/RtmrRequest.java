package dev.measure.cli;

import dev.measure.Digest;
import dev.measure.DigestAlgorithm;
import dev.measure.Source;
import dev.measure.boot.BootDisk;
import dev.measure.boot.BootInputs;
import dev.measure.boot.FirmwareSelection;
import dev.measure.boot.SelectableFirmware;
import dev.measure.eventlog.EventType;
import dev.measure.smbios.SmbiosTable;
import dev.measure.tdx.AcpiEvent;
import dev.measure.tdx.DstackMeasurement;
import dev.measure.tdx.Edk2Generation;
import dev.measure.tdx.RtmrContent;
import dev.measure.tdx.RtmrInputs;
import dev.measure.tdx.RuntimeEvent;
import dev.measure.tdx.TdLog;
import dev.measure.uefi.SignatureDatabase;
import dev.measure.uki.StubVersion;
import dev.measure.uki.Uki;
import dev.measure.uki.UkiFirmware;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Stream;

/** What a command line says of the boot whose RTMRs are asked for. */
final class RtmrRequest {
    private static final int MOST_VCPUS = 4096;
    private static final String NORMALIZED = "--kernel-header-normalized";

    private final Call call;
    private final Result result;
    private final Optional<Uki> fuki;
    private Optional<List<AcpiEvent>> liftedAcpi = Optional.empty();
    private Optional<SmbiosTable> smbios = Optional.empty();

    RtmrRequest(Call call, Result result) {
        this(call, result, Optional.empty());
    }

    /** A request of {@code measure fuki}, whose image is at hand: all profiles, with and without each firmware in it. */
    RtmrRequest(Call call, Result result, Optional<Uki> fuki) {
        this.call = call;
        this.result = result;
        this.fuki = fuki;
    }

    static boolean isAsked(TdxRequest request) {
        return request.registers().stream().anyMatch(name -> name.startsWith("rtmr"));
    }

    /** {@return the firmwares: with {@code --firmware} a UKI beside it is what boots, not what they are in} */
    static List<LaunchTarget> targets(Call call, TdxRequest request, Result result) {
        Optional<String> firmware = call.value("--firmware");
        if (isAsked(request) && published(call, result).isPresent()) {
            String name = call.value("--dstack-measurement").orElseThrow();
            Source file = call.inputs().open(name);
            return List.of(new LaunchTarget(
                    LaunchTarget.fileName(name), file, List.of("--dstack-measurement", name), Optional.empty()));
        }
        if (isAsked(request) && firmware.isPresent() && call.positional(0).isPresent()) {
            Source file = call.inputs().open(firmware.get());
            result.input("firmware", file);
            return List.of(Targets.ofFile(firmware.get(), file));
        }
        return Targets.of(call, result);
    }

    /** {@return the UKI that boots, if one does} */
    Optional<Uki> uki() {
        if (fuki.isPresent()) {
            // A kernel beside it is what the VMM hands over, as for the launch digests.
            return fuki.filter(image -> image.kind() == Uki.Kind.UKI && !call.has("--kernel"));
        }
        Optional<String> name = call.positional(0);
        if (name.isEmpty()) {
            return Optional.empty();
        }
        Source file = call.inputs().open(name.get());
        if (!FileKind.isPe(file)) {
            if (call.has("--firmware")) {
                throw Complaint.usage(
                        "both --firmware and '" + name.get() + "', which is no UKI, are given", "keep one of them");
            }
            return Optional.empty();
        }
        if (call.has("--kernel")) {
            throw Complaint.usage(
                    "both a UKI and --kernel are given",
                    "a UKI boots from a disk, or with --direct; --kernel is another");
        }
        result.input("uki", file);
        Uki uki = Uki.read(file, call.common().strictness());
        if (uki.kind() != Uki.Kind.UKI && call.has("--direct")) {
            throw Complaint.usage(
                    name.get() + " is no UKI, and --direct hands a UKI over",
                    "a kernel is handed over as --kernel FILE");
        }
        return Optional.of(uki);
    }

    /** {@return the boots of a UKI on a machine that a firmware has started: by profile, and by what the stub selects} */
    List<BootInputs> boots(Uki uki, LaunchTarget target) {
        BootInputs.Builder in = BootInputs.builder().uki(uki);
        PcrRequest.stub(call, in);
        path(in);
        BootInputs base = in.build();
        Optional<StubVersion> stub = call.value("--stub").map(StubVersion::parse);
        List<BootInputs> boots = new ArrayList<>();
        for (int profile : BootTargets.profiles(call, uki, fuki.isPresent())) {
            for (FirmwareSelection selection : selections(uki, target, profile, stub)) {
                boots.add(base.toBuilder()
                        .profile(profile)
                        .firmwareSelection(selection)
                        .build());
            }
        }
        return boots;
    }

    /** {@return the boot of a kernel that loaders start from a disk} */
    BootInputs bootOfLoaders() {
        BootInputs.Builder in = BootInputs.builder();
        path(in);
        return in.build();
    }

    private void path(BootInputs.Builder in) {
        BootPathOptions.path(call, result, in);
        BootPathOptions.beside(call, result, in);
        PcrRequest.failedBootOptions(call, result, in);
        smbios().ifPresent(in::smbios);
        in.optionRoms(call.values("--option-rom").stream()
                .map(name -> PcrRequest.opened(call, result, "option-rom", name))
                .toList());
    }

    /** A guest that a firmware of the image has started is one on which the stub finds that firmware again. */
    private List<FirmwareSelection> selections(Uki uki, LaunchTarget target, int profile, Optional<StubVersion> stub) {
        if (!target.fw().startsWith("efifw:")) {
            return BootTargets.selections(call, uki, profile, stub);
        }
        String id = target.fw().substring("efifw:".length());
        for (UkiFirmware firmware : SelectableFirmware.of(uki, profile, stub)) {
            if (firmware.firmware().fwid().equals(Optional.of(id))) {
                FirmwareSelection selected = new FirmwareSelection.Given(firmware);
                return fuki.isPresent() ? List.of(selected, FirmwareSelection.none()) : List.of(selected);
            }
        }
        return List.of(FirmwareSelection.none());
    }

    /** {@return the numbers of vCPUs, which ids have} */
    static List<Integer> vcpus(Call call) {
        return call.has("--vcpus") ? Lists.numbers("--vcpus", call.values("--vcpus"), 1, MOST_VCPUS) : List.of();
    }

    /** {@return what the log says of ACPI, if nothing else does; known after {@link #inputs}} */
    Optional<List<AcpiEvent>> liftedAcpi() {
        return liftedAcpi;
    }

    /** {@return all inputs but firmware, memory, ACPI and UKI} */
    RtmrInputs.Builder inputs(List<Long> memory) {
        RtmrInputs.Builder in = RtmrInputs.builder();
        firmware(in);
        machine(in, memory.size() > 1);
        kernel(in, memory);
        in.runtimeEvents(
                call.values("--runtime-event").stream().map(this::runtimeEvent).toList());
        if (call.has("--from-log")) {
            lift(in);
        }
        return in;
    }

    /** Refuses words that are wrong whatever is asked for, also where no RTMR is. */
    static void check(Call call) {
        edk2(call);
        secureBoot(call);
        vcpus(call);
        AcpiOptions.check(call);
        if (call.has("--kernel") && !call.has("--loader") && call.positional(0).isEmpty()) {
            Stream.of("--profile", "--stub", "--load-options")
                    .filter(call::has)
                    .findFirst()
                    .or(() -> BootPathOptions.givenBeside(call))
                    .ifPresent(option -> {
                        throw Complaint.usage(
                                option + " belongs to a UKI, and --kernel alone is none",
                                "give the UKI as parameter, or leave it out");
                    });
        }
        boolean kernel = call.has("--kernel") || call.positional(0).isPresent() || call.has("--dstack-measurement");
        for (String option : List.of("--initrd", "--append")) {
            if (call.has(option) && !kernel) {
                throw Complaint.usage(option + " belongs to a kernel, and none is given", "add --kernel FILE");
            }
        }
    }

    /** Refuses what belongs to a kernel that the VMM hands over, where there is none: a metadata.json may have named it. */
    static void checkKernel(Call call) {
        if (call.has("--kernel")) {
            return;
        }
        if (call.has(NORMALIZED)) {
            throw Complaint.usage(NORMALIZED + ": there is no kernel", "give --kernel FILE");
        }
        if (call.has("--direct-shim")) {
            throw Complaint.usage("--direct-shim: QEMU takes a shim only beside a kernel", "give --kernel FILE");
        }
    }

    private static Optional<Edk2Generation> edk2(Call call) {
        List<String> known =
                Edk2Generation.all().stream().map(Edk2Generation::id).toList();
        return call.value("--edk2")
                .map(tag -> Edk2Generation.of(tag)
                        .orElseThrow(() -> Complaint.usage(
                                "unknown generation '" + tag + "'",
                                Suggestion.didYouMean(tag, known) + "all: " + String.join(", ", known))));
    }

    private static Optional<Boolean> secureBoot(Call call) {
        Optional<String> state = call.value("--secure-boot");
        if (state.isPresent() && !List.of("on", "off").contains(state.get())) {
            throw Complaint.usage("--secure-boot must be on or off, got '" + state.get() + "'", "");
        }
        return state.map("on"::equals);
    }

    private void firmware(RtmrInputs.Builder in) {
        edk2(call).ifPresent(in::edk2);
        secureBoot(call).ifPresent(in::secureBoot);
        for (String name : List.of("PK", "KEK", "db", "dbx")) {
            PcrRequest.key(call, result, name).ifPresent(source -> {
                SignatureDatabase.read(source);
                in.variable(name, source);
            });
        }
        if (call.has("--boot-order")) {
            List<String> order = Lists.names("--boot-order", call.values("--boot-order"));
            in.bootOrder(
                    order.equals(List.of("none"))
                            ? List.of()
                            : order.stream()
                                    .map(text -> PcrRequest.hexadecimal("--boot-order", text))
                                    .toList());
        }
        call.value("--boot-disk").filter(text -> !text.equals("any")).ifPresent(text -> {
            try {
                in.bootDisk(BootDisk.parse(text));
            } catch (IllegalArgumentException e) {
                throw Complaint.usage("--boot-disk: " + e.getMessage(), "");
            }
        });
        for (String text : call.values("--boot-variable")) {
            String[] parts = named("--boot-variable", "NNNN=FILE", text);
            in.bootVariable(
                    PcrRequest.hexadecimal("--boot-variable", parts[0]),
                    PcrRequest.opened(call, result, "boot-variable", parts[1]));
        }
    }

    /** The table by which the stub selects, too; read once. */
    private Optional<SmbiosTable> smbios() {
        if (smbios.isEmpty()) {
            smbios = call.value("--smbios").map(name -> PcrRequest.smbios(call, result, name));
        }
        return smbios;
    }

    private void machine(RtmrInputs.Builder in, boolean severalSizes) {
        smbios().ifPresent(in::smbiosTable);
        if (call.has("--smbios") && severalSizes) {
            in.smbiosMissing(
                    "the SMBIOS table that is given is of one size of memory, and several are asked for",
                    "one size at a time");
        }
        for (String text : call.values("--fw-cfg")) {
            String[] parts = named("--fw-cfg", "ITEM=FILE", text);
            if (!RtmrInputs.FW_CFG_ITEMS.contains(parts[0])) {
                throw Complaint.usage(
                        "--fw-cfg: no item '" + parts[0] + "' is measured",
                        Suggestion.didYouMean(parts[0], RtmrInputs.FW_CFG_ITEMS) + "all: "
                                + String.join(", ", RtmrInputs.FW_CFG_ITEMS));
            }
            in.fwCfg(parts[0], PcrRequest.opened(call, result, "fw-cfg", parts[1]));
        }
        call.value("--qemu-version").ifPresent(in::qemuVersion);
        if (call.has(NORMALIZED)) {
            in.kernelHeaderNormalized(true);
        }
        if (call.has("--direct-shim")) {
            PcrRequest.opened(call, result, "shim", call.value("--direct-shim").orElseThrow());
            in.shim(true);
        }
    }

    private void kernel(RtmrInputs.Builder in, List<Long> memory) {
        Optional<RtmrContent> kernel = file("--kernel");
        kernel.ifPresent(in::kernel);
        if (kernel.isPresent()) {
            file("--initrd").ifPresent(in::initrd);
            call.value("--append").map(this::commandLine).ifPresent(in::append);
        }
        if (!call.has("--dstack-measurement")) {
            return;
        }
        if (kernel.isPresent()) {
            throw Complaint.usage("both --kernel and --dstack-measurement are given", "keep one of them");
        }
        DstackMeasurement published = measurement(call, result);
        for (long size : memory) {
            // The file's digest is for an initrd whose place does not depend on memory.
            if (size != 2048L << 20 && size < 2816L << 20) {
                throw new Complaint(
                        ExitCode.NOT_PREDICTABLE,
                        "the kernel's digest in "
                                + call.value("--dstack-measurement").orElseThrow()
                                + " holds for 2048 MiB of memory, and for 2816 MiB or more",
                        "give --kernel, --initrd and --cmdline");
            }
        }
        in.published(published);
    }

    /** {@return what dstack published of the image, if it is given in place of a firmware} */
    static Optional<DstackMeasurement> published(Call call, Result result) {
        if (!call.has("--dstack-measurement")
                || call.has("--firmware")
                || call.positional(0).isPresent()) {
            return Optional.empty();
        }
        return Optional.of(measurement(call, result));
    }

    private static DstackMeasurement measurement(Call call, Result result) {
        Source file = PcrRequest.file(call, result, "--dstack-measurement").orElseThrow();
        return DstackMeasurement.read(
                DstackQuote.is(file) ? DstackQuote.read(file).measurement().orElse(file) : file);
    }

    /** Digests of a log for what nothing else gives. */
    private void lift(RtmrInputs.Builder in) {
        String name = call.value("--from-log").orElseThrow();
        TdLog log = TdEvidenceFile.log(PcrRequest.opened(call, result, "log", name));
        List<RtmrContent> acpi = new ArrayList<>();
        List<RtmrContent> boot = new ArrayList<>();
        boolean separated = false;
        for (TdLog.Entry entry : log.of(0)) {
            RtmrContent digest = RtmrContent.fromLog(entry.digest(), name);
            separated |= entry.type().equals(EventType.EV_SEPARATOR);
            if (entry.type().equals(EventType.EV_PLATFORM_CONFIG_FLAGS) && isAcpi(entry.text(), separated)) {
                acpi.add(digest);
            } else if (entry.type().equals(EventType.EV_EFI_HANDOFF_TABLES) && !call.has("--smbios")) {
                in.smbios(digest);
            } else if (entry.type().equals(EventType.EV_EFI_VARIABLE_BOOT)) {
                boot.add(digest);
            }
        }
        if (!AcpiOptions.isGiven(call) && !acpi.isEmpty()) {
            liftedAcpi = Optional.of(AcpiOptions.lifted(acpi));
        }
        if (!call.has("--boot-order") && !boot.isEmpty()) {
            in.bootEvents(boot);
        }
        if (!call.has("--kernel") && !call.has("--dstack-measurement")) {
            liftKernel(log, name, in);
        }
        if (!call.has("--runtime-event")) {
            List<RuntimeEvent> runtime = new ArrayList<>();
            log.of(3)
                    .forEach(entry -> runtime.add(new RuntimeEvent.Logged(
                            entry.text().isEmpty() ? "event" : entry.text(),
                            entry.type().value(),
                            entry.digest(),
                            name)));
            in.runtimeEvents(runtime);
        }
    }

    /** Of a direct boot, which has one image, and of whose kernel RTMR2 holds command line and initrd alone. */
    private static void liftKernel(TdLog log, String name, RtmrInputs.Builder in) {
        List<TdLog.Entry> images = log.of(1).stream()
                .filter(entry -> entry.type().equals(EventType.EV_EFI_BOOT_SERVICES_APPLICATION))
                .toList();
        List<TdLog.Entry> kernel = log.of(2);
        boolean direct = images.size() == 1
                && !kernel.isEmpty()
                && kernel.size() <= 2
                && kernel.stream().allMatch(entry -> entry.type().equals(EventType.EV_EVENT_TAG));
        if (direct) {
            in.kernel(RtmrContent.fromLog(images.get(0).digest(), name));
            in.loadOptions(RtmrContent.fromLog(kernel.get(0).digest(), name));
            if (kernel.size() == 2) {
                in.initrd(RtmrContent.fromLog(kernel.get(1).digest(), name));
            }
        }
    }

    /** The firmware calls them "ACPI DATA"; dstack's agent gives them names. What has none may be a fw_cfg item, but for its place. */
    private static boolean isAcpi(String text, boolean separated) {
        return text.toLowerCase(Locale.ROOT).startsWith("acpi") || (text.isEmpty() && separated);
    }

    private RuntimeEvent runtimeEvent(String text) {
        int colon = text.indexOf(':');
        String kind = colon < 0 ? "" : text.substring(0, colon);
        String rest = text.substring(colon + 1);
        try {
            return switch (kind) {
                case "sha384" -> new RuntimeEvent.Given(Digest.parse(DigestAlgorithm.SHA384, rest));
                case "file" -> new RuntimeEvent.Content(PcrRequest.opened(call, result, "runtime-event", rest));
                case "dstack" -> {
                    String[] parts = named("--runtime-event", "dstack:NAME=HEX", rest);
                    yield new RuntimeEvent.DstackV1(
                            parts[0], Source.of(parts[0], HexFormat.of().parseHex(parts[1])));
                }
                case "dstack2" -> {
                    String[] parts = named("--runtime-event", "dstack2:NAME=HEX", rest);
                    yield new RuntimeEvent.DstackV2(
                            parts[0], Source.of(parts[0], HexFormat.of().parseHex(parts[1])));
                }
                case "aael" -> new RuntimeEvent.AgentLog(rest);
                case "image" -> new RuntimeEvent.ContainerImage(Digest.parse(DigestAlgorithm.SHA256, rest));
                default ->
                    throw Complaint.usage(
                            "--runtime-event: expected sha384:, file:, dstack:, dstack2:, aael: or image:, got '" + text
                                    + "'",
                            "");
            };
        } catch (IllegalArgumentException e) {
            throw Complaint.usage("--runtime-event " + text + ": " + e.getMessage(), "");
        }
    }

    private String commandLine(String text) {
        if (!text.startsWith("@")) {
            return text;
        }
        Source file = PcrRequest.opened(call, result, "cmdline", text.substring(1));
        return new String(file.toByteArray(), StandardCharsets.UTF_8);
    }

    private static String[] named(String option, String form, String text) {
        int equals = text.indexOf('=');
        if (equals <= 0) {
            throw Complaint.usage(option + ": expected " + form + ", got '" + text + "'", "");
        }
        return new String[] {text.substring(0, equals), text.substring(equals + 1)};
    }

    private Optional<RtmrContent> file(String option) {
        return PcrRequest.file(call, result, option).map(RtmrContent::of);
    }
}
