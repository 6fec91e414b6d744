package dev.measure.boot;

import dev.measure.MalformedInputException;
import dev.measure.Source;
import dev.measure.parse.Cursor;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * The loader script that QEMU passes as fw_cfg file etc/table-loader: commands of 128 bytes each (QEMU
 * hw/acpi/bios-linker-loader.c).
 */
public final class AcpiLoader {
    private static final int COMMAND = 128;
    private static final int NAME = 56;
    private static final long ALLOCATE = 1;

    /** QEMU writes 4 KiB: 32 commands. */
    private static final int MAX_SCRIPT = 1 << 20;

    private AcpiLoader() {}

    /**
     * {@return the names of the files that the script allocates, in order}
     *
     * @param script fw_cfg etc/table-loader
     * @throws MalformedInputException if it is no such script
     */
    public static List<String> allocated(Source script) {
        if (script.length() > MAX_SCRIPT || script.length() % COMMAND != 0) {
            throw new MalformedInputException(
                    script.name(),
                    script.start(),
                    "a loader script of commands of " + COMMAND + " bytes, at most " + MAX_SCRIPT + " bytes",
                    script.length() + " bytes",
                    "give fw_cfg file etc/table-loader as the VMM passes it");
        }
        Cursor c = Cursor.of(script);
        List<String> files = new ArrayList<>();
        while (c.remaining() > 0) {
            int start = c.position();
            if (c.u32("command") == ALLOCATE) {
                byte[] name = c.bytes(NAME, "alloc.file");
                int end = 0;
                while (end < NAME && name[end] != 0) {
                    end++;
                }
                files.add(new String(name, 0, end, StandardCharsets.ISO_8859_1));
            }
            c.seek(start + (long) COMMAND, "command");
        }
        return files;
    }
}
