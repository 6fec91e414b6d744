package dev.measure.cli;

import dev.measure.Source;
import dev.measure.firmware.Firmware;
import java.util.List;
import java.util.Optional;

/** Which firmwares a command line names: a firmware file, or those inside an f-UKI. */
final class Targets {
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
        if (option.isPresent() && parameter.isPresent()) {
            throw Complaint.usage(
                    "both --firmware " + option.get() + " and '" + parameter.get() + "' are given", "keep one of them");
        }
        String name = option.or(() -> parameter)
                .orElseThrow(() ->
                        Complaint.usage("no firmware is given", "give --firmware FILE, or an f-UKI as parameter"));
        Source file = call.inputs().open(name);
        if (call.has("--fwid")) {
            throw Complaint.usage("--fwid: " + name + " is no f-UKI, so it has no firmwares to choose from", "");
        }
        result.input("firmware", file);
        return List.of(new LaunchTarget(
                LaunchTarget.fileName(name),
                file,
                Firmware.read(file, call.common().strictness()),
                List.of("--firmware", name)));
    }
}
