package dev.measure.tdx;

import dev.measure.MalformedInputException;
import dev.measure.Source;
import dev.measure.boot.AcpiLoader;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;

/**
 * The two fw_cfg files that QEMU makes from its ACPI tables, derived from these alone: etc/table-loader, the script by which
 * firmware puts the tables into memory, and etc/acpi/rsdp. OVMF measures both into RTMR0 as they are.
 *
 * <p>A command has 128 bytes, little-endian: u32 command, then for ALLOCATE (1) file, u32 alignment, u8 zone; for ADD_POINTER (2)
 * pointer's file, pointed-to file, u32 offset, u8 size; for ADD_CHECKSUM (3) file, u32 offset of the result, u32 start, u32 length; for
 * WRITE_POINTER (4) pointer's file, pointed-to file, u32 offset of the pointer, u32 offset that it points to, u8 size; names of files
 * have 56 bytes. QEMU hw/acpi/bios-linker-loader.c, hw/acpi/aml-build.c, hw/i386/acpi-build.c.
 *
 * <p>Devices that bring files or commands of their own leave traces in the tables. The commands of vmgenid are known (QEMU
 * hw/acpi/vmgenid.c); with others (TPM, ERST, NVDIMM, hardware error tables) the script cannot be derived and must be given.
 */
final class LoaderScript {
    private static final int COMMAND = 128;
    private static final int NAME = 56;
    private static final int FILE = 4096;
    private static final int CHECKSUM = 9;

    /** FACP from revision 3 on (ACPI 2.0) has X_DSDT at 140. */
    private static final int FACP_WITH_X_DSDT = 148;

    /** Tables that come with commands beyond those below, and XSDT, which no PC of QEMU has. */
    private static final Set<String> OWN_COMMANDS = Set.of("TPM2", "TCPA", "NFIT", "ERST", "HEST", "XSDT");

    /** OEM table ids of the SSDTs that come with commands of their own. */
    private static final Set<String> OWN_SSDTS = Set.of("NVDIMM");

    private static final String VMGENID = "VMGENID";
    private static final String VMGENID_GUID = "etc/vmgenid_guid";
    private static final String VMGENID_ADDRESS = "etc/vmgenid_addr";

    /** VMGENID_GUID_OFFSET: where in its page the GUID stands. */
    private static final int GUID_OFFSET = 40;

    /** What the SSDT of vmgenid begins with, AML: Name (VGIA, 0x00000000), whose number becomes the address of the page. */
    private static final byte[] VGIA = {0x08, 'V', 'G', 'I', 'A', 0x0c, 0, 0, 0, 0};

    private static final int VGIA_NUMBER = 6;

    private static final int OEM_TABLE_ID = 16;

    private final List<byte[]> commands = new ArrayList<>();
    private final AcpiTables tables;

    private LoaderScript(AcpiTables tables) {
        this.tables = tables;
    }

    /**
     * etc/table-loader.
     *
     * @throws MalformedInputException if a table is missing that QEMU always writes, or one is there that has commands of its own
     */
    static Source loader(AcpiTables tables) {
        return new LoaderScript(tables).build();
    }

    /** etc/acpi/rsdp of ACPI 1.0, 20 bytes, before the firmware fills in address and checksum. */
    static Source rsdp(AcpiTables tables) {
        byte[] rsdp = new byte[20];
        ByteBuffer.wrap(rsdp)
                .order(ByteOrder.LITTLE_ENDIAN)
                .put("RSD PTR ".getBytes(StandardCharsets.US_ASCII))
                .put((byte) 0)
                .put("BOCHS ".getBytes(StandardCharsets.US_ASCII))
                .put((byte) 0)
                .putInt((int) need(tables, "RSDT", AcpiTables.HEADER).offset());
        return Source.of(AcpiLoader.RSDP, rsdp);
    }

    private Source build() {
        AcpiTable dsdt = need(tables, "DSDT", AcpiTables.HEADER);
        AcpiTable facp = need(tables, "FACP", 116);
        AcpiTable rsdt = need(tables, "RSDT", AcpiTables.HEADER);
        refuseOwnCommands();
        List<AcpiTable> vmgenid =
                tables.tables().stream().filter(this::isVmgenid).toList();
        allocate(AcpiLoader.RSDP, 16, 2);
        if (!vmgenid.isEmpty()) {
            allocate(VMGENID_GUID, 4096, 1);
        }
        allocate(AcpiLoader.TABLES, 64, 1);
        checksum(AcpiLoader.TABLES, dsdt);
        pointer(AcpiLoader.TABLES, facp.offset() + 36, 4); // FIRMWARE_CTRL
        pointer(AcpiLoader.TABLES, facp.offset() + 40, 4); // DSDT
        if (facp.length() >= FACP_WITH_X_DSDT) {
            pointer(AcpiLoader.TABLES, facp.offset() + 140, 8); // X_DSDT
        }
        checksum(AcpiLoader.TABLES, facp);
        for (AcpiTable table : tables.tables()) {
            if (!Set.of("FACS", "DSDT", "FACP", "RSDT").contains(table.signature())) {
                if (vmgenid.contains(table)) {
                    writePointer(VMGENID_ADDRESS, VMGENID_GUID, GUID_OFFSET);
                    pointer(AcpiLoader.TABLES, VMGENID_GUID, table.offset() + AcpiTables.HEADER + VGIA_NUMBER, 4);
                }
                checksum(AcpiLoader.TABLES, table);
            }
        }
        for (long entry = rsdt.offset() + AcpiTables.HEADER; entry + 4 <= rsdt.end(); entry += 4) {
            pointer(AcpiLoader.TABLES, entry, 4);
        }
        checksum(AcpiLoader.TABLES, rsdt);
        pointer(AcpiLoader.RSDP, 16, 4);
        checksum(AcpiLoader.RSDP, 8, 0, 20);
        int length = commands.size() * COMMAND;
        ByteBuffer file = ByteBuffer.allocate((length + FILE - 1) / FILE * FILE);
        commands.forEach(file::put);
        return Source.of(AcpiLoader.FILE, file.array());
    }

    private String oemTableId(AcpiTable table) {
        byte[] id = tables.source().slice(table.offset() + OEM_TABLE_ID, 8).toByteArray();
        return new String(id, StandardCharsets.ISO_8859_1).trim();
    }

    private boolean isVmgenid(AcpiTable table) {
        return table.signature().equals("SSDT") && oemTableId(table).equals(VMGENID);
    }

    private void refuseOwnCommands() {
        boolean vmgenid = false;
        for (AcpiTable table : tables.tables()) {
            Source bytes = tables.source().slice(table.offset(), table.length());
            String id = oemTableId(table);
            if (isVmgenid(table)) {
                int length = (int) Math.min(VGIA.length, table.length() - AcpiTables.HEADER);
                if (!Arrays.equals(VGIA, bytes.slice(AcpiTables.HEADER, length).toByteArray())) {
                    throw undecided(
                            table, AcpiTables.HEADER, "an SSDT of vmgenid that does not begin with an empty VGIA");
                }
                if (vmgenid) {
                    throw undecided(table, 0, "a second SSDT of vmgenid, of which a machine has one");
                }
                vmgenid = true;
            }
            boolean facs = table.signature().equals("FACS"); // it has no such header
            if (OWN_COMMANDS.contains(table.signature())
                    || (table.signature().equals("SSDT") && OWN_SSDTS.contains(id))) {
                throw undecided(table, 0, table.signature() + " " + id + ", whose device adds commands of its own");
            }
            if (!facs && bytes.slice(CHECKSUM, 1).toByteArray()[0] != 0) {
                throw undecided(
                        table,
                        CHECKSUM,
                        table.signature() + " with a checksum, as -acpitable gives it and firmware leaves behind");
            }
        }
    }

    private MalformedInputException undecided(AcpiTable table, long at, String found) {
        return new MalformedInputException(
                tables.source().name(),
                tables.source().start() + table.offset() + at,
                "only tables whose loader commands follow from them",
                found,
                "give the file etc/table-loader too: --acpi-loader FILE");
    }

    private static AcpiTable need(AcpiTables tables, String signature, int length) {
        Source source = tables.source();
        AcpiTable table = tables.table(signature)
                .orElseThrow(() -> new MalformedInputException(
                        source.name(),
                        source.start(),
                        "an ACPI table " + signature,
                        "none among " + tables.tables().size() + " tables",
                        "is this the whole of QEMU's etc/acpi/tables?"));
        if (table.length() < length) {
            throw new MalformedInputException(
                    source.name(),
                    source.start() + table.offset() + 4,
                    "a Length of " + signature + " of at least " + length,
                    Long.toString(table.length()),
                    "");
        }
        return table;
    }

    private ByteBuffer command(int id) {
        byte[] command = new byte[COMMAND];
        commands.add(command);
        return ByteBuffer.wrap(command).order(ByteOrder.LITTLE_ENDIAN).putInt(id);
    }

    private static void name(ByteBuffer command, String name) {
        byte[] padded = new byte[NAME];
        byte[] ascii = name.getBytes(StandardCharsets.US_ASCII);
        System.arraycopy(ascii, 0, padded, 0, ascii.length);
        command.put(padded);
    }

    private void allocate(String file, int alignment, int zone) {
        ByteBuffer command = command(1);
        name(command, file);
        command.putInt(alignment).put((byte) zone);
    }

    /** A pointer in a file to the tables. */
    private void pointer(String file, long offset, int size) {
        pointer(file, AcpiLoader.TABLES, offset, size);
    }

    private void pointer(String file, String to, long offset, int size) {
        ByteBuffer command = command(2);
        name(command, file);
        name(command, to);
        command.putInt((int) offset).put((byte) size);
    }

    /** A pointer of 8 bytes at the start of a file that QEMU reads. */
    private void writePointer(String file, String to, int offset) {
        ByteBuffer command = command(4);
        name(command, file);
        name(command, to);
        command.putInt(0).putInt(offset).put((byte) 8);
    }

    private void checksum(String file, AcpiTable table) {
        checksum(file, table.offset() + CHECKSUM, table.offset(), table.length());
    }

    private void checksum(String file, long result, long start, long length) {
        ByteBuffer command = command(3);
        name(command, file);
        command.putInt((int) result).putInt((int) start).putInt((int) length);
    }
}
