package dev.measure.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.LinkOption;
import java.nio.file.Path;

/** The folder of a manifest. What a manifest or a lock names lies in it: no way leads out, by name or by symbolic link. */
final class ManifestFolder {
    private final Path folder;

    /**
     * Makes the folder of a manifest.
     *
     * @param manifest the manifest's path
     */
    ManifestFolder(Path manifest) {
        Path absolute = manifest.toAbsolutePath().normalize();
        this.folder = absolute.getParent() == null ? absolute : absolute.getParent();
    }

    /** {@return the folder} */
    Path path() {
        return folder;
    }

    /**
     * {@return a name that stays in the folder, without what says nothing: {@code ./a//b} is {@code a/b}}
     *
     * @param place where it is named
     * @param what what it names
     * @param name the name
     */
    String inside(ManifestNode.Place place, String what, String name) {
        String shown = ManifestNode.Text.shown(name);
        String expected = what + " in the manifest's folder";
        if (name.isEmpty() || name.equals("-") || name.startsWith("-")) {
            throw place.malformed(expected, "'" + shown + "'", "");
        }
        if (name.indexOf('\\') >= 0 || name.indexOf(':') >= 0 || name.indexOf('\0') >= 0) {
            throw place.malformed(expected, "'" + shown + "'", "parts are joined by /, without \\ and :");
        }
        Path path;
        try {
            path = Path.of(name);
        } catch (InvalidPathException e) {
            throw place.malformed(expected, "'" + shown + "'", "");
        }
        if (name.endsWith("/")) {
            throw place.malformed(expected, "'" + shown + "', which names a folder", "");
        }
        if (path.isAbsolute()) {
            throw place.malformed(expected, "the absolute path '" + shown + "'", "name it from the folder on");
        }
        for (Path part : path) {
            if (part.toString().equals("..")) {
                throw place.malformed(
                        expected, "'" + shown + "', which leads out of it", "copy the file into the folder");
            }
        }
        String way = escape(folder.resolve(path));
        if (!way.isEmpty()) {
            throw place.malformed(
                    expected, "'" + shown + "', " + way, "a manifest of someone else must not reach other files");
        }
        return path.normalize().toString().replace('\\', '/');
    }

    /** {@return how a path leaves the folder, or an empty text; what does not exist does not leave it} */
    private String escape(Path path) {
        Path existing = path;
        while (existing != null && !Files.exists(existing, LinkOption.NOFOLLOW_LINKS)) {
            existing = existing.getParent();
        }
        if (existing == null) {
            return "";
        }
        try {
            if (!existing.toRealPath().startsWith(folder.toRealPath())) {
                return "a symbolic link that leads out of it";
            }
        } catch (IOException e) {
            return "a symbolic link that leads nowhere";
        }
        return Files.exists(path) && !Files.isRegularFile(path) ? "which is no file" : "";
    }
}
