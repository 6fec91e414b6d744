package dev.measure.smbios;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.measure.MalformedInputException;
import dev.measure.Source;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.UUID;
import org.junit.jupiter.api.Test;

final class DmidecodeTextTest {
    private static Source source(String text) {
        return Source.of("dmi.txt", text.getBytes(StandardCharsets.UTF_8));
    }

    private static MachineIdentity machine(String text) {
        return MachineIdentity.read(source(text));
    }

    @Test
    void readsSectionsWithHandles() {
        MachineIdentity machine = machine("""
                # dmidecode 3.4
                SMBIOS 2.8 present.

                Handle 0x0000, DMI type 0, 24 bytes
                BIOS Information
                \tVendor: EDK II
                \tVersion: 2026.08
                \tCharacteristics:
                \t\tVendor: not this one
                \tBIOS Revision: 2.25
                \tFirmware Revision: 1.6

                Handle 0x0100, DMI type 1, 27 bytes
                System Information
                \tManufacturer: QEMU
                \tProduct Name:  two blanks: kept \s
                \tSKU Number: Not Specified
                \tFamily: <BAD INDEX>
                \tUUID: A35AE32B-ed0a-49a4-9dbb-eecf21f88aab

                Handle 0x0300, DMI type 3, 22 bytes
                Chassis Information
                \tType: Rack Mount Chassis
                \tLock: Present
                """);
        assertEquals(Optional.of("EDK II"), machine.biosVendor());
        assertEquals(Optional.of("2026.08"), machine.biosVersion());
        assertEquals(Optional.of(2), machine.biosMajor());
        assertEquals(Optional.of(25), machine.biosMinor());
        assertEquals(Optional.of(" two blanks: kept  "), machine.product());
        assertEquals(Optional.empty(), machine.sku());
        assertEquals(Optional.empty(), machine.family());
        assertEquals(Optional.of(UUID.fromString("a35ae32b-ed0a-49a4-9dbb-eecf21f88aab")), machine.uuid());
        assertEquals(Optional.of(0x97), machine.enclosureType());
    }

    @Test
    void readsTheFormOfVersion2AndOfQuietOutput() {
        MachineIdentity expected = MachineIdentity.parse("manufacturer=HP,product=ProLiant BL685c G1");
        assertEquals(
                expected,
                machine("Handle 0x0100\n\tDMI type 1, 27 bytes.\n\tSystem Information\n"
                        + "\t\tManufacturer: HP\n\t\tProduct Name: ProLiant BL685c G1\n"
                        + "Handle 0x0200\n\tDMI type 17, 27 bytes.\n\tMemory Device\n\t\tManufacturer: other\n"));
        assertEquals(
                expected,
                machine("System Information\r\n\tManufacturer: HP\r\n"
                        + "\tProduct Name: ProLiant BL685c G1\r\n\r\nMemory Device\r\n\tManufacturer: other\r\n"));
    }

    @Test
    void theFirstSectionAndTheFirstLineCount() {
        assertEquals(
                MachineIdentity.parse("manufacturer=first"),
                machine("System Information\n\tManufacturer: first\n\tManufacturer: again\n\n"
                        + "System Information\n\tManufacturer: second\n"));
    }

    @Test
    void theNumberOfTheStructureCountsAboveItsTitle() {
        assertEquals(
                MachineIdentity.parse("manufacturer=QEMU"),
                machine("Handle 0x0001, DMI type 1, 27 bytes\nSysteminformationen\n\tManufacturer: QEMU\n"));
    }

    @Test
    void wordsForMissingUuidsAreThoseUuids() {
        assertEquals(
                Optional.of(new UUID(0, 0)),
                machine("System Information\n\tUUID: Not Settable\n").uuid());
        assertEquals(
                Optional.of(new UUID(-1, -1)),
                machine("System Information\n\tUUID: Not Present\n").uuid());
        assertEquals(
                Optional.empty(), machine("System Information\n\tUUID: --\n").uuid());
    }

    @Test
    void readsOtherNamesOfTheRelease() {
        assertEquals(
                Optional.of(8), machine("BIOS Information\n\tRelease: 8.16\n").biosMajor());
        assertEquals(
                Optional.of(16),
                machine("BIOS Information\n\tPlatform Firmware Revision: 8.16\n")
                        .biosMinor());
        assertEquals(
                Optional.empty(),
                machine("BIOS Information\n\tBIOS Revision: 8\n").biosMajor());
        assertEquals(
                Optional.empty(),
                machine("BIOS Information\n\tBIOS Revision: 8.300\n").biosMajor());
    }

    @Test
    void aShortSystemStructureIsHiddenFromTheStub() {
        MachineIdentity machine =
                machine("Handle 0x0001, DMI type 1, 25 bytes\nSystem Information\n\tManufacturer: Old\n");
        assertEquals(true, machine.hiddenFromStub(IdentityField.MANUFACTURER));
    }

    @Test
    void refusesTextOfSomethingElse() {
        for (String text :
                new String[] {"", "# dmidecode 3.4\n# No SMBIOS nor DMI entry point found, sorry.\n", "hello\n"}) {
            MalformedInputException e = assertThrows(MalformedInputException.class, () -> machine(text));
            assertEquals(
                    "dmi.txt: offset 0x0: expected text of dmidecode, such as `System Information`, found "
                            + (text.isEmpty() ? "the end of the data" : "other text"),
                    e.getMessage());
            assertEquals("run `dmidecode` as root, or give /sys/firmware/dmi/tables/DMI", e.hint());
        }
        assertEquals(
                "dmi.txt: offset 0x5: expected text, found a NUL byte",
                assertThrows(MalformedInputException.class, () -> DmidecodeText.read(source("hello\0")))
                        .getMessage());
    }
}
