package dev.measure.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.measure.MalformedInputException;
import dev.measure.Source;
import dev.measure.golden.GoldenValues;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

/**
 * Every field of a lock file and of a manifest, broken: of a wrong type, missing, twice, unknown, out of range.
 *
 * <p>The cases are in files. Each begins with the right file, up to the first line {@code ==}. A case is {@code == NAME}, lines
 * {@code - TEXT} that stand once in the right file, lines {@code + TEXT} that take their place, where {@code ^} in angle brackets
 * marks the place that the message must name, and lines {@code ? TEXT}, each of which the message or its hint must contain.
 */
class MalformedGoldenTest {
    private static final String MARK = "<^>";

    @TempDir
    Path folder;

    /** One broken file. */
    private record Case(String name, String text, int at, List<String> said) {
        private long offset() {
            return text.substring(0, at).getBytes(StandardCharsets.UTF_8).length;
        }

        private String lineAndColumn() {
            String before = text.substring(0, at);
            return "at line " + (before.chars().filter(c -> c == '\n').count() + 1) + ", column "
                    + (at - before.lastIndexOf('\n'));
        }
    }

    private static String file(String name) {
        try (InputStream in =
                Objects.requireNonNull(MalformedGoldenTest.class.getResourceAsStream("/malformed/" + name))) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    private static String right(String name) {
        return file(name).split("(?m)^== ", 2)[0];
    }

    private static String joined(List<String> lines, char sign) {
        return String.join(
                "\n",
                lines.stream()
                        .filter(line -> line.charAt(0) == sign)
                        .map(line -> line.substring(2))
                        .toList());
    }

    private static List<Case> cases(String name) {
        String right = right(name);
        List<Case> cases = new ArrayList<>();
        String[] parts = file(name).split("(?m)^== ");
        for (int i = 1; i < parts.length; i++) {
            List<String> lines =
                    parts[i].lines().skip(1).filter(line -> !line.isEmpty()).toList();
            String what = parts[i].lines().findFirst().orElseThrow();
            String from = joined(lines, '-');
            assertTrue(!from.isEmpty() && right.contains(from), what + ": the right file has no such text");
            assertEquals(right.indexOf(from), right.lastIndexOf(from), what + ": the text stands there twice");
            String marked = right.replace(from, joined(lines, '+'));
            int at = marked.indexOf(MARK);
            List<String> said = lines.stream()
                    .filter(line -> line.startsWith("? "))
                    .map(line -> line.substring(2))
                    .toList();
            assertTrue(at >= 0 && !said.isEmpty(), what + ": no mark, or nothing is said");
            cases.add(new Case(what, marked.replace(MARK, ""), at, said));
        }
        return cases;
    }

    private Stream<DynamicTest> tests(String name, boolean lines, Consumer<Source> reader) {
        return cases(name).stream()
                .map(one -> DynamicTest.dynamicTest(one.name(), () -> {
                    Source source = Source.of(name, one.text().getBytes(StandardCharsets.UTF_8));
                    MalformedInputException e =
                            assertThrows(MalformedInputException.class, () -> reader.accept(source));
                    String whole = e.getMessage() + "\n" + e.hint();
                    one.said().forEach(text -> assertTrue(whole.contains(text), () -> text + "\nis not in: " + whole));
                    assertEquals("0x" + Long.toHexString(one.offset()), "0x" + Long.toHexString(e.offset()), whole);
                    if (lines) {
                        assertTrue(
                                e.getMessage().endsWith(one.lineAndColumn()), () -> one.lineAndColumn() + ": " + whole);
                    }
                }));
    }

    @TestFactory
    Stream<DynamicTest> locks() {
        return tests("lock.txt", false, GoldenValues::read);
    }

    @TestFactory
    Stream<DynamicTest> manifests() {
        return tests("manifest.txt", true, this::manifest);
    }

    private Manifest manifest(Source source) {
        return ManifestReader.read(source, new ManifestFolder(folder.resolve("measure.yaml")), Map.of("V", "1"));
    }

    @Test
    void theRightFilesAreRead() {
        Source lock = Source.of("lock.txt", right("lock.txt").getBytes(StandardCharsets.UTF_8));
        assertEquals(2, GoldenValues.read(lock).values().size());
        Source manifest = Source.of("manifest.txt", right("manifest.txt").getBytes(StandardCharsets.UTF_8));
        assertFalse(manifest(manifest).targets().isEmpty());
    }
}
