package dev.measure.cli;

import dev.measure.firmware.IgvmDescriptor;
import dev.measure.snp.CpuModel;
import dev.measure.snp.SnpGuest;
import dev.measure.snp.Vmsa;
import dev.measure.vectors.EfifwWriter;
import dev.measure.vectors.HwidsWriter;
import dev.measure.vectors.IgvmFileWriter;
import dev.measure.vectors.OvmfWriter;
import dev.measure.vectors.PeWriter;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
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

    private static final long VMSA_GPA = 0xfffffffff000L;

    private Samples() {}

    /** The file of this name in the IGVM vectors, byte for byte, so that their values hold. */
    private static byte[] minimalIgvm() {
        return IgvmFileWriter.snp()
                .page(0x100000, 1, multiples(3), 0, 0)
                .context(VMSA_GPA, 1, vmsa(), 0)
                .build();
    }

    /** As above. */
    private static byte[] allTypesIgvm() {
        byte[] none = {};
        return IgvmFileWriter.snp()
                .parameterArea(0x1000, 0)
                .page(0x100000, 1, multiples(5), 0, 0)
                .page(0x101000, 1, multiples(7), 0, 0)
                .page(0x102000, 1, none, 0, 0)
                .nextFileOffset(0x1b0)
                .page(0x103000, 1, none, 2, 0)
                .page(0x104000, 1, none, 0, 1)
                .page(0x105000, 1, none, 0, 2)
                .page(0x106000, 1, none, 0, 3)
                .requiredMemory(0x200000, 1, 0x10000)
                .errorRange(0x300000, 1, 0x1000)
                .parameterInsert(0x107000, 1, 0)
                .context(VMSA_GPA, 1, vmsa(), 0)
                .build();
    }

    /** A page of i, 2i, 3i, ... */
    private static byte[] multiples(int i) {
        byte[] page = new byte[4096];
        for (int at = 0; at < page.length; at++) {
            page[at] = (byte) (i * (at + 1));
        }
        return page;
    }

    /** vCPU 0 of EPYC-v4 with features 1, as the peers' dumps have it (VmsaCrossCheckTest). */
    private static byte[] vmsa() {
        return Vmsa.page(SnpGuest.qemu(1, CpuModel.parse("EPYC-v4")), 0, 0);
    }

    private static OvmfWriter tdxFirmware() {
        return OvmfWriter.ovmf(65536)
                .fill(7)
                .tdxMetadata()
                .tdxSection(0x4000, 0xc000, 0xffff4000L, 0xc000, 0, 1)
                .tdxSection(0, 0x4000, 0xffff0000L, 0x4000, 1, 0)
                .tdxSection(0, 0, 0x810000, 0x10000, 3, 0)
                .tdxSection(0, 0, 0x809000, 0x2000, 2, 0);
    }

    /** A firmware whose descriptor puts parameters at 0x812000 and HOBs at 0x813000, as edk2's does. */
    private static byte[] firmwareThatReadsHobs() {
        return OvmfWriter.ovmf(65536)
                .fill(5)
                .resetBlock(0x80b004)
                .sevMetadata()
                .section(0x811000, 0x4000, 1)
                .section(0x80d000, 0x1000, 2)
                .section(0x80e000, 0x1000, 3)
                .section(0x810000, 0x1000, 0x10)
                .entry(IgvmDescriptor.ENTRY, HexFormat.of().parseHex("00f00000")) // 0xf000 from the end
                .patch(
                        0x1000,
                        HexFormat.of()
                                .parseHex("4947564d" + "40000000" + "01000000" + "04000000"
                                        + "00208100" + "00100000" + "00010000"
                                        + "00000000" + "c0000000" + "01010000"
                                        + "c0000000" + "10000000" + "02010000"
                                        + "00308100" + "00100000" + "00020000"))
                .build();
    }

    static void write(Path folder) throws IOException {
        Files.write(folder.resolve("hobs.fd"), firmwareThatReadsHobs());
        byte[] tdx = tdxFirmware().build();
        Files.write(folder.resolve("tdx.fd"), tdx);
        Files.write(folder.resolve("tdx-vars.fd"), Arrays.copyOf(tdx, 0x4000));
        Files.write(folder.resolve("tdx-code.fd"), Arrays.copyOfRange(tdx, 0x4000, tdx.length));
        Files.write(
                folder.resolve("tdx-two-hobs.fd"),
                tdxFirmware().tdxSection(0, 0, 0x80b000, 0x2000, 2, 0).build());
        Files.write(
                folder.resolve("tdx-shim.fd"),
                tdxFirmware().tdxSection(0, 0, 0x1000000, 0x2000, 4, 2).build());
        Files.write(
                folder.resolve("tdx-huge.fd"),
                tdxFirmware().tdxSection(0, 0, 0x100000000L, 1L << 62, 3, 0).build());
        Files.write(folder.resolve("tdx-broken.fd"), tdxFirmware().tdxCount(99).build());
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
        Files.write(folder.resolve("minimal.igvm"), minimalIgvm());
        Files.write(folder.resolve("all-types.igvm"), allTypesIgvm());
        byte[] page = new byte[4096];
        for (int i = 0; i < page.length; i++) {
            page[i] = (byte) (i * 31 + (i >> 8) * 17 + 1);
        }
        Files.write(
                folder.resolve("tdx.igvm"),
                IgvmFileWriter.igvm().platform(2, 3).page(0x1000, 2, page, 0, 0).build());
        Files.write(
                folder.resolve("broken.igvm"), IgvmFileWriter.snp().checksum(1).build());
        Files.write(
                folder.resolve("two-vcpus.igvm"),
                IgvmFileWriter.snp()
                        .context(VMSA_GPA, 1, vmsa(), 0)
                        .context(VMSA_GPA, 1, vmsa(), 1)
                        .build());
        uki().section(
                        ".efifw",
                        EfifwWriter.efifw().fwid("guest").payload(minimalIgvm()).build())
                .writeTo(folder.resolve("igvm.efi"));
        Files.write(folder.resolve("kernel"), new byte[] {1, 2, 3});
        Files.write(folder.resolve("empty"), new byte[0]);
        Files.createDirectories(folder.resolve("folder"));
        Files.write(folder.resolve("folder/file"), new byte[0]);

        firmwareUki().writeTo(folder.resolve("good.efi"));
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
        uki().section(
                        ".efifw",
                        EfifwWriter.efifw().fwid("odd").payload(new byte[4097]).build())
                .writeTo(folder.resolve("odd.efi"));
        uki().section(".efifw", EfifwWriter.efifw().fwid("tdx").payload(tdx).build())
                .section(
                        ".efifw",
                        EfifwWriter.efifw().fwid("amdsev").payload(ovmf).build())
                .writeTo(folder.resolve("tdx.efi"));
        uki().writeTo(folder.resolve("plain.efi"));
        PeWriter.pe32Plus()
                .section(".data", "UEFI SHIM\n$Version: 16.1 $\n")
                .section(".sbat", "sbat,1,a,b,1,c\nshim,4,a,shim,1,c\n")
                .writeTo(folder.resolve("shimx64.efi"));
        PeWriter.pe32Plus()
                .section(".text", "code")
                .section("mods", grubModules())
                .section(".sbat", "sbat,1,a,b,1,c\ngrub,5,a,grub,2.12,c\ngrub.debian,5,a,grub2,2.12-1,c\n")
                .writeTo(folder.resolve("grubx64.efi"));
        PeWriter.pe32Plus().section(".text", "kernel").writeTo(folder.resolve("vmlinuz"));
        Files.writeString(
                folder.resolve("grub.cfg"), "set a='1 2'\nmenuentry x { linux /vmlinuz $a\n initrd /initrd\n}\n");
        Files.writeString(folder.resolve("grub-search.cfg"), "search --set=dev 1234\nconfigfile ($dev)/grub.cfg\n");
        Files.writeString(folder.resolve("grub-commands"), "grub_cmd: set a=1\nkernel_cmdline: /vmlinuz a\n");
        Files.writeString(folder.resolve("grub-other"), "set a=1\n");
        byte[] volumeKey = new byte[64];
        for (int i = 0; i < volumeKey.length; i++) {
            volumeKey[i] = (byte) i;
        }
        Files.write(folder.resolve("volume.key"), volumeKey);
    }

    /** {@return an f-UKI with one firmware, which a q35 machine selects} */
    static PeWriter firmwareUki() {
        byte[] ovmf = OvmfWriter.of(65536, AMDSEV).build();
        return uki().section(
                        ".hwids",
                        HwidsWriter.hwids().firmware(Q35, "QEMU q35", "amdsev").build())
                .section(
                        ".efifw",
                        EfifwWriter.efifw().fwid("amdsev").payload(ovmf).build());
    }

    private static PeWriter uki() {
        return PeWriter.stub("262.1-1")
                .section(".osrel", "ID=sample\nPRETTY_NAME=\"Sample OS 1\"\n")
                .section(".cmdline", "console=ttyS0")
                .section(".uname", "6.12.0-sample")
                .section(".linux", "not a kernel")
                .section(".initrd", "not an initrd");
    }

    /** The section in which a GRUB has its prefix: struct grub_module_info64 and one object. */
    private static byte[] grubModules() {
        byte[] prefix = "/EFI/debian\0".getBytes(StandardCharsets.US_ASCII);
        return ByteBuffer.allocate(32 + prefix.length)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putInt(0x676d696d)
                .putInt(0)
                .putLong(24)
                .putLong(32 + prefix.length)
                .putInt(3)
                .putInt(8 + prefix.length)
                .put(prefix)
                .array();
    }
}
