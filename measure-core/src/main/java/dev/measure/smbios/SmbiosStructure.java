package dev.measure.smbios;

import dev.measure.Source;
import java.util.List;
import java.util.Objects;
import java.util.Optional;

/**
 * One structure of the SMBIOS structure table: a header, a formatted area and the strings behind it.
 *
 * <p>DMTF DSP0134 3.7.0, section 6.1.2 (structure header) and 6.1.3 (text strings).
 *
 * @param type what it describes: 0 BIOS, 1 system, 2 baseboard, 3 enclosure, 11 OEM strings, 127 end of table
 * @param handle its number in the table, 0 to 65535
 * @param formatted the header and the formatted area; its length is the header's length field, 4 to 255 bytes
 * @param bytes the formatted area and the strings with their terminator
 * @param strings the strings in order, without those that no number reaches
 */
public record SmbiosStructure(int type, int handle, Source formatted, Source bytes, List<String> strings) {
    /** The type that ends the table. */
    static final int END_OF_TABLE = 127;

    /** Bytes of the header: type, length, handle. */
    static final int HEADER_LENGTH = 4;

    /** Copies the list. */
    public SmbiosStructure {
        Objects.requireNonNull(formatted, "formatted");
        Objects.requireNonNull(bytes, "bytes");
        strings = List.copyOf(strings);
    }

    /** {@return the length field of the header: bytes of header and formatted area} */
    public int length() {
        return (int) formatted.length();
    }

    /**
     * {@return an unsigned byte of the formatted area; empty if the structure is too short to have it}
     *
     * @param offset from the start of the structure
     */
    public Optional<Integer> u8(int offset) {
        if (offset >= length()) {
            return Optional.empty();
        }
        byte[] one = new byte[1];
        formatted.read(offset, one, 0, 1);
        return Optional.of(one[0] & 0xff);
    }

    /**
     * {@return the string whose number is in a field; empty if the field is missing, if its number is 0, which means that there
     * is no string, or if there is no string of that number}
     *
     * @param offset of the field from the start of the structure
     */
    public Optional<String> string(int offset) {
        return u8(offset)
                .filter(number -> number >= 1 && number <= strings.size())
                .map(number -> strings.get(number - 1));
    }
}
