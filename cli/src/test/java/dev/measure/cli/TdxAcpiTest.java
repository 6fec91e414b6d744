package dev.measure.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.measure.vectors.Shared;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Machines whose ACPI loader script allocates more than RSDP and tables. */
class TdxAcpiTest {
    private static final int SHA384 = 48;

    @TempDir
    Path folder;

    private Session measure(String... args) {
        return Session.with(new Surroundings(folder.toString(), Map.of(), false, false), new byte[0], args);
    }

    /** A log of hardware with a fourth ACPI event between RSDP and tables, where a machine with vmgenid has it. */
    @Test
    void allAcpiEventsOfALogAreLifted() throws IOException, NoSuchAlgorithmException {
        Optional<Path> log = Shared.file("vectors/tdx/evidence/dstack/ccel.bin");
        Optional<Path> firmware = Shared.unxz("firmware/deb13-OVMF.fd.xz");
        if (log.isEmpty() || firmware.isEmpty()) {
            return;
        }
        ByteBuffer in = ByteBuffer.wrap(Files.readAllBytes(log.get())).order(ByteOrder.LITTLE_ENDIAN);
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        // TCG_PCR_EVENT: u32 index, u32 type, 20 bytes digest, u32 size; then TCG_PCR_EVENT2 with one digest each.
        int first = 32 + in.getInt(28);
        out.write(in.array(), 0, first);
        in.position(first);
        byte[] rtmr0 = new byte[SHA384];
        int acpi = 0;
        while (in.remaining() > 70 && in.getInt(in.position()) != -1) {
            int start = in.position();
            int register = in.getInt(start);
            int size = in.getInt(start + 14 + SHA384);
            byte[] record = new byte[18 + SHA384 + size];
            in.get(record);
            out.write(record);
            rtmr0 = register == 1 ? extend(rtmr0, record) : rtmr0;
            boolean isAcpi = new String(record, StandardCharsets.ISO_8859_1).endsWith("ACPI DATA");
            acpi += isAcpi ? 1 : 0;
            if (isAcpi && acpi == 2) {
                byte[] fourth = record.clone();
                fourth[14] ^= 0x55;
                out.write(fourth);
                rtmr0 = extend(rtmr0, fourth);
            }
        }
        assertEquals(3, acpi);
        Files.write(folder.resolve("log"), out.toByteArray());
        List<String> words = List.of(
                "tdx",
                firmware.get().toString(),
                "--edk2",
                "202411",
                "--memory",
                "1G",
                "--register",
                "rtmr0",
                "--from-log",
                "log",
                "--transcript",
                "events");
        Session text = measure(words.toArray(String[]::new));
        assertEquals(HexFormat.of().formatHex(rtmr0) + "\n", text.out(), text::toString);
        List<String> json = new ArrayList<>(words);
        json.add("--json");
        JsonNode value = new ObjectMapper()
                .readTree(measure(json.toArray(String[]::new)).out())
                .get("measurements")
                .get(0);
        assertEquals(HexFormat.of().formatHex(rtmr0), value.get("value").asText());
        assertEquals("from-evidence", value.get("status").asText());
        assertEquals(
                List.of(
                        "ACPI loader",
                        "ACPI file 1 of the loader",
                        "ACPI file 2 of the loader",
                        "ACPI file 3 of the loader"),
                Files.readAllLines(folder.resolve("events")).stream()
                        .filter(line -> line.contains("\tfrom-evidence\t"))
                        .map(line -> line.split("\t")[4])
                        .toList());
    }

    private static byte[] extend(byte[] register, byte[] record) throws NoSuchAlgorithmException {
        MessageDigest digest = MessageDigest.getInstance("SHA-384");
        digest.update(register);
        digest.update(record, 14, SHA384);
        return digest.digest();
    }

    @Test
    void theBlobsOfAMachineWithVmgenidLeadToRtmr0AsFilesAndAsDigests() throws IOException {
        Optional<Path> firmware = Shared.unxz("firmware/deb13-OVMF.fd.xz");
        if (firmware.isEmpty() || !Files.isExecutable(Path.of("/usr/bin/qemu-system-x86_64"))) {
            System.out.println("SKIPPED: QEMU or Debian's firmware is not here");
            return;
        }
        List<String> qemu = List.of(
                "tdx",
                "acpi",
                "--qemu-binary",
                "qemu-system-x86_64",
                "--memory",
                "1G",
                "--qemu-arg=-device",
                "--qemu-arg=vmgenid,guid=12345678-9abc-def0-1122-334455667788");
        Session text = measure(with(qemu, "--dump-acpi", "blobs"));
        JsonNode json =
                new ObjectMapper().readTree(measure(with(qemu, "--json")).out());
        List<String> digests = new ArrayList<>();
        List<String> lines = new ArrayList<>();
        for (JsonNode blob : json.get("found").get("blobs")) {
            String name = blob.get("name").asText();
            lines.add(name + " " + blob.get("size").asText() + " "
                    + blob.get("sha384").asText());
            if (digests.size() < 4) {
                digests.add(name + "=" + blob.get("sha384").asText());
            }
        }
        assertEquals(
                lines,
                text.out().lines().map(line -> line.replaceAll(" +", " ")).toList());
        assertTrue(digests.get(2).startsWith("etc/vmgenid_guid="), digests::toString);
        assertTrue(text.err().contains("assumed: etc/vmgenid_guid=as QEMU made it"), text::toString);
        List<String> words =
                List.of("tdx", firmware.get().toString(), "--edk2", "202411", "--memory", "1G", "--register", "rtmr0");
        List<String> files = List.of(
                "--acpi-tables",
                "blobs/etc_acpi_tables.bin",
                "--acpi-rsdp",
                "blobs/etc_acpi_rsdp.bin",
                "--acpi-loader",
                "blobs/etc_table-loader.bin");
        Session given = measure(with(with(words, files), "--acpi-digests", String.join(",", digests)));
        assertEquals(2, given.exit(), given::toString); // both
        given = measure(with(words, "--acpi-digests", String.join(",", digests)));
        assertEquals(0, given.exit(), given::toString);
        Session read = measure(with(
                with(words, files), "--acpi-file", "etc/vmgenid_guid=blobs/etc_vmgenid_guid.bin", "--transcript", "t"));
        assertEquals(given.out(), read.out());
        assertEquals(96, read.out().strip().length());
        Session missing = measure(with(words, files));
        assertEquals(6, missing.exit());
        assertTrue(missing.err().contains("give --acpi-file etc/vmgenid_guid=FILE"), missing::toString);
        Session none = measure(with(List.of("tdx", "acpi"), files));
        assertEquals(6, none.exit());
        assertTrue(none.err().contains("give --acpi-file etc/vmgenid_guid=FILE"), none::toString);
    }

    private static String[] with(List<String> words, List<String> more) {
        return with(words, more.toArray(String[]::new));
    }

    private static String[] with(String[] words, String... more) {
        return with(List.of(words), more);
    }

    private static String[] with(List<String> words, String... more) {
        List<String> all = new ArrayList<>(words);
        all.addAll(List.of(more));
        return all.toArray(String[]::new);
    }
}
