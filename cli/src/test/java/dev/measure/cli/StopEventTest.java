package dev.measure.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.measure.vectors.Shared;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A published log of Ubuntu 21.04 that ends early; the values were folded by a script of Python's hashlib. */
class StopEventTest {
    private static final String LOG = "go-eventlog/testdata/eventlogs/tpm/ubuntu-2104-no-secure-boot.bin";
    private static final String BEFORE = "e1fc37669c93351e1251c3d8730fe32a97504a3419974a8f9b6e37392183a2e7";
    private static final String AFTER = "b18145597b5d7a1eccdf7ec3c8d38ceef929d1d44b4df7da128f547b55fd9421";
    private static final String FILE = "a66870ec31e632bdf0e1099c1f67d6912a6720cd9fd0b1637b66581a10606592";

    @TempDir
    Path folder;

    @Test
    void stopsBeforeAndAfterAnEvent() throws Exception {
        Optional<Path> log = Shared.file("vectors/tpm/eventlogs/" + LOG);
        if (log.isEmpty()) {
            return;
        }
        assertEquals(BEFORE, value(log.get(), "8", "--stop-event", "grub-command=configfile"));
        assertEquals(BEFORE, value(log.get(), "8", "--before", "--stop-event", "grub-command=configfile"));
        assertEquals(AFTER, value(log.get(), "8", "--after", "--stop-event", "grub-command=configfile"));
        assertEquals(FILE, value(log.get(), "9", "--stop-event", "grub-file=grub/grub.cfg"));
    }

    @Test
    void refusesAnEventThatIsNotThere() throws Exception {
        Optional<Path> log = Shared.file("vectors/tpm/eventlogs/" + LOG);
        if (log.isEmpty()) {
            return;
        }
        Session session = run(log.get(), "8", "--stop-event", "grub-command=cryptomount");
        assertEquals(6, session.exit());
        assertTrue(session.err().contains("the log has no event grub-command=cryptomount"), session::err);
        for (List<String> wrong : List.of(
                List.of("--before"),
                List.of("--stop-event", "grub=x"),
                List.of("--stop-event", "type=EV_IPL", "--before", "--after"))) {
            assertEquals(2, run(log.get(), "8", wrong.toArray(String[]::new)).exit(), wrong::toString);
        }
    }

    private String value(Path log, String pcr, String... more) throws Exception {
        Session session = run(log, pcr, more);
        assertEquals(0, session.exit(), session::toString);
        return session.out().strip();
    }

    private Session run(Path log, String pcr, String... more) throws Exception {
        List<String> words = new ArrayList<>(List.of("pcr", "--from-eventlog", log.toString(), "--pcr", pcr));
        words.addAll(List.of(more));
        return Session.in(folder, words.toArray(String[]::new));
    }
}
