package dev.measure.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** The commands in README.md run: those in {@code sh} blocks that begin with {@code cli/measure} or {@code measure}. */
class ReadmeTest {
    private static final Path ROOT = Path.of("..");

    @TestFactory
    Stream<DynamicTest> commands() throws IOException {
        Path readme = ROOT.resolve("README.md");
        if (!Files.exists(readme)) {
            System.out.println("SKIPPED: README.md is not here");
            return Stream.empty();
        }
        List<String> commands = commands(Files.readAllLines(readme));
        assertFalse(commands.isEmpty(), "README.md shows no command");
        return commands.stream().map(command -> DynamicTest.dynamicTest(command, () -> runs(command)));
    }

    static List<String> commands(List<String> lines) {
        List<String> commands = new ArrayList<>();
        boolean shell = false;
        String begun = "";
        for (String line : lines) {
            if (line.startsWith("```")) {
                shell = !shell && line.equals("```sh");
                continue;
            }
            String text = begun + line.strip();
            boolean goesOn = text.endsWith("\\");
            begun = shell && goesOn ? text.substring(0, text.length() - 1) : "";
            if (shell && !goesOn && (text.startsWith("measure ") || text.startsWith("cli/measure "))) {
                commands.add(text);
            }
        }
        return commands;
    }

    /** Runs a command, and what it is piped into as long as that is this command too. */
    private static void runs(String command) {
        byte[] input = new byte[0];
        for (String part : command.split("\\s\\|\\s+(?=(cli/)?measure )")) {
            List<String> words = ScriptTest.Run.words(part.replaceFirst("(\\s[|>;&#]|\\s2>).*", ""));
            String[] args = words.subList(1, words.size()).toArray(String[]::new);
            Session session = Session.with(new Surroundings(ROOT.toString(), Map.of(), false, false), input, args);
            assertEquals(0, session.exit(), session.toString());
            input = session.out().getBytes(StandardCharsets.UTF_8);
        }
    }

    @TestFactory
    Stream<DynamicTest> reader() {
        List<String> lines = List.of(
                "measure outside",
                "```sh",
                "cli/measure a \\",
                "  b",
                "ls",
                "measure c",
                "```",
                "```json",
                "measure d",
                "```");
        return Stream.of(DynamicTest.dynamicTest(
                "takes commands from sh blocks only",
                () -> assertEquals(List.of("cli/measure a b", "measure c"), commands(lines))));
    }
}
