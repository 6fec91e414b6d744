package dev.measure.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.measure.Source;
import dev.measure.golden.GoldenValues;
import dev.measure.vectors.Shared;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** RTMR0 of several numbers of vCPUs in a manifest, which names the tables of each and starts nothing. */
class ManifestAcpiTest {
    @TempDir
    Path folder;

    private boolean inputs() throws IOException {
        Map<String, Optional<Path>> files = new TreeMap<>();
        files.put("OVMF.fd", Shared.unxz("firmware/deb13-OVMF.fd.xz"));
        files.put("two.bin", Shared.file("vectors/tdx/evidence/acpi/acpi_q72/etc_acpi_tables.bin"));
        files.put("four.bin", Shared.file("vectors/tdx/evidence/acpi/acpi_q72_4g/etc_acpi_tables.bin"));
        for (Map.Entry<String, Optional<Path>> file : files.entrySet()) {
            if (file.getValue().isEmpty()) {
                return false;
            }
            Files.copy(file.getValue().get(), folder.resolve(file.getKey()));
        }
        return true;
    }

    private Session lock(String... targets) throws IOException {
        StringBuilder text = new StringBuilder(
                "schema: measure/manifest/v1\nartifacts: {fw: OVMF.fd, two: two.bin," + " four: four.bin}\ntargets:\n");
        for (String target : targets) {
            text.append("  - tdx: {firmware: fw, edk2: \"202411\", register: rtmr0, boot-order: none, ")
                    .append(target)
                    .append("}\n");
        }
        Files.writeString(folder.resolve("measure.yaml"), text.toString());
        return Session.in(folder, "lock");
    }

    private String value(String memory, String vcpus, String tables) {
        Session alone = Session.in(
                folder,
                ("tdx OVMF.fd --edk2 202411 --register rtmr0 --boot-order none --memory " + memory + " --vcpus " + vcpus
                                + " --acpi-tables " + tables)
                        .split(" "));
        assertEquals(0, alone.exit(), alone::toString);
        return alone.out().strip();
    }

    @Test
    void eachNumberOfVcpusTakesItsOwnTables() throws IOException {
        if (!inputs()) {
            return;
        }
        Session lock =
                lock("memory: 2G, vcpus: [2, 4], acpi-tables: [four, two]", "memory: 4G, vcpus: 4, acpi-tables: four");
        assertEquals(0, lock.exit(), lock::toString);
        Map<String, String> found = new TreeMap<>();
        GoldenValues.read(Source.of("lock", Files.readAllBytes(folder.resolve("measure.lock.json"))))
                .values()
                .forEach(value -> found.put(value.id(), value.digest().hex()));
        String front = "rtmr0/fw=file:OVMF.fd/edk2=202411/vmm=unknown/memory=";
        String end = "/profile=0/fwid=none/phase=none/variant=only";
        assertEquals(
                Map.of(
                        front + "2048/vcpus=2" + end,
                        value("2G", "2", "two.bin"),
                        front + "2048/vcpus=4" + end,
                        value("2G", "4", "four.bin"),
                        front + "4096/vcpus=4" + end,
                        value("4G", "4", "four.bin")),
                found);
    }

    @Test
    void whatHasNoTablesIsNotPredictable() throws IOException {
        if (!inputs()) {
            return;
        }
        Session more = lock("memory: 2G, vcpus: [2, 4, 8], acpi-tables: [four, two]");
        assertEquals(6, more.exit(), more::toString);
        String unused = "are of 4, 2 vCPUs, and their number is in them";
        assertTrue(more.err().contains("/vcpus=8/") && more.err().contains(unused), more::toString);
        assertTrue(more.err().contains("give --acpi-tables of 8 vCPUs, which measure tdx acpi writes"), more::toString);
        Session none = lock("memory: 2G, vcpus: [2, 4]");
        assertEquals(6, none.exit(), none::toString);
        assertTrue(none.err().contains("the ACPI tables of the machine are not given"), none::toString);
        assertTrue(none.err().contains("give --acpi-tables"), none::toString);
        Session sizes = lock("memory: [2G, 4G], vcpus: 4, acpi-tables: four");
        assertEquals(6, sizes.exit(), sizes::toString);
        assertTrue(sizes.err().contains("are of one size of memory, and several are asked for"), sizes::toString);
    }

    /** Whoever sends a change of a manifest does not thereby run a program. */
    @Test
    void noKeyStartsAProgram() throws IOException {
        if (!inputs()) {
            return;
        }
        Files.writeString(folder.resolve("evil"), "#!/bin/sh\ntouch ran\n");
        assertTrue(folder.resolve("evil").toFile().setExecutable(true));
        for (String key : List.of("qemu-binary", "qemu-arg", "machine-type", "timeout")) {
            Session refused = lock("memory: 2G, vcpus: 2, " + key + ": ./evil");
            assertEquals(4, refused.exit(), refused::toString);
            assertTrue(Files.notExists(folder.resolve("ran")), key);
        }
        Session refused = lock("memory: 2G, vcpus: 2, qemu-binary: ./evil");
        assertTrue(
                refused.err().contains("expected files, since a manifest starts no program, found the key "),
                refused::toString);
        assertTrue(refused.err().contains("acpi-tables: [ARTIFACT, ...]"), refused::toString);
    }
}
