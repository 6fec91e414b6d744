package dev.measure.uki;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.measure.MalformedInputException;
import dev.measure.Source;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;

class SbatTest {
    private static Sbat read(String text) {
        return Sbat.read(Source.of("x.efi", text.getBytes(StandardCharsets.UTF_8)));
    }

    private static void refuses(String message, String text) {
        MalformedInputException e = assertThrows(MalformedInputException.class, () -> read(text));
        assertEquals("x.efi: " + message, e.getMessage());
    }

    @Test
    void readsOneComponentALine() {
        assertEquals(
                List.of(
                        new Sbat.Component("sbat", 1, List.of("SBAT Version", "sbat", "1", "https://example.org")),
                        new Sbat.Component("uki", 65535, List.of())),
                read("sbat,1,SBAT Version,sbat,1,https://example.org\r\n\nuki,65535")
                        .components());
    }

    @Test
    void skipsAByteOrderMarkAndStopsAtANul() {
        assertEquals(
                List.of(new Sbat.Component("uki", 1, List.of(""))),
                read("\ufeffuki,1,\n\0not read").components());
    }

    @Test
    void refusesLinesWithoutAComponentOrGeneration() {
        refuses("offset 0x8: expected an SBAT line: component,generation,..., found 'uki'", "sbat,1,\nuki\n");
        refuses("offset 0x0: expected an SBAT line: component,generation,..., found ',1'", ",1");
        refuses("offset 0x0: expected an SBAT generation from 1 to 65535, found '0'", "uki,0");
        refuses("offset 0x0: expected an SBAT generation from 1 to 65535, found '65536'", "uki,65536");
        refuses("offset 0x0: expected an SBAT generation from 1 to 65535, found '-1'", "uki,-1");
        refuses(
                "offset 0x0: expected an SBAT line: component,generation,..., found '" + "x".repeat(40) + "...'",
                "x".repeat(41));
    }
}
