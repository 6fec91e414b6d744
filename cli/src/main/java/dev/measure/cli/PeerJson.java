package dev.measure.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;

/** The JSON of tdx-measure and dstack-mr: one hexadecimal value for each register. */
final class PeerJson {
    private static final List<String> REGISTERS = List.of("mrtd", "rtmr0", "rtmr1", "rtmr2");

    private PeerJson() {}

    /** Writes it; a register with several values has no place in it. */
    static void write(String name, Result result, Call call) {
        List<String> lines = new ArrayList<>();
        for (String register : REGISTERS) {
            List<Result.Value> values = result.values().stream()
                    .filter(value -> value.register().id().equals(register))
                    .toList();
            if (values.size() > 1) {
                throw Complaint.usage(
                        "--json-file holds one value for each register, and there are " + values.size() + " of "
                                + register,
                        register.equals("mrtd") ? "give --qemu-version or --order" : "ask for one machine");
            }
            values.forEach(value ->
                    lines.add("  \"" + register + "\": \"" + value.digest().hex() + "\""));
        }
        try {
            Files.writeString(
                    call.inputs().path(name), lines.isEmpty() ? "{}" : "{\n" + String.join(",\n", lines) + "\n}");
        } catch (IOException e) {
            throw new Complaint(ExitCode.MALFORMED, name + ": cannot be written: " + Inputs.whyNotWritten(e), "");
        }
    }
}
