package dev.measure.tdx;

/**
 * A table in QEMU's etc/acpi/tables.
 *
 * @param signature four characters, such as {@code FACP}
 * @param offset where it begins in the file
 * @param length bytes, with its header
 */
public record AcpiTable(String signature, long offset, long length) {
    /** {@return the address after the last byte} */
    long end() {
        return offset + length;
    }

    /** The sum of all bytes, modulo 256: 0 for a table with a right checksum. */
    static int sum(byte[] bytes) {
        int sum = 0;
        for (byte b : bytes) {
            sum += b;
        }
        return sum & 0xff;
    }

    /** Text for a message, with everything but plain ASCII replaced. */
    static String printable(String text) {
        return '"' + text.replaceAll("[^ -~]", ".") + '"';
    }
}
