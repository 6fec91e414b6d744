package dev.measure.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.measure.vectors.EfifwWriter;
import dev.measure.vectors.HwidsWriter;
import dev.measure.vectors.PeWriter;
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
import java.util.UUID;
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
        // Loader script and RSDP follow from the tables; the GUID does not.
        List<String> tables = List.of("--acpi-tables", "blobs/etc_acpi_tables.bin");
        List<String> guid = List.of("--acpi-file", "etc/vmgenid_guid=blobs/etc_vmgenid_guid.bin");
        assertEquals(
                given.out(),
                measure(with(with(words, tables), guid.toArray(String[]::new))).out());
        assertEquals(
                text.out().lines().limit(4).toList(),
                measure(with(with(List.of("tdx", "acpi"), tables), guid.toArray(String[]::new)))
                        .out()
                        .lines()
                        .toList());
        Session wrong = measure(with(with(words, tables), "--acpi-file", "etc/tpm/log=blobs/etc_vmgenid_guid.bin"));
        assertEquals(2, wrong.exit());
        assertTrue(
                wrong.err()
                        .contains("--acpi-file: the loader script of blobs/etc_acpi_tables.bin does not allocate"
                                + " etc/tpm/log\n"),
                wrong::toString);
        for (List<String> some : List.of(files, tables)) {
            Session missing = measure(with(words, some));
            assertEquals(6, missing.exit());
            assertTrue(missing.err().contains("give --acpi-file etc/vmgenid_guid=FILE"), missing::toString);
            Session none = measure(with(List.of("tdx", "acpi"), some));
            assertEquals(6, none.exit());
            assertTrue(none.err().contains("give --acpi-file etc/vmgenid_guid=FILE"), none::toString);
        }
    }

    /** Of files each takes the number of vCPUs that is in it; QEMU makes those of every machine. */
    @Test
    void listsOfVcpusAndMemoryHaveTheirOwnTables() throws IOException {
        Optional<Path> firmware = Shared.unxz("firmware/deb13-OVMF.fd.xz");
        Optional<Path> two = Shared.file("vectors/tdx/evidence/acpi/acpi_q72/etc_acpi_tables.bin");
        Optional<Path> four = Shared.file("vectors/tdx/evidence/acpi/acpi_q72_4g/etc_acpi_tables.bin");
        if (firmware.isEmpty() || two.isEmpty() || four.isEmpty()) {
            return;
        }
        List<String> words = List.of(
                "tdx", firmware.get().toString(), "--edk2", "202411", "--register", "rtmr0", "--boot-order", "none");
        String a = one(with(
                words,
                "--memory",
                "2G",
                "--vcpus",
                "2",
                "--acpi-tables",
                two.get().toString()));
        String b = one(with(
                words,
                "--memory",
                "2G",
                "--vcpus",
                "4",
                "--acpi-tables",
                four.get().toString()));
        Session both = measure(with(
                words,
                "--memory",
                "2G",
                "--vcpus",
                "2,4,8",
                "--acpi-tables",
                four.get().toString(),
                "--acpi-tables",
                two.get().toString()));
        assertEquals(6, both.exit(), both::toString);
        List<String> lines = both.out().lines().toList();
        assertEquals(2, lines.size(), both::toString);
        assertTrue(lines.get(0).contains("/vcpus=2/") && lines.get(0).endsWith("  " + a), both::toString);
        assertTrue(lines.get(1).contains("/vcpus=4/") && lines.get(1).endsWith("  " + b), both::toString);
        assertTrue(
                both.err().contains("the ACPI tables that are given are of 4, 2 vCPUs, and their number is in them"),
                both::toString);
        assertTrue(
                both.err().contains("give --acpi-tables of 8 vCPUs, which measure tdx acpi writes, or --qemu-binary"),
                both::toString);
        Session wrong = measure(with(
                words,
                "--memory",
                "2G",
                "--vcpus",
                "3",
                "--acpi-tables",
                two.get().toString()));
        assertEquals(6, wrong.exit(), wrong::toString);
        Session sizes = measure(
                with(words, "--memory", "2G,4G", "--acpi-tables", two.get().toString()));
        assertEquals(6, sizes.exit(), sizes::toString);
        assertTrue(sizes.err().contains("are of one size of memory, and several are asked for"), sizes::toString);
        String digest = "ab".repeat(SHA384);
        Session digests = measure(with(
                words,
                "--memory",
                "2G",
                "--vcpus",
                "1..2",
                "--acpi-digests",
                String.join(",", digest, digest, digest)));
        assertEquals(6, digests.exit(), digests::toString);
        assertTrue(digests.err().contains("several numbers of vCPUs are asked for"), digests::toString);
        // This release measures no ACPI tables.
        List<String> old = new ArrayList<>(words);
        old.set(3, "202211");
        Session none = measure(with(old, "--memory", "2G", "--vcpus", "1,2"));
        assertEquals(0, none.exit(), none::toString);
        assertEquals(2, none.out().lines().count());
    }

    @Test
    void qemuMakesTheTablesOfEveryMachine() throws IOException {
        Optional<Path> firmware = Shared.unxz("firmware/deb13-OVMF.fd.xz");
        if (firmware.isEmpty() || !Files.isExecutable(Path.of("/usr/bin/qemu-system-x86_64"))) {
            System.out.println("SKIPPED: QEMU or Debian's firmware is not here");
            return;
        }
        List<String> words = List.of(
                "tdx", firmware.get().toString(), "--edk2", "202411", "--register", "rtmr0", "--boot-order", "none");
        String qemu = "qemu-system-x86_64";
        Session matrix = measure(with(words, "--memory", "1G,2G", "--vcpus", "1..2", "--qemu-binary", qemu));
        assertEquals(0, matrix.exit(), matrix::toString);
        List<String> lines = matrix.out().lines().toList();
        assertEquals(4, lines.size());
        int at = 0;
        for (String memory : List.of("1G", "2G")) {
            for (String vcpus : List.of("1", "2")) {
                Session blobs = measure(
                        "tdx",
                        "acpi",
                        "--edk2",
                        "202411",
                        "--qemu-binary",
                        qemu,
                        "--memory",
                        memory,
                        "--vcpus",
                        vcpus,
                        "--dump-acpi",
                        "of");
                assertEquals(0, blobs.exit(), blobs::toString);
                String alone = one(
                        with(words, "--memory", memory, "--vcpus", vcpus, "--acpi-tables", "of/etc_acpi_tables.bin"));
                assertTrue(lines.get(at).endsWith("  " + alone), memory + " " + vcpus + matrix);
                at++;
            }
        }
        assertTrue(matrix.err().contains("acpi-tables=as qemu-system-x86_64 makes them"), matrix::toString);
        Session open = measure(with(words, "--memory", "1G", "--qemu-binary", qemu));
        assertEquals(6, open.exit(), open::toString);
        assertTrue(open.err().contains("give --vcpus"), open::toString);
        assertEquals(
                2, measure(with(words, "--memory", "1G", "--num-nics", "2")).exit());
        assertEquals(
                2,
                measure(with(words, "--qemu-binary", qemu, "--acpi-tables", "of/etc_acpi_tables.bin"))
                        .exit());
    }

    /** A firmware that a UKI carries, and one by itself, have the registers that they have in {@code measure tdx}. */
    @Test
    void anFukiHasTheRegistersOfEveryMachineThatTheFirmwareHas() throws IOException {
        Optional<Path> firmware = Shared.unxz("firmware/deb13-OVMF.fd.xz");
        Optional<Path> two = Shared.file("vectors/tdx/evidence/acpi/acpi_q72/etc_acpi_tables.bin");
        Optional<Path> four = Shared.file("vectors/tdx/evidence/acpi/acpi_q72_4g/etc_acpi_tables.bin");
        if (firmware.isEmpty() || two.isEmpty() || four.isEmpty()) {
            return;
        }
        Files.write(
                folder.resolve("f.efi"),
                PeWriter.stub("260.1") // later ones select the firmware, and measure SMBIOS into RTMR0
                        .section(
                                ".hwids",
                                HwidsWriter.hwids()
                                        .firmware(new UUID(1, 2), "any", "tdx")
                                        .build())
                        .section(".linux", "no kernel")
                        .section(
                                ".efifw",
                                EfifwWriter.efifw()
                                        .fwid("tdx")
                                        .payload(Files.readAllBytes(firmware.get()))
                                        .build())
                        .build());
        List<String> tables = List.of(
                "--edk2",
                "202411",
                "--register",
                "rtmr0",
                "--boot-order",
                "none",
                "--memory",
                "2G",
                "--vcpus",
                "2,4,8",
                "--acpi-tables",
                four.get().toString(),
                "--acpi-tables",
                two.get().toString());
        same(firmware.get(), tables, 2);
        if (!Files.isExecutable(Path.of("/usr/bin/qemu-system-x86_64"))) {
            System.out.println("SKIPPED: QEMU is not here");
            return;
        }
        List<String> asked = List.of(
                "--edk2",
                "202411",
                "--register",
                "rtmr0,rtmr3",
                "--boot-order",
                "none",
                "--memory",
                "1G,2G",
                "--vcpus",
                "1,3",
                "--qemu-binary",
                "qemu-system-x86_64",
                "--machine-type",
                "q35,kernel-irqchip=split",
                "--qemu-arg=-device",
                "--qemu-arg=virtio-net-pci",
                "--phys-bits",
                "46");
        same(firmware.get(), asked, 8);
    }

    private void same(Path firmware, List<String> words, int values) {
        Session tdx = measure(with(List.of("tdx", firmware.toString()), words));
        List<String> expected = tdx.out().lines().toList();
        assertEquals(values, expected.size(), tdx::toString);
        Session alone = measure(with(List.of("fuki", firmware.toString(), "-q"), words));
        assertEquals(expected, rtmrs(alone), alone::toString);
        Session carried = measure(with(List.of("fuki", "f.efi", "-q"), words));
        assertEquals(
                expected.stream()
                        .map(line -> line.replaceFirst("fw=file:[^/]*", "fw=efifw:tdx"))
                        .toList(),
                rtmrs(carried),
                carried::toString);
    }

    private static List<String> rtmrs(Session session) {
        return session.out().lines().filter(line -> line.startsWith("rtmr")).toList();
    }

    private String one(String[] words) {
        Session session = measure(words);
        assertEquals(0, session.exit(), session::toString);
        assertEquals(96, session.out().strip().length(), session::toString);
        return session.out().strip();
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
