package dev.measure.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/**
 * The script {@code cli/measure} with a jar beside it and no sources: what it says and what it leaves behind, on the Java that runs the
 * tests. The jar has no third-party classes; the commands here need none.
 */
@DisabledOnOs(OS.WINDOWS)
@Timeout(240)
class LauncherTest {
    private static final Path SCRIPT = Path.of("measure");
    private static final String VERSION = "measure " + Version.text() + "\n";
    private static final String JAVA_HOME = System.getProperty("java.home");

    @TempDir
    static Path shared;

    private static Path jar;

    @TempDir
    Path temporary;

    private Path cli;
    private Path target;
    private final Map<String, String> environment = new LinkedHashMap<>(Map.of("JAVA_HOME", JAVA_HOME));

    /** How a run ended. */
    private record Ended(int exit, String out, String err) {
        static Ended well(String out) {
            return new Ended(0, out, "");
        }
    }

    @BeforeEach
    void install() throws IOException {
        cli = Files.createDirectories(temporary.resolve("a folder/with blanks/cli"));
        target = Files.createDirectories(cli.resolve("target"));
        Files.copy(SCRIPT, cli.resolve("measure"));
        Files.setPosixFilePermissions(cli.resolve("measure"), PosixFilePermissions.fromString("rwxr-xr-x"));
        Files.copy(jar(), target.resolve("measure.jar"));
    }

    /** The classes of this project, from wherever the tests have them. */
    private static synchronized Path jar() throws IOException {
        if (jar != null) {
            return jar;
        }
        Path file = shared.resolve("measure.jar");
        Set<String> written = new TreeSet<>();
        try (JarOutputStream out = new JarOutputStream(Files.newOutputStream(file))) {
            for (String entry : System.getProperty("java.class.path").split(System.getProperty("path.separator"))) {
                Path root = Path.of(entry);
                if (Files.isDirectory(root) && !root.endsWith("test-classes")) {
                    add(root, root.resolve("dev"), out, written);
                } else if (root.getFileName().toString().startsWith("measure-")) {
                    try (var files = FileSystems.newFileSystem(root)) {
                        add(files.getPath("/"), files.getPath("/dev"), out, written);
                    }
                }
            }
        }
        jar = file;
        return jar;
    }

    private static void add(Path root, Path folder, JarOutputStream out, Set<String> written) throws IOException {
        if (!Files.isDirectory(folder)) {
            return;
        }
        try (Stream<Path> files = Files.walk(folder)) {
            for (Path file : files.filter(Files::isRegularFile).sorted().toList()) {
                String name = root.relativize(file).toString();
                if (written.add(name)) {
                    out.putNextEntry(new JarEntry(name));
                    Files.copy(file, out);
                    out.closeEntry();
                }
            }
        }
    }

    private Process start(Path script, String... args) throws IOException {
        List<String> words = new ArrayList<>(List.of(script.toString()));
        words.addAll(List.of(args));
        ProcessBuilder builder = new ProcessBuilder(words).directory(temporary.toFile());
        builder.environment().keySet().removeIf(name -> name.startsWith("JAVA") || name.startsWith("MEASURE"));
        builder.environment().putAll(environment);
        return builder.start();
    }

    private static Ended ended(Process process) throws IOException, InterruptedException {
        process.getOutputStream().close();
        String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        String err = new String(process.getErrorStream().readAllBytes(), StandardCharsets.UTF_8);
        assertTrue(process.waitFor(120, TimeUnit.SECONDS), "it does not end");
        return new Ended(process.exitValue(), out, err);
    }

    private Ended run(String... args) throws IOException, InterruptedException {
        return ended(start(cli.resolve("measure"), args));
    }

    /** What is in the folder beside the jar and the locks. */
    private List<String> left() throws IOException {
        try (Stream<Path> files = Files.list(target)) {
            return files.map(file -> file.getFileName().toString())
                    .filter(name -> !name.equals("measure.jar") && !name.startsWith("."))
                    .sorted()
                    .toList();
        }
    }

    private Path archive() throws IOException {
        List<String> left = left();
        assertEquals(1, left.size(), left.toString());
        assertTrue(
                left.get(0).matches("measure-.*-" + Runtime.version().feature() + "[0-9.]*-version\\.(jsa|aot)"),
                left.get(0));
        return target.resolve(left.get(0));
    }

    private static Path executable(Path file, String text) throws IOException {
        Files.createDirectories(file.getParent());
        Files.writeString(file, text);
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
        return file;
    }

    @Test
    void theFirstRunMakesAnArchiveAndTheSecondUsesIt() throws IOException, InterruptedException {
        assertEquals(Ended.well(VERSION), run("version"));
        Path archive = archive();
        assertTrue(Files.size(archive) > 100_000, "an archive of " + Files.size(archive) + " bytes");
        FileTime made = Files.getLastModifiedTime(archive);
        assertEquals(Ended.well(VERSION), run("version"));
        assertEquals(made, Files.getLastModifiedTime(archive()));
        // Java 17 has no use for an archive of a jar in a folder with blanks.
        Path plain = Files.createDirectories(temporary.resolve("plain"));
        Files.move(cli, plain.resolve("cli"));
        cli = plain.resolve("cli");
        target = cli.resolve("target");
        Files.delete(archive());
        assertEquals(Ended.well(VERSION), run("version"));
        environment.put("MEASURE_JAVA_OPTS", "-Xlog:class+load:stdout");
        String loaded = run("version").out();
        String main = loaded.lines()
                .filter(line -> line.contains(" dev.measure.cli.Main source:"))
                .findFirst()
                .orElse(loaded);
        assertTrue(main.contains("shared objects file"), main);
    }

    @Test
    void severalFirstRunsAtOnceAllAnswer() throws IOException, InterruptedException {
        List<Process> runs = new ArrayList<>();
        for (int i = 0; i < 6; i++) {
            runs.add(start(cli.resolve("measure"), "version"));
        }
        for (Process run : runs) {
            assertEquals(Ended.well(VERSION), ended(run));
        }
        archive();
    }

    @Test
    void anArchiveThatIsBrokenOldOrEmptyOnlyCostsTime() throws IOException, InterruptedException {
        assertEquals(Ended.well(VERSION), run("version"));
        Path archive = archive();
        byte[] good = Files.readAllBytes(archive);
        List<byte[]> broken = List.of(
                "garbage".repeat(10_000).getBytes(StandardCharsets.UTF_8), Arrays.copyOf(good, 100), new byte[0]);
        for (byte[] bytes : broken) {
            Files.delete(archive);
            Files.write(archive, bytes);
            assertEquals(Ended.well(VERSION), run("version"), bytes.length + " bytes");
        }
        // A newer jar has another made.
        Files.setLastModifiedTime(
                target.resolve("measure.jar"), FileTime.from(Instant.now().plusSeconds(2)));
        assertEquals(Ended.well(VERSION), run("version"));
        assertTrue(Files.size(archive()) > 100_000);
    }

    @Test
    void archivesOfTheSameJavaBeforeAnUpdateAreRemoved() throws IOException, InterruptedException {
        assertEquals(Ended.well(VERSION), run("version"));
        Path archive = archive();
        String name = archive.getFileName().toString();
        String version = name.replaceFirst(".*-([0-9.]+)-version\\..*", "$1");
        Path before = archive.resolveSibling(name.replace("-" + version + "-", "-" + version + ".1-"));
        Files.move(archive, before);
        assertEquals(Ended.well(VERSION), run("version"));
        assertEquals(name, archive().getFileName().toString());
    }

    @Test
    void aFolderThatCannotBeWrittenGetsNoArchive() throws IOException, InterruptedException {
        // Root may write everywhere, but not without a temporary file.
        Path tools = temporary.resolve("tools");
        executable(tools.resolve("mktemp"), "#!/bin/sh\nexit 1\n");
        environment.put("PATH", tools + ":" + System.getenv("PATH"));
        Files.setPosixFilePermissions(target, PosixFilePermissions.fromString("r-xr-xr-x"));
        try {
            assertEquals(Ended.well(VERSION), run("version"));
            assertEquals(List.of(), left());
        } finally {
            Files.setPosixFilePermissions(target, PosixFilePermissions.fromString("rwxr-xr-x"));
        }
    }

    @Test
    void isFoundThroughSymbolicLinks() throws IOException, InterruptedException {
        Path bin = Files.createDirectories(temporary.resolve("bin"));
        Path far = Files.createSymbolicLink(bin.resolve("far"), cli.resolve("measure"));
        Path near = Files.createSymbolicLink(bin.resolve("near"), Path.of("far"));
        Path up = Files.createSymbolicLink(temporary.resolve("up"), Path.of("bin/near"));
        for (Path link : List.of(far, near, up)) {
            assertEquals(Ended.well(VERSION), ended(start(link, "version")), link.toString());
        }
        assertEquals(Ended.well(VERSION), ended(start(Path.of("./up"), "version")));
    }

    @Test
    void takesTheJavaOfThePathIfJavaHomeIsUnsetOrWrong() throws IOException, InterruptedException {
        environment.put("PATH", JAVA_HOME + "/bin:" + System.getenv("PATH"));
        environment.remove("JAVA_HOME");
        assertEquals(Ended.well(VERSION), run("version"));
        environment.put("JAVA_HOME", "/nowhere");
        assertEquals(Ended.well(VERSION), run("version"));
        environment.put("JAVA_HOME", "");
        assertEquals(Ended.well(VERSION), run("version"));
    }

    @Test
    void saysWhatIsMissing() throws IOException, InterruptedException {
        Path old = temporary.resolve("jdk 11");
        executable(old.resolve("bin/java"), "#!/bin/sh\nexit 9\n");
        Files.writeString(old.resolve("release"), "IMPLEMENTOR=\"x\"\nJAVA_VERSION=\"11.0.2\"\n");
        environment.put("JAVA_HOME", old.toString());
        assertEquals(
                new Ended(
                        1,
                        "",
                        "measure: error: Java 11 is too old: " + old
                                + "/bin/java\nmeasure: hint: install a JDK from 17 on, or set JAVA_HOME to one\n"),
                run("version"));
        Path empty = Files.createDirectories(temporary.resolve("empty"));
        environment.remove("JAVA_HOME");
        environment.put("PATH", empty.toString());
        Ended none = ended(start(Path.of("/bin/sh"), cli.resolve("measure").toString(), "version"));
        assertEquals(
                new Ended(
                        1,
                        "",
                        "measure: error: no Java found\nmeasure: hint: install a JDK from 17 on, or set JAVA_HOME to one\n"),
                none);
        environment.put("JAVA_HOME", JAVA_HOME);
        environment.put("PATH", System.getenv("PATH"));
        Files.delete(target.resolve("measure.jar"));
        Ended jarless = run("version");
        assertEquals(1, jarless.exit());
        assertTrue(
                jarless.err().endsWith("measure.jar is missing\nmeasure: hint: build it: mvn -pl cli -am package\n"),
                jarless.err());
    }

    @Test
    void wordsAndExitCodesPassThrough() throws IOException, InterruptedException {
        Ended odd = run("a b*", "$HOME", "");
        assertEquals(2, odd.exit());
        assertEquals("", odd.out());
        assertTrue(odd.err().startsWith("measure: error: unknown verb 'a b*'\n"), odd.err());
        Ended missing = run("snp", "--firmware", "no such [file]", "--vcpus", "1", "--vcpu-type", "EPYC-v4");
        assertEquals(
                new Ended(4, "", "measure: error: no such [file]: no such file\n"),
                new Ended(missing.exit(), missing.out(), missing.err().replaceFirst("measure: hint: .*\n", "")));
        assertEquals(2, run().exit());
    }

    @Test
    void isTheJavaThatASignalMeets() throws IOException, InterruptedException {
        assertEquals(Ended.well(VERSION), run("version"));
        Process waiting = start(cli.resolve("measure"), "inspect", "-");
        try (OutputStream in = waiting.getOutputStream()) {
            in.write(1);
            in.flush();
            long until = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
            while (!waiting.info().arguments().map(List::of).orElse(List.of()).contains("dev.measure.cli.Main")
                    && System.nanoTime() < until) {
                Thread.sleep(20);
            }
            assertEquals(
                    0,
                    new ProcessBuilder("kill", "-TERM", Long.toString(waiting.pid()))
                            .start()
                            .waitFor());
            assertTrue(waiting.waitFor(60, TimeUnit.SECONDS), "the signal ends it");
        }
        assertEquals(128 + 15, waiting.exitValue());
        assertFalse(waiting.isAlive());
    }

    @Test
    void theHeapHasABoundThatOneCanMove() throws IOException, InterruptedException {
        environment.put("MEASURE_JAVA_OPTS", "-XX:+PrintFlagsFinal");
        assertTrue(run("version").out().matches("(?s).*MaxHeapSize +:?= 268435456 .*"));
        environment.put("MEASURE_JAVA_OPTS", "-Xmx320m -XX:+PrintFlagsFinal");
        assertTrue(run("version").out().matches("(?s).*MaxHeapSize +:?= 335544320 .*"));
    }
}
