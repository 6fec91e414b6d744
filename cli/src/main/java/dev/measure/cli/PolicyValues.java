package dev.measure.cli;

import dev.measure.Digest;
import dev.measure.DigestAlgorithm;
import dev.measure.Prediction;
import dev.measure.Source;
import dev.measure.boot.BootInputs;
import dev.measure.boot.BootPhase;
import dev.measure.boot.BootPrediction;
import dev.measure.boot.BootSequence;
import dev.measure.boot.FirmwareSelection;
import dev.measure.boot.NamedFile;
import dev.measure.boot.SelectableFirmware;
import dev.measure.tpm.Pcr;
import dev.measure.tpm.Pcr11Value;
import dev.measure.tpm.PcrPrediction;
import dev.measure.tpm.SystemdMeasure;
import dev.measure.uki.StubVersion;
import dev.measure.uki.Uki;
import dev.measure.uki.UkiFirmware;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.IntStream;

/** The values of PCR 11 that the verbs about policies are asked for, and the options that say so, named as in systemd-measure and ukify. */
final class PolicyValues {
    private static final List<String> BANKS = List.of("sha1", "sha256", "sha384", "sha512");
    private static final String NONE = "none";
    private static final String ALL = "all";
    private static final int MAX_PROFILE = 255;

    /** Sections with an option of their own: of a UKI in parts, a profile is always a number. */
    private static final List<String> SECTIONS = List.of(
            "linux", "osrel", "cmdline", "initrd", "ucode", "splash", "dtb", "uname", "sbat", "pcrpkey", "dtbauto",
            "hwids", "efifw");

    private PolicyValues() {}

    static List<Options.Group> groups() {
        List<Options.Option> parts = new ArrayList<>();
        parts.add(Options.repeated(
                "NAME=FILE", "a section of a UKI that is given in parts; may be repeated", "--section"));
        for (String name : SECTIONS) {
            parts.add(Options.value("FILE", "short for --section ." + name + "=FILE", "--" + name));
        }
        return List.of(
                new Options.Group(
                        "What",
                        banksOption(),
                        phasesOption("systemd's four, to enter-initrd:leave-initrd:sysinit:ready"),
                        Options.list("profiles of the UKI, by number, or all (default 0)", List.of(ALL), "--profile"),
                        Options.list(
                                "firmwares that the stub selects, by id, or none, or all (default: none, and each that"
                                        + " can be selected)",
                                List.of(NONE, ALL),
                                "--fwid"),
                        stubOption()),
                new Options.Group("UKI in parts", parts));
    }

    /** {@return the options of a check, which looks at all profiles and firmwares} */
    static Options.Group checked() {
        return new Options.Group(
                "What", banksOption(), phasesOption("none, and systemd's from enter-initrd to final"), stubOption());
    }

    private static Options.Option banksOption() {
        return Options.list("banks: sha1, sha256, sha384, sha512 (default: all four)", BANKS, "--bank", "--pcr-banks");
    }

    private static Options.Option phasesOption(String byDefault) {
        return Options.list(
                "boot phases, words joined by colons, or none (default: " + byDefault + ")",
                List.of(NONE, "enter-initrd"),
                "--phase",
                "--phases");
    }

    private static Options.Option stubOption() {
        return Options.value("VERSION", "version of the stub, instead of what the file says", "--stub");
    }

    /** {@return the UKI of a command line; empty if it is given in parts} */
    static Optional<Uki> uki(Call call) {
        return call.positional(0)
                .map(name -> Uki.read(call.inputs().open(name), call.common().strictness()));
    }

    /** {@return the values that a command line asks for: by profile, firmware, phase and bank, as systemd-measure goes through them} */
    static List<Pcr11Value> of(Call call, Optional<Uki> uki) {
        BootInputs.Builder inputs = BootInputs.builder();
        call.value("--stub").ifPresent(text -> inputs.stub(stub(text)));
        List<NamedFile> parts = parts(call);
        if (uki.isPresent() && !parts.isEmpty()) {
            throw Complaint.usage(
                    "both a UKI and a section are given: "
                            + call.positional(0).orElseThrow() + " and "
                            + parts.get(0).name(),
                    "keep the UKI, or give it in parts alone");
        }
        if (uki.isEmpty()) {
            if (parts.stream().noneMatch(part -> part.name().equals(".linux"))) {
                throw Complaint.usage("no UKI is given", "give one, or its parts: --linux FILE --osrel FILE ...");
            }
            for (String option : List.of("--profile", "--fwid")) {
                if (call.has(option)) {
                    throw Complaint.usage(option + " is about a whole UKI, and it is given in parts", "");
                }
            }
            inputs.parts(parts).firmwareSelection(FirmwareSelection.none());
            return values(List.of(inputs.build()), banks(call), phases(call, SystemdMeasure.DEFAULT_PHASES));
        }
        if (uki.get().kind() != Uki.Kind.UKI) {
            throw Complaint.usage(
                    call.positional(0).orElseThrow() + " is not a UKI, and its PCR 11 is not measured by a stub",
                    "measure inspect says what it is");
        }
        List<BootInputs> boots = new ArrayList<>();
        for (int profile : profiles(call, uki.get())) {
            for (FirmwareSelection selection : selections(call, uki.get(), profile)) {
                boots.add(inputs.uki(uki.get())
                        .profile(profile)
                        .firmwareSelection(selection)
                        .build());
            }
        }
        return values(boots, banks(call), phases(call, SystemdMeasure.DEFAULT_PHASES));
    }

    /** {@return every value that PCR 11 can have with an image, in the banks and phases of a command line} */
    static List<Pcr11Value> all(Call call, Uki uki) {
        List<BootInputs> boots = new ArrayList<>();
        BootInputs.Builder inputs = BootInputs.builder().uki(uki);
        call.value("--stub").ifPresent(text -> inputs.stub(stub(text)));
        for (int profile = 0; profile < uki.profiles().size(); profile++) {
            for (FirmwareSelection selection : selections(call, uki, profile)) {
                boots.add(inputs.profile(profile).firmwareSelection(selection).build());
            }
        }
        return values(boots, banks(call), phases(call, usualPhases()));
    }

    /** {@return every value that PCR 11 can have with an image at systemd's phases; empty if what its stub measures is not known} */
    static Optional<List<Pcr11Value>> every(Call call, Uki uki) {
        List<BootInputs> boots = new ArrayList<>();
        BootInputs.Builder inputs = BootInputs.builder().uki(uki);
        Optional<StubVersion> stub = call.value("--stub").map(PolicyValues::stub);
        stub.ifPresent(inputs::stub);
        for (int profile = 0; profile < uki.profiles().size(); profile++) {
            boots.add(inputs.profile(profile)
                    .firmwareSelection(FirmwareSelection.none())
                    .build());
            for (UkiFirmware firmware : SelectableFirmware.of(uki, profile, stub)) {
                boots.add(inputs.firmwareSelection(new FirmwareSelection.Given(firmware))
                        .build());
            }
        }
        boolean known = boots.stream()
                .noneMatch(boot -> BootSequence.of(boot).notKnown().containsKey(11));
        return known
                ? Optional.of(values(boots, EnumSet.copyOf(SystemdMeasure.DEFAULT_BANKS), usualPhases()))
                : Optional.empty();
    }

    /** From the start of the kernel to the end of the system. */
    private static List<String> usualPhases() {
        List<String> usual = new ArrayList<>(List.of(""));
        usual.addAll(SystemdMeasure.DEFAULT_PHASES);
        String ready = usual.get(usual.size() - 1);
        usual.addAll(List.of(ready + ":shutdown", ready + ":shutdown:final"));
        return usual;
    }

    private static List<Pcr11Value> values(List<BootInputs> boots, Set<DigestAlgorithm> banks, List<String> phases) {
        List<BootPrediction> predictions = new ArrayList<>();
        for (BootInputs boot : boots) {
            BootPrediction start = BootSequence.of(boot);
            phases.forEach(phase -> predictions.add(start.at(BootPhase.parse(phase))));
        }
        List<Pcr11Value> values = new ArrayList<>();
        for (PcrPrediction one : Pcr.of(predictions, Set.of(11), banks)) {
            Optional<String> fwid = Optional.of(one.fwid()).filter(id -> !id.equals(PcrPrediction.NO_FIRMWARE));
            String phase = one.phase().equals(NONE) ? "" : one.phase();
            values.add(new Pcr11Value(digest(one.prediction()), one.profile(), fwid, phase));
        }
        return values;
    }

    private static Digest digest(Prediction prediction) {
        if (prediction instanceof Prediction.Predicted predicted) {
            return predicted.measurement().value();
        }
        if (prediction instanceof Prediction.NotLaunchable refused) {
            throw new Complaint(ExitCode.NOT_LAUNCHABLE, refused.why(), refused.hint());
        }
        Prediction.NotPredictable unknown = (Prediction.NotPredictable) prediction;
        throw new Complaint(ExitCode.NOT_PREDICTABLE, "PCR 11: " + unknown.why(), "give " + unknown.input());
    }

    private static StubVersion stub(String text) {
        try {
            return StubVersion.parse(text);
        } catch (IllegalArgumentException e) {
            throw Complaint.usage("--stub: " + e.getMessage(), "");
        }
    }

    private static Set<DigestAlgorithm> banks(Call call) {
        if (!call.has("--bank")) {
            return EnumSet.copyOf(SystemdMeasure.DEFAULT_BANKS);
        }
        Set<DigestAlgorithm> banks = EnumSet.noneOf(DigestAlgorithm.class);
        for (String name : Lists.names("--bank", call.values("--bank"))) {
            try {
                DigestAlgorithm bank = DigestAlgorithm.parse(name);
                if (bank == DigestAlgorithm.SM3_256) {
                    throw Complaint.usage(
                            "systemd signs no policies over the sm3_256 bank", "banks: " + String.join(", ", BANKS));
                }
                banks.add(bank);
            } catch (IllegalArgumentException e) {
                throw Complaint.usage(
                        "unknown bank '" + name + "'",
                        Suggestion.didYouMean(name, BANKS) + "all: " + String.join(", ", BANKS));
            }
        }
        return banks;
    }

    private static List<String> phases(Call call, List<String> byDefault) {
        if (!call.has("--phase")) {
            return byDefault;
        }
        List<String> paths = Lists.names("--phase", call.values("--phase"));
        return SystemdMeasure.phases(
                paths.stream().map(path -> path.equals(NONE) ? "" : path).toList());
    }

    private static List<Integer> profiles(Call call, Uki uki) {
        List<String> given = call.values("--profile");
        int last = uki.profiles().size() - 1;
        if (given.equals(List.of(ALL))) {
            return IntStream.rangeClosed(0, last).boxed().toList();
        }
        List<Integer> profiles = given.isEmpty() ? List.of(0) : Lists.numbers("--profile", given, 0, MAX_PROFILE);
        for (int profile : profiles) {
            if (profile > last) {
                throw Complaint.usage(
                        "--profile: there is no profile " + profile,
                        "the UKI has " + (last == 0 ? "profile 0" : "profiles 0.." + last));
            }
        }
        return profiles;
    }

    private static List<FirmwareSelection> selections(Call call, Uki uki, int profile) {
        Map<String, FirmwareSelection> choices = new LinkedHashMap<>();
        choices.put(NONE, FirmwareSelection.none());
        Optional<StubVersion> stub = call.value("--stub").map(PolicyValues::stub);
        for (UkiFirmware firmware : SelectableFirmware.of(uki, profile, stub)) {
            firmware.firmware().fwid().ifPresent(fwid -> choices.put(fwid, new FirmwareSelection.Given(firmware)));
        }
        if (!call.has("--fwid")) {
            return List.copyOf(choices.values());
        }
        List<FirmwareSelection> chosen = new ArrayList<>();
        for (String fwid : Lists.names("--fwid", call.values("--fwid"))) {
            if (fwid.equals(ALL)) {
                choices.forEach((id, selection) -> {
                    if (!id.equals(NONE)) {
                        chosen.add(selection);
                    }
                });
            } else if (choices.containsKey(fwid)) {
                chosen.add(choices.get(fwid));
            } else {
                throw Complaint.usage(
                        "--fwid: the stub can select no firmware '" + Talk.printable(fwid) + "' in profile " + profile,
                        Suggestion.didYouMean(fwid, choices.keySet()) + "all: "
                                + Talk.printable(String.join(", ", choices.keySet())));
            }
        }
        return chosen;
    }

    private static List<NamedFile> parts(Call call) {
        Map<String, Source> parts = new LinkedHashMap<>();
        for (String text : call.values("--section")) {
            int equals = text.indexOf('=');
            String section = equals < 0 ? text : text.substring(0, equals);
            if (equals < 0 || !Uki.SECTION_NAMES.contains(section)) {
                throw Complaint.usage(
                        "--section: expected NAME=FILE with a section that a stub knows, got '" + text + "'",
                        Suggestion.didYouMean(section, Uki.SECTION_NAMES) + "all: "
                                + String.join(", ", Uki.SECTION_NAMES));
            }
            once(parts, section, call.inputs().open(text.substring(equals + 1)));
        }
        for (String name : SECTIONS) {
            call.value("--" + name)
                    .ifPresent(file -> once(parts, "." + name, call.inputs().open(file)));
        }
        return parts.entrySet().stream()
                .map(part -> new NamedFile(part.getKey(), part.getValue()))
                .toList();
    }

    private static void once(Map<String, Source> parts, String section, Source file) {
        if (parts.put(section, file) != null) {
            throw Complaint.usage("section " + section + " is given twice", "");
        }
    }
}
