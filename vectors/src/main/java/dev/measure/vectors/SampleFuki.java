package dev.measure.vectors;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.UUID;

/**
 * The small f-UKI that the project carries, {@code vectors/samples/fuki-sample.efi}: two firmwares, a table of hardware ids that
 * leads a QEMU machine to one and an EC2 instance to the other, and a kernel that is none. Made by rule, so that the whole of it is
 * known and nothing of it is anyone else's.
 */
public final class SampleFuki {
    /** CHID type 9 of manufacturer "QEMU", product "Standard PC (Q35 + ICH9, 2009)". */
    private static final UUID QEMU_Q35 = UUID.fromString("817fca52-ae83-52f5-8642-9497f79d49d0");

    /** CHID type 9 of manufacturer "Amazon EC2", product "c6a.xlarge". */
    private static final UUID EC2_C6A_XLARGE = UUID.fromString("8087b045-04e3-5cff-832c-03d930c45784");

    private SampleFuki() {}

    /** {@return the bytes of the sample} */
    public static byte[] bytes() {
        return PeWriter.stub("262.1")
                .section(".osrel", "ID=sample\nPRETTY_NAME=\"measure sample\"\nVERSION_ID=1\n")
                .section(".cmdline", "console=ttyS0")
                .section(".uname", "6.12.0-sample")
                .section(".sbat", "sbat,1,SBAT Version,sbat,1,none\nuki.sample,1,measure sample,uki.sample,1,none\n")
                .section(
                        ".hwids",
                        HwidsWriter.hwids()
                                .firmware(QEMU_Q35, "QEMU q35", "ovmf-qemu")
                                .firmware(EC2_C6A_XLARGE, "EC2 c6a.xlarge", "ovmf-ec2")
                                .build())
                .section(".linux", "no kernel, only bytes to measure\n")
                .section(".initrd", "no initrd, only bytes to measure\n")
                .section(
                        ".efifw",
                        EfifwWriter.efifw()
                                .fwid("ovmf-qemu")
                                .payload(firmware(1))
                                .build())
                .section(
                        ".efifw",
                        EfifwWriter.efifw()
                                .fwid("ovmf-ec2")
                                .payload(firmware(2))
                                .build())
                .build();
    }

    /**
     * {@return a firmware of 64 KiB with the tables of an SEV-SNP build and erased flash in its first half}
     *
     * @param seed makes it another one
     */
    public static byte[] firmware(int seed) {
        return OvmfWriter.ovmf(65536)
                .fill(seed)
                .erase(0, 32768)
                .resetBlock(0x80b004)
                .hashTable(0x810c00, 0x400)
                .secretArea(0x810800, 0x400)
                .sevMetadata()
                .section(0x800000, 0x9000, 1)
                .section(0x80a000, 0x3000, 1)
                .section(0x80d000, 0x1000, 2)
                .section(0x80e000, 0x1000, 3)
                .section(0x80f000, 0x1000, 4)
                .section(0x811000, 0xf000, 1)
                .section(0x810000, 0x1000, 0x10)
                .build();
    }

    /**
     * Writes the sample, and beside it the two firmwares for the reference calculator.
     *
     * @param arguments a folder
     * @throws IOException if it cannot be written to
     */
    public static void main(String[] arguments) throws IOException {
        Path folder = Path.of(arguments[0]);
        Files.write(folder.resolve("fuki-sample.efi"), bytes());
        if (arguments.length > 1) {
            Files.write(Path.of(arguments[1]).resolve("ovmf-qemu.fd"), firmware(1));
            Files.write(Path.of(arguments[1]).resolve("ovmf-ec2.fd"), firmware(2));
        }
    }
}
