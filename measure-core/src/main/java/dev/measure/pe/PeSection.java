package dev.measure.pe;

import dev.measure.MalformedInputException;
import dev.measure.Source;
import dev.measure.parse.Cursor;

/**
 * A section header, 40 bytes, and the bytes that it maps.
 *
 * <p>Microsoft PE/COFF specification, revision 11, "Section Table (Section Headers)". Little-endian.
 *
 * @param index its place in the section table, from 0
 * @param name up to eight bytes, cut at the first NUL; a byte that is not printable ASCII is shown as {@code \xNN}
 * @param virtualSize its length in memory, in bytes
 * @param virtualAddress its address from the image base
 * @param sizeOfRawData its length in the file, in bytes
 * @param pointerToRawData its offset in the file
 * @param characteristics flags
 * @param headerOffset the absolute offset of the section header in the file
 * @param content what a loader maps: VirtualSize bytes, cut if SizeOfRawData is larger, with a zero tail if it is smaller
 */
public record PeSection(
        int index,
        String name,
        long virtualSize,
        long virtualAddress,
        long sizeOfRawData,
        long pointerToRawData,
        long characteristics,
        long headerOffset,
        Source content) {
    /** The length of a section header in bytes. */
    public static final int HEADER_LENGTH = 40;

    private static final int NAME_LENGTH = 8;

    /** Reads a header; the file must hold all of its raw data, which EDK2 demands before it looks at anything else. */
    static PeSection read(Cursor c, int index, Source file, long sizeOfHeaders) {
        long headerOffset = c.offset();
        int at = c.position();
        String name = name(c.bytes(NAME_LENGTH, "Name"));
        long virtualSize = c.u32("VirtualSize");
        long virtualAddress = c.u32("VirtualAddress");
        long sizeOfRawData = c.u32("SizeOfRawData");
        long pointerToRawData = c.u32("PointerToRawData");
        c.skip(4, "PointerToRelocations");
        c.skip(4, "PointerToLinenumbers");
        c.skip(2, "NumberOfRelocations");
        c.skip(2, "NumberOfLinenumbers");
        long characteristics = c.u32("Characteristics");
        if (sizeOfRawData > 0) {
            // MdePkg/Library/BasePeCoffLib/BasePeCoff.c, PeCoffLoaderGetPeHeader: the loop "Check each section field"
            if (virtualAddress < sizeOfHeaders) {
                throw refused(c, at + 12, name, "VirtualAddress behind SizeOfHeaders", virtualAddress, sizeOfHeaders);
            }
            if (pointerToRawData < sizeOfHeaders) {
                throw refused(
                        c, at + 20, name, "PointerToRawData behind SizeOfHeaders", pointerToRawData, sizeOfHeaders);
            }
            if (pointerToRawData + sizeOfRawData > 0xffffffffL) {
                throw c.malformed(
                        at + 16,
                        "SizeOfRawData of section " + name + " below 4 GiB from the start of the file",
                        String.format("0x%08x at 0x%08x", sizeOfRawData, pointerToRawData),
                        "");
            }
            if (pointerToRawData + sizeOfRawData > file.length()) {
                throw c.malformed(
                        at + 16,
                        "SizeOfRawData of section " + name + " inside the file of "
                                + String.format("0x%x", file.length()) + " bytes",
                        String.format("0x%08x at 0x%08x", sizeOfRawData, pointerToRawData),
                        "is the file complete?");
            }
        }
        long stored = Math.min(virtualSize, sizeOfRawData);
        Source content = file.slice(stored == 0 ? Math.min(pointerToRawData, file.length()) : pointerToRawData, stored)
                .withZeroTail(virtualSize - stored);
        return new PeSection(
                index,
                name,
                virtualSize,
                virtualAddress,
                sizeOfRawData,
                pointerToRawData,
                characteristics,
                headerOffset,
                content);
    }

    private static MalformedInputException refused(
            Cursor c, int at, String name, String rule, long value, long sizeOfHeaders) {
        return c.malformed(
                at,
                String.format("section %s with %s = 0x%08x", name, rule, sizeOfHeaders),
                String.format("0x%08x", value),
                "the firmware's loader refuses sections inside the headers");
    }

    private static String name(byte[] bytes) {
        StringBuilder name = new StringBuilder();
        for (byte b : bytes) {
            if (b == 0) {
                break;
            }
            if (b > ' ' && b < 0x7f) {
                name.append((char) b);
            } else {
                name.append(String.format("\\x%02x", b));
            }
        }
        return name.toString();
    }

    /** {@return the address behind the last mapped byte, from the image base} */
    public long virtualEnd() {
        return virtualAddress + virtualSize;
    }
}
