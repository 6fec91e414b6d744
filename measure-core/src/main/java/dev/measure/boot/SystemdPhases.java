package dev.measure.boot;

import dev.measure.Evidence;
import dev.measure.Provenance;
import dev.measure.eventlog.EventType;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** The words that systemd measures while the system starts and stops (systemd src/tpm2-setup, systemd-pcrphase). */
final class SystemdPhases {
    private static final List<Integer> SEPARATED = List.of(0, 1, 2, 3, 4, 5, 6, 7, 9, 12, 13, 14);
    private static final Provenance SOURCE = new Provenance.Constant("systemd", "units/systemd-pcrphase*.service");

    private SystemdPhases() {}

    static void record(EventRecorder recorder, BootPhase phase) {
        for (String word : phase.words()) {
            if (word.equals(BootPhase.OS_SEPARATOR)) {
                recorder.assume(
                        "nvpcr",
                        "none",
                        "systemd from 259 on also measures the PCRs that it keeps in NV memory into PCR 9; none is taken to exist");
                for (int pcr : SEPARATED) {
                    word(recorder, word, pcr, Evidence.SOURCE);
                }
            } else {
                if (!BootPhase.KNOWN.contains(word)) {
                    recorder.assume("phase", word, "systemd itself measures no such word; it is measured as it stands");
                }
                // systemd-measure and the log of a running system agree on the words of start and shutdown.
                word(recorder, word, 11, BootPhase.KNOWN.indexOf(word) < 0 ? Evidence.SOURCE : Evidence.PEER);
            }
        }
    }

    private static void word(EventRecorder recorder, String word, int pcr, Evidence evidence) {
        recorder.add(
                word, Producer.SYSTEMD, pcr, EventType.EV_IPL, word.getBytes(StandardCharsets.UTF_8), SOURCE, evidence);
    }
}
