package dev.measure.tdx;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.measure.MalformedInputException;
import dev.measure.Source;
import dev.measure.boot.AcpiLoader;
import java.io.ByteArrayOutputStream;
import java.io.File;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
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

/** Scripts of machines with vmgenid: by QEMU's rule (hw/acpi/vmgenid.c), and as QEMU makes them. */
final class LoaderScriptTest {
    private static final String VMGENID = "VMGENID\0";
    private static final byte[] VGIA = {8, 'V', 'G', 'I', 'A', 12, 0, 0, 0, 0, 0x10};

    private final ByteArrayOutputStream tables = new ByteArrayOutputStream();

    private void table(String signature, String oemTableId, byte[] content) {
        ByteBuffer table = ByteBuffer.allocate(36 + content.length).order(ByteOrder.LITTLE_ENDIAN);
        table.put(signature.getBytes(StandardCharsets.US_ASCII)).putInt(table.capacity());
        table.position(16);
        table.put(oemTableId.getBytes(StandardCharsets.US_ASCII));
        table.position(36);
        table.put(content);
        tables.writeBytes(table.array());
    }

    /** DSDT at 0, FACP of 116 bytes at 36, APIC at 152, SSDT at 188, WAET behind it, RSDT at the end. */
    private Source machine(byte[]... ssdts) {
        table("DSDT", "BXPC    ", new byte[0]);
        table("FACP", "BXPC    ", new byte[80]);
        table("APIC", "BXPC    ", new byte[0]);
        for (byte[] ssdt : ssdts) {
            table("SSDT", VMGENID, ssdt);
        }
        table("WAET", "BXPC    ", new byte[0]);
        table("RSDT", "BXPC    ", new byte[4]);
        return Source.of("t", Arrays.copyOf(tables.toByteArray(), 4096));
    }

    private static Source script(Source tables) {
        return AcpiBlobs.of(tables, Optional.empty(), Optional.empty()).loader();
    }

    private static String text(ByteBuffer c, int at) {
        byte[] name = new byte[56];
        c.get(at, name);
        return new String(name, StandardCharsets.US_ASCII).replace("\0", "");
    }

    private static List<String> commands(Source script) {
        List<String> lines = new ArrayList<>();
        for (long at = 0; at < script.length(); at += 128) {
            ByteBuffer c = ByteBuffer.wrap(script.slice(at, 128).toByteArray()).order(ByteOrder.LITTLE_ENDIAN);
            String line = switch (c.getInt(0)) {
                case 1 -> "allocate " + text(c, 4) + " " + c.getInt(60) + " " + c.get(64);
                case 2 -> "pointer " + text(c, 4) + " " + text(c, 60) + " " + c.getInt(116) + " " + c.get(120);
                case 3 -> "checksum " + text(c, 4) + " " + c.getInt(60) + " " + c.getInt(64) + " " + c.getInt(68);
                case 4 ->
                    "write " + text(c, 4) + " " + text(c, 60) + " " + c.getInt(116) + " " + c.getInt(120) + " "
                            + c.get(124);
                default -> "";
            };
            if (!line.isEmpty()) {
                lines.add(line);
            }
        }
        return lines;
    }

    @Test
    void aGuidIsAllocatedBeforeTheTablesAndItsAddressHandedBack() {
        assertEquals(
                List.of(
                        "allocate etc/acpi/rsdp 16 2",
                        "allocate etc/vmgenid_guid 4096 1",
                        "allocate etc/acpi/tables 64 1",
                        "checksum etc/acpi/tables 9 0 36",
                        "pointer etc/acpi/tables etc/acpi/tables 72 4",
                        "pointer etc/acpi/tables etc/acpi/tables 76 4",
                        "checksum etc/acpi/tables 45 36 116",
                        "checksum etc/acpi/tables 161 152 36",
                        "write etc/vmgenid_addr etc/vmgenid_guid 0 40 8",
                        "pointer etc/acpi/tables etc/vmgenid_guid 230 4",
                        "checksum etc/acpi/tables 197 188 47",
                        "checksum etc/acpi/tables 244 235 36",
                        "pointer etc/acpi/tables etc/acpi/tables 307 4",
                        "checksum etc/acpi/tables 280 271 40",
                        "pointer etc/acpi/rsdp etc/acpi/tables 16 4",
                        "checksum etc/acpi/rsdp 8 0 20"),
                commands(script(machine(VGIA))));
    }

    @Test
    void refusesWhatIsNotQemusTableOfVmgenid() {
        byte[] filled = VGIA.clone();
        filled[9] = 1; // as a guest's memory has it, where the address is filled in
        refuses(
                "t: offset 0xe0: expected only tables whose loader commands follow from them, found an SSDT of vmgenid that"
                        + " does not begin with an empty VGIA",
                filled);
        tables.reset();
        refuses(
                "t: offset 0xe0: expected only tables whose loader commands follow from them, found an SSDT of vmgenid that"
                        + " does not begin with an empty VGIA",
                Arrays.copyOf(VGIA, 9));
        tables.reset();
        refuses(
                "t: offset 0xeb: expected only tables whose loader commands follow from them, found a second SSDT of"
                        + " vmgenid, of which a machine has one",
                VGIA,
                VGIA);
    }

    private void refuses(String message, byte[]... ssdts) {
        Source source = machine(ssdts);
        MalformedInputException refused = assertThrows(MalformedInputException.class, () -> script(source));
        assertEquals(message, refused.getMessage());
        assertEquals("give the file etc/table-loader too: --acpi-loader FILE", refused.hint());
    }

    @TestFactory
    @Timeout(120)
    Stream<DynamicTest> isTheScriptThatQemuMakes() {
        Optional<String> qemu = Arrays.stream(System.getenv("PATH").split(File.pathSeparator))
                .map(folder -> folder + "/qemu-system-x86_64")
                .filter(path -> Files.isExecutable(Path.of(path)))
                .findFirst();
        if (qemu.isEmpty()) {
            System.out.println("SKIPPED: qemu-system-x86_64 is not installed");
        }
        String device = " -device vmgenid,guid=12345678-9abc-def0-1122-334455667788";
        return qemu.stream()
                .flatMap(program -> Stream.of(
                                "q35,kernel-irqchip=split,hpet=off,smm=off,pic=off -m 2048M -smp 3" + device,
                                "q35 -m 1024M" + device + " -device virtio-net-pci",
                                "pc -m 4096M -smp 2" + device,
                                "pc-q35-4.2 -m 512M -device vmgenid,guid=auto")
                        .map(machine -> DynamicTest.dynamicTest(machine, () -> checkQemu(program, machine))));
    }

    private static void checkQemu(String program, String machine) throws IOException {
        Map<String, Source> files = QemuAcpi.read(new QemuAcpi.Request(
                        program,
                        List.of(("-accel tcg -machine " + machine).split(" ")),
                        OptionalInt.empty(),
                        OptionalInt.empty(),
                        false,
                        QemuAcpi.State.FIRMWARE,
                        Duration.ofSeconds(60)))
                .files();
        AcpiBlobs derived = AcpiBlobs.of(files.get(AcpiLoader.TABLES), Optional.empty(), Optional.empty());
        assertArrayEquals(
                files.get(AcpiLoader.FILE).toByteArray(), derived.loader().toByteArray());
        assertArrayEquals(
                files.get(AcpiLoader.RSDP).toByteArray(), derived.rsdp().toByteArray());
    }
}
