package dev.measure.cli;

import dev.measure.Source;
import java.util.List;
import java.util.Optional;

/**
 * A firmware whose launch is predicted.
 *
 * @param fw its name in ids: {@code efifw:ID} or {@code file:NAME}
 * @param image its bytes
 * @param arguments how the command line names it
 * @param obstacle why no VMM launches it, whatever its bytes are
 */
record LaunchTarget(String fw, Source image, List<String> arguments, Optional<String> obstacle) {
    /** {@return the name of a file in ids: without its folders} */
    static String fileName(String name) {
        String slashes = name.replace('\\', '/');
        return "file:" + slashes.substring(slashes.lastIndexOf('/') + 1);
    }
}
