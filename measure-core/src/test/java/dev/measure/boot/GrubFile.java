package dev.measure.boot;

import dev.measure.Source;
import dev.measure.pe.PeImage;
import dev.measure.vectors.PeWriter;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

/** Writes a GRUB: its SBAT, and the section with the objects that its build has put into it. */
final class GrubFile {
    private static final int MEMDISK = 1;
    private static final int CONFIG = 2;
    private static final int PREFIX = 3;

    private final ByteArrayOutputStream objects = new ByteArrayOutputStream();
    private String sbat = "sbat,1,SBAT Version,sbat,1,https://example.org\n";
    private long size = -1;

    GrubFile debian(String version) {
        sbat += "grub,5,Free Software Foundation,grub," + version + ",https://example.org\n"
                + "grub.debian,5,Debian,grub2," + version + "-1,https://example.org\n";
        return this;
    }

    GrubFile redHat(String version, int generation) {
        sbat += "grub," + generation + ",Free Software Foundation,grub," + version + ",https://example.org\n"
                + "grub.rh,2,Red Hat,grub2," + version + "-1,https://example.org\n";
        return this;
    }

    GrubFile upstream(String version) {
        sbat += "grub,5,Free Software Foundation,grub," + version + ",https://example.org\n";
        return this;
    }

    GrubFile prefix(String value) {
        return object(PREFIX, (value + '\0').getBytes(StandardCharsets.UTF_8));
    }

    GrubFile config(String value) {
        return object(CONFIG, (value + '\0').getBytes(StandardCharsets.UTF_8));
    }

    GrubFile memdisk(byte[] value) {
        return object(MEMDISK, value);
    }

    /** A module: an ELF file with a section .modname. */
    GrubFile module(String name) {
        byte[] text = (name + "\0\0.modname\0.shstrtab\0").getBytes(StandardCharsets.US_ASCII);
        ByteBuffer elf = ByteBuffer.allocate(64 + text.length + 3 * 64).order(ByteOrder.LITTLE_ENDIAN);
        elf.putInt(0x464c457f).put((byte) 2);
        int table = 64 + text.length;
        elf.putLong(0x28, table).putShort(0x3c, (short) 3).putShort(0x3e, (short) 2);
        elf.position(64);
        elf.put(text);
        int names = 64 + name.length() + 1;
        elf.putInt(table + 64, 1).putLong(table + 64 + 0x18, 64); // .modname at byte 1 of the names
        elf.putInt(table + 128, 10).putLong(table + 128 + 0x18, names);
        return object(0, elf.array());
    }

    /**
     * The module tpm: with the GUID of EFI_CC_MEASUREMENT_PROTOCOL or without, with a function grub_tpm_present or without, which looks
     * for a protocol or does not.
     */
    GrubFile tpm(boolean guid, boolean present, boolean looks) {
        String[] names = {
            "tpm", ".modname", ".shstrtab", "grub_efi_locate_protocol", "grub_tpm_present", "grub_tpm_measure"
        };
        ByteArrayOutputStream strings = new ByteArrayOutputStream();
        int[] at = new int[names.length];
        for (int i = 0; i < names.length; i++) {
            at[i] = strings.size();
            strings.writeBytes((names[i] + '\0').getBytes(StandardCharsets.US_ASCII));
        }
        ByteBuffer symbols = ByteBuffer.allocate(4 * 24).order(ByteOrder.LITTLE_ENDIAN);
        symbols.putInt(24, at[3]).position(48);
        symbols.putInt(present ? at[4] : at[5]).putShort((short) 0).putShort((short) 1);
        symbols.putLong(0x20).putLong(0x10);
        symbols.putInt(at[5]).putShort((short) 0).putShort((short) 1).putLong(0).putLong(0x20);
        ByteBuffer relocations = ByteBuffer.allocate(24 * (looks ? 2 : 1)).order(ByteOrder.LITTLE_ENDIAN);
        relocations.putLong(0x08).putLong(1L << 32).putLong(0); // in grub_tpm_measure
        if (looks) {
            relocations.putLong(0x2f).putLong(1L << 32).putLong(0);
        }
        ByteBuffer code = ByteBuffer.allocate(0x30).order(ByteOrder.LITTLE_ENDIAN);
        if (guid) {
            code.putLong(0x41a672f496751a3dL).putLong(0x6bae670e5ded94a7L);
        }
        byte[][] contents = {new byte[0], code.array(), strings.toByteArray(), symbols.array(), relocations.array()};
        int[][] heads = {{0, 0, 0, 0}, {0, 1, 0, 0}, {at[1], 3, 0, 0}, {0, 2, 2, 0}, {0, 4, 3, 1}};
        int size = 64;
        for (byte[] content : contents) {
            size += content.length;
        }
        ByteBuffer elf = ByteBuffer.allocate(size + contents.length * 64).order(ByteOrder.LITTLE_ENDIAN);
        elf.putInt(0x464c457f).put((byte) 2);
        elf.putLong(0x28, size).putShort(0x3c, (short) contents.length).putShort(0x3e, (short) 2);
        int place = 64;
        for (int i = 0; i < contents.length; i++) {
            elf.position(place);
            elf.put(contents[i]);
            int head = size + i * 64;
            elf.putInt(head, heads[i][0]).putInt(head + 4, heads[i][1]);
            elf.putLong(head + 0x18, place).putLong(head + 0x20, contents[i].length);
            elf.putInt(head + 0x28, heads[i][2]).putInt(head + 0x2c, heads[i][3]);
            place += contents[i].length;
        }
        return object(0, elf.array());
    }

    GrubFile object(int type, byte[] content) {
        int padded = (content.length + 7) / 8 * 8;
        objects.writeBytes(ByteBuffer.allocate(8 + padded)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putInt(type)
                .putInt(8 + padded)
                .put(content)
                .array());
        return this;
    }

    GrubFile size(long value) {
        size = value;
        return this;
    }

    byte[] bytes() {
        ByteBuffer mods = ByteBuffer.allocate(24 + objects.size()).order(ByteOrder.LITTLE_ENDIAN);
        mods.putInt(0x676d696d)
                .putInt(0)
                .putLong(24)
                .putLong(size < 0 ? 24 + objects.size() : size)
                .put(objects.toByteArray());
        return PeWriter.pe32Plus()
                .section(".text", "code")
                .section("mods", mods.array())
                .section(".sbat", sbat)
                .build();
    }

    Source source() {
        return Source.of("grubx64.efi", bytes());
    }

    GrubImage image() {
        return GrubImage.read(PeImage.read(source()));
    }
}
