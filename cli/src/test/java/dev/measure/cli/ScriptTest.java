package dev.measure.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

/**
 * Runs the scripts in {@code scripts/*.txt}, each in its own folder.
 *
 * <p>A line is one of: {@code measure ARGS} (must exit 0), {@code ! measure ARGS} (must not), {@code exit N}, {@code stdout 'REGEX'},
 * {@code stderr 'REGEX'}, {@code ! stdout 'REGEX'}, {@code ! stderr 'REGEX'}, {@code file NAME 'REGEX'}, {@code ! file NAME 'REGEX'}, {@code exists NAME},
 * {@code ! exists NAME}, {@code rm NAME}, {@code cmp stdout FILE}, {@code env NAME=VALUE}, {@code stdin FILE} (for the next run), {@code # comment}. {@code -- FILE --} starts an inline file that goes on to the next such
 * line, {@code -- hex FILE --} one whose lines are hexadecimal. Regular expressions are found anywhere, {@code ^} and {@code $} match
 * at lines.
 */
class ScriptTest {
    private static final Pattern FILE = Pattern.compile("-- (hex )?(\\S+) --");

    @TempDir
    Path folder;

    @TestFactory
    Stream<DynamicTest> scripts() throws IOException {
        Path scripts = Path.of("src/test/resources/scripts");
        List<Path> files;
        try (Stream<Path> list = Files.list(scripts)) {
            files = list.filter(file -> file.toString().endsWith(".txt"))
                    .sorted()
                    .toList();
        }
        assertFalse(files.isEmpty(), "no scripts in " + scripts.toAbsolutePath());
        return files.stream()
                .map(file -> DynamicTest.dynamicTest(file.getFileName().toString(), () -> new Run(file, folder).run()));
    }

    static final class Run {
        private final Path script;
        private final Path folder;
        private final Map<String, String> variables = new TreeMap<>();
        private byte[] input = new byte[0];
        private Session last;
        private int checks;

        Run(Path script, Path folder) throws IOException {
            this.script = script;
            this.folder = Files.createDirectories(folder.resolve(script.getFileName() + ".d"));
            Samples.write(this.folder);
        }

        void run() throws IOException {
            List<String> lines = files(Files.readAllLines(script));
            for (int i = 0; i < lines.size(); i++) {
                String line = lines.get(i).strip();
                if (line.isEmpty() || line.startsWith("#")) {
                    continue;
                }
                try {
                    step(words(line));
                } catch (AssertionError e) {
                    throw new AssertionError(
                            script + ":" + (i + 1) + ": " + line + "\n" + e.getMessage() + "\n" + last, e);
                }
            }
            assertTrue(checks > 0, script + " checks nothing");
        }

        /** Writes the inline files and returns the lines before them. */
        private List<String> files(List<String> lines) throws IOException {
            List<String> steps = new ArrayList<>();
            List<String> content = steps;
            List<String> name = new ArrayList<>();
            for (String line : lines) {
                var header = FILE.matcher(line);
                if (header.matches()) {
                    write(name, content, steps);
                    name = List.of(header.group(2), header.group(1) == null ? "text" : "hex");
                    content = new ArrayList<>();
                } else {
                    content.add(line);
                }
            }
            write(name, content, steps);
            return steps;
        }

        private void write(List<String> name, List<String> content, List<String> steps) throws IOException {
            if (content == steps) {
                return;
            }
            Path file = folder.resolve(name.get(0));
            Files.createDirectories(file.getParent());
            if (name.get(1).equals("hex")) {
                Files.write(
                        file, HexFormat.of().parseHex(String.join("", content).replace(" ", "")));
            } else {
                Files.writeString(file, String.join("\n", content) + (content.isEmpty() ? "" : "\n"));
            }
        }

        private void step(List<String> words) throws IOException {
            boolean not = words.get(0).equals("!");
            List<String> rest = not ? words.subList(1, words.size()) : words;
            switch (rest.get(0)) {
                case "measure" -> {
                    String[] args = rest.subList(1, rest.size()).toArray(String[]::new);
                    last = Session.with(new Surroundings(folder.toString(), variables, false, false), input, args);
                    input = new byte[0];
                    assertEquals(not, last.exit() != 0, "exit code " + last.exit());
                }
                case "exit" -> {
                    assertEquals(Integer.parseInt(rest.get(1)), last.exit());
                    checks++;
                }
                case "stdout" -> matches(not, last.out(), rest.get(1));
                case "stderr" -> matches(not, last.err(), rest.get(1));
                case "cmp" -> {
                    assertEquals("stdout", rest.get(1));
                    assertEquals(Files.readString(folder.resolve(rest.get(2)), StandardCharsets.UTF_8), last.out());
                    checks++;
                }
                case "file" -> matches(not, Files.readString(folder.resolve(rest.get(1))), rest.get(2));
                case "rm" -> Files.delete(folder.resolve(rest.get(1)));
                case "exists" -> {
                    assertEquals(!not, Files.exists(folder.resolve(rest.get(1))));
                    checks++;
                }
                case "env" ->
                    variables.put(rest.get(1).split("=", 2)[0], rest.get(1).split("=", 2)[1]);
                case "stdin" -> input = Files.readAllBytes(folder.resolve(rest.get(1)));
                default -> fail("unknown step " + rest.get(0));
            }
        }

        private void matches(boolean not, String text, String regex) {
            boolean found =
                    Pattern.compile(regex, Pattern.MULTILINE).matcher(text).find();
            assertEquals(!not, found, "looked for " + regex);
            checks++;
        }

        /** Splits at blanks; what stands in quotes, either kind, stays together. */
        static List<String> words(String line) {
            List<String> words = new ArrayList<>();
            StringBuilder word = new StringBuilder();
            char quote = 0;
            boolean begun = false;
            for (char c : line.toCharArray()) {
                if (quote == 0 && (c == '\'' || c == '"')) {
                    quote = c;
                    begun = true;
                } else if (c == quote) {
                    quote = 0;
                } else if (c == ' ' && quote == 0) {
                    if (begun) {
                        words.add(word.toString());
                    }
                    word.setLength(0);
                    begun = false;
                } else {
                    word.append(c);
                    begun = true;
                }
            }
            if (begun) {
                words.add(word.toString());
            }
            return words;
        }
    }
}
