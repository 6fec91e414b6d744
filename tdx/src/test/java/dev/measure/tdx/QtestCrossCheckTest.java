package dev.measure.tdx;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.measure.Source;
import dev.measure.tdx.QemuAcpi.State;
import dev.measure.vectors.Shared;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * The ACPI blobs of the QEMU on this machine, read by another program, tools/qtest_acpi.py: it programs the chipset, or with {@code
 * NOCHIPSET=1} nothing, and never an address of a PCI device.
 */
@Tag("slow")
final class QtestCrossCheckTest {
    private static final List<String> FILES = List.of(
            "etc/table-loader",
            "etc/acpi/rsdp",
            "etc/acpi/tables",
            "bootorder",
            "etc/smbios/smbios-tables",
            "etc/smbios/smbios-anchor",
            "etc/e820");

    private static final String TD = "-machine q35,kernel-irqchip=split,hpet=off,smm=off,pic=off ";

    /** Without devices the addresses of PCI devices change nothing, so that firmware's state gives the same. */
    private static final List<String> MACHINES = List.of(
            TD + "-m 2048M -smp 1",
            TD + "-m 2048M -smp 3",
            TD + "-m 8192M -smp 8,sockets=2",
            "-machine q35 -m 1024M -smp 2",
            "-machine pc-q35-6.2 -m 3072M -smp 2",
            "-machine pc-q35-4.2,smm=off -m 512M",
            "-machine pc -m 2048M -smp 2",
            "-machine pc-i440fx-5.1 -m 4096M");

    private static final List<String> WITH_DEVICES = List.of(
            TD + "-m 2048M -device virtio-net-pci -device virtio-rng-pci -blockdev null-co,node-name=d -device"
                    + " virtio-blk-pci,drive=d,bootindex=0",
            TD + "-m 4096M -smp 2 -device ivshmem-plain,memdev=m -object memory-backend-ram,id=m,size=4G",
            TD + "-m 2048M -device vmgenid,guid=12345678-9abc-def0-1122-334455667788",
            "-machine q35 -m 2048M -device pcie-root-port,id=r,chassis=1 -device virtio-net-pci,bus=r",
            "-machine pc -m 2048M -device piix3-usb-uhci -device nec-usb-xhci");

    @TempDir
    Path folder;

    private static Optional<String> program(String name) {
        Optional<String> found = Arrays.stream(System.getenv("PATH").split(File.pathSeparator))
                .map(directory -> directory + "/" + name)
                .filter(path -> Files.isExecutable(Path.of(path)))
                .findFirst();
        if (found.isEmpty()) {
            System.out.println("SKIPPED: " + name + " is not installed");
        }
        return found;
    }

    @TestFactory
    Stream<DynamicTest> theOtherProgramReadsTheSame() {
        Optional<String> qemu = program("qemu-system-x86_64");
        Optional<String> python = program("python3");
        Optional<Path> tool = Shared.file("tools/qtest_acpi.py");
        if (qemu.isEmpty() || python.isEmpty() || tool.isEmpty()) {
            return Stream.empty();
        }
        List<DynamicTest> tests = new ArrayList<>();
        for (String machine : MACHINES) {
            for (State state : State.values()) {
                tests.add(test(List.of(python.get(), tool.get().toString()), qemu.get(), machine, state));
            }
        }
        for (String machine : WITH_DEVICES) {
            tests.add(test(List.of(python.get(), tool.get().toString()), qemu.get(), machine, State.CHIPSET));
            tests.add(test(List.of(python.get(), tool.get().toString()), qemu.get(), machine, State.RESET));
        }
        return tests.stream();
    }

    private DynamicTest test(List<String> tool, String qemu, String machine, State state) {
        return DynamicTest.dynamicTest(state.id() + ": " + machine, () -> {
            List<String> arguments = List.of(machine.split(" "));
            Path out = Files.createTempDirectory(folder, "blobs");
            List<String> command = new ArrayList<>(tool);
            command.addAll(List.of(out.toString(), qemu));
            command.addAll(arguments);
            ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
            builder.redirectOutput(folder.resolve("output").toFile());
            if (state == State.RESET) {
                builder.environment().put("NOCHIPSET", "1");
            }
            Process process = builder.start();
            boolean ended = process.waitFor(60, TimeUnit.SECONDS);
            process.destroyForcibly();
            String said = Files.readString(folder.resolve("output"));
            assertTrue(ended && process.exitValue() == 0, said);
            List<String> ours = new ArrayList<>(List.of("-accel", "tcg"));
            ours.addAll(arguments);
            Map<String, Source> files = QemuAcpi.read(new QemuAcpi.Request(
                            qemu, ours, OptionalInt.empty(), OptionalInt.empty(), false, state, Duration.ofSeconds(60)))
                    .files();
            int compared = 0;
            for (String name : FILES) {
                Path dumped = out.resolve(name.replace('/', '_') + ".bin");
                assertEquals(Files.exists(dumped), files.containsKey(name), name);
                if (Files.exists(dumped)) {
                    assertArrayEquals(
                            Files.readAllBytes(dumped), files.get(name).toByteArray(), name);
                    compared++;
                }
            }
            assertTrue(compared >= 5, "compared " + compared);
        });
    }

    /** QEMU docs/specs/vmgenid.rst: one page, in which the GUID stands at 40, its first three fields little-endian. */
    @Test
    @Timeout(60)
    void aVmgenidDeviceBringsAFileOfItsOwn() throws IOException {
        Optional<String> qemu = program("qemu-system-x86_64");
        if (qemu.isEmpty()) {
            return;
        }
        QemuAcpi.Answer answer = QemuAcpi.read(new QemuAcpi.Request(
                qemu.get(),
                List.of((TD + "-accel tcg -m 2048M -device vmgenid,guid=12345678-9abc-def0-1122-334455667788")
                        .split(" ")),
                OptionalInt.empty(),
                OptionalInt.empty(),
                false,
                State.FIRMWARE,
                Duration.ofSeconds(60)));
        assertEquals(
                List.of("etc/table-loader", "etc/acpi/rsdp", "etc/vmgenid_guid", "etc/acpi/tables"),
                List.copyOf(answer.files().keySet()).subList(0, 4));
        byte[] expected = new byte[4096];
        int[] guid = {0x78, 0x56, 0x34, 0x12, 0xbc, 0x9a, 0xf0, 0xde, 0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77, 0x88};
        for (int i = 0; i < guid.length; i++) {
            expected[40 + i] = (byte) guid[i];
        }
        assertArrayEquals(expected, answer.files().get("etc/vmgenid_guid").toByteArray());
        assertEquals("etc/vmgenid_guid", answer.assumptions().get(0).key());
    }
}
