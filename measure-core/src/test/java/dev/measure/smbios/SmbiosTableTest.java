package dev.measure.smbios;

import static dev.measure.vectors.SmbiosWriter.smbios;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.measure.MalformedInputException;
import dev.measure.Source;
import dev.measure.Strictness;
import dev.measure.WarningCode;
import dev.measure.vectors.SmbiosWriter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class SmbiosTableTest {
    private static final byte[] UUID_BYTES = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};

    private static SmbiosWriter machine() {
        return smbios().bios("EDK II", "2026.08", 2, 25)
                .system("QEMU", "q35", "sku1", "family1", UUID_BYTES)
                .baseboard("board vendor", "board")
                .enclosure(0x81)
                .oemStrings("one", "two")
                .end();
    }

    private static SmbiosTable read(byte[] bytes, Strictness strictness) {
        return SmbiosTable.read(Source.of("DMI", bytes), strictness);
    }

    /** Strict reading must refuse with the message, lenient reading must warn with it. */
    private static SmbiosTable broken(byte[] bytes, WarningCode code, String message) {
        MalformedInputException e = assertThrows(MalformedInputException.class, () -> read(bytes, Strictness.STRICT));
        assertEquals(message, e.getMessage());
        assertEquals("lenient reading takes what comes before", e.hint());
        SmbiosTable table = read(bytes, Strictness.LENIENT);
        assertEquals(message, table.warnings().get(0).text());
        assertEquals(code, table.warnings().get(0).code());
        return table;
    }

    @Test
    void readsEveryFieldOfAWholeTable() {
        SmbiosTable table = read(machine().table(), Strictness.STRICT);
        MachineIdentity machine = MachineIdentity.of(table);
        assertEquals(Optional.of("EDK II"), machine.biosVendor());
        assertEquals(Optional.of("2026.08"), machine.biosVersion());
        assertEquals(Optional.of(2), machine.biosMajor());
        assertEquals(Optional.of(25), machine.biosMinor());
        assertEquals(Optional.of("QEMU"), machine.manufacturer());
        assertEquals(Optional.of("q35"), machine.product());
        assertEquals(Optional.of("sku1"), machine.sku());
        assertEquals(Optional.of("family1"), machine.family());
        assertEquals(Optional.empty(), machine.version());
        assertEquals(Optional.empty(), machine.serial());
        assertEquals(Optional.of(UUID.fromString("03020100-0504-0706-0809-0a0b0c0d0e0f")), machine.uuid());
        assertEquals(Optional.of("board vendor"), machine.boardManufacturer());
        assertEquals(Optional.of("board"), machine.boardProduct());
        assertEquals(Optional.of(0x81), machine.enclosureType());
        assertEquals(Optional.empty(), machine.panel());
        assertEquals(List.of("one", "two"), table.oemStrings());
        assertEquals(List.of(), table.warnings());
        assertEquals(
                List.of(0, 1, 2, 3, 4, 5),
                table.structures().stream().map(SmbiosStructure::handle).toList());
    }

    @Test
    void theUuidIsBigEndianBeforeSmbios26() {
        for (int minor : new int[] {5, 6}) {
            SmbiosWriter writer = machine();
            MachineIdentity machine =
                    MachineIdentity.of(read(writer.dump(writer.entryPoint32(2, minor, 0x20)), Strictness.STRICT));
            String uuid = minor == 5 ? "00010203-0405-0607-0809-0a0b0c0d0e0f" : "03020100-0504-0706-0809-0a0b0c0d0e0f";
            assertEquals(Optional.of(UUID.fromString(uuid)), machine.uuid());
        }
    }

    @Test
    void readsA64BitDumpAndStopsAtTheEndStructure() {
        SmbiosWriter writer = machine();
        int length = writer.table().length;
        writer.raw(1, 2, 3, 4, 5);
        SmbiosTable table = read(writer.dump(writer.entryPoint64(length + 5, 0x20)), Strictness.STRICT);
        assertEquals(Optional.of("3.7"), table.version());
        assertEquals(6, table.structures().size());
        assertEquals(length, table.bytesUsed());
        assertEquals(0x20, table.structures().get(0).formatted().start());
    }

    @Test
    void readsTheLegacyEntryPoint() {
        SmbiosWriter writer = machine();
        byte[] half = Arrays.copyOfRange(writer.entryPoint32(2, 0, 0x20), 16, 31);
        SmbiosTable table = read(writer.dump(half), Strictness.STRICT);
        assertEquals(Optional.of("2.0"), table.version());
        assertEquals(6, table.structures().size());
    }

    @Test
    void aWrongChecksumIsNamedWithItsOffset() {
        SmbiosWriter writer = machine();
        byte[] entry = writer.entryPoint32(2, 8, 0x20);
        entry[6]++;
        broken(
                writer.dump(entry),
                WarningCode.SMBIOS_CHECKSUM,
                "DMI: offset 0x4: expected a checksum that makes the sum of the entry point 0, found another sum");
        byte[] intermediate = writer.entryPoint32(2, 8, 0x20);
        intermediate[0x1e]++;
        intermediate[4]--;
        broken(
                writer.dump(intermediate),
                WarningCode.SMBIOS_CHECKSUM,
                "DMI: offset 0x15: expected a checksum that makes the sum of the entry point 0, found another sum");
        byte[] wide = writer.entryPoint64(4096, 0x20);
        wide[8]++;
        broken(
                writer.dump(wide),
                WarningCode.SMBIOS_CHECKSUM,
                "DMI: offset 0x5: expected a checksum that makes the sum of the entry point 0, found another sum");
    }

    @Test
    void refusesAnEntryPointThatIsCutOrHasAnotherLength() {
        SmbiosWriter writer = machine();
        byte[] cut = Arrays.copyOf(writer.entryPoint64(4096, 0x20), 20);
        assertEquals(
                "DMI: offset 0x10: expected structure table address (8 bytes), found 4 bytes left",
                assertThrows(MalformedInputException.class, () -> read(cut, Strictness.LENIENT))
                        .getMessage());
        byte[] longer = writer.entryPoint32(2, 8, 0x20);
        longer[5] = 0x20;
        assertEquals(
                "DMI: offset 0x5: expected entry point length = 0x1f, found 0x20",
                assertThrows(MalformedInputException.class, () -> read(writer.dump(longer), Strictness.LENIENT))
                        .getMessage());
        byte[] anchor = writer.entryPoint32(2, 8, 0x20);
        anchor[0x10] = '-';
        assertEquals(
                "DMI: offset 0x10: expected intermediate anchor string = _DMI_, found 0x2d444d495f",
                assertThrows(MalformedInputException.class, () -> read(writer.dump(anchor), Strictness.LENIENT))
                        .getMessage());
    }

    @Test
    void countAndLengthOfA32BitEntryPointAreChecked() {
        SmbiosWriter more = machine();
        byte[] entry = more.entryPoint32(2, 8, 0x20);
        entry[0x1c] = 9;
        entry[0x15] -= 3;
        int end = 0x20 + more.table().length;
        broken(
                more.dump(entry),
                WarningCode.SMBIOS_BROKEN_STRUCTURE,
                "DMI: offset 0x" + Integer.toHexString(end)
                        + ": expected 9 structures, as the entry point says, found 6 structures");
        SmbiosWriter longer = machine();
        byte[] claim = longer.entryPoint32(2, 8, 0x20);
        int length = longer.table().length;
        claim[0x16] += 4;
        claim[0x15] -= 4;
        broken(
                longer.dump(claim),
                WarningCode.SMBIOS_BROKEN_STRUCTURE,
                "DMI: offset 0x" + Integer.toHexString(end) + ": expected a table of " + (length + 4)
                        + " bytes, as the entry point says, found " + length + " bytes");
    }

    @Test
    void aTableWithoutEndStructureIsUsedLeniently() {
        byte[] table = smbios().baseboard("v", "p").table();
        SmbiosTable read = broken(
                table,
                WarningCode.SMBIOS_NO_END,
                "DMI: offset 0xd: expected a structure of type 127, end of table, found the end of the table");
        assertEquals(Optional.of("v"), MachineIdentity.of(read).boardManufacturer());
    }

    @Test
    void bytesBehindTheEndStructureAreAFaultWithoutA64BitEntryPoint() {
        broken(
                smbios().end().raw(0, 0, 0).table(),
                WarningCode.SMBIOS_BROKEN_STRUCTURE,
                "DMI: offset 0x6: expected nothing behind the structure of type 127, found 3 bytes");
    }

    @Test
    void aLengthBelowFourEndsTheWalk() {
        byte[] table = smbios().baseboard("v", "p").raw(0, 0, 0, 5, 0, 6).table();
        SmbiosTable read = broken(
                table,
                WarningCode.SMBIOS_BROKEN_STRUCTURE,
                "DMI: offset 0xd: expected the length of a structure of type 0, at least 4, found length 0");
        assertEquals(1, read.structures().size());
        assertEquals(13, read.bytesUsed());
    }

    @Test
    void aStructureLongerThanTheTableEndsTheWalk() {
        SmbiosTable read = broken(
                smbios().baseboard("v", "p").raw(1, 27, 0, 0, 1).table(),
                WarningCode.SMBIOS_BROKEN_STRUCTURE,
                "DMI: offset 0xd: expected a structure of type 1 and length 27, found 5 bytes to the end of the table");
        assertEquals(1, read.structures().size());
    }

    @Test
    void stringsCutByTheEndOfTheTableStillCountLikeInTheStub() {
        byte[] whole = smbios().baseboard("v", "p").table();
        SmbiosTable read = broken(
                Arrays.copyOf(whole, whole.length - 2),
                WarningCode.SMBIOS_BROKEN_STRUCTURE,
                "DMI: offset 0x8: expected strings that end with two NUL bytes, found the end of the table");
        MachineIdentity machine = MachineIdentity.of(read);
        assertEquals(Optional.of("v"), machine.boardManufacturer());
        assertEquals(Optional.empty(), machine.boardProduct());
    }

    @Test
    void refusesWhatHasNotOneStructure() {
        for (Strictness strictness : Strictness.values()) {
            assertEquals(
                    "DMI: offset 0x0: expected an SMBIOS structure of at least 4 bytes, found the end of the data",
                    assertThrows(MalformedInputException.class, () -> read(new byte[0], strictness))
                            .getMessage());
            assertEquals(
                    "DMI: offset 0x0: expected an SMBIOS structure of at least 4 bytes, found 3 bytes",
                    assertThrows(MalformedInputException.class, () -> read(new byte[3], strictness))
                            .getMessage());
            MalformedInputException zeros =
                    assertThrows(MalformedInputException.class, () -> read(new byte[64], strictness));
            assertEquals(
                    "DMI: offset 0x0: expected the length of a structure of type 0, at least 4, found length 0",
                    zeros.getMessage());
            assertEquals(
                    "give /sys/firmware/dmi/tables/DMI, its folder, or a file made by `dmidecode --dump-bin`",
                    zeros.hint());
        }
    }

    @Test
    void refusesATableAboveTheLimit() {
        assertEquals(
                "DMI: offset 0x0: expected an SMBIOS table of at most 4194304 bytes, found 4194305 bytes",
                assertThrows(MalformedInputException.class, () -> read(new byte[(4 << 20) + 1], Strictness.LENIENT))
                        .getMessage());
    }

    @Test
    void stopsAtTheMostStructuresThatHandlesCanName() {
        SmbiosWriter writer = smbios();
        for (int i = 0; i <= 65536; i++) {
            writer.structure(200, new byte[0]);
        }
        SmbiosTable table = broken(
                writer.table(),
                WarningCode.SMBIOS_BROKEN_STRUCTURE,
                "DMI: offset 0x60000: expected at most 65536 structures, found one more");
        assertEquals(65536, table.structures().size());
    }

    @Test
    void theFirstStructureOfATypeCounts() {
        MachineIdentity machine = MachineIdentity.of(read(
                smbios().baseboard("first", "1").baseboard("second", "2").end().table(), Strictness.STRICT));
        assertEquals(Optional.of("first"), machine.boardManufacturer());
        assertEquals(Optional.of("1"), machine.boardProduct());
    }

    @Test
    void stringNumbersOfZeroAndBeyondTheLastMeanNoString() {
        MachineIdentity machine = MachineIdentity.of(read(
                smbios().structure(2, new byte[] {0, 3, 0, 0}, "a", "b").end().table(), Strictness.STRICT));
        assertEquals(Optional.empty(), machine.boardManufacturer());
        assertEquals(Optional.empty(), machine.boardProduct());
    }

    @Test
    void anEmptyFirstStringHidesThoseBehindIt() {
        byte[] table = smbios().raw(2, 8, 0, 0, 1, 2, 0, 0, 0, 'x', 0, 0).end().table();
        SmbiosTable read = read(table, Strictness.STRICT);
        assertEquals(List.of(), read.structures().get(0).strings());
        assertEquals(2, read.structures().size());
    }

    @Test
    void shortStructuresOfOldSpecificationsHaveTheirFieldsButNotForTheStub() {
        // Type 1 of SMBIOS 2.3 has 25 bytes: no SKU, no family. The stub wants 27 and takes nothing.
        byte[] fields = new byte[21];
        fields[0] = 1;
        fields[1] = 2;
        MachineIdentity machine = MachineIdentity.of(read(
                smbios().structure(1, fields, "ACME", "box")
                        .baseboard("b", "c")
                        .end()
                        .table(),
                Strictness.STRICT));
        assertEquals(Optional.of("ACME"), machine.manufacturer());
        assertEquals(true, machine.hiddenFromStub(IdentityField.MANUFACTURER));
        assertEquals(false, machine.hiddenFromStub(IdentityField.BOARD_PRODUCT));
        MachineIdentity silent = MachineIdentity.parse("board-vendor=b,board-name=c");
        assertEquals(
                Chids.of(silent, ChidMode.STUB).values(),
                Chids.of(machine, ChidMode.STUB).values());
        assertEquals(
                Chids.of(MachineIdentity.parse("manufacturer=ACME"), ChidMode.ANALYZE)
                        .value(ChidType.TYPE_14),
                Chids.of(machine, ChidMode.ANALYZE).value(ChidType.TYPE_14));
    }

    @Test
    void aBiosStructureWithoutReleaseHasNone() {
        MachineIdentity machine = MachineIdentity.of(
                read(smbios().structure(0, new byte[14], "v").end().table(), Strictness.STRICT));
        assertEquals(Optional.empty(), machine.biosMajor());
        assertEquals(Optional.empty(), machine.biosMinor());
    }

    @Test
    void bytesThatAreNotUtf8ArePassedOverAsInTheStub() {
        // 0xff alone; 0xe4 announces three bytes that are no sequence; c3 a9 is e with acute.
        byte[] table = smbios().raw(2, 8, 0, 0, 1, 2, 0, 0, 'a', 0xff, 'b', 0xe4, 'c', 'd', 'e', 0, 0xc3, 0xa9, 0, 0)
                .end()
                .table();
        assertEquals(
                List.of("abe", "\u00e9"),
                read(table, Strictness.STRICT).structures().get(0).strings());
    }

    @Test
    void readsFoldersWithAndWithoutEntryPointAndOfSysfsFields(@TempDir Path folder) throws IOException {
        SmbiosWriter writer = machine();
        Files.write(folder.resolve("DMI"), writer.table());
        MachineIdentity alone = MachineIdentity.read(folder);
        Files.write(folder.resolve("smbios_entry_point"), writer.entryPoint64(4096, 0x7f919000L));
        assertEquals(alone, MachineIdentity.read(folder));
        assertEquals(
                Optional.of("3.7"), SmbiosTable.read(folder, Strictness.STRICT).version());

        Path id = Files.createDirectory(folder.resolve("id"));
        Files.writeString(id.resolve("sys_vendor"), "QEMU\n");
        Files.writeString(id.resolve("product_sku"), "\n");
        Files.writeString(id.resolve("bios_release"), "2.25\n");
        Files.writeString(id.resolve("chassis_type"), "1\n");
        assertEquals(
                MachineIdentity.parse("manufacturer=QEMU,bios-release=2.25,enclosure=1"), MachineIdentity.read(id));
        Files.writeString(id.resolve("chassis_type"), "300\n");
        assertEquals(
                id.resolve("chassis_type") + ": offset 0x0: expected a value for enclosure-type, found 300",
                assertThrows(MalformedInputException.class, () -> MachineIdentity.read(id))
                        .getMessage());

        Path empty = Files.createDirectory(folder.resolve("empty"));
        assertEquals(
                empty + ": offset 0x0: expected a folder with a file DMI or sys_vendor, found neither",
                assertThrows(MalformedInputException.class, () -> MachineIdentity.read(empty))
                        .getMessage());
    }
}
