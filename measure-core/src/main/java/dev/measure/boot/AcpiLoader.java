package dev.measure.boot;

import dev.measure.MalformedInputException;
import dev.measure.Source;
import dev.measure.parse.Cursor;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.regex.Pattern;

/**
 * The loader script that QEMU passes as fw_cfg file etc/table-loader: commands of 128 bytes each (QEMU
 * hw/acpi/bios-linker-loader.c).
 */
public final class AcpiLoader {
    /** The script's own name in fw_cfg. */
    public static final String FILE = "etc/table-loader";

    /** The name of the root pointer in fw_cfg. */
    public static final String RSDP = "etc/acpi/rsdp";

    /** The name of the tables in fw_cfg. */
    public static final String TABLES = "etc/acpi/tables";

    private static final int COMMAND = 128;
    private static final int NAME = 56;
    private static final long ALLOCATE = 1;

    /** QEMU writes 4 KiB: 32 commands. */
    private static final int MAX_SCRIPT = 1 << 20;

    /** What QEMU refuses in names of its own, too long ones, cannot be here; what cannot be printed is no name. */
    private static final Pattern NAMES = Pattern.compile("[\\x21-\\x7e]{1,55}");

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
                String file = new String(name, 0, end, StandardCharsets.ISO_8859_1);
                if (!NAMES.matcher(file).matches()) {
                    throw c.malformed(
                            start + 4,
                            "a file name of 1 to " + (NAME - 1) + " printable ASCII characters in ALLOCATE",
                            end == 0 ? "none" : HexFormat.of().formatHex(name, 0, end),
                            "");
                }
                if (files.contains(file)) {
                    throw c.malformed(start + 4, "each file allocated once", file + " again", "");
                }
                files.add(file);
            }
            c.seek(start + (long) COMMAND, "command");
        }
        return files;
    }
}
