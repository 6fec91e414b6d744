package dev.measure.smbios;

import dev.measure.Source;
import dev.measure.parse.Cursor;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Optional;

/**
 * SMBIOS entry point: where the structure table is and how long it is. DSP0134 3.7.0, sections 5.2.1 (32 bit, anchor
 * {@code _SM_}, 31 bytes) and 5.2.2 (64 bit, anchor {@code _SM3_}, 24 bytes); the second half of the 32-bit form, anchor
 * {@code _DMI_}, 15 bytes, also stands alone in tables from before SMBIOS 2.1.
 *
 * @param anchor its name
 * @param major version of the specification, 0 to 255
 * @param minor version of the specification, 0 to 255
 * @param tableLength bytes of the table; of {@code _SM3_} the most that it may have
 * @param structureCount how many structures it has; {@code _SM3_} does not say
 * @param tableAddress where it is, in dumps an offset in the file
 * @param badChecksum the offset from the start of the entry point of a checksum that is wrong
 */
record EntryPoint(
        String anchor,
        int major,
        int minor,
        long tableLength,
        Optional<Integer> structureCount,
        long tableAddress,
        Optional<Integer> badChecksum) {

    private static final int LENGTH_32 = 31;
    private static final int LENGTH_64 = 24;
    private static final int LENGTH_LEGACY = 15;

    /** {@return whether a source begins with an anchor} */
    static boolean isAt(Source source) {
        return anchorOf(source).isPresent();
    }

    private static Optional<String> anchorOf(Source source) {
        byte[] first = new byte[(int) Math.min(5, source.length())];
        source.read(0, first, 0, first.length);
        String text = new String(first, StandardCharsets.ISO_8859_1);
        for (String anchor : new String[] {"_SM3_", "_SM_", "_DMI_"}) {
            if (text.startsWith(anchor)) {
                return Optional.of(anchor);
            }
        }
        return Optional.empty();
    }

    /** {@return the entry point at the start of a source} */
    static EntryPoint read(Source source) {
        Cursor c = Cursor.of(source.slice(0, Math.min(source.length(), LENGTH_32)));
        String anchor = anchorOf(source)
                .orElseThrow(() -> c.malformed("an SMBIOS entry point: _SM_, _SM3_ or _DMI_", "other bytes", ""));
        if (anchor.equals("_SM3_")) {
            return read64(c);
        }
        return anchor.equals("_SM_") ? read32(c) : readLegacy(c, Optional.empty());
    }

    private static EntryPoint read64(Cursor c) {
        c.skip(5, "anchor string");
        c.u8("entry point structure checksum");
        int length = length(c, LENGTH_64);
        int major = c.u8("SMBIOS major version");
        int minor = c.u8("SMBIOS minor version");
        c.u8("SMBIOS docrev");
        c.u8("entry point revision");
        c.u8("reserved");
        long tableLength = c.u32("structure table maximum size");
        long tableAddress = c.u64("structure table address");
        return new EntryPoint(
                "_SM3_", major, minor, tableLength, Optional.empty(), tableAddress, wrong(c, 0, length, 5));
    }

    private static EntryPoint read32(Cursor c) {
        c.skip(4, "anchor string");
        c.u8("entry point structure checksum");
        int length = length(c, LENGTH_32);
        int major = c.u8("SMBIOS major version");
        int minor = c.u8("SMBIOS minor version");
        c.u16("maximum structure size");
        c.u8("entry point revision");
        c.skip(5, "formatted area");
        EntryPoint half = readLegacy(c, Optional.of("_SM_"));
        return new EntryPoint(
                "_SM_",
                major,
                minor,
                half.tableLength,
                half.structureCount,
                half.tableAddress,
                wrong(c, 0, length, 4).or(() -> half.badChecksum));
    }

    /** The 15 bytes from {@code _DMI_} on. */
    private static EntryPoint readLegacy(Cursor c, Optional<String> before) {
        int start = c.position();
        byte[] anchor = c.bytes(5, "intermediate anchor string");
        if (!Arrays.equals(anchor, "_DMI_".getBytes(StandardCharsets.US_ASCII))) {
            throw c.malformed(
                    start,
                    "intermediate anchor string = _DMI_",
                    "0x" + HexFormat.of().formatHex(anchor),
                    "");
        }
        c.u8("intermediate checksum");
        int tableLength = c.u16("structure table length");
        long tableAddress = c.u32("structure table address");
        int count = c.u16("number of SMBIOS structures");
        int revision = c.u8("SMBIOS BCD revision");
        return new EntryPoint(
                before.orElse("_DMI_"),
                revision >> 4,
                revision & 15,
                tableLength,
                Optional.of(count),
                tableAddress,
                wrong(c, start, LENGTH_LEGACY, start + 5));
    }

    /** The length covers what the checksum covers; the stub refuses more than the structure has, and so does this. */
    private static int length(Cursor c, int expected) {
        int at = c.position();
        int length = c.u8("entry point length");
        // SMBIOS 2.1 firmware says 0x1e for 31 bytes, an error in that specification that is noted in section 5.2.1.
        if (length != expected && !(expected == LENGTH_32 && length == LENGTH_32 - 1)) {
            throw c.malformed(
                    at, String.format("entry point length = 0x%02x", expected), String.format("0x%02x", length), "");
        }
        return length;
    }

    /** The bytes from start on must have the sum 0 modulo 256; else the answer is where their checksum is. */
    private static Optional<Integer> wrong(Cursor c, int start, int length, int checksumAt) {
        int back = c.position();
        c.seek(start, "checksum");
        int sum = 0;
        for (byte b : c.bytes(length, "bytes of the checksum")) {
            sum += b;
        }
        c.seek(back, "checksum");
        return (sum & 0xff) == 0 ? Optional.empty() : Optional.of(checksumAt);
    }
}
