package dev.measure.cli;

import dev.measure.DigestAlgorithm;
import dev.measure.MalformedInputException;
import dev.measure.Source;
import dev.measure.boot.BootDisk;
import dev.measure.boot.BootInputs;
import dev.measure.boot.BootPhase;
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
import dev.measure.uefi.VariableStore;
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
        BootPathOptions.path(call, result, in);
        BootPathOptions.beside(call, result, in);
        List<PcrBoot> boots = BootTargets.of(call, result, uki, in.build());
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

    /** {@return PCR 11 of an image: of all profiles unless some are named, and of all firmwares that it can select, or those named} */
    static PcrRequest ofFuki(Call call, Uki uki) {
        BootInputs.Builder in = BootInputs.builder().uki(uki);
        stub(call, in);
        Optional<StubVersion> stub = call.value("--stub").map(StubVersion::parse);
        List<String> ids = call.has("--fwid") ? Lists.names("--fwid", call.values("--fwid")) : List.of("all", "none");
        List<BootInputs> boots = new ArrayList<>();
        for (int profile : BootTargets.profiles(call, uki, true)) {
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

    /** {@return the UKI of a name, which is an input} */
    static Uki uki(Call call, Result result, String name) {
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

    /** {@return the versions of the stub that a command line gives} */
    static List<StubVersion> stubs(Call call) {
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

    private static Source variableStore(Source file) {
        if (VariableStore.find(file).isEmpty()) {
            throw new MalformedInputException(
                    file.name(),
                    0,
                    "the firmware volume of a variable store",
                    "none",
                    "give a VARS file or a whole image; a CODE file has no variables");
        }
        return file;
    }

    private static void machine(Call call, Result result, BootInputs.Builder in) {
        file(call, result, "--firmware").ifPresent(in::firmware);
        file(call, result, "--vars").map(PcrRequest::variableStore).ifPresent(in::variables);
        secureBootKeys(call, result, in);
        file(call, result, "--acpi-loader").ifPresent(in::acpiLoader);
        file(call, result, "--acpi-rsdp").ifPresent(in::acpiRsdp);
        file(call, result, "--acpi-tables").ifPresent(in::acpiTables);
        AcpiOptions.files(call, result, false).forEach(in::acpiFile);
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

    /** {@return what is given, if it is one of those known} */
    static String choice(String option, String given, List<String> known) {
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
}
