package dev.measure.boot;

import dev.measure.MalformedInputException;
import dev.measure.Source;
import dev.measure.pe.PeImage;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A bzImage that QEMU hands to the firmware: QEMU writes into its setup header first, so its digest is not that of the file (QEMU
 * hw/i386/x86.c, x86_load_linux; seen with 7.2).
 */
public final class DirectKernel {
    private static final long TWO_GIB = 2L << 30;
    private static final int ACPI_DATA = 0x28000;
    private static final int PAGE = 0x1000;
    private static final int VERSION = 0x206;
    private static final int LOADFLAGS = 0x211;
    private static final int LOADED_HIGH = 0x01;
    private static final int CAN_USE_HEAP = 0x80;

    /** From this much memory on, q35 has 2 GiB below 4 GiB (QEMU hw/i386/pc_q35.c). */
    private static final long SPLIT_FROM = 0xb000_0000L;

    /** XLF_CAN_BE_LOADED_ABOVE_4G of xloadflags. */
    private static final int CAN_BE_LOADED_ABOVE_4G = 2;

    /** What strtoull takes with base 0, up to the end or a space (QEMU's qemu_strtoui, which takes white space and signs, too). */
    private static final Pattern NUMBER = Pattern.compile(
            "[ \\t\\n\\x0B\\f\\r]*([+-]?)(?:0[xX]([0-9a-fA-F]+)|(0[0-7]*)|([1-9][0-9]*))(?: .*)?", Pattern.DOTALL);

    private DirectKernel() {}

    /**
     * {@return whether the kernel has a setup header that QEMU writes into}
     *
     * @param kernel the file
     */
    public static boolean isBzImage(Source kernel) {
        if (kernel.length() < 0x238) {
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
        return Optional.of(PeImage.read(asHandedOver(
                kernel, inputs.memory.get(), inputs.initrd.map(Source::length), inputs.append.orElse(""))));
    }

    /**
     * {@return whether a kernel wants to be loaded at 1 MiB, and takes its command line from anywhere}
     *
     * @param kernel a {@linkplain #isBzImage bzImage}
     */
    public static boolean isLoadedHigh(Source kernel) {
        ByteBuffer header =
                ByteBuffer.wrap(kernel.slice(0, 0x238).toByteArray()).order(ByteOrder.LITTLE_ENDIAN);
        return (header.get(LOADFLAGS) & LOADED_HIGH) != 0 && (header.getShort(VERSION) & 0xffff) >= 0x202;
    }

    /**
     * {@return the file after QEMU has written into its setup header}
     *
     * <p>The bytes changed are those of the boot protocol (Linux Documentation/arch/x86/boot.rst): loader type, heap, command line,
     * video mode, and place and size of the initrd, which lies as high as kernel and memory below 4 GiB allow. A kernel before protocol
     * 2.02, or one that does not want to be loaded high, has its command line below 0x9a000, so that its length counts, too.
     *
     * @param kernel a {@linkplain #isBzImage bzImage}
     * @param memory memory of the guest in bytes, of a q35 machine
     * @param initrd the size of the initrd, if there is one
     * @param cmdline the command line, in which {@code vga=} counts
     * @throws MalformedInputException if the kernel has no header of protocol 2.00 or later, from which on there are headers
     * @throws IllegalArgumentException if QEMU would refuse the kernel, the command line or the size of the initrd
     */
    public static Source asHandedOver(Source kernel, long memory, Optional<Long> initrd, String cmdline) {
        byte[] bytes = kernel.toByteArray();
        ByteBuffer header = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
        int protocol = isBzImage(kernel) ? header.getShort(VERSION) & 0xffff : 0;
        if (protocol < 0x200) {
            throw new MalformedInputException(
                    kernel.name(),
                    kernel.start() + VERSION,
                    "a setup header of boot protocol 2.00 or later",
                    isBzImage(kernel) ? String.format("version 0x%04x", protocol) : "no HdrS",
                    "give the bzImage that QEMU is given with -kernel");
        }
        complete(header, kernel.length());
        boolean high = (header.get(LOADFLAGS) & LOADED_HIGH) != 0;
        int realAddress = high && protocol >= 0x202 ? 0x10000 : 0x90000;
        int cmdlineAddress = high && protocol >= 0x202 ? 0x20000 : 0x9a000 - lengthInQemu(cmdline);
        if (protocol >= 0x202) {
            header.putInt(0x228, cmdlineAddress); // cmd_line_ptr
        } else {
            header.putShort(0x20, (short) 0xa33f); // the magic number of a command line before 2.02
            header.putShort(0x22, (short) (cmdlineAddress - realAddress));
        }
        header.put(0x210, (byte) 0xb0); // type_of_loader: QEMU
        if (protocol >= 0x201) {
            header.put(LOADFLAGS, (byte) (header.get(LOADFLAGS) | CAN_USE_HEAP));
            header.putShort(0x224, (short) (cmdlineAddress - realAddress - 0x200)); // heap_end_ptr
        }
        videoMode(cmdline).ifPresent(mode -> header.putShort(0x1fa, (short) mode)); // vid_mode
        if (initrd.isPresent()) {
            header.putInt(0x218, (int) initrdAddress(header, protocol, memory, initrd.get())); // ramdisk_image
            header.putInt(0x21c, initrd.get().intValue()); // ramdisk_size
        }
        return Source.of(kernel.name() + " (as QEMU hands it over)", bytes);
    }

    /**
     * Refuses what QEMU refuses of a kernel, whether or not the firmware takes it as QEMU has changed it.
     *
     * @param kernel a {@linkplain #isBzImage bzImage}
     * @param memory memory of the guest in bytes, of a q35 machine, if it is known
     * @param initrd the size of the initrd, if there is one
     * @param cmdline the command line, in which {@code vga=} counts
     * @throws IllegalArgumentException if QEMU would refuse the kernel, the command line or the size of the initrd
     */
    public static void check(Source kernel, Optional<Long> memory, Optional<Long> initrd, String cmdline) {
        videoMode(cmdline);
        ByteBuffer header =
                ByteBuffer.wrap(kernel.slice(0, 0x238).toByteArray()).order(ByteOrder.LITTLE_ENDIAN);
        complete(header, kernel.length());
        if (memory.isPresent() && initrd.isPresent()) {
            initrdAddress(header, header.getShort(VERSION) & 0xffff, memory.get(), initrd.get());
        }
    }

    /**
     * {@return the load options that edk2 makes of a command line: it takes every byte of the UTF-8 text for a character of UTF-16}
     *
     * <p>OvmfPkg/Library/GenericQemuLoadImageLib, with the format {@code %a} of MdePkg/Library/BasePrintLib.
     *
     * @param cmdline the command line
     */
    public static String loadOptions(String cmdline) {
        return new String(cmdline.getBytes(StandardCharsets.UTF_8), StandardCharsets.ISO_8859_1);
    }

    /** setup_sects at 0x1f1: sectors behind the boot sector, 0 for 4. */
    private static void complete(ByteBuffer header, long length) {
        int sectors = header.get(0x1f1) & 0xff;
        long setup = ((sectors == 0 ? 4 : sectors) + 1) * 512L;
        if (setup > length) {
            throw new IllegalArgumentException(
                    "a kernel of " + length + " bytes that says that its setup has " + setup + "; QEMU stops");
        }
    }

    /** What QEMU sets aside for a command line with its NUL: a multiple of 16 bytes. */
    private static int lengthInQemu(String cmdline) {
        return (cmdline.getBytes(StandardCharsets.UTF_8).length + 16) & ~15;
    }

    private static long initrdAddress(ByteBuffer header, int protocol, long memory, long size) {
        long below4g = memory < SPLIT_FROM ? memory : TWO_GIB;
        boolean above4g = protocol >= 0x20c && (header.getShort(0x236) & CAN_BE_LOADED_ABOVE_4G) != 0;
        long most = above4g
                ? 0xffff_ffffL
                : protocol >= 0x203 ? header.getInt(0x22c) & 0xffff_ffffL : 0x37ff_ffffL; // initrd_addr_max
        if (most >= below4g - ACPI_DATA) {
            most = below4g - ACPI_DATA - 1;
        }
        if (size >= most) {
            throw new IllegalArgumentException("an initrd of " + size + " bytes does not fit below 0x"
                    + Long.toHexString(Math.max(0, most)) + " in a guest of " + memory + " bytes; QEMU stops");
        }
        return (most - size) & -PAGE;
    }

    private static OptionalInt videoMode(String cmdline) {
        int at = cmdline.indexOf("vga=");
        if (at < 0) {
            return OptionalInt.empty();
        }
        String mode = cmdline.substring(at + 4);
        if (mode.startsWith("normal")) {
            return OptionalInt.of(0xffff);
        }
        if (mode.startsWith("ext")) {
            return OptionalInt.of(0xfffe);
        }
        if (mode.startsWith("ask")) {
            return OptionalInt.of(0xfffd);
        }
        long value = number(mode)
                .orElseThrow(() ->
                        new IllegalArgumentException("QEMU refuses the video mode in '" + cmdline.substring(at) + "'"));
        return OptionalInt.of((int) value);
    }

    /** {@return an unsigned int as qemu_strtoui reads it; a negative one as the number of the same 32 bits} */
    private static OptionalLong number(String text) {
        Matcher matcher = NUMBER.matcher(text);
        if (!matcher.matches()) {
            return OptionalLong.empty();
        }
        BigInteger digits = matcher.group(2) != null
                ? new BigInteger(matcher.group(2), 16)
                : matcher.group(3) != null ? new BigInteger(matcher.group(3), 8) : new BigInteger(matcher.group(4));
        if (digits.bitLength() > 64) {
            return OptionalLong.empty();
        }
        long value = matcher.group(1).equals("-") ? -digits.longValue() : digits.longValue();
        return value > 0xffff_ffffL || value < Integer.MIN_VALUE ? OptionalLong.empty() : OptionalLong.of(value);
    }
}
