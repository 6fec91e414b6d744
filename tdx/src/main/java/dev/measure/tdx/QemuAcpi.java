package dev.measure.tdx;

import dev.measure.Source;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * Reads the ACPI blobs, and other fw_cfg files that OVMF measures, from an unmodified QEMU: started paused, with no KVM and no
 * guest code, and asked through its qtest interface.
 *
 * <p>The tables depend on what firmware has programmed before it reads them, so the three registers that OVMF programs on q35 are
 * set first. Addresses that OVMF gives to large PCI devices can change the DSDT and are not modelled. {@code
 * confidential-guest-support} cannot be set without TDX hardware; the machine options that it implies are given instead.
 */
public final class QemuAcpi {
    /** The machine that a TD has, as far as a QEMU without TDX can be told. */
    public static final String MACHINE = "q35,kernel-irqchip=split,hpet=off,smm=off,pic=off";

    /** Where OVMF from edk2-stable202305 on puts PCIe's configuration space. */
    public static final long ECAM_202305 = 0xe000_0000L;

    /** Where OVMF put it before. */
    public static final long ECAM_OLDER = 0xb000_0000L;

    /** The files that are read, if QEMU has them. */
    public static final List<String> FILES = List.of(
            "etc/table-loader",
            "etc/acpi/rsdp",
            "etc/acpi/tables",
            "bootorder",
            "etc/smbios/smbios-tables",
            "etc/smbios/smbios-anchor",
            "etc/e820");

    private static final int FILE_DIRECTORY = 0x19;
    private static final int MAX_ENTRIES = 4096;
    private static final int MAX_FILE = 16 << 20;
    private static final int DMA_CONTROL = 0x7000;
    private static final int DMA_BUFFER = 0x10_0000;
    private static final int SELECT_AND_READ = 0x08 | 0x02;

    private QemuAcpi() {}

    /**
     * What to ask.
     *
     * @param binary the path of {@code qemu-system-x86_64}
     * @param arguments machine, processors, memory and devices
     * @param ecam where firmware puts PCIe's configuration space
     * @param limit how long QEMU may take
     */
    public record Request(String binary, List<String> arguments, long ecam, Duration limit) {
        /** Copies the list. */
        public Request {
            Objects.requireNonNull(binary, "binary");
            arguments = List.copyOf(arguments);
            Objects.requireNonNull(limit, "limit");
        }

        /**
         * {@return a request for a q35 machine without devices}
         *
         * @param binary the path of {@code qemu-system-x86_64}
         * @param memory mebibytes
         * @param vcpus how many vCPUs
         */
        public static Request of(String binary, long memory, int vcpus) {
            return new Request(
                    binary,
                    List.of("-accel", "tcg", "-machine", MACHINE, "-m", memory + "M", "-smp", Integer.toString(vcpus)),
                    ECAM_202305,
                    Duration.ofSeconds(30));
        }
    }

    /**
     * {@return the files that QEMU has, in the order of {@link #FILES}}
     *
     * @param request what to ask
     * @throws IOException if QEMU cannot be started, refuses its arguments, or does not answer in time
     */
    public static Map<String, Source> read(Request request) throws IOException {
        try (Qtest qemu = Qtest.start(request.binary(), request.arguments(), request.limit())) {
            chipset(qemu, request.ecam());
            Map<String, Entry> directory = directory(qemu);
            Map<String, Source> files = new LinkedHashMap<>();
            for (String name : FILES) {
                Entry entry = directory.get(name);
                if (entry != null) {
                    files.put(name, Source.of(name, dma(qemu, entry.key(), entry.size())));
                }
            }
            return files;
        }
    }

    private record Entry(int key, int size) {}

    /** What OVMF programs on q35 before it reads the tables: PCIEXBAR, PMBASE, ACPI enable. */
    private static void chipset(Qtest qemu, long ecam) throws IOException {
        pci(qemu, 0, 0x64, 0);
        pci(qemu, 0, 0x60, (int) ecam | 1);
        pci(qemu, 0x1f, 0x40, 0x600);
        address(qemu, 0x1f, 0x44);
        qemu.outb(0xcfc, 0x80);
    }

    private static void pci(Qtest qemu, int device, int register, int value) throws IOException {
        address(qemu, device, register);
        qemu.outl(0xcfc, value);
    }

    private static void address(Qtest qemu, int device, int register) throws IOException {
        qemu.outl(0xcf8, 0x8000_0000 | device << 11 | register);
    }

    /** FWCfgFiles: u32 count, then per file u32 size, u16 key, u16 reserved, 56 bytes name; big-endian. */
    private static Map<String, Entry> directory(Qtest qemu) throws IOException {
        int count = ByteBuffer.wrap(dma(qemu, FILE_DIRECTORY, 4)).getInt();
        if (count < 0 || count > MAX_ENTRIES) {
            throw new IOException("QEMU says that fw_cfg has " + Integer.toUnsignedString(count) + " files");
        }
        ByteBuffer entries =
                ByteBuffer.wrap(dma(qemu, FILE_DIRECTORY, 4 + 64 * count)).position(4);
        Map<String, Entry> directory = new LinkedHashMap<>();
        byte[] name = new byte[56];
        for (int i = 0; i < count; i++) {
            int size = entries.getInt();
            int key = entries.getShort() & 0xffff;
            entries.getShort();
            entries.get(name);
            if (size < 0 || size > MAX_FILE) {
                size = MAX_FILE; // a file that is not read; those that are have 128 KiB
            }
            directory.put(new String(name, StandardCharsets.US_ASCII).replaceFirst("\0.*", ""), new Entry(key, size));
        }
        return directory;
    }

    /** FWCfgDmaAccess: u32 control, u32 length, u64 address; big-endian. Written into guest memory, started through port 0x514. */
    private static byte[] dma(Qtest qemu, int key, int size) throws IOException {
        ByteBuffer access = ByteBuffer.allocate(16);
        access.putInt(key << 16 | SELECT_AND_READ).putInt(size).putLong(DMA_BUFFER);
        qemu.write(DMA_CONTROL, access.array());
        qemu.outl(0x514, 0);
        qemu.outl(0x518, Integer.reverseBytes(DMA_CONTROL)); // the register is big-endian, the port is not
        return qemu.read(DMA_BUFFER, size);
    }
}
