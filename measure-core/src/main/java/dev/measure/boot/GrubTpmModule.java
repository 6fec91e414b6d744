package dev.measure.boot;

import dev.measure.Source;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Optional;

/**
 * The module {@code tpm} of a GRUB: whether what it measures gets into RTMRs. It asks for EFI_CC_MEASUREMENT_PROTOCOL when it measures
 * (GRUB commit 4c76565b6), but since 30708dfe3 it does not even start to measure unless {@code grub_tpm_present} says so, and that
 * looks for the protocol only since 86df79275 (grub-core/commands/efi/tpm.c, grub-core/commands/tpm.c).
 */
final class GrubTpmModule {
    static final String NAME = "tpm";

    /** When it measures in a trust domain. */
    enum Measures {
        /** Never: it knows TPMs alone. */
        NEVER,
        /** Only in one that has a TPM, too. */
        WITH_TPM,
        /** Always. */
        ALWAYS
    }

    private static final String PRESENT = "grub_tpm_present";
    private static final String LOCATE = "grub_efi_locate_protocol";
    private static final int SECTION_HEADER = 64; // Elf64_Shdr
    private static final int SYMBOL = 24; // Elf64_Sym
    private static final int RELOCATION = 24; // Elf64_Rela
    private static final int SHT_SYMTAB = 2;
    private static final int SHT_RELA = 4;
    private static final int MAX_NAME = 64;
    private static final int MAX_ENTRIES = 1 << 16; // of a table; the module has some 30 symbols and 300 relocations

    private final ByteBuffer elf;

    private GrubTpmModule(Source module) {
        this.elf = ByteBuffer.wrap(module.toByteArray()).order(ByteOrder.LITTLE_ENDIAN);
    }

    /**
     * {@return when the module measures}
     *
     * @param module a module, as {@link GrubModule#name} has named it: an ELF file whose section headers are inside of it
     */
    static Measures of(Source module) {
        if (!CcProtocol.isNamedIn(module)) {
            return Measures.NEVER;
        }
        GrubTpmModule tpm = new GrubTpmModule(module);
        Optional<Function> present = tpm.function(PRESENT);
        return present.isEmpty() || tpm.calls(present.get(), LOCATE) ? Measures.ALWAYS : Measures.WITH_TPM;
    }

    /** Where the code of a function is: in which section, and from which to which byte of it. */
    private record Function(int section, long start, long end) {}

    /** A section's place in the file; one that is not wholly in it has no bytes. */
    private record Section(int type, int link, int info, int offset, int size) {}

    private Section section(int index) {
        int at = (int) elf.getLong(0x28) + index * SECTION_HEADER;
        long offset = elf.getLong(at + 0x18);
        long size = elf.getLong(at + 0x20);
        boolean inside = offset >= 0
                && offset <= elf.limit()
                && size >= 0
                && size <= Math.min(elf.limit() - offset, MAX_ENTRIES * SYMBOL);
        return new Section(
                elf.getInt(at + 4),
                elf.getInt(at + 0x28),
                elf.getInt(at + 0x2c),
                inside ? (int) offset : 0,
                inside ? (int) size : 0);
    }

    private int sections() {
        return elf.getShort(0x3c) & 0xffff;
    }

    private Optional<Function> function(String name) {
        for (int i = 0; i < sections(); i++) {
            Section table = section(i);
            if (table.type() == SHT_SYMTAB) { // there is one
                return function(table, name);
            }
        }
        return Optional.empty();
    }

    private Optional<Function> function(Section table, String name) {
        for (int n = 0; n < table.size() / SYMBOL; n++) {
            int symbol = table.offset() + n * SYMBOL;
            int home = elf.getShort(symbol + 6) & 0xffff;
            if (home != 0 && name(table, n).equals(name)) {
                long start = elf.getLong(symbol + 8);
                return Optional.of(new Function(home, start, start + elf.getLong(symbol + 16)));
            }
        }
        return Optional.empty();
    }

    private boolean calls(Function caller, String name) {
        for (int i = 0; i < sections(); i++) {
            Section table = section(i);
            if (table.type() != SHT_RELA
                    || table.info() != caller.section()
                    || table.link() < 0
                    || table.link() >= sections()) {
                continue;
            }
            Section symbols = section(table.link());
            for (int n = 0; n < table.size() / RELOCATION; n++) {
                long place = elf.getLong(table.offset() + n * RELOCATION);
                long symbol = elf.getLong(table.offset() + n * RELOCATION + 8) >>> 32;
                if (place >= caller.start()
                        && place < caller.end()
                        && symbol < symbols.size() / SYMBOL
                        && name(symbols, (int) symbol).equals(name)) {
                    return true;
                }
            }
            return false; // a section has one table
        }
        return false;
    }

    private String name(Section symbols, int index) {
        if (symbols.link() < 0 || symbols.link() >= sections()) {
            return "";
        }
        Section strings = section(symbols.link());
        int start = elf.getInt(symbols.offset() + index * SYMBOL);
        if (start < 0 || start >= strings.size()) {
            return "";
        }
        int end = start;
        while (end < strings.size() && end - start < MAX_NAME && elf.get(strings.offset() + end) != 0) {
            end++;
        }
        return new String(elf.array(), strings.offset() + start, end - start, StandardCharsets.US_ASCII);
    }
}
