package dev.measure.benchmarks;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Whole processes against each other, in turns: {@code NAME OURS THEIRS} as often as one likes, behind {@code --out FILE SECONDS}. */
public final class WholeProcesses {
    private WholeProcesses() {}

    /**
     * Runs the comparisons.
     *
     * @param args {@code FILE SECONDS (NAME OURS THEIRS)...}, the commands for a shell
     * @throws IOException if a command fails
     */
    public static void main(String[] args) throws IOException {
        ObjectMapper mapper = new ObjectMapper();
        ObjectNode root = mapper.createObjectNode();
        ObjectNode results = root.putObject("results");
        double seconds = Double.parseDouble(args[1]);
        for (int i = 2; i + 2 < args.length; i += 3) {
            String ours = args[i + 1];
            String theirs = args[i + 2];
            for (int kind = 0; kind < 2; kind++) {
                int which = kind;
                ObjectNode node = results.putObject(args[i] + (kind == 0 ? "" : ", CPU"));
                node.put("unit", kind == 0 ? "wall, whole process" : "CPU, whole process");
                Turns.run(node, () -> PeerProcess.whole(ours)[which], () -> PeerProcess.whole(theirs)[which], seconds);
                System.err.println(args[i] + " " + node);
            }
        }
        Files.writeString(
                Path.of(args[0]), mapper.writerWithDefaultPrettyPrinter().writeValueAsString(root) + "\n");
    }
}
