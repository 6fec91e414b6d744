package dev.measure.cli;

import dev.measure.Source;
import dev.measure.smbios.ChidMode;
import dev.measure.smbios.ChidType;
import dev.measure.smbios.Chids;
import dev.measure.smbios.MachineIdentity;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;

/**
 * A machine whose choice of firmware is asked for.
 *
 * @param name as the user typed it
 * @param mode whose rules its CHIDs follow
 * @param chids its CHIDs by type, with those that are looked up although they do not exist
 */
record Machine(String name, ChidMode mode, Map<String, UUID> chids) {

    /** {@return the machines of the command line} */
    static List<Machine> of(Call call, Result result) {
        ChidMode mode = mode(call);
        List<Machine> machines = new ArrayList<>();
        for (String name : call.values("--machine")) {
            Chids chids = Chids.of(identity(name, call, result), mode);
            Map<String, UUID> byType = new LinkedHashMap<>();
            chids.lookups().forEach((type, chid) -> byType.put(type.id(), chid));
            for (ChidType type : ChidType.values()) {
                chids.value(type).ifPresent(chid -> byType.putIfAbsent(type.id(), chid));
            }
            machines.add(new Machine(name, mode, byType));
        }
        return machines;
    }

    private static ChidMode mode(Call call) {
        Optional<String> name = call.value("--chid-mode");
        List<String> known = List.of("stub", "analyze", "fwupd");
        return name.map(id -> ChidMode.ofId(id)
                        .orElseThrow(() -> Complaint.usage(
                                "unknown --chid-mode '" + id + "'",
                                Suggestion.didYouMean(id, known) + "all: " + String.join(", ", known))))
                .orElse(ChidMode.STUB);
    }

    private static MachineIdentity identity(String name, Call call, Result result) {
        if (!name.equals("-")
                && name.contains("=")
                && !Files.exists(call.inputs().path(name))) {
            try {
                return MachineIdentity.parse(name);
            } catch (IllegalArgumentException e) {
                throw Complaint.usage("--machine: " + e.getMessage(), "");
            }
        }
        Path path = name.equals("-") ? Path.of("-") : call.inputs().path(name);
        if (!name.equals("-") && Files.isDirectory(path)) {
            try {
                return MachineIdentity.read(path);
            } catch (IOException e) {
                throw new Complaint(ExitCode.MALFORMED, name + ": cannot be read: " + Inputs.why(e), "");
            }
        }
        Source file = call.inputs().open(name);
        result.input("machine", file);
        return MachineIdentity.read(file);
    }
}
