package dev.measure.cli;

import dev.measure.vectors.EfifwWriter;
import dev.measure.vectors.HwidsWriter;
import dev.measure.vectors.OvmfWriter;
import dev.measure.vectors.PeWriter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.UUID;

/** Small files made by rule, which the scripts name. */
final class Samples {
    /** The image {@code amdsev-64k} of the launch digest vectors, so that their values, from the reference calculator, hold. */
    private static final List<String> AMDSEV = List.of(
            "fill 7",
            "secretArea 0x810000 0xc00",
            "hashTable 0x810c00 0x400",
            "resetBlock 0x80b004",
            "sevMetadata",
            "section 0x800000 0x9000 1",
            "section 0x80a000 0x3000 1",
            "section 0x80d000 0x1000 2",
            "section 0x80e000 0x1000 3",
            "section 0x80f000 0x1000 4",
            "section 0x811000 0x4000 1",
            "section 0x810000 0x1000 0x10");

    /** HardwareID-9 of QEMU's q35 machine, as systemd-analyze and a booted stub computed it. */
    private static final UUID Q35 = UUID.fromString("817fca52-ae83-52f5-8642-9497f79d49d0");

    private Samples() {}

    static void write(Path folder) throws IOException {
        byte[] ovmf = OvmfWriter.of(65536, AMDSEV).build();
        List<String> steps = new ArrayList<>(AMDSEV);
        steps.add("section 0 0 1");
        byte[] zero = OvmfWriter.of(65536, steps).build();
        Files.write(folder.resolve("OVMF.fd"), ovmf);
        Files.write(folder.resolve("zero.fd"), zero);
        Files.write(folder.resolve("short.fd"), Arrays.copyOf(ovmf, 1000));
        Files.write(
                folder.resolve("long-entry.fd"),
                OvmfWriter.of(65536, AMDSEV).footerLength(0xffff).build());
        Files.write(folder.resolve("kernel"), new byte[] {1, 2, 3});
        Files.write(folder.resolve("empty"), new byte[0]);
        Files.createDirectories(folder.resolve("folder"));
        Files.write(folder.resolve("folder/file"), new byte[0]);

        uki().section(
                        ".hwids",
                        HwidsWriter.hwids().firmware(Q35, "QEMU q35", "amdsev").build())
                .section(
                        ".efifw",
                        EfifwWriter.efifw().fwid("amdsev").payload(ovmf).build())
                .writeTo(folder.resolve("good.efi"));
        uki().section(
                        ".hwids",
                        HwidsWriter.hwids().firmware(Q35, "QEMU q35", "zero").build())
                .section(
                        ".efifw",
                        EfifwWriter.efifw().fwid("amdsev").payload(ovmf).build())
                .section(
                        ".efifw", EfifwWriter.efifw().fwid("zero").payload(zero).build())
                .writeTo(folder.resolve("two.efi"));
        uki().section(
                        ".hwids",
                        HwidsWriter.hwids().firmware(Q35, "QEMU q35", "amdsev").build())
                .section(
                        ".efifw",
                        EfifwWriter.legacy().fwid("amdsev").payload(ovmf).build())
                .writeTo(folder.resolve("legacy.efi"));
        uki().section(".efifw", EfifwWriter.efifw().fwid("zero").payload(zero).build())
                .writeTo(folder.resolve("zero.efi"));
        uki().section(
                        ".efifw",
                        EfifwWriter.efifw().fwid("evil\u001b[31m").payload(ovmf).build())
                .writeTo(folder.resolve("evil.efi"));
        uki().writeTo(folder.resolve("plain.efi"));
    }

    private static PeWriter uki() {
        return PeWriter.stub("262.1-1")
                .section(".osrel", "ID=sample\nPRETTY_NAME=\"Sample OS 1\"\n")
                .section(".cmdline", "console=ttyS0")
                .section(".uname", "6.12.0-sample")
                .section(".linux", "not a kernel")
                .section(".initrd", "not an initrd");
    }
}
