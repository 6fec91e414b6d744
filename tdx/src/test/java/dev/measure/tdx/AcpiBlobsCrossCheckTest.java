package dev.measure.tdx;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.measure.MalformedInputException;
import dev.measure.Source;
import dev.measure.vectors.Shared;
import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** ACPI blobs of real QEMUs, dumped by another program, and QEMU itself where it is installed. */
final class AcpiBlobsCrossCheckTest {
    private static final String FOLDER = "vectors/tdx/evidence/acpi/";

    private static Optional<byte[]> dumped(String dump, String file) throws IOException {
        Optional<Path> path = Shared.file(FOLDER + dump + "/" + file.replace('/', '_') + ".bin");
        return path.isEmpty() ? Optional.empty() : Optional.of(Files.readAllBytes(path.get()));
    }

    @TestFactory
    Stream<DynamicTest> loaderAndRsdpFollowFromTheTables() {
        return Stream.of("acpi_q72", "acpi_q72_4g", "acpi_q100")
                .map(dump -> DynamicTest.dynamicTest(dump, () -> {
                    Optional<byte[]> tables = dumped(dump, "etc/acpi/tables");
                    if (tables.isPresent()) {
                        AcpiBlobs blobs =
                                AcpiBlobs.of(Source.of("tables", tables.get()), Optional.empty(), Optional.empty());
                        assertTrue(blobs.derived());
                        assertArrayEquals(
                                dumped(dump, "etc/table-loader").orElseThrow(),
                                blobs.loader().toByteArray());
                        assertArrayEquals(
                                dumped(dump, "etc/acpi/rsdp").orElseThrow(),
                                blobs.rsdp().toByteArray());
                        List<String> order = AcpiTables.read(blobs.tables()).tables().stream()
                                .map(AcpiTable::signature)
                                .toList();
                        assertEquals(List.of("FACS", "DSDT", "FACP", "APIC", "MCFG", "WAET", "RSDT"), order);
                    }
                }));
    }

    /** QEMU was run with so many vCPUs. */
    @Test
    void theTablesTellTheNumberOfVcpus() throws IOException {
        for (Map.Entry<String, Integer> dump :
                Map.of("acpi_q72", 2, "acpi_q72_4g", 4, "acpi_q100", 2).entrySet()) {
            Optional<byte[]> read = dumped(dump.getKey(), "etc/acpi/tables");
            if (read.isPresent()) {
                assertEquals(
                        OptionalInt.of(dump.getValue()),
                        AcpiTables.read(Source.of("tables", read.get())).processors(),
                        dump.getKey());
            }
        }
    }

    /** ACPI 6.5, 5.2.12: entries of types 0 and 9 whose flag 0 is set; one that does not fit makes the number unknown. */
    @Test
    void aBrokenTableOfProcessorsTellsNothing() {
        assertEquals(OptionalInt.of(1), processors(0, 8, 0, 0, 1, 0, 0, 0));
        assertEquals(OptionalInt.of(1), processors(9, 16, 0, 0, 5, 0, 0, 0, 1, 0, 0, 0, 7, 0, 0, 0, 1, 6, 0, 0, 0, 0));
        assertEquals(OptionalInt.empty(), processors(0, 8, 0, 0, 0, 0, 0, 0)); // may be plugged in later
        assertEquals(OptionalInt.empty(), processors(0, 8, 0, 0, 1, 0, 0));
        assertEquals(OptionalInt.empty(), processors(0, 7, 0, 0, 1, 0, 0));
        assertEquals(OptionalInt.empty(), processors(0, 8, 0, 0, 1, 0, 0, 0, 1, 0));
        assertEquals(OptionalInt.empty(), processors());
    }

    private static OptionalInt processors(int... entries) {
        byte[] file = new byte[4096];
        System.arraycopy("APIC".getBytes(StandardCharsets.US_ASCII), 0, file, 0, 4);
        file[4] = (byte) (44 + entries.length);
        for (int i = 0; i < entries.length; i++) {
            file[44 + i] = (byte) entries[i];
        }
        return AcpiTables.read(Source.of("tables", file)).processors();
    }

    @Test
    void takesFilesThatAreGivenAsTheyAre() {
        Source any = Source.of("any", new byte[] {1});
        AcpiBlobs blobs = AcpiBlobs.of(any, Optional.of(any), Optional.of(any));
        assertFalse(blobs.derived());
        assertEquals(any, blobs.loader());
    }

    @Test
    void refusesTablesFromWhichNothingFollows() throws IOException {
        Optional<byte[]> read = dumped("acpi_q72", "etc/acpi/tables");
        if (read.isPresent()) {
            byte[] tables = read.get();
            refuses(
                    tables,
                    0,
                    "facs",
                    "t: offset 0x0: expected the signature of an ACPI table, or zeros to the end, found \"facs\"");
            refuses(tables, 4, "\1\0\0\0", "t: offset 0x4: expected a Length of FACS of 36..131072, found 1");
            refuses(tables, 0x21d1, "XXXX", "t: offset 0x0: expected an ACPI table RSDT, found none among 7 tables");
            refuses(
                    tables,
                    0x21a9,
                    "TPM2",
                    "t: offset 0x21a9: expected only tables whose loader commands follow from them, found TPM2 BXPC, whose"
                            + " device adds commands of its own");
            refuses(
                    tables,
                    0x216d + 9,
                    "\5",
                    "t: offset 0x2176: expected only tables whose loader commands follow from them, found MCFG with a"
                            + " checksum, as -acpitable gives it and firmware leaves behind");
            refuses(
                    tables,
                    0x3000,
                    "\7",
                    "t: offset 0x3000: expected zeros behind the last ACPI table, which begin at 0x2205, found 0x07");
        }
        MalformedInputException empty = assertThrows(
                MalformedInputException.class,
                () -> AcpiBlobs.of(Source.of("t", new byte[0]), Optional.empty(), Optional.empty()));
        assertEquals("t: offset 0x0: expected an ACPI table DSDT, found none among 0 tables", empty.getMessage());
    }

    private static void refuses(byte[] tables, int at, String bytes, String message) {
        byte[] changed = tables.clone();
        byte[] patch = bytes.getBytes(StandardCharsets.ISO_8859_1);
        System.arraycopy(patch, 0, changed, at, patch.length);
        MalformedInputException refused = assertThrows(
                MalformedInputException.class,
                () -> AcpiBlobs.of(Source.of("t", changed), Optional.empty(), Optional.empty()));
        assertEquals(message, refused.getMessage());
    }

    /** QEMU, if it is installed. */
    private static Optional<String> qemu() {
        Optional<String> found = Arrays.stream(System.getenv("PATH").split(File.pathSeparator))
                .map(folder -> folder + "/qemu-system-x86_64")
                .filter(path -> Files.isExecutable(Path.of(path)))
                .findFirst();
        if (found.isEmpty()) {
            System.out.println("SKIPPED: qemu-system-x86_64 is not installed");
        }
        return found;
    }

    @Test
    void refusesTablesWhosePaddingIsCut() throws IOException {
        Optional<Path> file = Shared.file("vectors/tdx/evidence/acpi/acpi_q72/etc_acpi_tables.bin");
        if (file.isPresent()) {
            Source cut = Source.open(file.get()).slice(0, 100_000);
            MalformedInputException refused = assertThrows(MalformedInputException.class, () -> AcpiTables.read(cut));
            assertTrue(
                    refused.getMessage()
                            .endsWith("expected a file padded to a multiple of 4096 bytes, as QEMU makes it, found"
                                    + " 100000 bytes"),
                    refused.getMessage());
        }
    }

    @Test
    @Timeout(60)
    void readsFromQemuWhatTheOtherProgramDumped() throws IOException {
        Optional<String> qemu = qemu();
        if (qemu.isEmpty()) {
            return;
        }
        Map<String, Source> files =
                QemuAcpi.read(QemuAcpi.Request.of(qemu.get(), 2048, 2)).files();
        AcpiBlobs derived = AcpiBlobs.of(files.get("etc/acpi/tables"), Optional.empty(), Optional.empty());
        assertArrayEquals(
                files.get("etc/table-loader").toByteArray(), derived.loader().toByteArray());
        assertArrayEquals(
                files.get("etc/acpi/rsdp").toByteArray(), derived.rsdp().toByteArray());
        String version = version(qemu.get());
        Optional<String> dump = version.contains("version 7.2")
                ? Optional.of("acpi_q72")
                : version.contains("version 10.0") ? Optional.of("acpi_q100") : Optional.empty();
        if (dump.isEmpty()) {
            System.out.println("SKIPPED: there is no dump of this QEMU: " + version);
            return;
        }
        for (String name : List.of("etc/table-loader", "etc/acpi/rsdp", "etc/acpi/tables", "etc/e820", "bootorder")) {
            Optional<byte[]> expected = dumped(dump.get(), name);
            if (expected.isPresent()) {
                assertArrayEquals(expected.get(), files.get(name).toByteArray(), name);
            }
        }
    }

    private static String version(String qemu) throws IOException {
        Process process = new ProcessBuilder(qemu, "--version").start();
        return new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    }

    @Test
    @Timeout(60)
    void saysWhatQemuSaysOfWrongArguments() {
        Optional<String> qemu = qemu();
        if (qemu.isPresent()) {
            IOException refused = assertThrows(
                    IOException.class,
                    () -> QemuAcpi.read(new QemuAcpi.Request(
                            qemu.get(),
                            List.of("-machine", "nonsense"),
                            OptionalInt.empty(),
                            OptionalInt.empty(),
                            false,
                            QemuAcpi.State.FIRMWARE,
                            Duration.ofSeconds(20))));
            assertTrue(refused.getMessage().startsWith("QEMU ended: "), refused.getMessage());
            assertTrue(refused.getMessage().contains("unsupported machine type"), refused.getMessage());
        }
    }

    @Test
    @Timeout(60)
    void stopsAProgramThatDoesNotAnswer(@TempDir Path folder) throws IOException {
        Path mute = Files.writeString(folder.resolve("mute"), "#!/bin/sh\nexec sleep 50\n");
        assertTrue(mute.toFile().setExecutable(true));
        IOException refused = assertThrows(
                IOException.class,
                () -> QemuAcpi.read(new QemuAcpi.Request(
                        mute.toString(),
                        List.of(),
                        OptionalInt.empty(),
                        OptionalInt.empty(),
                        false,
                        QemuAcpi.State.FIRMWARE,
                        Duration.ofSeconds(1))));
        assertEquals("QEMU did not finish within 1 seconds and was stopped", refused.getMessage());
    }
}
