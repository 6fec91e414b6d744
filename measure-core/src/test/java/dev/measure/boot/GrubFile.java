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
