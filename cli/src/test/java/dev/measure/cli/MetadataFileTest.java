package dev.measure.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
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
        // What is typed goes before it.
        assertEquals(
                measure("tdx OVMF.fd --order section").out(),
                measure("tdx metadata.json --two-pass-add-pages true --register mrtd")
                        .out());
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
        refused(4, "expected ovmf_variant 'pre202505', found 'stable202509'", "tdx m.json");
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
