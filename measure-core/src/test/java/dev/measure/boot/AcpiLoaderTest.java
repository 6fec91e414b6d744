package dev.measure.boot;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.measure.MalformedInputException;
import dev.measure.Source;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;

class AcpiLoaderTest {
    private static Source script(String... files) {
        byte[] script = new byte[4096];
        for (int i = 0; i < files.length; i++) {
            script[128 * i] = 1; // ALLOCATE
            byte[] name = files[i].getBytes(StandardCharsets.ISO_8859_1);
            System.arraycopy(name, 0, script, 128 * i + 4, name.length);
        }
        return Source.of("loader", script);
    }

    private static String refused(Source script) {
        return assertThrows(MalformedInputException.class, () -> AcpiLoader.allocated(script))
                .getMessage();
    }

    @Test
    void filesAreThoseOfAllocateInOrder() {
        Source script = script("etc/acpi/rsdp", "etc/vmgenid_guid", "etc/acpi/tables");
        assertEquals(List.of("etc/acpi/rsdp", "etc/vmgenid_guid", "etc/acpi/tables"), AcpiLoader.allocated(script));
    }

    /** Names go into messages and file names. */
    @Test
    void refusesNamesThatAreNone() {
        String expected = ": expected a file name of 1 to 55 printable ASCII characters in ALLOCATE, found ";
        assertEquals("loader: offset 0x84" + expected + "611b5b", refused(script("etc/acpi/rsdp", "a\u001b[")));
        assertEquals("loader: offset 0x4" + expected + "none", refused(script("")));
        assertEquals("loader: offset 0x4" + expected + "61".repeat(56), refused(script("a".repeat(56))));
    }

    @Test
    void refusesAFileThatIsAllocatedTwice() {
        assertEquals(
                "loader: offset 0x84: expected each file allocated once, found a again", refused(script("a", "a")));
    }

    @Test
    void refusesAScriptThatIsCut() {
        assertEquals(
                "loader: offset 0x0: expected a loader script of commands of 128 bytes, at most 1048576 bytes, found 4000"
                        + " bytes",
                refused(script("a").slice(0, 4000)));
    }
}
