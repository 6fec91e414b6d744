package dev.measure.uki;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Optional;
import org.junit.jupiter.api.Test;

/** Lists of shim's SbatLevel_Variable.txt, and what its test-sbat.c expects of them. */
class SbatLevelTest {
    private static final String OLD = "sbat,1,2022052400\ngrub,2\n";
    private static final String NEW = "sbat,1,2023012900\nshim,2\ngrub,3\ngrub.debian,4\n";

    private static boolean kept(String current, String candidate) {
        return SbatLevel.of(current).keptAgainst(SbatLevel.of(candidate));
    }

    @Test
    void keepsAListThatIsAsNewOrNewer() {
        assertTrue(kept(NEW, OLD));
        assertTrue(kept(NEW, NEW));
        assertFalse(kept(OLD, NEW));
        assertTrue(kept("sbat,2,2022030218\n", "sbat,1,2022030218\n"));
        assertTrue(kept("sbat,10,2021030218\n", "sbat,9,2022052400\n"));
        assertFalse(kept("sbat,1,2021030218\n", "sbat,2,2021030218\n")
                && !kept("sbat,2,2021030218\n", "sbat,1,2021030218\n"));
    }

    @Test
    void replacesWhatIsNoListOrTooShort() {
        assertFalse(kept("garbage,1,2022052400\n", OLD));
        assertFalse(kept("sbat,1,20", OLD));
    }

    @Test
    void revokesByTheGenerationOfAComponent() {
        String grub =
                "sbat,1,SBAT Version,sbat,1,https://example.org\ngrub,%s,Free Software Foundation,grub,2.06,https://example.org\n";
        assertEquals(
                Optional.of("SbatLevel asks for generation 3 of grub, and it is generation 2"),
                SbatLevel.of(NEW).revokes(String.format(grub, 2)));
        assertEquals(Optional.empty(), SbatLevel.of(NEW).revokes(String.format(grub, 3)));
        assertEquals(Optional.empty(), SbatLevel.of(NEW).revokes(String.format(grub, 10)));
        assertTrue(SbatLevel.of(NEW).revokes(String.format(grub, "x")).isPresent(), "no number is generation 0");
        assertEquals(
                Optional.of("a line of its .sbat does not have six columns"),
                SbatLevel.of(NEW).revokes("grub,3,vendor\n"));
        assertEquals(Optional.empty(), SbatLevel.of(NEW).revokes("\r\n\0grub,1,a,b,c,d\n"));
    }

    @Test
    void readsOnlyLinesWithAComponentAndAGeneration() {
        assertTrue(SbatLevel.of(NEW).wellFormed());
        assertFalse(SbatLevel.of("sbat,1,2023012900\nshim\n").wellFormed());
        assertFalse(SbatLevel.of("sbat,1,2023012900\n,2\n").wellFormed());
    }
}
