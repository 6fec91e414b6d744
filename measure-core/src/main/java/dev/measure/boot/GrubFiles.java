package dev.measure.boot;

import dev.measure.Source;
import java.util.List;
import java.util.Optional;

/** The files that GRUB may read, by the names that it spells; what is not given is taken not to be there. */
final class GrubFiles {
    private final List<NamedFile> given;

    GrubFiles(List<NamedFile> given) {
        this.given = given;
    }

    /** {@return the file of a name; one without a device is on the root device} */
    Optional<Source> file(String name, GrubEnvironment environment) {
        String whole = whole(name, environment);
        return given.stream()
                .filter(file -> whole(file.name(), environment).equals(whole))
                .findFirst()
                .map(NamedFile::content);
    }

    /** {@return whether there is a folder of a name: a file below it} */
    boolean folder(String name, GrubEnvironment environment) {
        String whole = whole(name, environment);
        String prefix = whole.endsWith("/") ? whole : whole + "/";
        return given.stream().anyMatch(file -> whole(file.name(), environment).startsWith(prefix));
    }

    /** {@return the device of a file that is searched for by its path alone, if it is given with its device} */
    Optional<String> device(String path) {
        return given.stream()
                .map(NamedFile::name)
                .filter(name -> name.startsWith("(") && name.contains(")"))
                .filter(name -> plain(name.substring(name.indexOf(')') + 1)).equals(plain(path)))
                .findFirst()
                .map(name -> name.substring(1, name.indexOf(')')));
    }

    private static String whole(String name, GrubEnvironment environment) {
        if (name.startsWith("(") && name.contains(")")) {
            int end = name.indexOf(')') + 1;
            return name.substring(0, end) + plain(name.substring(end));
        }
        return "(" + environment.text("root").orElse("") + ")" + plain(name);
    }

    private static String plain(String path) {
        return path.replaceAll("/+", "/");
    }
}
