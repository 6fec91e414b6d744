package dev.measure.cli;

import dev.measure.MalformedInputException;
import dev.measure.Source;
import dev.measure.Strictness;
import dev.measure.golden.GoldenValues;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * A manifest and its lock file, as a command line names them.
 *
 * @param manifest the name of the manifest, as it was typed
 * @param folder its folder
 * @param lock the name of the lock file, for messages
 * @param path where it is
 */
record LockFile(String manifest, ManifestFolder folder, String lock, Path path) {
    /** What a manifest is usually called. */
    static final String USUAL = "measure.yaml";

    private static final List<String> MANIFESTS = List.of(USUAL, "measure.yml", "measure.json");
    private static final String SUFFIX = ".lock.json";

    /** {@return the parameter that names the manifest} */
    static Options.Parameter manifestParameter() {
        return Options.positional(0, "MANIFEST", "the manifest (default: measure.yaml, measure.yml or measure.json)");
    }

    /** {@return the option that names the lock file} */
    static Options.Option option() {
        return Options.value(
                "FILE",
                "the lock file, in the manifest's folder (default: measure.lock.json for measure.yaml)",
                "--lock");
    }

    /** {@return the files that a command line names} */
    static LockFile of(Call call) {
        if (call.common().strictness() == Strictness.LENIENT) {
            throw Complaint.usage("--lenient: golden values are of what machines do, which is strict", "");
        }
        String manifest = call.positional(0).orElseGet(() -> usual(call));
        if (manifest.equals("-")) {
            throw Complaint.usage("a manifest on standard input has no folder, in which its files lie", "");
        }
        Path path = call.inputs().path(manifest);
        if (path.getFileName() == null) {
            throw new Complaint(ExitCode.MALFORMED, manifest + ": expected a manifest, found the root directory", "");
        }
        ManifestFolder folder = new ManifestFolder(path);
        String fileName = path.getFileName().toString();
        if (Files.isSymbolicLink(path)) {
            folder.inside(new ManifestNode.Place(manifest, 0, 1, 1), "a manifest", fileName);
        }
        String name = inFolder(folder, call.value("--lock").orElse(lockOf(fileName)));
        if (name.equals(fileName)) {
            throw Complaint.usage("--lock: that is the manifest", "");
        }
        int slash = manifest.lastIndexOf('/');
        return new LockFile(
                manifest,
                folder,
                manifest.substring(0, slash + 1) + name,
                folder.path().resolve(name));
    }

    private static String lockOf(String manifest) {
        int dot = manifest.lastIndexOf('.');
        return (dot > 0 ? manifest.substring(0, dot) : manifest) + SUFFIX;
    }

    /** {@return the manifest and the lock file that a command line names, or leaves unsaid, whatever is the matter with them} */
    static List<Path> named(Call call) {
        Optional<Path> manifest = call.positional(0)
                .or(() -> MANIFESTS.stream()
                        .filter(name -> Files.exists(call.inputs().path(name)))
                        .findFirst())
                .map(name -> call.inputs().path(name))
                .filter(path -> path.getFileName() != null);
        if (manifest.isEmpty()) {
            return List.of();
        }
        Path path = manifest.get();
        try {
            return List.of(
                    path,
                    path.resolveSibling(call.value("--lock")
                            .orElse(lockOf(path.getFileName().toString()))));
        } catch (InvalidPathException e) {
            return List.of(path);
        }
    }

    /** What an option or a rule names stands in no file, so there is no place in one to tell. */
    private static String inFolder(ManifestFolder folder, String name) {
        try {
            return folder.inside(new ManifestNode.Place("--lock", 0, 1, 1), "a lock file", name);
        } catch (MalformedInputException e) {
            throw new Complaint(
                    ExitCode.MALFORMED,
                    "--lock: expected " + e.expected() + ", found " + e.found().replace(" at line 1, column 1", ""),
                    e.hint());
        }
    }

    private static String usual(Call call) {
        return MANIFESTS.stream()
                .filter(name -> Files.exists(call.inputs().path(name)))
                .findFirst()
                .orElseThrow(() -> new Complaint(
                        ExitCode.MALFORMED,
                        "no manifest here: " + USUAL + " is what it is usually called",
                        "write a starter: measure lock --init FILE.efi; or name one: measure lock MANIFEST"));
    }

    /** {@return what the manifest asks for} */
    Manifest read(Call call) {
        return ManifestReader.read(
                call.inputs().open(manifest), folder, call.inputs().variables());
    }

    /** {@return whether there is a lock file} */
    boolean exists() {
        return Files.exists(path, LinkOption.NOFOLLOW_LINKS);
    }

    /** {@return the golden values in the lock file; empty if there is none} */
    Optional<GoldenValues> golden() {
        if (!exists()) {
            return Optional.empty();
        }
        try (Source source = Source.open(lock, path)) {
            return Optional.of(GoldenValues.read(source));
        } catch (IOException e) {
            throw new Complaint(ExitCode.MALFORMED, lock + ": cannot be read: " + Inputs.why(e), "");
        }
    }

    /** {@return whether the lock file holds exactly these bytes} */
    boolean holds(byte[] bytes) {
        try {
            return exists() && Files.size(path) == bytes.length && Arrays.equals(bytes, Files.readAllBytes(path));
        } catch (IOException e) {
            throw new Complaint(ExitCode.MALFORMED, lock + ": cannot be read: " + Inputs.why(e), "");
        }
    }

    /** {@return a lock file of golden values} */
    static byte[] bytes(GoldenValues golden) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try {
            golden.write(bytes);
        } catch (IOException e) {
            throw new AssertionError(e); // memory does not fail
        }
        return bytes.toByteArray();
    }

    /** Writes the lock file whole or not at all; a symbolic link in its place is replaced, not followed. */
    void write(byte[] bytes) {
        write(path, lock, bytes);
    }

    static void write(Path path, String name, byte[] bytes) {
        Path part = null;
        try {
            part = Files.createTempFile(path.getParent(), ".measure", ".part");
            Files.write(part, bytes);
            share(part);
            Files.move(part, path, StandardCopyOption.REPLACE_EXISTING, StandardCopyOption.ATOMIC_MOVE);
        } catch (IOException e) {
            if (part != null) {
                discard(part);
            }
            throw new Complaint(
                    ExitCode.MALFORMED,
                    name + ": cannot be written: " + Inputs.whyNotWritten(e),
                    "does its folder exist?");
        }
    }

    /** A temporary file is for its owner alone, a lock file is for everybody who may read the manifest. */
    private static void share(Path part) throws IOException {
        if (Files.getFileStore(part).supportsFileAttributeView("posix")) {
            Files.setPosixFilePermissions(part, PosixFilePermissions.fromString("rw-r--r--"));
        }
    }

    private static void discard(Path part) {
        try {
            Files.deleteIfExists(part);
        } catch (IOException e) {
            // The reason why it could not be written is what matters.
        }
    }
}
