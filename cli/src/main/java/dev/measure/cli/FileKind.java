package dev.measure.cli;

import dev.measure.Source;

/** Tells EFI programs from everything else, by their first two bytes. */
final class FileKind {
    private FileKind() {}

    /** {@return whether a file is meant to be an EFI program: it begins with the DOS signature "MZ"} */
    static boolean isPe(Source file) {
        if (file.length() < 2) {
            return false;
        }
        byte[] start = file.slice(0, 2).toByteArray();
        return start[0] == 'M' && start[1] == 'Z';
    }
}
