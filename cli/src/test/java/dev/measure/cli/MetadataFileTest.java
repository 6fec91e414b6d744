package dev.measure.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.measure.vectors.Shared;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Metadata of tdx-measure and dstack gives what the options give that it stands for. */
final class MetadataFileTest {
    private static final String KERNEL_OPTIONS = "--kernel vmlinuz --initrd initrd --cmdline console=hvc0";

    @TempDir
    Path folder;

    private boolean here;

    @BeforeEach
    void copy() throws IOException {
        Optional<Path> firmware = Shared.unxz("firmware/deb13-OVMF.fd.xz");
        Optional<Path> tables = Shared.file("vectors/tdx/evidence/acpi/acpi_q100/etc_acpi_tables.bin");
        Optional<Path> kernel = Shared.untar("fixtures/ukis-2.tar.xz", "ukis/vmlinuz13");
        here = firmware.isPresent() && tables.isPresent() && kernel.isPresent();
        if (here) {
            Files.copy(firmware.get(), folder.resolve("OVMF.fd"));
            Files.copy(tables.get(), folder.resolve("tables.bin"));
            Files.copy(kernel.get(), folder.resolve("vmlinuz"));
            Files.write(folder.resolve("initrd"), new byte[5000]);
        }
    }

    private Session measure(String line, String... more) {
        List<String> words = new ArrayList<>(Arrays.asList(line.split(" ")));
        words.addAll(List.of(more));
        return Session.in(folder, words.toArray(String[]::new));
    }

    private void write(String name, String json) throws IOException {
        Path file = folder.resolve(name);
        Files.createDirectories(file.getParent());
        Files.writeString(file, json.replace('\'', '"'));
    }

    private static String tdxMeasure(String more) {
        return "{'boot_config': {'cpus': 2, 'memory': '2147483648', 'bios': 'OVMF.fd', 'acpi_tables': 'tables.bin'"
                + more + "}, 'direct': {'kernel': 'vmlinuz', 'initrd': 'initrd', 'cmdline': 'console=hvc0'}}";
    }

    @Test
    void tdxMeasuresFileStandsForItsOptions() throws IOException {
        if (!here) {
            return;
        }
        write("metadata.json", tdxMeasure(", 'qemu': {'machine': 'q35'}"));
        Session typed = measure(
                "tdx --firmware OVMF.fd --edk2 202411 --order page --memory 2G --vcpus 2 --acpi-tables tables.bin "
                        + KERNEL_OPTIONS + " --register mrtd,rtmr0,rtmr1,rtmr2");
        assertEquals(0, typed.exit(), typed.toString());
        Session metadata = measure("tdx metadata.json --edk2 202411 --json-file out.json");
        assertEquals(typed.out(), metadata.out(), metadata.toString());
        assertTrue(metadata.err().contains("order=page"), metadata.err());
        assertTrue(metadata.err().contains("acpi-tables=as given"), metadata.err());
        List<String> values =
                typed.out().lines().map(line -> line.split("  ")[1]).toList();
        assertEquals(
                "{\n  \"mrtd\": \"" + values.get(0) + "\",\n  \"rtmr0\": \"" + values.get(1) + "\",\n  \"rtmr1\": \""
                        + values.get(2) + "\",\n  \"rtmr2\": \"" + values.get(3) + "\"\n}",
                Files.readString(folder.resolve("out.json")));
        assertEquals(
                String.join("\n", typed.out().lines().toList().subList(0, 2)) + "\n",
                measure("tdx metadata.json --edk2 202411 --platform-only").out());
        assertEquals(
                String.join("\n", typed.out().lines().toList().subList(2, 4)) + "\n",
                measure("tdx metadata.json --edk2 202411 --runtime-only --direct-boot true")
                        .out());
        // What is typed goes before it; 32 GiB is what QEMU's q35 has by itself (Q35_PCI_HOST_HOLE64_SIZE_DEFAULT).
        assertEquals(
                measure("tdx OVMF.fd --order section").out(),
                measure("tdx metadata.json --two-pass-add-pages true --register mrtd")
                        .out());
    }

    /**
     * By hashlib, over the ranges of the PE format: the kernel with the fields of the boot protocol that dstack's firmware writes (loader
     * 0xb0, heap, command line at 0x20000, the initrd of 5000 bytes below 2 GiB less 0x28000), "Calling EFI Application from Boot Option", a
     * separator and both texts of ExitBootServices.
     */
    private static final String NORMALIZED_RTMR1 =
            "e7979dfd4d2be30be422777259ac09242e0a25b54bb7ccd7d2d7926ac03376af16db14ed637f9520bdeb814dbbca3eb1";

    @Test
    void dstacksFirmwareWritesTheHeaderOfTheKernel() throws IOException {
        if (!here) {
            return;
        }
        String image = "{'bios': 'OVMF.fd', 'kernel': 'vmlinuz', 'initrd': 'initrd', 'cmdline': 'console=hvc0',"
                + " 'ovmf_variant': 'pre202505', 'kernel_header_normalized': %s}";
        for (String said : List.of("true", "false", "null")) {
            write("metadata.json", image.formatted(said));
            for (String machine :
                    List.of("1G", "1G --qemu-version 10.2", "4G --qemu-version 10.2", "1G --kernel vmlinuz")) {
                Session one = measure("tdx metadata.json --register rtmr1 --edk2 202411 --memory " + machine);
                assertEquals(said.equals("true"), one.out().contains(NORMALIZED_RTMR1), said + one);
            }
        }
        write("metadata.json", image.formatted("true"));
        Session another = measure("tdx metadata.json --register rtmr1 --edk2 202411 --memory 1G --firmware OVMF.fd");
        assertFalse(another.out().contains(NORMALIZED_RTMR1), another.toString());
        for (String wrong : List.of("'yes'", "[true]", "1")) {
            write("metadata.json", image.formatted(wrong));
            refused(4, "kernel_header_normalized true or false", "tdx metadata.json");
        }
        refused(2, "there is no kernel", "tdx OVMF.fd --register rtmr1 --kernel-header-normalized");
    }

    @Test
    void dstacksFilesStandForTheirOptions() throws IOException {
        if (!here) {
            return;
        }
        String image = "{'bios': 'OVMF.fd', 'kernel': 'vmlinuz', 'initrd': 'initrd', 'cmdline': 'console=hvc0',"
                + " 'version': '0.5.10', 'is_dev': false, 'ovmf_variant': 'pre202505', 'rootfs': 'r.img'}";
        write("metadata.json", image);
        Session typed = measure("tdx --firmware OVMF.fd --order page --memory 4G --vcpus 2 --edk2 202411 "
                + "--acpi-tables tables.bin " + KERNEL_OPTIONS + " --register mrtd,rtmr0,rtmr1,rtmr2");
        Session metadata = measure("tdx metadata.json --cpu 2 --memory 4294967296 --acpi-tables tables.bin");
        assertEquals(typed.out(), metadata.out(), metadata.toString());
        write(
                "vm/vm_config.json",
                "{'cpu_count': 2, 'memory_size': 4294967296, 'qemu_version': '9.2.1', 'qemu_single_pass_add_pages': true,"
                        + " 'num_nics': 1, 'host_share_mode': '', 'image': 'dstack-0.5.10'}");
        Session vm = measure("tdx vm/vm_config.json --image-dir . --acpi-tables tables.bin");
        assertEquals(0, vm.exit(), vm.toString());
        assertEquals(
                measure("tdx OVMF.fd --order section").out(),
                measure("tdx vm/vm_config.json --image-dir . --register mrtd").out());
        assertEquals(
                typed.out().lines().toList().get(2).split("  ")[1],
                vm.out().lines().toList().get(2).split("  ")[1]);
    }

    /** The tables that QEMU makes for these fields are those of the options of the same names. */
    @Test
    void dstacksDevicesAreQemusArguments() throws IOException {
        if (!here || !Files.isExecutable(Path.of("/usr/bin/qemu-system-x86_64"))) {
            System.out.println("SKIPPED: QEMU or Debian's firmware is not here");
            return;
        }
        String qemu = "--qemu-binary qemu-system-x86_64 ";
        String boot = KERNEL_OPTIONS + " --order section --register rtmr0";
        String fields = "{'spec_version': 1, 'cpu_count': 2, 'memory_size': 1073741824, 'qemu_version': '8.2.2',"
                + " 'ovmf_variant': 'pre202505', 'pci_hole64_size': %s, 'hugepages': false, 'num_gpus': 0, 'num_nics': %s,"
                + " 'hotplug_off': %s, 'host_share_mode': '%s'}";
        write("vm.json", String.format(fields, 0, 1, false, ""));
        Session plain = measure("tdx vm.json --firmware OVMF.fd " + qemu + boot);
        assertEquals(0, plain.exit(), plain.toString());
        String typed =
                "tdx --firmware OVMF.fd --edk2 202411 --memory 1G --vcpus 2 --qemu-version 8.2.2 --dstack --pic true "
                        + qemu + boot;
        assertEquals(measure(typed).out(), plain.out());
        write("vm.json", String.format(fields, "17592186044416", 2, true, "vhd"));
        Session other = measure("tdx vm.json --firmware OVMF.fd " + qemu + boot);
        assertEquals(0, other.exit(), other.toString());
        assertEquals(
                measure(
                                typed
                                        + " --num-nics 2 --hotplug-off true --host-share-mode vhd --pci-hole64-size 17592186044416")
                        .out(),
                other.out());
        assertTrue(!plain.out().equals(other.out()));
        // What is typed goes before it; 32 GiB is what QEMU's q35 has by itself (Q35_PCI_HOST_HOLE64_SIZE_DEFAULT).
        assertEquals(
                plain.out(),
                measure("tdx vm.json --firmware OVMF.fd --num-nics 1 --hotplug-off false --host-share-mode 9p"
                                + " --pci-hole64-size 34359738368 " + qemu + boot)
                        .out());
        // Each that cannot be honoured is named.
        write("vm.json", String.format(fields, 0, 1, false, "").replace("'num_gpus': 0", "'num_gpus': 1"));
        refused(6, "--num-gpus: the sizes of such a device's memory", "tdx vm.json --firmware OVMF.fd " + qemu + boot);
        write("vm.json", String.format(fields, 0, 1, false, "").replace("'hugepages'", "'swtpm': true, 'hugepages'"));
        refused(6, "--swtpm: a TPM brings ACPI files", "tdx vm.json --firmware OVMF.fd " + qemu + boot);
        write("vm.json", String.format(fields, 0, 1, false, "").replace("'hugepages': false", "'hugepages': 'no'"));
        refused(
                4,
                "vm.json: expected true or false as hugepages, found 'no'",
                "tdx vm.json --firmware OVMF.fd " + qemu + boot);
        write("vm.json", String.format(fields, 0, 1, false, ""));
        Session without = measure("tdx vm.json --firmware OVMF.fd " + boot);
        assertEquals(6, without.exit(), without.toString());
        assertTrue(
                without.err()
                        .contains(
                                "that host_share_mode, hotplug_off, hugepages, num_gpus, num_nics, pci_hole64_size of the metadata describe"),
                without.toString());
    }

    @Test
    void bootVariablesComeFromTheirFolder() throws IOException {
        if (!here) {
            return;
        }
        write("metadata.json", tdxMeasure(", 'boot_order': 'BootOrder.bin', 'path_boot_xxxx': 'boot'"));
        Files.write(folder.resolve("BootOrder.bin"), new byte[] {10, 0, 1, 0});
        Files.createDirectories(folder.resolve("boot"));
        Files.write(folder.resolve("boot/Boot000A.bin"), new byte[] {1, 2, 3});
        Files.write(folder.resolve("boot/Boot0001.bin"), new byte[] {4});
        assertEquals(
                measure("tdx --firmware OVMF.fd --memory 2G --vcpus 2 --acpi-tables tables.bin --register rtmr0"
                                + " --boot-order 000A,0001 --boot-variable 000A=boot/Boot000A.bin"
                                + " --boot-variable 0001=boot/Boot0001.bin --kernel vmlinuz")
                        .out(),
                measure("tdx metadata.json --register rtmr0").out());
    }

    @Test
    void refusesWhatItCannotHonour() throws IOException {
        write("a/metadata.json", "{'boot_config': {'bios': '../OVMF.fd', 'memory': '2G'}}");
        write("OVMF.fd", "x");
        refused(4, "a/metadata.json: expected a path inside its own folder, found '../OVMF.fd'", "tdx a/metadata.json");
        write("a/metadata.json", "{'boot_config': {'bios': '/etc/passwd', 'memory': '2G'}}");
        refused(4, "expected a path inside its own folder, found '/etc/passwd'", "tdx a/metadata.json");
        write("a/f.fd", "x");
        Files.createSymbolicLink(folder.resolve("a/link.fd"), folder.resolve("OVMF.fd"));
        write("a/metadata.json", "{'boot_config': {'bios': 'link.fd', 'memory': '2G'}}");
        refused(4, "expected a path inside its own folder, found 'link.fd'", "tdx a/metadata.json");
        write("m.json", "{'boot_config': {'bios': 'f.fd', 'cpu': 2}}");
        refused(4, "expected a field of tdx-measure's or dstack's metadata, found the field 'cpu'", "tdx m.json");
        write("m.json", "{'bios': 'f.fd', 'cpu_count': 2}");
        refused(4, "expected fields of one kind of metadata, found fields of DSTACK_IMAGE and DSTACK_VM", "tdx m.json");
        write("m.json", "{'boot_config': {'memory': '2Q'}}");
        refused(4, "expected memory such as 2G, or bytes, at most 2048T, found '2Q'", "tdx m.json");
        write("m.json", "{'boot_config': {'memory': '99999999999999999T'}}");
        refused(4, "expected memory such as 2G", "tdx m.json");
        write("m.json", "{'boot_config': {'memory': '1000'}}");
        refused(4, "expected memory in whole pages", "tdx m.json");
        write("m.json", "{'boot_config': {'memory': '2G', 'bios': 'OVMF.fd', 'acpi_tables': 'none.bin'}}");
        refused(4, "none.bin: no such file", "tdx m.json");
        write("m.json", "{'indirect': {'qcow2': 'd.qcow2', 'cmdline': ''}}");
        refused(5, "a boot through shim and grub inside a qcow2 image is not read", "tdx m.json");
        refused(2, "--direct-boot true, and m.json describes a boot from a disk", "tdx m.json --direct-boot true");
        write("m.json", "{'ovmf_variant': 'stable202509', 'bios': 'f'}");
        refused(4, "expected ovmf_variant 'pre202505' or 'stable202505', found 'stable202509'", "tdx m.json");
        write("m.json", "{'direct': {}, 'indirect': {}}");
        refused(4, "expected one of direct and indirect, found both", "tdx m.json");
        write("m.json", "{}");
        refused(4, "expected fields of tdx-measure's or dstack's metadata, found none", "tdx m.json");
        write("m.json", "{'boot_config': {");
        refused(4, "metadata of a trust domain", "tdx m.json");
        refused(2, "--direct-boot is for a metadata.json", "tdx OVMF.fd --direct-boot true");
    }

    private void refused(int exit, String message, String line) {
        Session session = measure(line);
        assertEquals(exit, session.exit(), session.toString());
        assertTrue(session.err().contains(message), session.toString());
    }
}
