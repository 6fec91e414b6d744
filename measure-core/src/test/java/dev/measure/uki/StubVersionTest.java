package dev.measure.uki;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.measure.Source;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class StubVersionTest {
    private static Optional<LoaderInfo> sdMagic(String text) {
        return LoaderInfo.read(Source.of("x.efi", text.getBytes(StandardCharsets.ISO_8859_1)));
    }

    @Test
    void takesTheLeadingNumbers() {
        assertEquals(new StubVersion("252.39-1~deb12u2", 252, 39), StubVersion.parse("252.39-1~deb12u2"));
        assertEquals(new StubVersion("257.13-1~deb13u1", 257, 13), StubVersion.parse("257.13-1~deb13u1"));
        assertEquals(new StubVersion("262.1-1", 262, 1), StubVersion.parse("262.1-1"));
        assertEquals(new StubVersion("257~rc3", 257, 0), StubVersion.parse("257~rc3"));
        assertEquals(new StubVersion("262", 262, 0), StubVersion.parse("262"));
    }

    @Test
    void refusesATextWithoutANumber() {
        for (String text : new String[] {"", "v262", "1234567", ".1"}) {
            IllegalArgumentException e = assertThrows(IllegalArgumentException.class, () -> StubVersion.parse(text));
            assertEquals(
                    "not a systemd version: '" + text + "', it must start with a number such as 257.13 or 262.1",
                    e.getMessage());
        }
    }

    @Test
    void comparesNumbers() {
        assertEquals(
                "252.39-1~deb12u1 254.26 257~rc3 257.4 257.13-1 262 262.1",
                String.join(
                        " ",
                        Stream.of("262", "257.13-1", "262.1", "254.26", "257~rc3", "252.39-1~deb12u1", "257.4")
                                .map(StubVersion::parse)
                                .sorted()
                                .map(StubVersion::toString)
                                .toList()));
        assertTrue(StubVersion.parse("262").isAtLeast(262, 0));
        assertFalse(StubVersion.parse("262").isAtLeast(262, 1));
        assertFalse(StubVersion.parse("261.9").isAtLeast(262, 0));
    }

    @Test
    void readsSdMagicWithAndWithoutNul() {
        assertEquals(
                "systemd-stub 252.39-1~deb12u2",
                sdMagic("#### LoaderInfo: systemd-stub 252.39-1~deb12u2 ####\0")
                        .map(info -> info.program() + " " + info.version())
                        .orElseThrow());
        assertEquals(
                "systemd-addon",
                sdMagic("#### LoaderInfo: systemd-addon 262.1-1 ####")
                        .orElseThrow()
                        .program());
        assertEquals(Optional.empty(), sdMagic("#### LoaderInfo: another-stub 262.1-1 ####"));
        assertEquals(Optional.empty(), sdMagic("#### LoaderInfo: systemd-stub git ####"));
        assertEquals(Optional.empty(), sdMagic(""));
        assertEquals(Optional.empty(), sdMagic("#".repeat(5000)));
    }
}
