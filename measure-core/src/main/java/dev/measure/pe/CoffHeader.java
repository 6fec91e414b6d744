package dev.measure.pe;

import dev.measure.parse.Cursor;

/**
 * The COFF file header, 20 bytes behind the signature {@code PE\0\0}.
 *
 * <p>Microsoft PE/COFF specification, revision 11, "COFF File Header (Object and Image)". Little-endian.
 *
 * @param machine the kind of processor, 0x8664 for x64
 * @param numberOfSections how many section headers follow
 * @param timeDateStamp seconds since 1970, or any number that a reproducible build puts there
 * @param sizeOfOptionalHeader the length of the optional header, data directories included, in bytes
 * @param characteristics flags
 */
public record CoffHeader(
        int machine, int numberOfSections, long timeDateStamp, int sizeOfOptionalHeader, int characteristics) {
    /** The length in bytes. */
    static final int LENGTH = 20;

    static CoffHeader read(Cursor c) {
        int machine = c.u16("Machine");
        int numberOfSections = c.u16("NumberOfSections");
        long timeDateStamp = c.u32("TimeDateStamp");
        c.skip(4, "PointerToSymbolTable");
        c.skip(4, "NumberOfSymbols");
        int sizeOfOptionalHeader = c.u16("SizeOfOptionalHeader");
        int characteristics = c.u16("Characteristics");
        return new CoffHeader(machine, numberOfSections, timeDateStamp, sizeOfOptionalHeader, characteristics);
    }
}
