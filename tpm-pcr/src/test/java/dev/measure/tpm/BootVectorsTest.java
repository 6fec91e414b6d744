package dev.measure.tpm;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.measure.Digest;
import dev.measure.DigestAlgorithm;
import dev.measure.Measurement;
import dev.measure.Prediction;
import dev.measure.boot.BootEvent;
import dev.measure.boot.BootPrediction;
import dev.measure.boot.BootVariant;
import dev.measure.boot.EventDigests;
import dev.measure.eventlog.EventLog;
import dev.measure.eventlog.EventType;
import dev.measure.eventlog.TcgEvent;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** Boots under QEMU with a software TPM: what it held and logged, against what is predicted from the files of the boot. */
class BootVectorsTest {
    /** All but IMA's and those that a boot does not use. */
    private static final List<Integer> PCRS = List.of(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 11, 12, 13, 14, 15);

    @TestFactory
    List<DynamicTest> everyRegisterEqualsTheOneOfTheTpm() throws IOException {
        List<DynamicTest> tests = new ArrayList<>();
        for (BootCase boot : BootCase.all()) {
            tests.add(DynamicTest.dynamicTest(boot.name(), () -> {
                BootPrediction prediction = boot.outcome().boot();
                boot.fwid()
                        .ifPresent(fwid -> assertEquals(fwid, prediction.fwid().orElse("none")));
                List<String> wrong = new ArrayList<>();
                for (int pcr : PCRS) {
                    for (DigestAlgorithm bank : boot.banks()) {
                        String expected = boot.pcr(bank, pcr);
                        List<String> got = boot.outcome().of(pcr, bank).stream()
                                .map(value -> value.prediction() instanceof Prediction.Predicted predicted
                                        ? predicted.measurement().value().hex()
                                        : value.prediction().toString())
                                .toList();
                        if (!got.contains(expected)) {
                            wrong.add("PCR " + pcr + " " + bank.id() + ": expected " + expected + ", got " + got);
                        }
                        // Only PCR 0 may have several values, where a build depends on the processor, which no case
                        // names.
                        assertTrue(got.size() == 1 || pcr == 0, () -> "PCR " + pcr + ": " + got);
                    }
                }
                assertTrue(wrong.isEmpty(), () -> String.join("\n", wrong) + "\n" + difference(boot, prediction));
            }));
        }
        return tests;
    }

    @TestFactory
    List<DynamicTest> everyEventEqualsTheOneInTheLog() throws IOException {
        List<DynamicTest> tests = new ArrayList<>();
        for (BootCase boot : BootCase.all()) {
            tests.add(DynamicTest.dynamicTest(
                    boot.name(),
                    () -> assertEquals("", difference(boot, boot.outcome().boot()))));
        }
        return tests;
    }

    /** systemd-pcrlock looks for the records of a component in the order of the log, whatever PCRs they are of. */
    @TestFactory
    List<DynamicTest> theRecordsOfAComponentAreInTheOrderOfTheLog() throws IOException {
        List<DynamicTest> tests = new ArrayList<>();
        for (BootCase boot : BootCase.all()) {
            tests.add(DynamicTest.dynamicTest(boot.name(), () -> {
                Set<DigestAlgorithm> banks = EnumSet.copyOf(boot.banks());
                List<Measurement> measurements = new ArrayList<>();
                for (int pcr : PCRS.subList(1, PCRS.size())) {
                    for (DigestAlgorithm bank : banks) {
                        Prediction.Predicted predicted = (Prediction.Predicted)
                                boot.outcome().of(pcr, bank).get(0).prediction();
                        measurements.add(predicted.measurement());
                    }
                }
                List<PcrlockComponent.Entry> logged = EventLog.read(boot.log()).events().stream()
                        .filter(event -> event.type().extendsRegister() && event.registerIndex() != 0)
                        .map(event -> new PcrlockComponent.Entry(
                                (int) event.registerIndex(),
                                banks.stream()
                                        .map(bank -> event.digest(bank).orElseThrow())
                                        .toList()))
                        .toList();
                assertEquals(logged, PcrlockComponent.of(measurements).records());
            }));
        }
        return tests;
    }

    /** {@return how the log that was left differs from the list that is predicted; empty if it does not} */
    private static String difference(BootCase boot, BootPrediction prediction) {
        try {
            List<String> lines = new ArrayList<>();
            List<TcgEvent> logged = EventLog.read(boot.log()).events().stream()
                    .filter(event -> event.type().extendsRegister())
                    .toList();
            BootVariant course = prediction.variants().get(0);
            EventDigests digests = EventDigests.of(course.events(), EnumSet.copyOf(boot.banks()));
            for (int i = 0; i < Math.max(logged.size(), course.events().size()); i++) {
                String there = i < logged.size() ? text(logged.get(i), boot.banks()) : "nothing";
                String here =
                        i < course.events().size() ? text(course.events().get(i), digests, boot.banks()) : "nothing";
                if (!there.equals(here)) {
                    lines.add("event " + i + ": logged    " + there + "\nevent " + i + ": predicted " + here);
                }
            }
            return String.join("\n", lines);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static String text(TcgEvent event, List<DigestAlgorithm> banks) {
        List<Digest> digests =
                banks.stream().map(bank -> event.digest(bank).orElseThrow()).toList();
        return event.registerIndex() + " " + event.type().text() + " " + digests + " "
                + data(event.type(), event.data().toByteArray());
    }

    private static String text(BootEvent event, EventDigests digests, List<DigestAlgorithm> banks) {
        List<Digest> values =
                banks.stream().map(bank -> digests.digest(event, bank)).toList();
        return event.pcr() + " " + event.type().text() + " " + values + " "
                + data(event.type(), event.data().toByteArray());
    }

    /** Event data without what only the running machine knows: addresses, and device paths of disks and PCI devices. */
    private static String data(EventType type, byte[] data) {
        if (type.equals(EventType.EV_EFI_BOOT_SERVICES_APPLICATION)
                || type.equals(EventType.EV_EFI_BOOT_SERVICES_DRIVER)) {
            String hex = HexFormat.of().formatHex(data, 32, data.length);
            return hex.startsWith("0403") ? hex : "path of the machine"; // vendor media: known beforehand
        }
        if (type.equals(EventType.EV_EFI_HANDOFF_TABLES)) {
            return HexFormat.of().formatHex(data, 0, 24);
        }
        return HexFormat.of().formatHex(data);
    }

    @Test
    void theTableOfBootsIsFresh() throws IOException {
        List<BootCase> boots = BootCase.all();
        if (boots.isEmpty()) {
            return;
        }
        String table = BootTable.of(boots);
        Path file = Path.of("BOOTS.md");
        if (System.getenv("MEASURE_WRITE_TABLE") != null) {
            Files.writeString(file, table);
        }
        assertEquals(Files.exists(file) ? Files.readString(file) : "", table, "write it with MEASURE_WRITE_TABLE=1");
    }
}
