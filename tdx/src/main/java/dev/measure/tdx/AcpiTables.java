package dev.measure.tdx;

import dev.measure.MalformedInputException;
import dev.measure.Source;
import dev.measure.parse.Cursor;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * QEMU's fw_cfg file etc/acpi/tables: ACPI tables one after the other, then zeros. The addresses in them are offsets in the file,
 * which the loader script turns into addresses. QEMU hw/i386/acpi-build.c; ACPI Specification 6.5, section 5.2.
 *
 * @param source the whole file
 * @param tables the tables in file order
 */
public record AcpiTables(Source source, List<AcpiTable> tables) {
    /** QEMU pads to 128 KiB, machines before 2.1 to 4 KiB (hw/i386/acpi-build.c). */
    private static final int ALIGNMENT = 0x1000;

    private static final long MAX_SIZE = 16 << 20;

    /** QEMU writes about ten. */
    private static final int MAX_TABLES = 256;

    /** Signature, length, revision, checksum, ids: the header of every table but the FACS. */
    static final int HEADER = 36;

    /** Copies the list. */
    public AcpiTables {
        tables = List.copyOf(tables);
    }

    /**
     * {@return the tables of a file}
     *
     * @param source the file as fw_cfg gives it, before the guest has changed anything
     * @throws MalformedInputException if it is no such file
     */
    public static AcpiTables read(Source source) {
        if (source.length() > MAX_SIZE) {
            throw new MalformedInputException(
                    source.name(),
                    source.start() + MAX_SIZE,
                    "ACPI tables of at most " + MAX_SIZE + " bytes",
                    source.length() + " bytes",
                    "this is the fw_cfg file etc/acpi/tables, not a dump of memory");
        }
        Cursor c = Cursor.of(source);
        List<AcpiTable> tables = new ArrayList<>();
        while (c.remaining() > 0) {
            int start = c.position();
            byte[] first = c.bytes(Math.min(4, c.remaining()), "Signature");
            if (isZero(first)) {
                padding(c, start);
                break;
            }
            String signature = new String(first, StandardCharsets.ISO_8859_1);
            if (!signature.matches("[A-Z0-9_]{4}")) {
                throw c.malformed(
                        start,
                        "the signature of an ACPI table, or zeros to the end",
                        AcpiTable.printable(signature),
                        "is this QEMU's etc/acpi/tables?");
            }
            long length = c.u32("Length");
            long left = source.length() - start;
            if (length < HEADER || length > left) {
                throw c.malformed(
                        start + 4,
                        "a Length of " + signature + " of " + HEADER + ".." + left,
                        Long.toString(length),
                        "");
            }
            if (tables.size() == MAX_TABLES) {
                throw c.malformed(start, "at most " + MAX_TABLES + " ACPI tables", "more", "");
            }
            tables.add(new AcpiTable(signature, start, length));
            c.seek(start + length, "the next table");
        }
        if (source.length() % ALIGNMENT != 0) {
            throw c.malformed(
                    c.position(),
                    "a file padded to a multiple of " + ALIGNMENT + " bytes, as QEMU makes it",
                    source.length() + " bytes",
                    "is the file cut?");
        }
        return new AcpiTables(source, tables);
    }

    private static void padding(Cursor c, int start) {
        byte[] rest = c.bytes(c.remaining(), "padding");
        for (int i = 0; i < rest.length; i++) {
            if (rest[i] != 0) {
                throw c.malformed(
                        start + 4 + i,
                        "zeros behind the last ACPI table, which begin at 0x" + Integer.toHexString(start),
                        String.format("0x%02x", rest[i]),
                        "is this QEMU's etc/acpi/tables?");
            }
        }
    }

    /**
     * {@return how many processors the tables say that the guest starts with; empty without a readable MADT}
     *
     * <p>MADT (signature APIC): header, u32 address, u32 flags, then entries of u8 type, u8 length; of types 0 (local APIC, flags at 4)
     * and 9 (local x2APIC, flags at 8) those count whose flag 0 is set: others may be plugged in later. ACPI Specification 6.5, section
     * 5.2.12.
     */
    public OptionalInt processors() {
        Optional<AcpiTable> madt = table("APIC");
        if (madt.isEmpty()) {
            return OptionalInt.empty();
        }
        byte[] bytes = source.slice(madt.get().offset(), madt.get().length()).toByteArray();
        int count = 0;
        int at = HEADER + 8;
        while (at + 2 <= bytes.length) {
            int type = bytes[at];
            int length = bytes[at + 1] & 0xff;
            int flags = type == 0 ? 4 : type == 9 ? 8 : 0;
            if (length < 2 || at + length > bytes.length || flags + 4 > length) {
                return OptionalInt.empty();
            }
            if (flags != 0 && (bytes[at + flags] & 1) != 0) {
                count++;
            }
            at += length;
        }
        return count == 0 ? OptionalInt.empty() : OptionalInt.of(count);
    }

    private static boolean isZero(byte[] bytes) {
        for (byte b : bytes) {
            if (b != 0) {
                return false;
            }
        }
        return true;
    }

    /**
     * {@return the first table of a signature}
     *
     * @param signature four characters
     */
    public Optional<AcpiTable> table(String signature) {
        return tables.stream()
                .filter(table -> table.signature().equals(signature))
                .findFirst();
    }
}
