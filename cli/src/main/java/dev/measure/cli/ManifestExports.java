package dev.measure.cli;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The files that a manifest wants in the form of some verifier: each is what {@code measure export} gives of the lock file. */
final class ManifestExports {
    private ManifestExports() {}

    /** Refuses exports that would write over the manifest or its lock file, before anything is computed. */
    static void refuseOwnFiles(Manifest manifest, LockFile lock, Call call) {
        Path own = call.inputs().path(manifest.name()).toAbsolutePath().normalize();
        for (Manifest.Export export : manifest.exports()) {
            Path path = lock.folder().path().resolve(export.file()).normalize();
            if (path.equals(lock.path().normalize()) || path.equals(own)) {
                throw export.place()
                        .malformed(
                                "a file for the export alone",
                                "'" + export.file() + "', which it would write over",
                                "give it a file of its own");
            }
        }
    }

    /** Writes the files. */
    static void write(Manifest manifest, LockFile lock, Call call) {
        contents(manifest, lock, call).forEach((name, bytes) -> {
            Path path = lock.folder().path().resolve(name);
            if (!holds(path, name, bytes)) {
                LockFile.write(path, name, bytes);
                call.talk().say("wrote " + name);
            }
        });
    }

    /** {@return the files that are not what the lock file gives} */
    static List<String> stale(Manifest manifest, LockFile lock, Call call) {
        List<String> stale = new ArrayList<>();
        contents(manifest, lock, call).forEach((name, bytes) -> {
            if (!holds(lock.folder().path().resolve(name), name, bytes)) {
                stale.add(name);
            }
        });
        return stale;
    }

    private static boolean holds(Path path, String name, byte[] bytes) {
        try {
            return Files.exists(path)
                    && Files.size(path) == bytes.length
                    && Arrays.equals(bytes, Files.readAllBytes(path));
        } catch (IOException e) {
            throw new Complaint(ExitCode.MALFORMED, name + ": cannot be read: " + Inputs.why(e), "");
        }
    }

    private static Map<String, byte[]> contents(Manifest manifest, LockFile lock, Call call) {
        Map<String, byte[]> contents = new LinkedHashMap<>();
        for (Manifest.Export export : manifest.exports()) {
            try (Inputs files = Inputs.confinedTo(lock.folder().path())) {
                contents.put(export.file(), content(export, manifest, lock, files, call));
            } catch (Complaint e) {
                throw new Complaint(
                        e.exit() == ExitCode.USAGE ? ExitCode.MALFORMED : e.exit(),
                        manifest.name() + " line " + export.place().line() + ", export " + export.format() + ": "
                                + e.getMessage(),
                        e.hint(),
                        export.place());
            }
        }
        return contents;
    }

    private static byte[] content(Manifest.Export export, Manifest manifest, LockFile lock, Inputs files, Call call) {
        ExportVerb verb = new ExportVerb();
        List<String> arguments = new ArrayList<>(List.of("--format=" + export.format()));
        export.options().forEach((key, values) -> values.forEach(value -> arguments.add(option(manifest, key, value))));
        arguments.addAll(List.of("--", lock.path().getFileName().toString()));
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        PrintStream out = new PrintStream(bytes, false, StandardCharsets.UTF_8);
        Call one = new Call(
                CommandLineReader.parse(verb, arguments),
                ManifestRun.plain(call.common()),
                call.talk(),
                files,
                new Sink(out, Optional.empty(), files));
        verb.run(one);
        out.flush();
        return bytes.toByteArray();
    }

    /** The reader of the manifest knows the options; one that takes a file takes an artifact. */
    private static String option(Manifest manifest, String key, String value) {
        return "--" + key + "="
                + (ExportFormat.takesFile(key) ? manifest.artifacts().get(value).file() : value);
    }
}
