package dev.measure.boot;

import dev.measure.smbios.SmbiosStructure;
import dev.measure.smbios.SmbiosTable;
import java.io.ByteArrayOutputStream;
import java.util.Arrays;
import java.util.List;

/**
 * The SMBIOS table as EDK2 measures it: what differs between machines of one kind is blanked first.
 *
 * <p>edk2 MdeModulePkg/Universal/SmbiosMeasurementDxe; every line was seen in a boot with telling contents.
 */
public final class SmbiosFilter {
    private static final int HEADER = 4;
    private static final int FIRST_OEM_TYPE = 128;

    /** What is blanked in a type: offsets of string numbers, and (offset, length) of fields. */
    private record Rule(int type, int[] strings, int[][] fields) {}

    // spotless:off
    private static final List<Rule> RULES = List.of(
            // serial number; UUID, wake-up type
            new Rule(1, new int[] {0x07}, new int[][] {{0x08, 16}, {0x18, 1}}),
            // serial number, location in chassis
            new Rule(2, new int[] {0x07, 0x0a}, new int[][] {}),
            // serial number, asset tag
            new Rule(3, new int[] {0x07, 0x08}, new int[][] {}),
            // serial number, asset tag, part number; voltage, current speed, core counts in 8 and in 16 bits
            new Rule(4, new int[] {0x20, 0x21, 0x22},
                    new int[][] {{0x11, 1}, {0x16, 2}, {0x23, 1}, {0x24, 1}, {0x25, 1}, {0x2a, 2}, {0x2c, 2}, {0x2e, 2}}),
            // serial number, asset tag, part number
            new Rule(17, new int[] {0x18, 0x19, 0x1a}, new int[][] {}),
            // serial number; SBDS serial number, SBDS date
            new Rule(22, new int[] {0x07}, new int[][] {{0x10, 2}, {0x12, 2}}),
            // reset count
            new Rule(23, new int[] {}, new int[][] {{0x05, 2}}),
            // nominal speed
            new Rule(27, new int[] {}, new int[][] {{0x0c, 2}}),
            // serial number, asset tag, model part number
            new Rule(39, new int[] {0x08, 0x09, 0x0a}, new int[][] {}));
    // spotless:on

    /** Types of which nothing but the header is kept: OEM strings, event log, memory errors, boot integrity services. */
    private static final List<Integer> HEADER_ONLY = List.of(11, 15, 18, 31, 33);

    private SmbiosFilter() {}

    /**
     * {@return the bytes that are hashed: the whole table, blanked}
     *
     * @param table the table as the guest sees it
     */
    public static byte[] of(SmbiosTable table) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        for (SmbiosStructure structure : table.structures()) {
            out.writeBytes(blanked(structure));
        }
        return out.toByteArray();
    }

    private static byte[] blanked(SmbiosStructure structure) {
        byte[] bytes = structure.bytes().toByteArray();
        int length = structure.length();
        if (structure.type() >= FIRST_OEM_TYPE || HEADER_ONLY.contains(structure.type())) {
            Arrays.fill(bytes, HEADER, bytes.length, (byte) 0);
            return bytes;
        }
        for (Rule rule : RULES) {
            if (rule.type == structure.type()) {
                for (int at : rule.strings) {
                    if (at < length) {
                        blankString(bytes, length, bytes[at] & 0xff);
                        bytes[at] = 0;
                    }
                }
                for (int[] field : rule.fields) {
                    if (field[0] + field[1] <= length) { // a field beyond the structure's length is skipped
                        Arrays.fill(bytes, field[0], field[0] + field[1], (byte) 0);
                    }
                }
            }
        }
        return bytes;
    }

    /** Puts spaces in the place of a string. */
    private static void blankString(byte[] bytes, int start, int number) {
        if (number == 0) {
            return;
        }
        int at = start;
        for (int i = 1; i < number; i++) {
            while (at < bytes.length && bytes[at] != 0) {
                at++;
            }
            at++;
        }
        while (at < bytes.length && bytes[at] != 0) {
            bytes[at++] = ' ';
        }
    }
}
