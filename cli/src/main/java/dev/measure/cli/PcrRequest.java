package dev.measure.cli;

import dev.measure.Assumption;
import dev.measure.DigestAlgorithm;
import dev.measure.Source;
import dev.measure.boot.BootDisk;
import dev.measure.boot.BootInputs;
import dev.measure.boot.BootPhase;
import dev.measure.boot.BootVariant;
import dev.measure.boot.Edk2Build;
import dev.measure.boot.FirmwareSelection;
import dev.measure.boot.NamedFile;
import dev.measure.boot.PeifvPatches;
import dev.measure.boot.SelectableFirmware;
import dev.measure.boot.SystemIdentity;
import dev.measure.smbios.SmbiosTable;
import dev.measure.uefi.AuthenticatedVariable;
import dev.measure.uefi.EfivarfsFile;
import dev.measure.uefi.SignatureDatabase;
import dev.measure.uki.StubVersion;
import dev.measure.uki.Uki;
import dev.measure.uki.UkiFirmware;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.IntStream;

/**
 * What a command line asks of the PCRs: the boots, and which registers at which times.
 *
 * @param boots one for each profile and firmware, and for each image or stub that may be there
 * @param phases the points in time
 * @param pcrs the registers
 * @param banks the banks
 * @param chosen of several courses of a boot, the names of those that are taken; all if there is none
 * @param identity what the system measures into PCR 15
 */
record PcrRequest(
        List<PcrBoot> boots,
        List<BootPhase> phases,
        List<Integer> pcrs,
        Set<DigestAlgorithm> banks,
        List<String> chosen,
        SystemIdentity identity) {
    private static final int MOST_VCPUS = 4096;
    private static final int MOST_PROFILES = 255;

    /** The name of the first image among those of {@code --variant}. */
    private static final String MAIN = "main";

    /** systemd-measure works phases off in the order of their bytes, none first. */
    private static final Comparator<BootPhase> SYSTEMD_ORDER =
            Comparator.comparing(phase -> phase.equals(BootPhase.KERNEL_START) ? "" : phase.toString());

    /** {@return the registers that are computed when none is named: all that a boot uses, without IMA's} */
    static List<Integer> usualPcrs() {
        return IntStream.rangeClosed(0, 15).filter(pcr -> pcr != 10).boxed().toList();
    }

    /** {@return what is asked for} */
    static PcrRequest of(Call call, Result result) {
        BootInputs.Builder in = BootInputs.builder();
        Optional<Uki> uki = image(call, result, in);
        machine(call, result, in);
        path(call, result, in);
        beside(call, result, in);
        List<PcrBoot> boots = boots(call, result, uki, in.build());
        Optional<PcrStyle> style = PcrStyle.of(call);
        List<Integer> usual = style.equals(Optional.of(PcrStyle.NITRO)) ? PcrStyle.NITRO_PCRS : usualPcrs();
        List<Integer> pcrs = call.has("--pcr") ? Lists.numbers("--pcr", call.values("--pcr"), 0, 23) : usual;
        Set<DigestAlgorithm> banks = banks(call);
        if (!call.has("--bank") && style.equals(Optional.of(PcrStyle.NITRO))) {
            banks = EnumSet.of(DigestAlgorithm.SHA384);
        }
        List<BootPhase> phases = phases(call);
        if (style.equals(Optional.of(PcrStyle.SYSTEMD))) {
            phases = phases.stream().sorted(SYSTEMD_ORDER).toList();
        }
        List<String> chosen = call.has("--choose") ? Lists.names("--choose", call.values("--choose")) : List.of();
        return new PcrRequest(boots, phases, pcrs, banks, chosen, IdentityOptions.of(call));
    }

    /** The boots of the image or the parts; of each stub or image where several may be there. */
    private static List<PcrBoot> boots(Call call, Result result, Optional<Uki> uki, BootInputs base) {
        List<StubVersion> stubs = stubs(call);
        List<PcrBoot> boots = new ArrayList<>();
        if (call.has("--variant")) {
            if (uki.isEmpty() || !stubs.isEmpty()) {
                throw Complaint.usage(
                        uki.isEmpty() ? "--variant: no UKI is given" : "--variant and --stub exclude each other",
                        uki.isEmpty()
                                ? "measure pcr old.efi --variant new=new.efi"
                                : "each image says what its stub is");
            }
            add(boots, choice("image", MAIN, "the image that is given first"), targets(call, uki.get(), base));
            for (Map.Entry<String, Uki> other : others(call, result).entrySet()) {
                BootInputs in = base.toBuilder().uki(other.getValue()).build();
                add(
                        boots,
                        choice("image", other.getKey(), "the image of --variant " + other.getKey()),
                        targets(call, other.getValue(), in));
            }
            return boots;
        }
        if (stubs.size() <= 1) {
            List<BootInputs> only = uki.isEmpty() ? partsAlone(call, base) : targets(call, uki.get(), base);
            only.forEach(in -> boots.add(new PcrBoot(Optional.empty(), in)));
            return boots;
        }
        for (StubVersion stub : stubs) {
            BootInputs in = base.toBuilder().stub(stub).build();
            add(
                    boots,
                    choice("stub", "stub-" + stub, "the stub is version " + stub),
                    uki.isEmpty() ? partsAlone(call, in) : targets(call, uki.get(), in));
        }
        if (uki.isPresent()) {
            result.assumption(new Assumption(
                    "stub",
                    String.join(
                            " or ", stubs.stream().map(StubVersion::toString).toList()),
                    "PCR 4 is of the image as it is; with another stub the image is another, see --variant"));
        }
        return boots;
    }

    private static BootVariant.Choice choice(String fork, String name, String why) {
        return new BootVariant.Choice(fork, name, why);
    }

    private static void add(List<PcrBoot> boots, BootVariant.Choice choice, List<BootInputs> targets) {
        targets.forEach(in -> boots.add(new PcrBoot(Optional.of(choice), in)));
    }

    /** The images of {@code --variant}, by name. */
    private static Map<String, Uki> others(Call call, Result result) {
        Map<String, Uki> others = new LinkedHashMap<>();
        for (String text : call.values("--variant")) {
            int equals = text.indexOf('=');
            String name = equals < 0 ? "" : text.substring(0, equals);
            if (!name.matches("[A-Za-z0-9][A-Za-z0-9._-]*") || name.equals(BootVariant.ONLY) || name.equals(MAIN)) {
                throw Complaint.usage(
                        "--variant: expected NAME=UKI, got '" + text + "'",
                        "a name has letters, digits, '.', '_' and '-', and is not 'only' or '" + MAIN + "'");
            }
            Uki uki = uki(call, result, text.substring(equals + 1));
            if (others.put(name, uki) != null) {
                throw Complaint.usage("--variant: two images are named '" + name + "'", "");
            }
        }
        return others;
    }

    /** {@return PCR 11 of an image: of all profiles unless some are named, and of all firmwares that it can select, or those named} */
    static PcrRequest ofFuki(Call call, Uki uki) {
        BootInputs.Builder in = BootInputs.builder().uki(uki);
        stub(call, in);
        Optional<StubVersion> stub = call.value("--stub").map(StubVersion::parse);
        List<String> ids = call.has("--fwid") ? Lists.names("--fwid", call.values("--fwid")) : List.of("all", "none");
        List<BootInputs> boots = new ArrayList<>();
        for (int profile : profiles(call, uki, true)) {
            BootInputs.Builder one = in.build().toBuilder().profile(profile);
            for (UkiFirmware firmware : SelectableFirmware.of(uki, profile, stub)) {
                if (ids.contains("all")
                        || ids.contains(firmware.firmware().fwid().orElse(""))) {
                    boots.add(one.firmwareSelection(new FirmwareSelection.Given(firmware))
                            .build());
                }
            }
            if (ids.contains("none") || ids.contains("all")) {
                boots.add(one.firmwareSelection(FirmwareSelection.none()).build());
            }
        }
        return new PcrRequest(
                boots.stream().map(boot -> new PcrBoot(Optional.empty(), boot)).toList(),
                phases(call),
                List.of(11),
                banks(call),
                List.of(),
                SystemIdentity.UNKNOWN);
    }

    /** {@return the banks of a command line} */
    static Set<DigestAlgorithm> banks(Call call) {
        if (!call.has("--bank")) {
            return EnumSet.of(DigestAlgorithm.SHA256);
        }
        Set<DigestAlgorithm> banks = EnumSet.noneOf(DigestAlgorithm.class);
        List<String> known = List.of("sha1", "sha256", "sha384", "sha512", "sm3_256");
        for (String name : Lists.names("--bank", call.values("--bank"))) {
            try {
                banks.add(DigestAlgorithm.parse(name));
            } catch (IllegalArgumentException e) {
                throw Complaint.usage(
                        "unknown bank '" + name + "'",
                        Suggestion.didYouMean(name, known) + "all: " + String.join(", ", known));
            }
        }
        return banks;
    }

    /** {@return the points in time of a command line} */
    static List<BootPhase> phases(Call call) {
        if (!call.has("--phase")) {
            return List.of(BootPhase.KERNEL_START);
        }
        return Lists.names("--phase", call.values("--phase")).stream()
                .map(BootPhase::parse)
                .distinct()
                .toList();
    }

    /** {@return the name of the UKI} */
    static Optional<String> image(Call call) {
        if (call.has("--image") && call.positional(0).isPresent()) {
            throw Complaint.usage("--image and a parameter both name the UKI", "leave one out");
        }
        return call.positional(0).or(() -> call.value("--image"));
    }

    /** What is given in parts, or is a kernel alone, has one profile and at most the one firmware that is among the parts. */
    private static List<BootInputs> partsAlone(Call call, BootInputs in) {
        List<String> profiles = call.values("--profile");
        if (!profiles.isEmpty()
                && !profiles.equals(List.of("all"))
                && !Lists.numbers("--profile", profiles, 0, MOST_PROFILES).equals(List.of(0))) {
            throw Complaint.usage(
                    "--profile: without a whole UKI there is profile 0 only", "give the sections of that profile");
        }
        if (call.has("--fwid")) {
            throw Complaint.usage(
                    "--fwid is about a whole UKI",
                    "in parts, .efifw is measured if it is given: --efifw FILE; leave it out for none");
        }
        return List.of(in);
    }

    private static Optional<Uki> image(Call call, Result result, BootInputs.Builder in) {
        Optional<String> name = image(call);
        Map<String, String> parts = parts(call, name.isPresent());
        if (name.isPresent() && !parts.isEmpty()) {
            throw Complaint.usage(
                    "both a UKI and a section are given: " + name.get() + " and "
                            + parts.keySet().iterator().next(),
                    "keep the UKI, or give it in parts alone");
        }
        if (name.isEmpty() && parts.isEmpty() && !call.has("--kernel")) {
            throw Complaint.usage(
                    "no UKI is given",
                    "give one: measure pcr linux.efi; or its parts: --linux FILE, --osrel FILE, ...");
        }
        List<StubVersion> stubs = stubs(call);
        if (stubs.size() == 1) {
            in.stub(stubs.get(0));
        }
        if (name.isPresent()) {
            Uki uki = uki(call, result, name.get());
            in.uki(uki);
            return Optional.of(uki);
        }
        List<NamedFile> sections = new ArrayList<>();
        parts.forEach((section, file) -> sections.add(new NamedFile(section, opened(call, result, "section", file))));
        in.parts(sections);
        return Optional.empty();
    }

    private static Uki uki(Call call, Result result, String name) {
        Source file = call.inputs().open(name);
        result.input("uki", file);
        Uki uki = Uki.read(file, call.common().strictness());
        if (uki.kind() == Uki.Kind.ADDON) {
            throw Complaint.usage(
                    name + " is a UKI add-on, which does not boot by itself", "give the UKI, and this file as --addon");
        }
        uki.warnings().forEach(result::warning);
        return uki;
    }

    private static List<StubVersion> stubs(Call call) {
        if (!call.has("--stub")) {
            return List.of();
        }
        try {
            return Lists.names("--stub", call.values("--stub")).stream()
                    .map(StubVersion::parse)
                    .distinct()
                    .toList();
        } catch (IllegalArgumentException e) {
            throw Complaint.usage("--stub: " + e.getMessage(), "");
        }
    }

    static void stub(Call call, BootInputs.Builder in) {
        call.value("--stub").ifPresent(text -> {
            try {
                in.stub(StubVersion.parse(text));
            } catch (IllegalArgumentException e) {
                throw Complaint.usage("--stub: " + e.getMessage(), "");
            }
        });
    }

    private static Map<String, String> parts(Call call, boolean hasUki) {
        Map<String, String> parts = new LinkedHashMap<>();
        for (String text : call.values("--section")) {
            int equals = text.indexOf('=');
            String section = equals < 0 ? text : text.substring(0, equals);
            if (equals < 0 || !Uki.SECTION_NAMES.contains(section)) {
                throw Complaint.usage(
                        "--section: expected NAME=FILE with a section that a stub knows, got '" + text + "'",
                        Suggestion.didYouMean(section, Uki.SECTION_NAMES) + "all: "
                                + String.join(", ", Uki.SECTION_NAMES));
            }
            once(parts, section, text.substring(equals + 1));
        }
        for (String name : PcrOptions.SECTION_OPTIONS) {
            boolean initrdOfKernel = name.equals("initrd") && (hasUki || call.has("--kernel"));
            if (call.has("--" + name) && !initrdOfKernel) {
                once(parts, "." + name, call.value("--" + name).orElseThrow());
            }
        }
        return parts;
    }

    private static void once(Map<String, String> parts, String section, String file) {
        if (parts.put(section, file) != null) {
            throw Complaint.usage("section " + section + " is given twice", "");
        }
    }

    static Source opened(Call call, Result result, String role, String name) {
        Source source = call.inputs().open(name);
        result.input(role, source);
        return source;
    }

    static Optional<Source> file(Call call, Result result, String option) {
        return call.value(option).map(name -> opened(call, result, option.substring(2), name));
    }

    private static void machine(Call call, Result result, BootInputs.Builder in) {
        file(call, result, "--firmware").ifPresent(in::firmware);
        file(call, result, "--vars").ifPresent(in::variables);
        secureBootKeys(call, result, in);
        file(call, result, "--acpi-loader").ifPresent(in::acpiLoader);
        file(call, result, "--acpi-rsdp").ifPresent(in::acpiRsdp);
        file(call, result, "--acpi-tables").ifPresent(in::acpiTables);
        AcpiOptions.files(call, result).forEach(in::acpiFile);
        file(call, result, "--tpm-log").ifPresent(in::tpmLog);
        file(call, result, "--peifv-patches").ifPresent(source -> in.peifvPatches(PeifvPatches.read(source)));
        call.value("--edk2")
                .ifPresent(name -> in.edk2(Edk2Build.of(name).orElseThrow(() -> {
                    List<String> known =
                            Edk2Build.all().stream().map(Edk2Build::id).toList();
                    return Complaint.usage(
                            "unknown firmware build '" + name + "'",
                            Suggestion.didYouMean(name, known) + "all: " + String.join(", ", known));
                })));
        call.value("--crtm-version").ifPresent(in::crtmVersion);
        call.value("--secure-boot")
                .ifPresent(state -> in.secureBoot(
                        choice("--secure-boot", state, List.of("on", "off")).equals("on")));
        call.value("--machine-type").ifPresent(in::machineType);
        call.value("--smp")
                .ifPresent(text -> in.smp(
                        Lists.numbers("--smp", List.of(text), 1, MOST_VCPUS).get(0)));
        call.value("--memory")
                .ifPresent(text -> in.memory(PeifvPatches.size(text)
                        .filter(size -> size > 0)
                        .orElseThrow(() -> Complaint.usage(
                                "--memory: expected a size such as 2G or 512M, got '" + text + "'",
                                "a bare number is in MiB"))));
        call.value("--processor").ifPresent(in::processor);
        in.confidentialVm(call.has("--confidential-vm"));
        call.value("--smbios").ifPresent(name -> in.smbios(smbios(call, result, name)));
        in.optionRoms(call.values("--option-rom").stream()
                .map(name -> opened(call, result, "option-rom", name))
                .toList());
        bootOptions(call, result, in);
    }

    private static void secureBootKeys(Call call, Result result, BootInputs.Builder in) {
        Map<String, Source> keys = new LinkedHashMap<>();
        for (String name : List.of("PK", "KEK", "db", "dbx")) {
            key(call, result, name).ifPresent(source -> keys.put(name, source));
        }
        if (keys.isEmpty()) {
            return;
        }
        if (call.has("--vars")) {
            throw Complaint.usage(
                    "--vars and --" + keys.keySet().iterator().next().toLowerCase(Locale.ROOT)
                            + " both give Secure Boot variables",
                    "leave one out");
        }
        keys.values().forEach(SignatureDatabase::read);
        in.secureBootKeys(keys);
    }

    /** {@return the signature lists of a Secure Boot variable that the command line gives} */
    static Optional<Source> key(Call call, Result result, String name) {
        return file(call, result, "--" + name.toLowerCase(Locale.ROOT)).map(PcrRequest::lists);
    }

    /** The value of the variable, which is what firmware measures, of any form in which files have it. */
    private static Source lists(Source file) {
        if (AuthenticatedVariable.is(file)) {
            return AuthenticatedVariable.read(file).payload();
        }
        return EfivarfsFile.isBeforeLists(file) ? EfivarfsFile.read(file).data() : file;
    }

    static SmbiosTable smbios(Call call, Result result, String name) {
        Path path = name.equals("-") ? Path.of("-") : call.inputs().path(name);
        if (Files.isDirectory(path)) {
            try {
                return SmbiosTable.read(path, call.common().strictness());
            } catch (IOException e) {
                throw new Complaint(ExitCode.MALFORMED, name + ": cannot be read: " + Inputs.why(e), "");
            }
        }
        return SmbiosTable.read(
                opened(call, result, "smbios", name), call.common().strictness());
    }

    private static String choice(String option, String given, List<String> known) {
        if (!known.contains(given)) {
            throw Complaint.usage(
                    option + " must be " + String.join(" or ", known) + ", got '" + given + "'",
                    Suggestion.didYouMean(given, known).strip());
        }
        return given;
    }

    private static void bootOptions(Call call, Result result, BootInputs.Builder in) {
        if (call.has("--boot-order")) {
            in.bootOrder(Lists.names("--boot-order", call.values("--boot-order")).stream()
                    .map(text -> hexadecimal("--boot-order", text))
                    .toList());
        }
        for (String text : call.values("--boot-variable")) {
            int equals = text.indexOf('=');
            if (equals < 0) {
                throw Complaint.usage("--boot-variable: expected NNNN=FILE, got '" + text + "'", "");
            }
            in.bootVariable(
                    hexadecimal("--boot-variable", text.substring(0, equals)),
                    opened(call, result, "boot-variable", text.substring(equals + 1)));
        }
        call.value("--boot-disk").filter(text -> !text.equals("any")).ifPresent(text -> {
            try {
                in.bootDisk(BootDisk.parse(text));
            } catch (IllegalArgumentException e) {
                throw Complaint.usage("--boot-disk: " + e.getMessage(), "");
            }
        });
        failedBootOptions(call, result, in);
    }

    static void failedBootOptions(Call call, Result result, BootInputs.Builder in) {
        if (call.has("--failed-boot-option")) {
            in.failedBootOptions(call.values("--failed-boot-option").stream()
                    .map(name -> name.equals("none")
                            ? Optional.<Source>empty()
                            : Optional.of(opened(call, result, "failed-boot-option", name)))
                    .toList());
        }
    }

    static int hexadecimal(String option, String text) {
        String digits = text.startsWith("Boot") ? text.substring(4) : text;
        if (!digits.matches("[0-9a-fA-F]{1,4}")) {
            throw Complaint.usage(
                    option + ": expected up to four hexadecimal digits such as 0001, got '" + text + "'", "");
        }
        return Integer.parseInt(digits, 16);
    }

    static void path(Call call, Result result, BootInputs.Builder in) {
        in.loaders(call.values("--loader").stream()
                .map(name -> opened(call, result, "loader", name))
                .toList());
        call.value("--shim-version").ifPresent(in::shimVersion);
        GrubOptions.read(call, result, in);
        file(call, result, "--loader-conf").ifPresent(in::loaderConf);
        file(call, result, "--loader-entry").ifPresent(in::loaderEntry);
        file(call, result, "--disk").ifPresent(in::disk);
        call.value("--exit-boot-retry")
                .ifPresent(when -> in.exitBootRetry(
                        switch (choice("--exit-boot-retry", when, List.of("yes", "no", "both"))) {
                            case "yes" -> BootInputs.ExitBootRetry.YES;
                            case "no" -> BootInputs.ExitBootRetry.NO;
                            default -> BootInputs.ExitBootRetry.BOTH;
                        }));
        call.value("--load-options").ifPresent(in::loadOptions);
        in.direct(call.has("--direct"));
        file(call, result, "--kernel").ifPresent(in::kernel);
        if (call.has("--kernel") || image(call).isPresent()) {
            file(call, result, "--initrd").ifPresent(in::initrd);
        }
        if (call.has("--append") && !call.has("--direct")) {
            throw Complaint.usage(
                    "--append is the command line of a direct boot", "add --direct, or give it as --load-options");
        }
        call.value("--append").ifPresent(in::append);
        call.value("--qemu-version").ifPresent(in::qemuVersion);
    }

    static void beside(Call call, Result result, BootInputs.Builder in) {
        if (call.has("--direct")) {
            givenBeside(call).ifPresent(option -> {
                throw Complaint.usage(
                        option
                                + ": the file system that QEMU hands over holds kernel and initrd, and nothing beside them",
                        "leave it out, or boot from a disk");
            });
        }
        in.addons(named(call, result, "--addon", ".addon.efi"));
        in.globalAddons(named(call, result, "--global-addon", ".addon.efi"));
        in.credentials(named(call, result, "--credential", ".cred"));
        in.globalCredentials(named(call, result, "--global-credential", ".cred"));
        in.sysexts(named(call, result, "--sysext", ".raw"));
        in.globalSysexts(named(call, result, "--global-sysext", ".raw"));
        in.confexts(named(call, result, "--confext", ".confext.raw"));
        in.globalConfexts(named(call, result, "--global-confext", ".confext.raw"));
    }

    /** {@return the first option that names a file beside a UKI} */
    static Optional<String> givenBeside(Call call) {
        return PcrOptions.beside().options().stream()
                .map(Options.Option::name)
                .filter(call::has)
                .findFirst();
    }

    private static List<NamedFile> named(Call call, Result result, String option, String suffix) {
        List<NamedFile> files = new ArrayList<>();
        for (String text : call.values(option)) {
            int equals = text.indexOf('=');
            boolean whole = equals <= 0 || Files.exists(call.inputs().path(text));
            String file = whole ? text : text.substring(equals + 1);
            String name = whole ? file.substring(file.lastIndexOf('/') + 1) : text.substring(0, equals);
            if (!name.toLowerCase(Locale.ROOT).endsWith(suffix) || name.startsWith(".")) {
                throw Complaint.usage(
                        option + ": the stub takes only files named *" + suffix + ", got '" + name + "'",
                        "give the name that it has on the disk: " + option + " NAME" + suffix + "=" + file);
            }
            if (files.stream().anyMatch(other -> other.name().equals(name))) {
                throw Complaint.usage(option + ": two files are named " + name, "");
            }
            files.add(new NamedFile(name, opened(call, result, option.substring(2), file)));
        }
        return files;
    }

    /** {@return the boots that a command line asks of a UKI: its profiles, and the firmwares that each can select} */
    static List<BootInputs> targets(Call call, Uki uki, BootInputs base) {
        List<BootInputs> targets = new ArrayList<>();
        Optional<StubVersion> stub = base.stub();
        for (int profile : profiles(call, uki, false)) {
            BootInputs.Builder in = base.toBuilder().profile(profile);
            for (FirmwareSelection selection : selections(call, uki, profile, stub)) {
                targets.add(in.firmwareSelection(selection).build());
            }
        }
        return targets;
    }

    static List<Integer> profiles(Call call, Uki uki, boolean all) {
        List<String> words = call.has("--profile") ? call.values("--profile") : List.of(all ? "all" : "0");
        if (words.equals(List.of("all"))) {
            return IntStream.range(0, uki.profiles().size()).boxed().toList();
        }
        List<Integer> numbers = Lists.numbers("--profile", words, 0, MOST_PROFILES);
        for (int number : numbers) {
            if (number >= uki.profiles().size()) {
                throw Complaint.usage(
                        "--profile: there is no profile " + number,
                        uki.profiles().size() == 1
                                ? "the image has profile 0 only"
                                : "the image has 0.." + (uki.profiles().size() - 1));
            }
        }
        return numbers;
    }

    static List<FirmwareSelection> selections(Call call, Uki uki, int profile, Optional<StubVersion> stub) {
        List<UkiFirmware> selectable = SelectableFirmware.of(uki, profile, stub);
        List<FirmwareSelection> all = new ArrayList<>();
        selectable.forEach(firmware -> all.add(new FirmwareSelection.Given(firmware)));
        if (!call.has("--fwid")) {
            if (call.has("--smbios") || selectable.isEmpty()) {
                return List.of(FirmwareSelection.byMachine());
            }
            all.add(FirmwareSelection.none());
            return all;
        }
        List<FirmwareSelection> chosen = new ArrayList<>();
        for (String id : Lists.names("--fwid", call.values("--fwid"))) {
            if (id.equals("all")) {
                chosen.addAll(all);
                chosen.add(FirmwareSelection.none());
            } else if (id.equals("none")) {
                chosen.add(FirmwareSelection.none());
            } else {
                chosen.add(named(uki, selectable, id));
            }
        }
        return chosen.stream().distinct().toList();
    }

    private static FirmwareSelection named(Uki uki, List<UkiFirmware> selectable, String id) {
        for (UkiFirmware firmware : selectable) {
            if (firmware.firmware().fwid().equals(Optional.of(id))) {
                return new FirmwareSelection.Given(firmware);
            }
        }
        boolean carried =
                uki.firmwares().stream().anyMatch(f -> f.firmware().fwid().equals(Optional.of(id)));
        List<String> known =
                selectable.stream().flatMap(f -> f.firmware().fwid().stream()).toList();
        if (carried) {
            throw new Complaint(
                    ExitCode.NOT_LAUNCHABLE,
                    "no machine makes the stub select firmware '" + id + "', so it is never in PCR 11",
                    "`measure fuki FILE --lint` says why");
        }
        throw Complaint.usage(
                "there is no firmware '" + id + "' in the image",
                Suggestion.didYouMean(id, known)
                        + (known.isEmpty() ? "none can be selected" : "to select: " + String.join(", ", known)));
    }
}
