package dev.measure.tdx;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.measure.Digest;
import dev.measure.DigestAlgorithm;
import dev.measure.Prediction;
import dev.measure.Provenance;
import dev.measure.Source;
import dev.measure.Strictness;
import dev.measure.firmware.Firmware;
import dev.measure.vectors.OvmfWriter;
import dev.measure.vectors.Shared;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/** The events "ACPI DATA": edk2 QemuFwCfgAcpi.c measures the loader script, then each file as a command ALLOCATE names it. */
final class AcpiEventsTest {
    /** QEMU hw/i386/acpi-build.c makes the vmgenid tables, and allocates their file, before the command for the tables is out. */
    private static final String[] WITH_VMGENID = {"etc/acpi/rsdp", "etc/vmgenid_guid", "etc/acpi/tables"};

    private static Source loader(String... files) {
        byte[] script = new byte[4096];
        for (int i = 0; i < files.length; i++) {
            script[128 * i] = 1; // ALLOCATE
            byte[] name = files[i].getBytes(StandardCharsets.US_ASCII);
            System.arraycopy(name, 0, script, 128 * i + 4, name.length);
        }
        return Source.of("loader", script);
    }

    private static Source bytes(String name, int fill) {
        return Source.of(name, new byte[] {(byte) fill, 1, 2, 3});
    }

    private static RtmrInputs.Builder inputs() {
        byte[] image = OvmfWriter.ovmf(0x10000)
                .tdxMetadata()
                .tdxSection(0x4000, 0xc000, 0xffff4000L, 0xc000, 0, 1)
                .tdxSection(0, 0x4000, 0xffff0000L, 0x4000, 1, 0)
                .tdxSection(0, 0, 0x809000, 0x2000, 2, 0)
                .build();
        RtmrInputs.Builder in = RtmrInputs.builder()
                .launch(TdxLaunch.of(Firmware.read(Source.of("made.fd", image), Strictness.STRICT)))
                .edk2(Edk2Generation.of("202411").orElseThrow())
                .memory(2L << 30)
                .secureBoot(false)
                .bootOrder(List.of());
        for (String name : List.of("PK", "KEK", "db", "dbx")) {
            in.variable(name, Source.of(name, new byte[0]));
        }
        return in;
    }

    private static RtmrInputs.Builder files() {
        return inputs().acpiLoader(RtmrContent.of(loader(WITH_VMGENID)))
                .acpiRsdp(RtmrContent.of(bytes("rsdp", 1)))
                .acpiTables(RtmrContent.of(bytes("tables", 2)));
    }

    private static List<String> acpi(RtmrInputs.Builder in) {
        RtmrValue value = Rtmr.of(in.build()).get(0);
        assertInstanceOf(Prediction.Predicted.class, value.prediction(), value.prediction()::toString);
        return value.events().stream()
                .filter(event -> event.name().startsWith("ACPI"))
                .map(event -> event.name() + " " + event.digest().hex())
                .toList();
    }

    private static String sha384(byte[] bytes) throws NoSuchAlgorithmException {
        return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-384").digest(bytes));
    }

    @Test
    void everyFileThatTheLoaderAllocatesIsAnEventInItsOrder() throws NoSuchAlgorithmException {
        assertEquals(
                List.of(
                        "ACPI loader " + sha384(loader(WITH_VMGENID).toByteArray()),
                        "ACPI RSDP " + sha384(new byte[] {1, 1, 2, 3}),
                        "ACPI etc/vmgenid_guid " + sha384(new byte[] {9, 1, 2, 3}),
                        "ACPI tables " + sha384(new byte[] {2, 1, 2, 3})),
                acpi(files().acpiFile("etc/vmgenid_guid", RtmrContent.of(bytes("guid", 9)))));
    }

    /** The files of a real QEMU, dumped by another program; of the three, only the tables are given. */
    @Test
    void filesThatAreDerivedComeFromTheTables() throws IOException, NoSuchAlgorithmException {
        String folder = "vectors/tdx/evidence/acpi/acpi_q72/etc_";
        Optional<Path> tables = Shared.file(folder + "acpi_tables.bin");
        if (tables.isPresent()) {
            Source given = Source.of("tables", Files.readAllBytes(tables.get()));
            RtmrValue value =
                    Rtmr.of(inputs().acpiTables(RtmrContent.of(given)).build()).get(0);
            Map<String, Provenance> from = new TreeMap<>();
            Map<String, String> digests = new TreeMap<>();
            value.events().stream()
                    .filter(event -> event.name().startsWith("ACPI"))
                    .forEach(event -> {
                        from.put(event.name(), event.provenance());
                        digests.put(event.name(), event.digest().hex());
                    });
            Provenance whole = Provenance.FileRange.of(given);
            Provenance derived = new Provenance.Derived("QEMU's rule", List.of(whole));
            assertEquals(Map.of("ACPI loader", derived, "ACPI RSDP", derived, "ACPI tables", whole), from);
            for (String file : List.of("table-loader", "acpi_rsdp", "acpi_tables")) {
                byte[] dumped =
                        Files.readAllBytes(Shared.file(folder + file + ".bin").orElseThrow());
                String name = Map.of(
                                "table-loader", "ACPI loader", "acpi_rsdp", "ACPI RSDP", "acpi_tables", "ACPI tables")
                        .get(file);
                assertEquals(sha384(dumped), digests.get(name), file);
            }
        }
    }

    @Test
    void aFileThatIsNotGivenIsNamed() {
        Prediction.NotPredictable missing = assertInstanceOf(
                Prediction.NotPredictable.class, Rtmr.of(files().build()).get(0).prediction());
        assertEquals("the ACPI loader script allocates etc/vmgenid_guid, which is measured, too", missing.why());
        assertEquals("--acpi-file etc/vmgenid_guid=FILE", missing.input());
    }

    @Test
    void aFileThatTheLoaderDoesNotAllocateIsAnError() {
        RtmrInputs in = files().acpiFile("etc/vmgenid_guid", RtmrContent.of(bytes("guid", 9)))
                .acpiFile("etc/tpm/log", RtmrContent.of(bytes("log", 0)))
                .build();
        assertEquals(
                "the ACPI loader script does not allocate etc/tpm/log",
                assertThrows(IllegalArgumentException.class, () -> Rtmr.of(in)).getMessage());
    }

    @Test
    void aListOfEventsStandsForAllFiles() {
        Digest a = Digest.parse(DigestAlgorithm.SHA384, "aa".repeat(48));
        Digest b = Digest.parse(DigestAlgorithm.SHA384, "bb".repeat(48));
        List<AcpiEvent> list = List.of(
                new AcpiEvent("ACPI loader", RtmrContent.given(a, "test")),
                new AcpiEvent("ACPI etc/hardware_errors", RtmrContent.given(b, "test")),
                new AcpiEvent("ACPI tables", RtmrContent.given(a, "test")));
        assertEquals(
                List.of(
                        "ACPI loader " + "aa".repeat(48),
                        "ACPI etc/hardware_errors " + "bb".repeat(48),
                        "ACPI tables " + "aa".repeat(48)),
                acpi(inputs().acpiEvents(list)));
    }
}
