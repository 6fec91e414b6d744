package dev.measure.cli;

import dev.measure.Source;
import dev.measure.uki.EfiFirmware;
import dev.measure.uki.Uki;
import dev.measure.uki.UkiFirmware;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** Which firmwares a command line names: a firmware file, or those inside an f-UKI. */
final class Targets {
    private static final String EFIFW = "efifw:";

    private Targets() {}

    /**
     * {@return the firmwares, at least one}
     *
     * @param call the command line: {@code --firmware}, or a parameter, with {@code --fwid}
     * @param result takes the file as an input
     */
    static List<LaunchTarget> of(Call call, Result result) {
        Optional<String> option = call.value("--firmware");
        Optional<String> parameter = call.positional(0);
        Optional<String> metadata = isVerbThatReadsMetadata(call) ? call.value("--metadata") : Optional.empty();
        if (metadata.isPresent()) {
            if (option.isPresent() || parameter.isPresent() || call.has("--fwid")) {
                throw Complaint.usage("both --metadata and a firmware are given", "keep one of them");
            }
            Source json = call.inputs().open(metadata.get());
            result.input("firmware-metadata", json);
            return List.of(new LaunchTarget(
                    LaunchTarget.fileName(metadata.get()),
                    json,
                    List.of("--metadata", metadata.get()),
                    Optional.empty()));
        }
        if (option.isPresent() && parameter.isPresent()) {
            throw Complaint.usage(
                    "both --firmware " + option.get() + " and '" + parameter.get() + "' are given", "keep one of them");
        }
        String name = option.or(() -> parameter)
                .orElseThrow(() ->
                        Complaint.usage("no firmware is given", "give --firmware FILE, or an f-UKI as parameter"));
        Source file = call.inputs().open(name);
        if (!FileKind.isPe(file)) {
            if (call.has("--fwid")) {
                throw Complaint.usage("--fwid: " + name + " is no f-UKI, so there is nothing to choose from", "");
            }
            result.input("firmware", file);
            return List.of(ofFile(name, file));
        }
        result.input("uki", file);
        Uki uki = Uki.read(file, call.common().strictness());
        List<LaunchTarget> targets = chosen(call, ofUki(name, uki));
        if (targets.isEmpty()) {
            throw new Complaint(
                    ExitCode.NOT_PREDICTABLE,
                    name + " carries no firmware" + (call.has("--fwid") ? " that --fwid allows" : ""),
                    "give the firmware that starts it: --firmware FILE");
        }
        return targets;
    }

    /** {@code snp ovmf-hash} writes the metadata of a firmware; the others launch from it. */
    private static boolean isVerbThatReadsMetadata(Call call) {
        return !call.options().verb().equals("snp ovmf-hash");
    }

    /** {@return a firmware file as the only target} */
    static LaunchTarget ofFile(String name, Source file) {
        return new LaunchTarget(LaunchTarget.fileName(name), file, List.of("--firmware", name), Optional.empty());
    }

    /** {@return every firmware of an image, each under a name that no other has} */
    static List<LaunchTarget> ofUki(String name, Uki uki) {
        List<LaunchTarget> targets = new ArrayList<>();
        Set<String> taken = new HashSet<>();
        int index = 0;
        for (UkiFirmware firmware : uki.firmwares()) {
            index++;
            String id = firmware.firmware().fwid().orElse("section-" + index);
            if (!taken.add(id)) {
                // A second one of this id: told apart by its profile, or by its place.
                String profile = id + "@" + firmware.profile().orElse(0);
                id = firmware.profile().isPresent() && taken.add(profile) ? profile : id + "@section-" + index;
                taken.add(id);
            }
            Optional<String> capsule = firmware.firmware().form() == EfiFirmware.Form.CAPSULE
                    ? Optional.of("it is a UEFI capsule, which updates the machine's firmware and is not launched")
                    : Optional.empty();
            targets.add(
                    new LaunchTarget(EFIFW + id, firmware.firmware().payload(), List.of(name, "--fwid", id), capsule));
        }
        return targets;
    }

    /** {@return the targets that {@code --fwid} leaves: all without it} */
    static List<LaunchTarget> chosen(Call call, List<LaunchTarget> all) {
        if (!call.has("--fwid")) {
            return all;
        }
        List<String> known = all.stream()
                .map(target -> target.fw().substring(EFIFW.length()))
                .toList();
        Set<String> wanted = new HashSet<>();
        for (String id : Lists.names("--fwid", call.values("--fwid"))) {
            if (id.equals("all")) {
                wanted.addAll(known);
            } else if (known.contains(id)) {
                wanted.add(id);
            } else if (!id.equals("none")) {
                throw Complaint.usage(
                        "there is no firmware '" + id + "' in the image",
                        Suggestion.didYouMean(id, known)
                                + (known.isEmpty() ? "it carries none" : "it carries: " + String.join(", ", known)));
            }
        }
        return all.stream()
                .filter(target -> wanted.contains(target.fw().substring(EFIFW.length())))
                .toList();
    }
}
