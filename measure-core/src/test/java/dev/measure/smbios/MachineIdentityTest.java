package dev.measure.smbios;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.measure.MalformedInputException;
import dev.measure.Source;
import java.util.Optional;
import org.junit.jupiter.api.Test;

final class MachineIdentityTest {
    private static final String KNOWN = "manufacturer, family, product, sku, board-manufacturer, board-product,"
            + " bios-vendor, bios-version, bios-major, bios-minor, enclosure-type, panel, version, serial, uuid,"
            + " bios-release";

    private static String refusal(String text) {
        return assertThrows(IllegalArgumentException.class, () -> MachineIdentity.parse(text))
                .getMessage();
    }

    @Test
    void spellingsOfOtherToolsAreTheSameField() {
        MachineIdentity expected =
                MachineIdentity.parse("manufacturer=a,sku=b,board-product=c,bios-major=2,bios-minor=25");
        // systemd-analyze chid, fwupd, sysfs, dmidecode.
        assertEquals(
                expected,
                MachineIdentity.parse("manufacturer=a,product-sku=b,baseboard-product=c,bios-major=2,bios-minor=25"));
        assertEquals(
                expected,
                MachineIdentity.parse(
                        "Manufacturer=a,ProductSku=b,BaseboardProduct=c,BiosMajorRelease=2,BiosMinorRelease=25"));
        assertEquals(expected, MachineIdentity.parse("sys_vendor=a,product_sku=b,board_name=c,bios_release=2.25"));
        assertEquals(
                expected,
                MachineIdentity.parse(
                        "system-manufacturer=a, SKU Number=b,BIOS Revision=2.25,baseboard-product-name=c"));
    }

    @Test
    void commasInValuesNeedABackslashOnlyBeforeAKey() {
        MachineIdentity machine =
                MachineIdentity.parse("product=Standard PC (Q35 + ICH9, 2009),manufacturer=VMware, Inc.");
        assertEquals(Optional.of("Standard PC (Q35 + ICH9, 2009)"), machine.product());
        assertEquals(Optional.of("VMware, Inc."), machine.manufacturer());
        assertEquals(
                Optional.of("a,sku=b\\c=d"),
                MachineIdentity.parse("product=a\\,sku=b\\\\c=d").product());
        assertEquals(
                Optional.of(" two "),
                MachineIdentity.parse("product= two ,sku=1").product());
    }

    @Test
    void whatItPrintsItReads() {
        MachineIdentity machine = MachineIdentity.parse(
                "manufacturer=a\\,b\\\\,product= c=d ,enclosure=Notebook,uuid=A35AE32B-ED0A-49A4-9DBB-EECF21F88AAB");
        assertEquals(
                "manufacturer=a\\,b\\\\,product= c=d ,enclosure-type=10,uuid=a35ae32b-ed0a-49a4-9dbb-eecf21f88aab",
                machine.toString());
        assertEquals(machine, MachineIdentity.parse(machine.toString()));
    }

    @Test
    void anEmptyValueIsAMissingField() {
        assertEquals(MachineIdentity.parse("manufacturer=a"), MachineIdentity.parse("manufacturer=a,sku=,family="));
    }

    @Test
    void anUnknownKeyIsRefusedWithNearOnesAndAll() {
        assertEquals(
                "unknown machine field manufacurer; did you mean manufacturer? (known: " + KNOWN + ")",
                refusal("manufacurer=QEMU"));
        assertEquals("unknown machine field colour (known: " + KNOWN + ")", refusal("manufacturer=QEMU,colour=red"));
    }

    @Test
    void refusesATableThatSaysNothingOfTheMachine() {
        byte[] endOfTable = {127, 4, 0, 0, 0, 0};
        assertEquals(
                "t: offset 0x0: expected an SMBIOS table that says who the machine is, in structures of type 0 to 3,"
                        + " found 1 structures that do not",
                assertThrows(MalformedInputException.class, () -> MachineIdentity.read(Source.of("t", endOfTable)))
                        .getMessage());
    }

    @Test
    void refusesFieldsWithoutValueTwiceOrOfTheWrongKind() {
        assertEquals("machine field QEMU: expected key=value (known keys: " + KNOWN + ")", refusal("QEMU"));
        assertEquals(
                "machine field product: expected key=value (known keys: " + KNOWN + ")",
                refusal("manufacturer=QEMU,product"));
        assertEquals("machine field sys_vendor: given twice", refusal("manufacturer=QEMU,sys_vendor=QEMU"));
        assertEquals("machine field bios-release: given twice", refusal("bios-major=1,bios-release=1.2"));
        assertEquals("bios-major: expected a decimal number from 0 to 255, found 256", refusal("bios-major=256"));
        assertEquals("enclosure-type: expected a decimal number from 0 to 255, found sofa", refusal("enclosure=sofa"));
        assertEquals("bios-release: expected MAJOR.MINOR, found 2", refusal("bios-release=2"));
        assertEquals(
                "uuid: expected the form 8-4-4-4-12 hexadecimal digits, found 1-2-3-4-5", refusal("uuid=1-2-3-4-5"));
        assertEquals("manufacturer: a NUL cannot be in an SMBIOS string", refusal("manufacturer=a\0"));
    }
}
