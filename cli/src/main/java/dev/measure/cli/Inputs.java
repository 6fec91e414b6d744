package dev.measure.cli;

import dev.measure.MalformedInputException;
import dev.measure.Source;
import java.io.BufferedInputStream;
import java.io.ByteArrayInputStream;
import java.io.FileInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.DirectoryStream;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Opens what the user names. Every way in which that can fail ends in a message that says what to do. */
final class Inputs implements AutoCloseable {
    /** So much of a stream is held in memory. */
    private static final int IN_MEMORY = 16 << 20;

    /** So much is read of a stream: more than images are, less than what fills a disk. */
    private static final long MAX_STREAM = 2L << 30;

    private static final int CHUNK = 1 << 16;

    private final String folder;
    private final InputStream in;
    private final Map<String, String> variables;
    private boolean confined;
    private final Map<String, Source> open = new LinkedHashMap<>();
    private boolean stdinTaken;

    Inputs(String folder, InputStream in) {
        this(folder, in, Map.of());
    }

    /**
     * Opens nothing yet.
     *
     * @param folder what relative paths start from
     * @param in standard input
     * @param variables the environment variables
     */
    Inputs(String folder, InputStream in, Map<String, String> variables) {
        this.folder = folder;
        this.in = in;
        this.variables = Map.copyOf(variables);
    }

    /** {@return files of a folder alone: whatever is asked for, nothing outside of it is opened} */
    static Inputs confinedTo(Path folder) {
        Inputs inputs = new Inputs(folder.toString(), new ByteArrayInputStream(new byte[0]));
        inputs.confined = true;
        return inputs;
    }

    /** {@return the environment variables, of which only those count that something names} */
    Map<String, String> variables() {
        return variables;
    }

    /**
     * {@return the bytes of a file, or of standard input for {@code -}; a name given twice is opened once}
     *
     * @param name as the user typed it
     */
    Source open(String name) {
        Source known = open.get(name);
        if (known != null) {
            return known;
        }
        Source source = name.equals("-") ? standardInput() : file(name);
        open.put(name, source);
        return source;
    }

    /** Lets a name stand for bytes that came inside another file. */
    void hold(String name, Source source) {
        open.put(name, source);
    }

    private Source standardInput() {
        if (stdinTaken) {
            throw Complaint.usage("standard input (-) can only be read once", "");
        }
        stdinTaken = true;
        try {
            return stream("-", in);
        } catch (IOException e) {
            throw unreadable("-", e);
        }
    }

    /** A stream as a source: what is more than a little goes through a temporary file, which nobody sees and which ends with the run. */
    private static Source stream(String name, InputStream stream) throws IOException {
        byte[] head = stream.readNBytes(IN_MEMORY);
        if (head.length < IN_MEMORY) {
            return Source.of(name, head);
        }
        Path file = Files.createTempFile("measure", ".in");
        try {
            try (OutputStream out = Files.newOutputStream(file)) {
                out.write(head);
                byte[] chunk = new byte[CHUNK];
                long length = head.length;
                for (int count = stream.read(chunk); count >= 0; count = stream.read(chunk)) {
                    length += count;
                    if (length > MAX_STREAM) {
                        throw new MalformedInputException(
                                name,
                                MAX_STREAM,
                                "at most " + MAX_STREAM + " bytes from a stream",
                                "more",
                                "give the name of a file instead: files are read where they are");
                    }
                    out.write(chunk, 0, count);
                }
            }
            return Source.open(name, file);
        } finally {
            Files.delete(file);
        }
    }

    private Source file(String name) {
        Path path = path(name);
        if (confined && !isInside(path)) {
            throw new Complaint(ExitCode.MALFORMED, name + ": is not in the manifest's folder", "");
        }
        if (Files.isDirectory(path)) {
            throw new Complaint(ExitCode.MALFORMED, name + ": expected a file, found a directory", inFolder(path));
        }
        try {
            if (Files.exists(path) && !Files.isRegularFile(path)) {
                // A pipe or a device has no size and cannot be read by position, not even to ask how much there is.
                try (InputStream stream = new BufferedInputStream(new FileInputStream(path.toFile()))) {
                    return stream(name, stream);
                }
            }
            return Source.open(name, path);
        } catch (IOException e) {
            throw unreadable(name, e);
        }
    }

    private boolean isInside(Path path) {
        try {
            return !Files.exists(path)
                    || path.toRealPath().startsWith(Path.of(folder).toRealPath());
        } catch (IOException e) {
            return false;
        }
    }

    /** {@return the path of a name, seen from where the command runs} */
    Path path(String name) {
        if (name.isEmpty()) {
            throw Complaint.usage("an empty file name", "is a shell variable unset?");
        }
        try {
            return Path.of(folder).resolve(name);
        } catch (InvalidPathException e) {
            throw new Complaint(
                    ExitCode.MALFORMED,
                    "not a file name: '" + name + "'",
                    "if it is one, the character set of the locale cannot say it: try LC_ALL=C.UTF-8 measure ...");
        }
    }

    private Complaint unreadable(String name, IOException e) {
        if (e instanceof NoSuchFileException) {
            return new Complaint(ExitCode.MALFORMED, name + ": no such file", near(name));
        }
        if (e instanceof AccessDeniedException) {
            return new Complaint(ExitCode.MALFORMED, name + ": permission denied", "who may read it: ls -l " + name);
        }
        return new Complaint(ExitCode.MALFORMED, name + ": cannot be read: " + why(e), "");
    }

    /** {@return the reason of a failure, without the path that Java puts in front} */
    static String why(IOException e) {
        if (e instanceof FileSystemException f && f.getReason() != null) {
            return f.getReason();
        }
        return e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage();
    }

    /** {@return why a file cannot be written, as {@link #why} says it of one that cannot be read} */
    static String whyNotWritten(IOException e) {
        if (e instanceof NoSuchFileException) {
            return "no such folder";
        }
        return e instanceof AccessDeniedException ? "permission denied" : why(e);
    }

    private String near(String name) {
        Path path = path(name);
        if (Files.isSymbolicLink(path)) {
            return "it is a symbolic link to what is not there: ls -l " + name;
        }
        Path parent = path.toAbsolutePath().getParent();
        if (parent == null || !Files.isDirectory(parent) || path.getFileName() == null) {
            return "";
        }
        List<String> there = names(parent);
        return Suggestion.nearest(path.getFileName().toString(), there)
                .map(found -> "did you mean '" + found + "', which is there?")
                .orElse("");
    }

    private String inFolder(Path path) {
        List<String> there = names(path);
        return there.isEmpty() ? "it is empty" : "name one of its files, such as " + there.get(0);
    }

    private static List<String> names(Path path) {
        List<String> names = new ArrayList<>();
        try (DirectoryStream<Path> entries = Files.newDirectoryStream(path)) {
            for (Path entry : entries) {
                if (names.size() == 1000) {
                    break; // enough for a suggestion
                }
                names.add(entry.getFileName().toString());
            }
        } catch (IOException e) {
            return List.of(); // only a suggestion is lost
        }
        names.sort(null);
        return names;
    }

    /** {@return the files opened so far, in order, by the names given} */
    Map<String, Source> opened() {
        return open;
    }

    @Override
    public void close() {
        for (Source source : open.values()) {
            try {
                source.close();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }
}
