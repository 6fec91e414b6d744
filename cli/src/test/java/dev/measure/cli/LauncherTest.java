package dev.measure.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.measure.vectors.SampleFuki;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
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
import org.junit.jupiter.api.AfterEach;
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

    private static final int NOBODY = 65534;

    @TempDir
    static Path shared;

    private static Path jar;

    @TempDir
    Path temporary;

    private Path cli;
    private Path target;
    private final Map<String, String> environment = new LinkedHashMap<>(Map.of("JAVA_HOME", JAVA_HOME));

    /** The words before the command. */
    private List<String> as = List.of();

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
        List<String> words = new ArrayList<>(as);
        words.add(script.toString());
        words.addAll(List.of(args));
        ProcessBuilder builder = new ProcessBuilder(words).directory(temporary.toFile());
        builder.environment()
                .keySet()
                .removeIf(name -> name.startsWith("JAVA")
                        || name.startsWith("MEASURE")
                        || name.equals("HOME")
                        || name.startsWith("XDG"));
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

    /** A folder without blanks, since Java 17 has no use for an archive of a jar in one with them. */
    private void withoutBlanks() throws IOException {
        Path plain = Files.createDirectories(temporary.resolve("plain"));
        Files.move(cli, plain.resolve("cli"));
        cli = plain.resolve("cli");
        target = cli.resolve("target");
    }

    /** Whether Java takes its classes from an archive. */
    private boolean archived() throws IOException, InterruptedException {
        environment.put("MEASURE_JAVA_OPTS", "-Xlog:class+load:stdout");
        Ended ended = run("version");
        environment.remove("MEASURE_JAVA_OPTS");
        assertEquals(0, ended.exit(), ended.err());
        assertEquals("", ended.err());
        return ended.out()
                .lines()
                .filter(line -> line.contains(" dev.measure.cli.Main source:"))
                .findFirst()
                .orElseThrow()
                .contains("shared objects file");
    }

    @Test
    void theFirstRunMakesAnArchiveAndTheSecondUsesIt() throws IOException, InterruptedException {
        assertEquals(Ended.well(VERSION), run("version"));
        Path archive = archive();
        assertTrue(Files.size(archive) > 100_000, "an archive of " + Files.size(archive) + " bytes");
        FileTime made = Files.getLastModifiedTime(archive);
        assertEquals(Ended.well(VERSION), run("version"));
        assertEquals(made, Files.getLastModifiedTime(archive()));
        withoutBlanks();
        Files.delete(archive());
        assertEquals(Ended.well(VERSION), run("version"));
        assertTrue(archived());
        // Also from elsewhere, by another name.
        made = Files.getLastModifiedTime(archive());
        assertEquals(Ended.well(VERSION), ended(start(Path.of("plain/cli/measure"), "version")));
        assertEquals(made, Files.getLastModifiedTime(archive()));
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
    void anArchiveThatIsBrokenOrCutIsMadeAnew() throws IOException, InterruptedException {
        withoutBlanks();
        assertEquals(Ended.well(VERSION), run("version"));
        Path archive = archive();
        byte[] good = Files.readAllBytes(archive);
        List<byte[]> broken = List.of(
                "garbage".repeat(10_000).getBytes(StandardCharsets.UTF_8),
                Arrays.copyOf(good, 100),
                Arrays.copyOf(good, good.length / 2),
                Arrays.copyOf(good, good.length - 1),
                new byte[0]);
        for (byte[] bytes : broken) {
            Files.delete(archive);
            Files.write(archive, bytes);
            assertEquals(Ended.well(VERSION), run("version"), bytes.length + " bytes");
            assertTrue(Files.size(archive()) > 100_000, "made anew after " + bytes.length + " bytes");
        }
        assertTrue(archived());
        // Java itself refuses one that is cut and has kept its time.
        for (byte[] bytes : broken) {
            Files.delete(archive);
            Files.write(archive, bytes);
            Files.setLastModifiedTime(archive, Files.getLastModifiedTime(target.resolve("measure.jar")));
            assertEquals(Ended.well(VERSION), run("version"), bytes.length + " bytes");
        }
    }

    @Test
    void anotherJarHasAnotherArchiveMade() throws IOException, InterruptedException {
        withoutBlanks();
        assertEquals(Ended.well(VERSION), run("version"));
        for (int seconds : new int[] {2, -86_400}) {
            Files.setLastModifiedTime(
                    target.resolve("measure.jar"), FileTime.from(Instant.now().plusSeconds(seconds)));
            assertFalse(madeFor(archive()));
            assertEquals(Ended.well(VERSION), run("version"));
            assertTrue(madeFor(archive()));
            assertTrue(archived(), seconds + " s");
        }
    }

    /** An archive has the time of its jar. */
    private boolean madeFor(Path archive) throws IOException {
        return Files.getLastModifiedTime(archive).equals(Files.getLastModifiedTime(target.resolve("measure.jar")));
    }

    @Test
    void whatWasTriedInVainIsNotTriedAgainForTheSameJar() throws IOException, InterruptedException {
        Path tries = temporary.resolve("tries");
        Path java = temporary.resolve("jdk");
        executable(
                java.resolve("bin/java"),
                "#!/bin/sh\ncase \"$*\" in *Training*) echo >>'" + tries + "'; exit 1 ;; esac\nexec '" + JAVA_HOME
                        + "/bin/java' \"$@\"\n");
        Files.copy(Path.of(JAVA_HOME, "release"), java.resolve("release"));
        environment.put("JAVA_HOME", java.toString());
        assertEquals(Ended.well(VERSION), run("version"));
        assertEquals(Ended.well(VERSION), run("version"));
        assertEquals(1, Files.size(tries));
        assertTrue(left().get(0).endsWith(".none"), left().toString());
        Files.setLastModifiedTime(
                target.resolve("measure.jar"), FileTime.from(Instant.now().plusSeconds(2)));
        assertEquals(Ended.well(VERSION), run("version"));
        assertEquals(2, Files.size(tries));
        assertEquals(1, left().size(), left().toString());
    }

    @Test
    void theOldestArchivesOfManyAreRemoved() throws IOException, InterruptedException {
        for (int i = 0; i < 20; i++) {
            Files.write(target.resolve("measure-opt-jdk-" + i + "-21.0.1-all.jsa"), new byte[1]);
        }
        Files.createDirectory(target.resolve(".new.kill3d"));
        Files.write(target.resolve(".new.kill3d/archive"), new byte[1]);
        assertEquals(Ended.well(VERSION), run("version"));
        assertEquals(12, left().size(), left().toString());
        assertTrue(left().stream().anyMatch(name -> name.contains("-version.")), left().toString());
        if (Files.exists(Path.of("/usr/bin/flock"))) {
            assertFalse(Files.exists(target.resolve(".new.kill3d")));
        }
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

    /** A user who may not write beside the jar: who runs the tests or, since root may write everywhere, nobody. */
    private Path home() throws IOException, InterruptedException {
        withoutBlanks();
        Path home = Files.createDirectories(temporary.resolve("home"));
        if (root()) {
            Path setpriv = Path.of("/usr/bin/setpriv");
            assumeTrue(Files.isExecutable(setpriv), "root needs setpriv");
            as = List.of(setpriv.toString(), "--reuid=" + NOBODY, "--regid=" + NOBODY, "--clear-groups", "--");
            for (Path folder : List.of(temporary, temporary.resolve("plain"), cli)) {
                Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwxr-xr-x"));
            }
            owned(home);
        }
        Files.setPosixFilePermissions(target, PosixFilePermissions.fromString("r-xr-xr-x"));
        environment.put("HOME", home.toString());
        return home;
    }

    private static boolean root() throws IOException {
        return Files.getAttribute(shared, "unix:uid").equals(0);
    }

    private Path owned(Path file) throws IOException {
        if (root()) {
            Files.setAttribute(file, "unix:uid", NOBODY);
        }
        return file;
    }

    @AfterEach
    void writable() throws IOException {
        Files.setPosixFilePermissions(target, PosixFilePermissions.fromString("rwxr-xr-x"));
    }

    private static List<Path> archives(Path folder) throws IOException {
        if (!Files.isDirectory(folder)) {
            return List.of();
        }
        try (Stream<Path> files = Files.walk(folder)) {
            return files.filter(file -> file.toString().matches(".*\\.(jsa|aot)"))
                    .toList();
        }
    }

    @Test
    void aJarInAFolderThatCannotBeWrittenHasItsArchiveInTheUsersCache() throws IOException, InterruptedException {
        Path home = home();
        assertEquals(Ended.well(VERSION), run("version"));
        assertEquals(List.of(), left());
        Path caches = home.resolve(".cache");
        List<Path> archives = archives(caches);
        assertEquals(1, archives.size(), archives.toString());
        for (Path folder = archives.get(0).getParent(); !folder.equals(home); folder = folder.getParent()) {
            assertEquals(
                    "rwx------",
                    PosixFilePermissions.toString(Files.getPosixFilePermissions(folder)),
                    folder.toString());
        }
        assertEquals(caches.resolve("measure"), archives.get(0).getParent().getParent());
        FileTime made = (FileTime) Files.getAttribute(archives.get(0), "unix:ctime");
        assertTrue(archived());
        assertEquals(made, Files.getAttribute(archives.get(0), "unix:ctime"));
        // Another jar gets another folder.
        Path other = Files.createDirectories(temporary.resolve("other/cli/target"));
        Files.copy(SCRIPT, other.resolveSibling("measure"), StandardCopyOption.COPY_ATTRIBUTES);
        Files.copy(jar(), other.resolve("measure.jar"));
        Files.setPosixFilePermissions(other, PosixFilePermissions.fromString("r-xr-xr-x"));
        assertEquals(Ended.well(VERSION), ended(start(other.resolveSibling("measure"), "version")));
        Files.setPosixFilePermissions(other, PosixFilePermissions.fromString("rwxr-xr-x"));
        assertEquals(2, archives(caches).size());
        assertTrue(archived());
        // XDG_CACHE_HOME goes first, but a relative one does not count.
        Path elsewhere = owned(Files.createDirectory(temporary.resolve("elsewhere")));
        environment.put("XDG_CACHE_HOME", elsewhere.toString());
        assertEquals(Ended.well(VERSION), run("version"));
        assertEquals(1, archives(elsewhere).size());
        Files.move(elsewhere.resolve("measure"), temporary.resolve("away"));
        environment.put("XDG_CACHE_HOME", "elsewhere");
        assertEquals(Ended.well(VERSION), run("version"));
        assertEquals(List.of(), archives(elsewhere));
    }

    @Test
    void withoutAPlaceForArchivesItRunsWithoutThem() throws IOException, InterruptedException {
        Path home = home();
        Path locked = Files.createDirectory(temporary.resolve("locked"));
        owned(locked);
        Files.setPosixFilePermissions(locked, PosixFilePermissions.fromString("r-xr-xr-x"));
        for (String each : List.of("", "/nowhere", "home", locked.toString(), SCRIPT.toString(), "/")) {
            environment.put("HOME", each);
            assertFalse(archived(), each);
        }
        environment.remove("HOME");
        assertFalse(archived());
        environment.put("XDG_CACHE_HOME", locked.toString());
        environment.put("HOME", home.toString());
        assertFalse(archived());
        assertEquals(List.of(), archives(temporary));
    }

    @Test
    void nothingIsTakenFromTheCacheThatSomebodyElseCanHavePutThere() throws IOException, InterruptedException {
        Path home = home();
        assertTrue(archived());
        Path archive = archives(home).get(0);
        Path ours = home.resolve(".cache/measure");
        Path away = temporary.resolve("away");
        // Links in the place of the archive, its folder and ours.
        for (Path file : List.of(archive, archive.getParent(), ours)) {
            Files.move(file, away);
            Files.createSymbolicLink(file, away);
            assertFalse(archived(), file + " is a link");
            Files.delete(file);
            Files.move(away, file);
        }
        assertTrue(archived());
        if (root()) {
            // The same, of root.
            for (Path file : List.of(archive, archive.getParent(), ours, ours.getParent(), home)) {
                Files.setPosixFilePermissions(
                        file, PosixFilePermissions.fromString(Files.isDirectory(file) ? "rwxrwxrwx" : "r--r--r--"));
                Files.setAttribute(file, "unix:uid", 0);
                assertFalse(archived(), file + " is root's");
                owned(file);
            }
            assertTrue(archived());
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
    void whatIsNotUsedIsNotLoaded() throws IOException, InterruptedException {
        Files.write(temporary.resolve("sample.efi"), SampleFuki.bytes());
        Files.write(temporary.resolve("sample.fd"), SampleFuki.firmware(7));
        for (String line : List.of(
                "version",
                "help",
                "snp --firmware sample.fd --vcpus 2 --vcpu-type EPYC-v4",
                "fuki sample.efi",
                "pcr sample.efi --pcr 11 --bank sha1,sha256,sha384,sha512",
                "diff sample.efi sample.efi",
                "inspect sample.fd")) {
            String loaded = loaded(line);
            for (String one : List.of("com.fasterxml.jackson.core.JsonFactory", "picocli.CommandLine", "SM3$Digest")) {
                assertFalse(loaded.contains(one), line + " loads " + one);
            }
        }
        assertTrue(loaded("fuki sample.efi --json").contains("com.fasterxml.jackson.core.JsonFactory"));
        assertTrue(loaded("pcr sample.efi --pcr 11 --bank sm3").contains("SM3$Digest"));
    }

    /** What Java says of the classes that it loads for a command. */
    private String loaded(String line) throws IOException, InterruptedException {
        List<String> words = new ArrayList<>(List.of(
                JAVA_HOME + "/bin/java",
                "-Xlog:class+load:file=" + temporary.resolve("loaded"),
                "-cp",
                System.getProperty("java.class.path"),
                "dev.measure.cli.Main"));
        words.addAll(List.of(line.split(" ")));
        Ended ended =
                ended(new ProcessBuilder(words).directory(temporary.toFile()).start());
        assertEquals(0, ended.exit(), line + "\n" + ended.err());
        return Files.readString(temporary.resolve("loaded"));
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
