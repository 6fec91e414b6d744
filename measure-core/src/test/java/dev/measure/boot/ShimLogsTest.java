package dev.measure.boot;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import dev.measure.DigestAlgorithm;
import dev.measure.Source;
import dev.measure.eventlog.EventLog;
import dev.measure.eventlog.EventType;
import dev.measure.eventlog.TcgEvent;
import dev.measure.uefi.GuidName;
import dev.measure.uefi.VariableData;
import dev.measure.vectors.Shared;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** What shim measures when it starts, against published logs and values: event by event, with the inputs that the logs themselves carry. */
class ShimLogsTest {
    private static final String LOGS = "vectors/tpm/eventlogs/";

    /**
     * A published log.
     *
     * @param file the log
     * @param version the shim, by what the log shows of it
     * @param automatic the revocations in that shim; empty for one that has none in a section
     * @param first the first event of shim; vendor lists that the log does not carry are left out by it
     */
    private record Case(String file, String version, String automatic, String first) {}

    private static final List<Case> CASES = List.of(
            new Case("go-eventlog/testdata/eventlogs/tpm/rhel8-uefi.bin", "15.2", "", "MokList"),
            new Case("tpm2-tools/fixtures/event-moklisttrusted.bin", "15.6", "", "MokList"),
            new Case("go-attestation/testdata/coreos_36_shielded_vm_no_secure_boot_eventlog", "15.6", "", "MokListX"),
            new Case(
                    "go-tpm-tools/eventlogs/ubuntu-2404-amd-sevsnp.bin",
                    "15.8",
                    "sbat,1,2023012900\nshim,2\n",
                    "MokListX"),
            new Case("go-tpm-tools/eventlogs/gdc-host.bin", "15.8", "sbat,1,2023012900\nshim,2\n", "MokListX"),
            new Case(
                    "keylime/create-mb-policy/binary_bios_measurements-secureboot",
                    "15.8",
                    "sbat,1,2023012900\nshim,2\ngrub,3\ngrub.debian,4\n",
                    "MokListX"));

    @TestFactory
    Stream<DynamicTest> startsAsInPublishedLogs() {
        return CASES.stream()
                .filter(c -> Shared.file(LOGS + c.file()).isPresent())
                .map(c -> dynamicTest(c.file(), () -> {
                    try (Source source =
                            Source.open(Shared.file(LOGS + c.file()).orElseThrow())) {
                        check(c, EventLog.read(source).events());
                    }
                }));
    }

    private static void check(Case c, List<TcgEvent> events) {
        ShimFile file =
                new ShimFile().version(c.version()).automatic(c.automatic().isEmpty() ? "sbat,1,1\n" : c.automatic());
        boolean secureBoot = false;
        List<String> logged = new ArrayList<>();
        boolean shim = false;
        for (TcgEvent event : events) {
            if (event.type().equals(EventType.EV_EFI_VARIABLE_DRIVER_CONFIG)) {
                VariableData variable = VariableData.read(event.data());
                secureBoot |= variable.unicodeName().equals("SecureBoot")
                        && variable.variableData().toByteArray()[0] == 1;
            }
            if (isText(event, "MokList")) {
                shim = true;
            } else if (shim && event.type().equals(EventType.EV_EFI_VARIABLE_AUTHORITY)) {
                VariableData variable = VariableData.read(event.data());
                if (variable.unicodeName().equals("Shim")) {
                    file.authorized(variable.variableData().toByteArray());
                    continue;
                }
                if (!variable.variableName().equals(GuidName.SHIM_LOCK)) {
                    continue;
                }
            }
            if (shim && (event.registerIndex() == 14 || event.registerIndex() == 7)) {
                logged.add(line(
                        event.registerIndex(),
                        event.digest(DigestAlgorithm.SHA256).orElseThrow().hex(),
                        event.data()));
            }
        }
        EventRecorder recorder = new EventRecorder();
        new Shim(
                        recorder,
                        file.image(),
                        ShimBehaviour.of(c.version()).orElseThrow(),
                        Optional.of(secureBoot),
                        Optional.empty())
                .start();
        Set<DigestAlgorithm> banks = EnumSet.of(DigestAlgorithm.SHA256);
        EventDigests digests = EventDigests.of(recorder.events(), banks);
        List<String> predicted = recorder.events().stream()
                .map(event -> line(
                        event.pcr(),
                        digests.digest(event, DigestAlgorithm.SHA256).hex(),
                        event.data()))
                .toList();
        assertFalse(logged.isEmpty());
        assertEquals(from(logged, c.first()), from(predicted, c.first()));
    }

    private static boolean isText(TcgEvent event, String text) {
        return event.registerIndex() == 14
                && new String(event.data().toByteArray(), StandardCharsets.ISO_8859_1).equals(text + '\0');
    }

    private static String line(long pcr, String digest, Source data) {
        return pcr + " " + digest + " " + HexFormat.of().formatHex(data.toByteArray());
    }

    private static List<String> from(List<String> lines, String name) {
        String end = " " + HexFormat.of().formatHex((name + '\0').getBytes(StandardCharsets.US_ASCII));
        int at = 0;
        while (!lines.get(at).endsWith(end)) {
            at++;
        }
        return lines.subList(at, lines.size());
    }

    /** The values that compute-pcrs publishes for machines without keys of an owner: each shim's revocations by its release. */
    @Test
    void revocationsAndListsAreThoseOfComputePcrs() throws IOException {
        Optional<Path> golden = Shared.file("vectors/formats/tec/qemu-ovmf/fedora-42");
        if (golden.isEmpty()) {
            return;
        }
        check(golden.get(), "fedora-42.20250929.3.0", "15.8", "sbat,1,2023012900\nshim,2\ngrub,3\ngrub.debian,4\n");
        check(golden.get(), "fedora-44.20260111.91.1", "16.1", "sbat,1,2024040900\nshim,4\ngrub,4\ngrub.peimage,2\n");
        check(golden.get(), "rhel-9.6.20250523-0", "15.8", "sbat,1,2023012900\nshim,2\ngrub,3\ngrub.debian,4\n");
    }

    private static void check(Path golden, String system, String version, String automatic) throws IOException {
        ShimFile file = new ShimFile().version(version).automatic(automatic);
        for (boolean secureBoot : new boolean[] {true, false}) {
            EventRecorder recorder = new EventRecorder();
            new Shim(
                            recorder,
                            file.image(),
                            ShimBehaviour.of(version).orElseThrow(),
                            Optional.of(secureBoot),
                            Optional.empty())
                    .start();
            EventDigests digests = EventDigests.of(recorder.events(), EnumSet.of(DigestAlgorithm.SHA256));
            String pcr7 = Files.readString(
                    golden.resolve(system + "/pcr7-sb-" + (secureBoot ? "enabled" : "disabled") + ".json"));
            String pcr14 = Files.readString(golden.resolve(system + "/pcr14.json"));
            for (BootEvent event : recorder.events()) {
                if (!event.name().equals("MokList")) { // the certificates of the vendors are not here
                    String digest =
                            digests.digest(event, DigestAlgorithm.SHA256).hex();
                    String values = event.pcr() == 7 ? pcr7 : pcr14;
                    assertEquals(true, values.contains(digest), () -> system + ": " + event.name() + " is " + digest);
                }
            }
            assertEquals(
                    List.of("MokList", "MokListX", "SbatLevel", "MokListTrusted"),
                    recorder.events().stream().map(BootEvent::name).toList());
        }
    }
}
