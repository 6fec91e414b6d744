package dev.measure.boot;

import dev.measure.Evidence;
import dev.measure.Provenance;
import dev.measure.eventlog.EventType;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** The words that systemd measures while the system starts and stops (systemd src/tpm2-setup, systemd-pcrphase). */
final class SystemdPhases {
    private static final List<Integer> SEPARATED = List.of(0, 1, 2, 3, 4, 5, 6, 7, 9, 12, 13, 14);
    private static final Provenance SOURCE = new Provenance.Constant("systemd", "units/systemd-pcrphase*.service");

    private static final int IDENTITY = 15;

    /** The words after which machine id and file systems have been measured (units systemd-pcrmachine, systemd-pcrfs-root). */
    private static final List<String> STARTED = List.of("sysinit", "ready", "shutdown", "final");

    private SystemdPhases() {}

    static void record(EventRecorder recorder, BootPhase phase, SystemIdentity identity) {
        List<SystemIdentity.Item> left = new ArrayList<>(identity.records());
        boolean started = false;
        assumeIdentity(recorder, phase, identity);
        for (String word : phase.words()) {
            started |= STARTED.contains(word);
            if (started || word.equals("leave-initrd")) {
                while (!left.isEmpty() && (started || left.get(0) instanceof SystemIdentity.VolumeKey)) {
                    identity(recorder, left.remove(0)); // volumes before all else are opened in the initrd
                }
            }
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

    private static void identity(EventRecorder recorder, SystemIdentity.Item item) {
        recorder.add(
                item.word(),
                Producer.SYSTEMD,
                IDENTITY,
                EventType.EV_IPL,
                item.word().getBytes(StandardCharsets.UTF_8),
                item.measured(),
                new Provenance.Constant("systemd", "src/shared/pcrextend-util.c, src/cryptsetup/cryptsetup.c"),
                item instanceof SystemIdentity.VolumeKey ? Evidence.SOURCE : Evidence.PEER);
    }

    private static void word(EventRecorder recorder, String word, int pcr, Evidence evidence) {
        recorder.add(
                word, Producer.SYSTEMD, pcr, EventType.EV_IPL, word.getBytes(StandardCharsets.UTF_8), SOURCE, evidence);
    }

    /** PCR 15 after the initrd: what is missing, and what is taken for granted. */
    private static void assumeIdentity(EventRecorder recorder, BootPhase phase, SystemIdentity identity) {
        boolean started = phase.words().stream().anyMatch(STARTED::contains);
        if (!started && !phase.words().contains("leave-initrd")) {
            return; // nothing is measured into it before
        }
        identity.missing(started)
                .ifPresentOrElse(
                        missing -> recorder.unknown(IDENTITY, missing.why(), missing.input()),
                        () -> recorder.assume(
                                "identity",
                                identity.records().isEmpty()
                                        ? "none"
                                        : String.join(
                                                " ",
                                                identity.records().stream()
                                                        .map(SystemIdentity.Item::word)
                                                        .toList()),
                                "in this order and nothing else: systemd orders neither volumes among each other nor file"
                                        + " systems other than the root"));
    }
}
