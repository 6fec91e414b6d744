package dev.measure.boot;

import dev.measure.Source;
import dev.measure.pe.PeImage;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Optional;

/**
 * A bzImage that QEMU hands to the firmware: QEMU writes into its setup header first, so its digest is not that of the file (QEMU
 * hw/i386/x86.c, x86_load_linux; seen with 7.2).
 */
final class DirectKernel {
    private static final long TWO_GIB = 2L << 30;
    private static final int ACPI_DATA = 0x28000;
    private static final int PAGE = 0x1000;

    private DirectKernel() {}

    /** {@return whether the kernel has a setup header that QEMU writes into} */
    static boolean isBzImage(Source kernel) {
        if (kernel.length() < 0x230) {
            return false;
        }
        byte[] magic = kernel.slice(0x202, 4).toByteArray();
        return magic[0] == 'H' && magic[1] == 'd' && magic[2] == 'r' && magic[3] == 'S';
    }

    /** {@return the image as the firmware sees it; empty if that is not known, which is noted for PCR 4} */
    static Optional<PeImage> patched(EventRecorder recorder, BootInputs inputs, Source kernel) {
        boolean q35 =
                inputs.machineType.map(type -> type.split(",")[0].equals("q35")).orElse(true);
        if (inputs.qemuVersion
                .filter(v -> v.equals("7.2") || v.startsWith("7.2."))
                .isEmpty()) {
            recorder.unknown(
                    4,
                    "QEMU writes into the header of a kernel that it hands over; what is known is QEMU 7.2",
                    "--qemu-version 7.2, or a UKI, which is handed over as it is");
            return Optional.empty();
        }
        if (inputs.memory.isEmpty() || inputs.memory.get() > TWO_GIB || !q35) {
            recorder.unknown(
                    4,
                    "the address of the initrd stands in the kernel's header and depends on memory; known is q35 up to 2 GiB",
                    "--memory");
            return Optional.empty();
        }
        if (inputs.machineType.isEmpty()) {
            recorder.assume("machine-type", "q35", "it decides the address of the initrd in the kernel's header");
        }
        long initrd = inputs.initrd.map(Source::length).orElse(0L);
        byte[] bytes = kernel.toByteArray();
        ByteBuffer header = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
        header.put(0x210, (byte) 0xb0); // type_of_loader: QEMU
        header.put(0x211, (byte) (header.get(0x211) | 0x80)); // loadflags: CAN_USE_HEAP
        header.putShort(0x224, (short) 0xfe00); // heap_end_ptr
        header.putInt(0x228, 0x20000); // cmd_line_ptr
        if (inputs.initrd.isPresent()) {
            long address = (inputs.memory.get() - ACPI_DATA - 1 - initrd) & -PAGE;
            header.putInt(0x218, (int) address); // ramdisk_image
            header.putInt(0x21c, (int) initrd); // ramdisk_size
        }
        return Optional.of(PeImage.read(Source.of(kernel.name() + " (as QEMU hands it over)", bytes)));
    }
}
