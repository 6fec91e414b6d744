package dev.measure.boot;

import dev.measure.Source;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Optional;

/** A module of GRUB: a relocatable ELF file for x86-64 with its name in a section {@code .modname} (grub-core/kern/dl.c). */
final class GrubModule {
    private static final int ELF_HEADER = 64;
    private static final int SECTION_HEADER = 64;
    private static final int MAX_SECTIONS = 256; // modules have about twenty
    private static final int MAX_NAME = 64;
    private static final int MAX_MODULE = 16 << 20;

    private GrubModule() {}

    /** {@return the name; empty if the bytes are no such file} */
    static Optional<String> name(Source module) {
        if (module.length() < ELF_HEADER || module.length() > MAX_MODULE) {
            return Optional.empty();
        }
        ByteBuffer elf = ByteBuffer.wrap(module.toByteArray()).order(ByteOrder.LITTLE_ENDIAN);
        if (elf.getInt(0) != 0x464c457f || elf.get(4) != 2) { // ELFMAG, ELFCLASS64
            return Optional.empty();
        }
        long table = elf.getLong(0x28); // e_shoff
        int count = elf.getShort(0x3c) & 0xffff; // e_shnum
        int names = elf.getShort(0x3e) & 0xffff; // e_shstrndx
        if (table < 0
                || count > MAX_SECTIONS
                || names >= count
                || table > elf.limit() - (long) count * SECTION_HEADER) {
            return Optional.empty();
        }
        int strings = (int) table + names * SECTION_HEADER;
        for (int i = 0; i < count; i++) {
            int header = (int) table + i * SECTION_HEADER;
            Optional<String> section = string(elf, elf.getLong(strings + 0x18) + (elf.getInt(header) & 0xffffffffL));
            if (section.equals(Optional.of(".modname"))) {
                return string(elf, elf.getLong(header + 0x18)); // sh_offset
            }
        }
        return Optional.empty();
    }

    private static Optional<String> string(ByteBuffer elf, long at) {
        if (at < 0 || at >= elf.limit()) {
            return Optional.empty();
        }
        int end = (int) at;
        while (end < elf.limit() && end - at < MAX_NAME && elf.get(end) != 0) {
            end++;
        }
        return Optional.of(new String(elf.array(), (int) at, end - (int) at, StandardCharsets.US_ASCII));
    }
}
