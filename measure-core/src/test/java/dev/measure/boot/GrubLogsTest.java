package dev.measure.boot;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import dev.measure.DigestAlgorithm;
import dev.measure.Source;
import dev.measure.eventlog.EventLog;
import dev.measure.eventlog.EventType;
import dev.measure.eventlog.TcgEvent;
import dev.measure.vectors.Shared;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** Texts of PCR 8 in published logs of GRUB 2.02 to 2.12 of Red Hat, Debian and Ubuntu: the digests that the machines extended. */
class GrubLogsTest {
    private static final String LOGS = "vectors/tpm/eventlogs/";

    private static final List<String> FILES = List.of(
            "go-eventlog/testdata/eventlogs/tpm/rhel8-uefi.bin",
            "go-eventlog/testdata/eventlogs/tpm/ubuntu-1804-amd-sev.bin",
            "go-eventlog/testdata/eventlogs/tpm/ubuntu-2104-no-dbx.bin",
            "go-eventlog/testdata/eventlogs/tpm/ubuntu-2104-no-secure-boot.bin",
            "go-attestation/testdata/coreos_36_shielded_vm_no_secure_boot_eventlog",
            "go-tpm-tools/eventlogs/gdc-host.bin",
            "go-tpm-tools/eventlogs/ubuntu-2404-amd-sevsnp.bin",
            "keylime/create-mb-policy/binary_bios_measurements",
            "keylime/create-mb-policy/binary_bios_measurements-secureboot",
            "tpm2-tools/fixtures/event-bootorder.bin",
            "tpm2-tools/fixtures/event-moklisttrusted.bin");

    @TestFactory
    Stream<DynamicTest> commandsHaveTheDigestsOfPublishedLogs() {
        return FILES.stream()
                .filter(file -> Shared.file(LOGS + file).isPresent())
                .map(file -> dynamicTest(file, () -> check(file)));
    }

    private static void check(String file) throws IOException {
        StringBuilder transcript = new StringBuilder();
        List<TcgEvent> logged = new ArrayList<>();
        EventLog log;
        try (Source source = Source.open(Shared.file(LOGS + file).orElseThrow())) {
            log = EventLog.read(source);
            for (TcgEvent event : log.events()) {
                if (event.registerIndex() == 8 && event.type().equals(EventType.EV_IPL)) {
                    String text = new String(event.data().toByteArray(), StandardCharsets.UTF_8);
                    transcript.append(text, 0, text.length() - 1).append('\n');
                    logged.add(event);
                }
            }
            assertTrue(logged.size() > 20, "the log has commands of grub");
            List<GrubStep> steps = GrubTranscript.read(
                            Source.of("transcript", transcript.toString().getBytes(StandardCharsets.UTF_8)))
                    .steps();
            BootInputs inputs = BootInputs.builder()
                    .loaders(List.of(new GrubFile().debian("2.06").source()))
                    .secureBoot(false)
                    .kernel(Source.of("kernel", new GrubFile().bytes()))
                    .grub(new GrubInputs(
                            Optional.of(new GrubTranscript(steps)),
                            Optional.empty(),
                            List.of(),
                            new TreeMap<>(),
                            new TreeMap<>(),
                            Optional.empty(),
                            Optional.empty()))
                    .build();
            List<BootEvent> predicted =
                    BootSequence.of(inputs).variants().get(0).events(8);
            assertEquals(logged.size(), predicted.size());
            EnumSet<DigestAlgorithm> banks = EnumSet.copyOf(log.banks());
            EventDigests digests = EventDigests.of(predicted, banks);
            for (int i = 0; i < logged.size(); i++) {
                for (DigestAlgorithm bank : banks) {
                    assertEquals(
                            logged.get(i).digest(bank),
                            Optional.of(digests.digest(predicted.get(i), bank)),
                            predicted.get(i).name());
                }
                assertEquals(
                        new String(logged.get(i).data().toByteArray(), StandardCharsets.UTF_8),
                        new String(predicted.get(i).data().toByteArray(), StandardCharsets.UTF_8));
            }
        }
    }
}
