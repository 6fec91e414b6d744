package dev.measure.cli;

import dev.measure.Assumption;
import dev.measure.boot.BootInputs;
import dev.measure.boot.BootVariant;
import dev.measure.boot.FirmwareSelection;
import dev.measure.boot.SelectableFirmware;
import dev.measure.uki.StubVersion;
import dev.measure.uki.Uki;
import dev.measure.uki.UkiFirmware;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;

/** Which boots a command line asks about: images, versions of the stub, profiles, and the firmwares that each can select. */
final class BootTargets {
    private static final int MOST_PROFILES = 255;

    /** The name of the first image among those of {@code --variant}. */
    private static final String MAIN = "main";

    private BootTargets() {}

    /** {@return the boots of the image or the parts; of each stub or image where several may be there} */
    static List<PcrBoot> of(Call call, Result result, Optional<Uki> uki, BootInputs base) {
        List<StubVersion> stubs = PcrRequest.stubs(call);
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
            Uki uki = PcrRequest.uki(call, result, text.substring(equals + 1));
            if (others.put(name, uki) != null) {
                throw Complaint.usage("--variant: two images are named '" + name + "'", "");
            }
        }
        return others;
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
