package dev.measure.cli;

import dev.measure.Source;
import dev.measure.firmware.Firmware;
import java.util.List;

/**
 * A firmware whose launch is predicted.
 *
 * @param fw its name in ids: {@code efifw:ID} or {@code file:NAME}
 * @param image its bytes
 * @param firmware what is in them
 * @param arguments how the command line names it
 */
record LaunchTarget(String fw, Source image, Firmware firmware, List<String> arguments) {
    /** {@return the name of a file in ids: without its folders} */
    static String fileName(String name) {
        String slashes = name.replace('\\', '/');
        return "file:" + slashes.substring(slashes.lastIndexOf('/') + 1);
    }
}
