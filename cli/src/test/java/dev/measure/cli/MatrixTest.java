package dev.measure.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Large matrices, and what only a terminal sees. */
class MatrixTest {
    @TempDir
    Path folder;

    @BeforeEach
    void writeSamples() throws IOException {
        Samples.write(folder);
    }

    @Test
    void everyValueOfAMatrixIsTheOneThatItsOwnCommandGives() {
        Session matrix = Session.in(
                folder,
                ("snp OVMF.fd -v --vmm qemu,qemu-10.1,ec2,gce --vcpus 1..512 --guest-features 0x1,0x21,0x201"
                                + " --vcpu-type EPYC-v4,EPYC-Rome,EPYC-Milan,EPYC-Genoa,EPYC-Turin,Dhyana")
                        .split(" "));
        assertEquals(0, matrix.exit());
        Map<String, String> values = matrix.out()
                .lines()
                .collect(Collectors.toMap(line -> line.split(" {2}")[0], line -> line.split(" {2}")[1]));
        assertEquals(4 * 6 * 3 * 512, values.size());
        Map<String, String> commands = matrix.err()
                .lines()
                .filter(line -> line.startsWith("snp/"))
                .collect(Collectors.toMap(line -> line.split(": ")[0], line -> line.split(": ")[1]));
        assertEquals(values.keySet(), commands.keySet());
        List<String> ids = values.keySet().stream().sorted().toList();
        SplittableRandom random = new SplittableRandom(0x5eedL);
        Set<String> seen = new HashSet<>();
        for (int i = 0; i < 40; i++) {
            String id = ids.get(random.nextInt(ids.size()));
            String[] words = commands.get(id).split(" ");
            Session alone = Session.in(folder, Arrays.copyOfRange(words, 1, words.length));
            assertEquals(values.get(id) + "\n", alone.out(), id + " of draw " + i);
            seen.add(alone.out());
        }
        assertTrue(seen.size() > 20, "the draws are not all alike");
    }

    @Test
    void colourIsForTerminalsThatWantIt() {
        assertTrue(wrongVerb(Map.of(), true).contains("\u001b[1;31mmeasure: error: \u001b[0m"));
        assertFalse(wrongVerb(Map.of("NO_COLOR", "1"), true).contains("\u001b"));
        assertFalse(wrongVerb(Map.of(), false).contains("\u001b"));
        assertTrue(warned("always", false).contains("\u001b["));
        assertFalse(warned("never", true).contains("\u001b"));
        assertFalse(warned("auto", false).contains("\u001b"));
    }

    private String wrongVerb(Map<String, String> variables, boolean terminal) {
        return Session.with(new Surroundings(folder.toString(), variables, terminal, terminal), new byte[0], "nonsense")
                .err();
    }

    private String warned(String when, boolean terminal) {
        return Session.with(
                        new Surroundings(folder.toString(), Map.of(), terminal, terminal),
                        new byte[0],
                        "fuki",
                        "legacy.efi",
                        "--color",
                        when)
                .err();
    }

    @Test
    void progressIsShownOnATerminalAfterASecondAndWipedAway() {
        assertEquals("", progress(true, false));
        assertEquals("", progress(false, false));
        String shown = progress(true, true);
        assertTrue(shown.matches("(?s)\\rmeasure: work \\.\\.\\. [1-9][0-9]* s.*"), shown);
        assertTrue(shown.endsWith("\r\u001b[K"), shown);
    }

    /** Work that ends at once, or when the line is there, however slow the machine is. */
    private static String progress(boolean terminal, boolean untilShown) {
        ByteArrayOutputStream err = new ByteArrayOutputStream();
        PrintStream stream = new PrintStream(err, true, StandardCharsets.UTF_8);
        Progress.during("work", stream, terminal, () -> {
            long patience = System.nanoTime() + TimeUnit.MINUTES.toNanos(1);
            while (untilShown && err.size() == 0 && System.nanoTime() < patience) {
                Thread.onSpinWait();
            }
        });
        return err.toString(StandardCharsets.UTF_8);
    }
}
