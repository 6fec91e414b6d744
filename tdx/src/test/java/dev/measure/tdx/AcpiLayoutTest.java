package dev.measure.tdx;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.measure.DigestAlgorithm;
import dev.measure.vectors.AcpiLayoutTests;
import dev.measure.vectors.Shared;
import dev.measure.vectors.Vectors;
import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

/** The ACPI tables of machines with PCI devices, against those that QEMU made for real firmware which had placed the devices. */
final class AcpiLayoutTest {
    private static final String MACHINE = "q35";

    /** What QEMU's emulated processors have. */
    private static final OptionalInt EMULATED_BITS = OptionalInt.of(40);

    @TempDir
    static Path folder;

    private static Optional<String> program(String name) {
        Optional<String> found = Arrays.stream(System.getenv("PATH").split(File.pathSeparator))
                .map(place -> place + "/" + name)
                .filter(path -> Files.isExecutable(Path.of(path)))
                .findFirst();
        if (found.isEmpty()) {
            System.out.println("SKIPPED: " + name + " is not installed");
        }
        return found;
    }

    /** What QEMU says of its version, once it was asked. */
    private static String said = "";

    private static Optional<String> qemu(String version) throws IOException {
        Optional<String> qemu = program("qemu-system-x86_64");
        if (qemu.isPresent()) {
            if (said.isEmpty()) {
                Process process = new ProcessBuilder(qemu.get(), "--version").start();
                said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            }
            if (!said.contains("version " + version)) {
                System.out.println("SKIPPED: QEMU is not of version " + version + ": " + said.strip());
                return Optional.empty();
            }
        }
        return qemu;
    }

    private static Path disk() throws IOException {
        Path disk = folder.resolve("disk");
        return Files.exists(disk) ? disk : Files.write(disk, new byte[1 << 20]);
    }

    private static String tables(String qemu, List<String> arguments, int edk2, boolean smm) throws IOException {
        QemuAcpi.Answer answer = QemuAcpi.read(new QemuAcpi.Request(
                qemu,
                arguments,
                OptionalInt.of(edk2),
                EMULATED_BITS,
                smm,
                QemuAcpi.State.FIRMWARE,
                Duration.ofSeconds(60)));
        return answer.files()
                .get("etc/acpi/tables")
                .digest(DigestAlgorithm.SHA256)
                .hex();
    }

    @TestFactory
    Stream<DynamicTest> theTablesAreThoseThatRealFirmwareRead() {
        List<DynamicTest> tests = new ArrayList<>();
        for (AcpiLayoutTests.Group group :
                Vectors.open("tdx_acpi_layout_test.json", AcpiLayoutTests.class).testGroups()) {
            for (AcpiLayoutTests.Test test : group.tests()) {
                tests.add(dynamicTest("tcId " + test.tcId() + ": " + test.comment(), () -> {
                    Optional<String> qemu = qemu(group.parameters().qemu());
                    if (qemu.isPresent()) {
                        List<String> arguments = new ArrayList<>(List.of("-accel", "tcg", "-machine", MACHINE));
                        arguments.addAll(
                                List.of("-serial", "null", "-drive", "if=none,id=d0,format=raw,file=" + disk()));
                        arguments.addAll(test.arguments());
                        assertEquals(test.sha256(), tables(qemu.get(), arguments, test.edk2(), false));
                    }
                }));
            }
        }
        return tests.stream();
    }

    /** Boots of a guest that read its tables from fw_cfg: the same devices, a TPM among them. */
    @TestFactory
    Stream<DynamicTest> theTablesAreThoseOfMeasuredBoots() throws IOException {
        Optional<Path> boots = Shared.file("vectors/boots");
        if (boots.isEmpty()) {
            return Stream.empty();
        }
        Map<List<String>, DynamicTest> tests = new LinkedHashMap<>();
        try (Stream<Path> cases = Files.list(boots.get())) {
            for (Path one : cases.filter(path -> Files.exists(path.resolve("case.json")))
                    .sorted()
                    .toList()) {
                JsonNode boot = JsonMapper.builder()
                        .build()
                        .readTree(one.resolve("case.json").toFile());
                String sha256 =
                        boot.path("fw_cfg_sha256").path("etc__acpi__tables").asText();
                String command = boot.path("qemu_cmd").asText();
                if (!sha256.isEmpty() && command.startsWith("qemu-system-x86_64 ")) {
                    String image = boot.path("code").path("image").asText();
                    boolean smm = image.contains("secboot");
                    List<String> devices = devices(command);
                    List<String> key = new ArrayList<>(devices);
                    key.add(edk2(image) + sha256);
                    tests.put(
                            key,
                            dynamicTest(one.getFileName().toString(), () -> like(devices, edk2(image), smm, sha256)));
                }
            }
        }
        assertTrue(tests.size() >= 6, "boots that differ");
        return tests.values().stream();
    }

    private static int edk2(String image) {
        return image.contains("deb12") ? 202211 : image.contains("deb13") ? 202502 : 202605;
    }

    /** What of a command line makes devices. */
    private static List<String> devices(String command) {
        List<String> devices = new ArrayList<>();
        Iterator<String> words = List.of(command.split(" ")).iterator();
        while (words.hasNext()) {
            String word = words.next();
            if (List.of("-machine", "-smp", "-m", "-device", "-netdev").contains(word)) {
                devices.addAll(List.of(word, words.next()));
            }
        }
        return devices;
    }

    private static void like(List<String> devices, int edk2, boolean smm, String sha256) throws Exception {
        Optional<String> qemu = qemu("7.2");
        Optional<String> swtpm = program("swtpm");
        if (qemu.isEmpty() || swtpm.isEmpty()) {
            return;
        }
        Path state = Files.createTempDirectory(folder, "tpm");
        Path socket = state.resolve("s");
        Process tpm = new ProcessBuilder(
                        swtpm.get(),
                        "socket",
                        "--tpm2",
                        "--tpmstate",
                        "dir=" + state,
                        "--ctrl",
                        "type=unixio,path=" + socket)
                .redirectErrorStream(true)
                .redirectOutput(state.resolve("log").toFile())
                .start();
        try {
            for (int i = 0; i < 200 && !Files.exists(socket); i++) {
                Thread.sleep(25);
            }
            List<String> arguments = new ArrayList<>(List.of("-accel", "tcg", "-serial", "null"));
            arguments.addAll(List.of("-drive", "if=none,id=d0,format=raw,snapshot=on,file=" + disk()));
            arguments.addAll(List.of("-chardev", "socket,id=ct,path=" + socket));
            arguments.addAll(List.of("-tpmdev", "emulator,id=t0,chardev=ct"));
            arguments.addAll(devices);
            assertEquals(sha256, tables(qemu.get(), arguments, edk2, smm));
        } finally {
            tpm.destroyForcibly();
            tpm.waitFor(5, TimeUnit.SECONDS);
        }
    }

    @Test
    void saysWhatTheTablesDependOnOnlyWhereTheyDo() throws IOException {
        Optional<String> qemu = program("qemu-system-x86_64");
        if (qemu.isPresent()) {
            assertEquals(List.of(), assumed(qemu.get(), OptionalInt.empty(), "-m", "1G"));
            assertEquals(
                    List.of("edk2=202605", "phys-bits=52"),
                    assumed(qemu.get(), OptionalInt.empty(), "-device", "virtio-rng-pci"));
            List<String> window =
                    List.of("-device", "virtio-rng-pci", "-fw_cfg", "name=opt/ovmf/X-PciMmio64Mb,string=65536");
            assertEquals(
                    List.of("phys-bits=52", "pci-mmio64=a floor"),
                    assumed(qemu.get(), OptionalInt.of(202502), window.toArray(String[]::new)));
            assertEquals(
                    List.of("phys-bits=52"),
                    assumed(qemu.get(), OptionalInt.of(202505), window.toArray(String[]::new)));
        }
    }

    private static List<String> assumed(String qemu, OptionalInt edk2, String... more) throws IOException {
        List<String> arguments = new ArrayList<>(List.of("-accel", "tcg", "-machine", MACHINE));
        arguments.addAll(List.of(more));
        return QemuAcpi.read(new QemuAcpi.Request(
                        qemu,
                        arguments,
                        edk2,
                        OptionalInt.empty(),
                        false,
                        QemuAcpi.State.FIRMWARE,
                        Duration.ofSeconds(60)))
                .assumptions()
                .stream()
                .map(assumption -> assumption.key() + "=" + assumption.value())
                .toList();
    }

    @Test
    void saysThatDevicesDoNotFit() throws IOException {
        Optional<String> qemu = program("qemu-system-x86_64");
        if (qemu.isPresent()) {
            // Devices of 32 I/O ports behind bridges, of which each lets through 4096: ten fit.
            List<String> arguments = new ArrayList<>(List.of("-accel", "tcg", "-machine", MACHINE));
            for (int i = 0; i < 11; i++) {
                arguments.addAll(List.of("-device", "pcie-root-port,id=p" + i + ",chassis=" + i + ",slot=" + i));
                arguments.addAll(List.of("-device", "e1000e,romfile=,bus=p" + i));
            }
            IOException refused = assertThrows(
                    IOException.class,
                    () -> QemuAcpi.read(new QemuAcpi.Request(
                            qemu.get(),
                            arguments,
                            OptionalInt.empty(),
                            OptionalInt.empty(),
                            false,
                            QemuAcpi.State.FIRMWARE,
                            Duration.ofSeconds(60))));
            assertEquals(
                    "the firmware would leave out PCI devices: together they ask for 0xc000 bytes of I/O ports, and there are"
                            + " 0xa000",
                    refused.getMessage());
        }
    }

    /** Where EDK2's PlatformDynamicMmioWindow and what stands around it put the aperture, worked out by hand. */
    @Test
    void theApertureFollowsTheWidthOfAddresses() {
        // 2^46 - 2^43, whatever is above 46 bits; 2^47 - 2^44 before the limit of 46 came
        aperture(0x3800_0000_0000L, 1L << 43, 202411, 52, 2L << 30);
        aperture(0x3800_0000_0000L, 1L << 43, 202308, 46, 2L << 30);
        aperture(0x7000_0000_0000L, 1L << 44, 202302, 52, 2L << 30);
        aperture(0x70_0000_0000L, 1L << 36, 202411, 39, 2L << 30);
        // 36 bits: an eighth is not more than the 32 GiB that are taken at least, above all memory, aligned to its size
        aperture(0x8_0000_0000L, 32L << 30, 202411, 36, 2L << 30);
        aperture(0x10_0000_0000L, 32L << 30, 202411, 36, 40L << 30);
        // 38 bits are not believed
        aperture(0x8_0000_0000L, 32L << 30, 202411, 38, 2L << 30);
        // 60 TiB of memory reach into the last eighth of 64 TiB
        aperture(0x3c08_0000_0000L, 32L << 30, 202411, 46, 60L << 40);
    }

    private static void aperture(long base, long size, int edk2, int bits, long memory) {
        List<OvmfApertures.E820> map = memory < 0xb000_0000L
                ? List.of(new OvmfApertures.E820(0, memory, 1))
                : List.of(
                        new OvmfApertures.E820(0, 0x8000_0000L, 1),
                        new OvmfApertures.E820(1L << 32, memory - 0x8000_0000L, 1));
        OvmfApertures.Range range = OvmfApertures.of(
                        edk2, bits, map, OptionalLong.empty(), OptionalLong.empty(), 0xe000_0000L)
                .above4g()
                .orElseThrow();
        assertEquals(Long.toHexString(base), Long.toHexString(range.base()));
        assertEquals(Long.toHexString(base + size - 1), Long.toHexString(range.limit()));
    }
}
