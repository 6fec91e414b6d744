package dev.measure.uefi;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import dev.measure.MalformedInputException;
import dev.measure.Source;
import dev.measure.vectors.Shared;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.apache.commons.codec.DecoderException;
import org.apache.commons.codec.binary.Hex;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** Texts of the examples in UEFI 2.10, section 10.6, of efivar, and of boot options on real machines. */
final class DevicePathTest {
    private static String text(String hex) {
        try {
            return DevicePath.read(Source.of("path", Hex.decodeHex(hex))).text();
        } catch (DecoderException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void writesTheNodesOfVirtualMachines() {
        String root = "02010c00d041030a00000000";
        assertEquals(
                "PciRoot(0x0)/Pci(0x1f,0x2)/Sata(0x0,0xffff,0x0)",
                text(root + "01010600021f" + "03120a000000ffff0000" + "7fff0400"));
        assertEquals(
                "PciRoot(0x0)/Pci(0x4,0x0)/NVMe(0x1,00-00-00-00-00-00-00-00)",
                text(root + "010106000004" + "03171000010000000000000000000000" + "7fff0400"));
        assertEquals(
                "Fv(7cb8bdc9-f8eb-4f34-aaea-3ee4af6516a1)/FvFile(462caa21-7614-4503-836e-8ab6f4662331)",
                text("04071400c9bdb87cebf8344faaea3ee4af6516a1" + "0406140021aa2c4614760345836e8ab6f4662331"
                        + "7fff0400"));
    }

    @Test
    void writesADiskAndAFile() {
        assertEquals(
                "HD(1,GPT,927f5841-dc54-4ff4-821c-d29b59c48ab1,0x800,0x1ff800)/\\EFI\\FEDORA\\SHIMX64.EFI",
                text("04012a0001000000000800000000000000f81f000000000041587f9254dcf44f821cd29b59c48ab10202"
                        + "040434005c004500460049005c004600450044004f00520041005c005300480049004d005800360034002e0045"
                        + "0046004900" + "00007fff0400"));
    }

    @Test
    void writesTwoPathsWithAComma() {
        assertEquals("Ctrl(0x1),Ctrl(0x2)", text("0105080001000000" + "7f010400" + "0105080002000000" + "7fff0400"));
    }

    @Test
    void writesUnknownNodesAndShortOnesAsBytes() {
        assertEquals("Path(9,8,0102)", text("09080600" + "0102" + "7fff0400"));
        assertEquals("Path(1,1)", text("01010400" + "7fff0400"));
    }

    @Test
    void refusesANodeThatEndsBeforeItsHeader() {
        MalformedInputException refused = assertThrows(MalformedInputException.class, () -> text("01010300"));
        assertEquals("path: offset 0x2: expected device path node Length of 4..4, found 3", refused.getMessage());
    }

    /** The same events printed by tpm2_eventlog with efivar and without; efivar writes some nodes in another way than UEFI. */
    @TestFactory
    List<DynamicTest> agreesWithEfivar() throws IOException {
        List<DynamicTest> tests = new ArrayList<>();
        for (String log :
                List.of("event-arch-linux", "event-bootorder", "event-gce-ubuntu-2104-log", "event-postcode")) {
            Optional<Path> raw = fixture("event-raw", log);
            Optional<Path> pretty = fixture("event-pretty-39", log);
            if (raw.isPresent() && pretty.isPresent()) {
                List<String> bytes = paths(raw.get());
                List<String> texts = paths(pretty.get());
                assertEquals(bytes.size(), texts.size());
                for (int i = 0; i < texts.size(); i++) {
                    String expected = texts.get(i);
                    String hex = bytes.get(i);
                    if (expected.matches("[^']*\\(.*") && hex.matches("[0-9a-f]+")) {
                        tests.add(dynamicTest(
                                log + " " + expected, () -> assertEquals(asUefi(expected), text(untilItsEnd(hex)))));
                    }
                }
            }
        }
        return tests;
    }

    private static Optional<Path> fixture(String folder, String log) {
        return Shared.file("vectors/tpm/eventlogs/tpm2-tools/fixtures/" + folder + "/" + log + ".bin.yaml");
    }

    private static List<String> paths(Path yaml) throws IOException {
        return Files.readString(yaml)
                .lines()
                .filter(line -> line.contains(" DevicePath:"))
                .map(line -> line.replaceAll(".*DevicePath: '(.*)'", "$1"))
                .toList();
    }

    /** In a boot variable the tool goes on with the optional data. */
    private static String untilItsEnd(String hex) {
        return hex.replaceAll("7fff0400.*", "7fff0400");
    }

    private static String asUefi(String efivar) {
        return efivar.replace("FvVol(", "Fv(")
                .replaceAll("File\\((\\\\[^)]*)\\)", "$1")
                .replace("MAC(0cc47aff601c,1)/IPv4(0.0.0.0,0,", "MAC(0cc47aff601c,0x1)/IPv4(0.0.0.0,0x0,")
                .replace("SCSI(1,0)", "Scsi(0x1,0x0)")
                .replace("Sata(1,65535,0)", "Sata(0x1,0xffff,0x0)");
    }
}
