package dev.measure.cli;

import dev.measure.boot.BootConsole;
import dev.measure.boot.BootInputs;
import dev.measure.boot.NamedFile;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** The options for what is started before the kernel, and for the files that lie beside a UKI. */
final class BootPathOptions {
    private BootPathOptions() {}

    /** Reads the programs of the boot path, and what they read and hand over. */
    static void path(Call call, Result result, BootInputs.Builder in) {
        in.loaders(call.values("--loader").stream()
                .map(name -> PcrRequest.opened(call, result, "loader", name))
                .toList());
        call.value("--shim-version").ifPresent(in::shimVersion);
        GrubOptions.read(call, result, in);
        PcrRequest.file(call, result, "--loader-conf").ifPresent(in::loaderConf);
        PcrRequest.file(call, result, "--loader-entry").ifPresent(in::loaderEntry);
        PcrRequest.file(call, result, "--disk").ifPresent(in::disk);
        call.value("--exit-boot-retry")
                .ifPresent(when -> in.exitBootRetry(
                        switch (PcrRequest.choice("--exit-boot-retry", when, List.of("yes", "no", "both"))) {
                            case "yes" -> BootInputs.ExitBootRetry.YES;
                            case "no" -> BootInputs.ExitBootRetry.NO;
                            default -> BootInputs.ExitBootRetry.BOTH;
                        }));
        call.value("--load-options").ifPresent(in::loadOptions);
        if (call.has("--console")) {
            in.consoles(consoles(Lists.names("--console", call.values("--console"))));
        }
        in.direct(call.has("--direct"));
        PcrRequest.file(call, result, "--kernel").ifPresent(in::kernel);
        if (call.has("--kernel") || PcrRequest.image(call).isPresent()) {
            PcrRequest.file(call, result, "--initrd").ifPresent(in::initrd);
        }
        if (call.has("--append") && !call.has("--direct")) {
            throw Complaint.usage(
                    "--append is the command line of a direct boot", "add --direct, or give it as --load-options");
        }
        call.value("--append").ifPresent(in::append);
        call.value("--qemu-version").ifPresent(in::qemuVersion);
    }

    private static List<BootConsole> consoles(List<String> names) {
        List<String> known =
                Arrays.stream(BootConsole.values()).map(BootConsole::id).toList();
        if (names.size() > 1 && names.contains("none")) {
            throw Complaint.usage("--console: none stands alone", "leave it out, or the others");
        }
        return names.equals(List.of("none"))
                ? List.of()
                : names.stream()
                        .map(name -> BootConsole.of(name)
                                .orElseThrow(() -> Complaint.usage(
                                        "unknown console '" + name + "'",
                                        Suggestion.didYouMean(name, known) + "all: none, " + String.join(", ", known))))
                        .toList();
    }

    /** Reads add-ons, credentials and extensions. */
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
            files.add(new NamedFile(name, PcrRequest.opened(call, result, option.substring(2), file)));
        }
        return files;
    }
}
