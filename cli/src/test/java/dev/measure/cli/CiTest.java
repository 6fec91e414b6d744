package dev.measure.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import dev.measure.DigestAlgorithm;
import dev.measure.Source;
import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.jar.Attributes;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/**
 * The jobs in CI.md do what they say: their steps are taken from the page and run by a shell, in a folder with the manifest, the lock
 * file and the image of the sample. Only where the program is fetched from is another place than the page says: a folder.
 */
@DisabledOnOs(OS.WINDOWS)
@Timeout(300)
class CiTest {
    private static final Path PAGE = Path.of("..", "CI.md");
    private static final Path SAMPLES = Path.of("..", "vectors", "samples");
    private static final String ZEROS = "0".repeat(64);

    @TempDir
    Path temporary;

    private Path work;
    private Path jar;

    /** A folder for PATH: the Java of this test, set to start fast, for the scripts start it many times. */
    private String java;

    /** How a script ended. */
    private record Ended(int exit, String out, String err) {}

    /** A block of code of the page. */
    private record Block(String language, String text) {}

    @BeforeEach
    void checkOut() throws IOException {
        Assumptions.assumeTrue(Files.exists(PAGE), "SKIPPED: CI.md is not here");
        work = Files.createDirectories(temporary.resolve("a checkout"));
        try (Stream<Path> files = Files.list(SAMPLES)) {
            for (Path file : files.toList()) {
                Files.copy(file, work.resolve(file.getFileName()));
            }
        }
        jar = jar(temporary.resolve("the release.jar"));
        java = Files.createDirectories(temporary.resolve("java")).toString();
        program(
                Path.of(java, "java"),
                "exec '" + Path.of(System.getProperty("java.home"), "bin", "java")
                        + "' -XX:TieredStopAtLevel=1 -XX:+UseSerialGC \"$@\"");
    }

    /** A program as a release has it, but with the classes of the tests' class path. */
    private static Path jar(Path file) throws IOException {
        Manifest manifest = new Manifest();
        Attributes attributes = manifest.getMainAttributes();
        attributes.put(Attributes.Name.MANIFEST_VERSION, "1.0");
        attributes.put(Attributes.Name.MAIN_CLASS, "dev.measure.cli.Main");
        attributes.put(
                Attributes.Name.CLASS_PATH,
                Stream.of(System.getProperty("java.class.path").split(File.pathSeparator))
                        .map(entry -> Path.of(entry).toAbsolutePath().toUri().toASCIIString())
                        .collect(Collectors.joining(" ")));
        new JarOutputStream(Files.newOutputStream(file), manifest).close();
        return file;
    }

    private static void program(Path file, String line) throws IOException {
        Files.writeString(file, "#!/bin/sh\n" + line + "\n");
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
    }

    private static List<Block> blocks() throws IOException {
        List<Block> blocks = new ArrayList<>();
        String language = null;
        StringBuilder text = new StringBuilder();
        for (String line : Files.readAllLines(PAGE)) {
            if (!line.startsWith("```")) {
                text.append(language == null ? "" : line + "\n");
            } else if (language == null) {
                language = line.substring(3);
                text.setLength(0);
            } else {
                blocks.add(new Block(language, text.toString()));
                language = null;
            }
        }
        return blocks;
    }

    private static JsonNode yaml(String key) throws IOException {
        ObjectMapper mapper = new YAMLMapper(YAMLFactory.builder()
                .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
                .build());
        List<JsonNode> found = new ArrayList<>();
        for (Block block : blocks()) {
            if (block.language().equals("yaml")) {
                JsonNode tree = mapper.readTree(block.text());
                if (tree.has(key)) {
                    found.add(tree);
                }
            }
        }
        assertEquals(1, found.size(), "blocks with the key " + key);
        return found.get(0);
    }

    /** The digest and the place of the program are the user's; all else is as the page has it. */
    private Map<String, String> variables(JsonNode given) throws IOException {
        Map<String, String> variables = new TreeMap<>();
        given.properties()
                .forEach(field -> variables.put(field.getKey(), field.getValue().asText()));
        assertEquals(ZEROS, variables.get("MEASURE_SHA256"), "a digest that nobody takes for a real one");
        assertEquals(2, variables.size(), variables.toString());
        variables.put("MEASURE_URL", jar.toUri().toASCIIString());
        variables.put(
                "MEASURE_SHA256",
                Source.of("jar", Files.readAllBytes(jar))
                        .digest(DigestAlgorithm.SHA256)
                        .hex());
        return variables;
    }

    private Ended shell(String script, Map<String, String> variables) throws IOException, InterruptedException {
        Path out = temporary.resolve("out");
        Path err = temporary.resolve("err");
        ProcessBuilder builder = new ProcessBuilder("sh", "-e", "-c", script)
                .directory(work.toFile())
                .redirectOutput(out.toFile())
                .redirectError(err.toFile());
        builder.environment().keySet().removeIf(name -> name.startsWith("GIT"));
        builder.environment().putAll(variables);
        builder.environment()
                .merge("PATH", java, (path, own) -> variables.getOrDefault("PATH", own + File.pathSeparator + path));
        Process process = builder.start();
        process.getOutputStream().close();
        assertTrue(process.waitFor(200, TimeUnit.SECONDS), script);
        return new Ended(process.exitValue(), Files.readString(out), Files.readString(err));
    }

    private static void changeTheCommandLine(Path image) throws IOException {
        byte[] bytes = Files.readAllBytes(image);
        int at = new String(bytes, StandardCharsets.ISO_8859_1).indexOf("console=");
        assertTrue(at > 0, "the sample has a command line");
        bytes[at] ^= 0x20;
        Files.write(image, bytes);
    }

    // GitHub

    /** Runs the steps of a workflow that are shell, as a runner does: each in its own shell, with the path that earlier ones made. */
    private Map<String, Ended> workflow(Map<String, String> given) throws IOException, InterruptedException {
        JsonNode workflow = yaml("jobs");
        Map<String, String> variables = new TreeMap<>(variables(workflow.path("env")));
        Path home = Files.createDirectories(temporary.resolve("home"));
        Path path = Files.writeString(temporary.resolve("github-path"), "");
        variables.put("HOME", home.toString());
        variables.put("GITHUB_PATH", path.toString());
        variables.put("GITHUB_STEP_SUMMARY", temporary.resolve("summary.md").toString());
        variables.putAll(given);
        Map<String, Ended> ended = new LinkedHashMap<>();
        for (JsonNode step : workflow.path("jobs").path("check").path("steps")) {
            if (!step.has("run")) {
                continue;
            }
            List<String> first = new ArrayList<>(Files.readAllLines(path));
            first.add(java);
            first.add(System.getenv("PATH"));
            variables.put("PATH", String.join(File.pathSeparator, first));
            Ended one = shell(step.path("run").asText(), variables);
            ended.put(step.path("name").asText(), one);
            if (one.exit() != 0) {
                break;
            }
        }
        return ended;
    }

    private static Ended last(Map<String, Ended> ended) {
        return List.copyOf(ended.values()).get(ended.size() - 1);
    }

    @Test
    void theWorkflowPassesWhenNothingMoved() throws Exception {
        Map<String, Ended> ended = workflow(Map.of());
        assertEquals(2, ended.size(), ended.toString());
        assertEquals(0, last(ended).exit(), ended.toString());
        assertTrue(last(ended).out().startsWith("same: "), ended.toString());
        assertTrue(Files.readString(temporary.resolve("summary.md")).startsWith("### measure check: same"));
        assertTrue(Files.exists(work.resolve("measure.xml")));
        assertTrue(Files.exists(work.resolve("measure.sarif")));
        Map<String, Ended> again = workflow(Map.of("MEASURE_URL", "file:///nothing/is/here.jar"));
        assertEquals(0, last(again).exit(), "the cache serves the second run: " + again);
    }

    @Test
    void theWorkflowFailsWhenAValueMovedAndReportsIt() throws Exception {
        changeTheCommandLine(work.resolve("fuki-sample.efi"));
        unpin();
        Map<String, Ended> ended = workflow(Map.of());
        assertEquals(2, ended.size(), ended.toString());
        assertEquals(3, last(ended).exit(), ended.toString());
        assertTrue(last(ended).out().contains("::error file=measure.lock.json,line="), ended.toString());
        assertTrue(last(ended).out().contains(" .cmdline changed "), ended.toString());
        assertTrue(Files.readString(temporary.resolve("summary.md")).contains(".cmdline changed"));
        assertTrue(Files.readString(work.resolve("measure.xml")).contains("<failure"));
        assertTrue(Files.readString(work.resolve("measure.sarif")).contains("\"ruleId\": \"drift\""));
    }

    /** The manifest of the sample pins its image, which another image does not get past. */
    private void unpin() throws IOException {
        Path manifest = work.resolve("measure.yaml");
        Files.writeString(manifest, Files.readString(manifest).replaceFirst(", sha256: [0-9a-f]{64}", ""));
    }

    @Test
    void theWorkflowRunsNoProgramWithAnotherDigest() throws Exception {
        Map<String, Ended> ended = workflow(Map.of("MEASURE_SHA256", ZEROS));
        assertEquals(1, ended.size(), ended.toString());
        assertNotEquals(0, last(ended).exit());
        assertTrue(last(ended).out().contains("measure.jar: FAILED"), ended.toString());
    }

    @Test
    void theWorkflowReplacesASpoiltCache() throws Exception {
        Path cache = Files.createDirectories(temporary.resolve("home/.cache/measure"));
        Files.writeString(cache.resolve("measure.jar"), "not the program");
        assertEquals(0, last(workflow(Map.of())).exit());
    }

    @Test
    void theWorkflowPinsActionsByCommitAndAsksForNoMoreThanItNeeds() throws IOException {
        JsonNode workflow = yaml("jobs");
        assertTrue(workflow.path("permissions").isEmpty());
        assertTrue(workflow.path("on").has("pull_request"));
        JsonNode job = workflow.path("jobs").path("check");
        assertEquals(
                "{\"contents\":\"read\",\"security-events\":\"write\"}",
                job.path("permissions").toString());
        int used = 0;
        for (JsonNode step : job.path("steps")) {
            assertNotEquals(step.has("run"), step.has("uses"), step.toString());
            if (step.has("uses")) {
                used++;
                String action = step.path("uses").asText();
                assertTrue(action.matches("[a-z-]+/[a-z/-]+@[0-9a-f]{40}"), action);
            }
        }
        assertEquals(5, used);
    }

    // GitLab

    private Ended gitlab(Map<String, String> given) throws IOException, InterruptedException {
        JsonNode job = yaml("golden-values").path("golden-values");
        Map<String, String> variables = new TreeMap<>(variables(job.path("variables")));
        variables.putAll(given);
        List<String> lines = new ArrayList<>();
        for (String part : List.of("before_script", "script")) {
            assertTrue(job.path(part).isArray() && !job.path(part).isEmpty(), part);
            job.path(part).forEach(line -> {
                assertTrue(line.isTextual(), line.toString());
                lines.add(line.asText());
            });
        }
        assertEquals(
                "measure.xml",
                job.path("artifacts").path("reports").path("junit").asText());
        return shell(String.join("\n", lines), variables);
    }

    @Test
    void theJobPassesWhenNothingMoved() throws Exception {
        Ended ended = gitlab(Map.of());
        assertEquals(0, ended.exit(), ended.toString());
        assertTrue(ended.out().contains("\nsame: "), ended.toString());
        assertTrue(Files.exists(work.resolve("measure.xml")));
        Ended again = gitlab(Map.of("MEASURE_URL", "file:///nothing/is/here.jar"));
        assertEquals(0, again.exit(), "the cache serves the second run: " + again);
    }

    @Test
    void theJobFailsWhenAValueMoved() throws Exception {
        changeTheCommandLine(work.resolve("fuki-sample.efi"));
        unpin();
        Ended ended = gitlab(Map.of());
        assertEquals(3, ended.exit(), ended.toString());
        assertTrue(ended.out().contains(".cmdline changed"), ended.toString());
        assertTrue(Files.readString(work.resolve("measure.xml")).contains("<failure"));
    }

    @Test
    void theJobRunsNoProgramWithAnotherDigest() throws Exception {
        Ended ended = gitlab(Map.of("MEASURE_SHA256", ZEROS));
        assertNotEquals(0, ended.exit());
        assertFalse(Files.exists(work.resolve("measure.xml")));
        assertTrue(ended.out().contains("measure.jar: FAILED"), ended.toString());
    }

    // by hand

    @Test
    void commandsForAnyShellRun() throws Exception {
        Path bin = Files.createDirectories(temporary.resolve("bin"));
        program(bin.resolve("measure"), "exec java -jar '" + jar.toAbsolutePath() + "' \"$@\"");
        Map<String, String> variables =
                Map.of("PATH", String.join(File.pathSeparator, bin.toString(), java, System.getenv("PATH")));
        boolean repository = shell(
                                "git init -q . && git add measure.lock.json && git -c user.name=a -c user.email=a@example.org"
                                        + " -c commit.gpgsign=false commit -q -m lock && git branch -M main",
                                variables)
                        .exit()
                == 0;
        List<Block> blocks =
                blocks().stream().filter(block -> block.language().equals("sh")).toList();
        assertEquals(2, blocks.size());
        for (Block block : blocks) {
            if (!repository && block.text().contains("git ")) {
                System.out.println("SKIPPED: no git here");
                continue;
            }
            Ended ended = shell(block.text(), variables);
            assertEquals(0, ended.exit(), block + "\n" + ended);
        }
    }
}
