package dev.measure.uki;

import static dev.measure.vectors.HwidsWriter.hwids;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.measure.MalformedInputException;
import dev.measure.Source;
import dev.measure.vectors.HwidsWriter;
import dev.measure.vectors.Shared;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

class HardwareIdsTest {
    private static final UUID A = UUID.fromString("817fca52-ae83-52f5-8642-9497f79d49d0");

    private static final UUID B = UUID.fromString("d6eb81a1-827a-5c99-bcaf-2e34844bfc14");

    private static HardwareIds read(byte[] section) {
        return HardwareIds.read(Source.of("x.efi", section));
    }

    private static void refuses(String message, byte[] section) {
        MalformedInputException e = assertThrows(MalformedInputException.class, () -> read(section));
        assertEquals("x.efi: " + message, e.getMessage());
    }

    @TestFactory
    Stream<DynamicTest> readsAndWritesTheTablesOfUkify() throws IOException {
        Optional<Path> vectors = Shared.file("vectors/fuki/hwids.json");
        if (vectors.isEmpty()) {
            return Stream.empty();
        }
        List<DynamicTest> tests = new ArrayList<>();
        for (JsonNode vector : new ObjectMapper().readTree(vectors.get().toFile())) {
            tests.add(dynamicTest(vector.get("sha256").asText(), () -> {
                byte[] section =
                        HexFormat.of().parseHex(vector.get("sectionHex").asText());
                List<HardwareId> entries = read(section).entries();
                assertEquals(vector.get("decoded").size(), entries.size());
                HwidsWriter writer = hwids();
                for (int i = 0; i < entries.size(); i++) {
                    JsonNode expected = vector.get("decoded").get(i);
                    same(expected, entries.get(i), 28L * i);
                    UUID chid = UUID.fromString(expected.get("chid").asText());
                    String name = expected.get("name").asText();
                    String value = expected.get("value").asText();
                    if (expected.get("type").asText().equals("uefi-fw")) {
                        writer.firmware(chid, name, value);
                    } else {
                        writer.devicetree(chid, name, value);
                    }
                }
                assertArrayEquals(section, writer.build());
            }));
        }
        return tests.stream();
    }

    static void same(JsonNode expected, HardwareId entry, long offset) {
        assertEquals(offset, entry.offset());
        assertEquals(expected.get("descriptor").asText(), String.format("0x%08x", entry.descriptor()));
        assertEquals(expected.get("type").asText(), entry.type().orElseThrow().id());
        assertEquals(expected.get("chid").asText(), entry.chid().toString());
        assertEquals(expected.get("nameOffset").asLong(), entry.nameOffset());
        assertEquals(expected.get("name").asText(), entry.name().orElseThrow());
        assertEquals(expected.get("valueOffset").asLong(), entry.valueOffset());
        assertEquals(expected.get("value").asText(), entry.value().orElseThrow());
    }

    @Test
    void stopsAtADescriptorOfZero() {
        byte[] section = hwids().firmware(A, "n", "f")
                .firmware(B, "n", "f")
                .descriptor(0)
                .build();
        assertEquals(1, read(section).entries().size());
    }

    @Test
    void doesNotReadAnEntryThatEndsWithTheSection() {
        byte[] two = Arrays.copyOf(
                hwids().firmware(A, "n", "f")
                        .nameOffset(0)
                        .valueOffset(0)
                        .firmware(B, "n", "f")
                        .nameOffset(0)
                        .valueOffset(0)
                        .withoutEnd()
                        .build(),
                57);
        assertEquals(2, read(two).entries().size());
        assertEquals(1, read(Arrays.copyOf(two, 56)).entries().size());
        assertEquals(0, read(Arrays.copyOf(two, 28)).entries().size());
        assertEquals(0, read(new byte[0]).entries().size());
    }

    @Test
    void takesAnOffsetOfZeroForNoString() {
        HardwareId entry = read(hwids().firmware(A, "n", "f")
                        .nameOffset(0)
                        .valueOffset(0)
                        .build())
                .entries()
                .get(0);
        assertEquals(Optional.empty(), entry.name());
        assertEquals(Optional.empty(), entry.value());
    }

    @Test
    void listsUnknownTypesAndSaysThatTheStubRefusesTheTable() {
        HardwareIds table = read(hwids().firmware(A, "n", "f")
                .firmware(B, "n", "f")
                .descriptor(0x3000001cL)
                .build());
        assertEquals(2, table.entries().size());
        assertEquals(Optional.empty(), table.entries().get(1).type());
        assertEquals(Optional.of("entry 1 at offset 0x1c has the unknown type 3"), table.refusal());
        assertEquals(List.of(), table.firmwareEntries());
    }

    @Test
    void takesTheTypeFromTheTopFourBitsOnly() {
        HardwareId entry = read(hwids().firmware(A, "n", "f")
                        .descriptor(0x20000000L)
                        .build())
                .entries()
                .get(0);
        assertEquals(Optional.of(DeviceType.UEFI_FIRMWARE), entry.type());
        assertEquals(Optional.of("f"), entry.value());
    }

    @Test
    void refusesStringsOutsideTheSection() {
        refuses(
                "offset 0x14: expected name offset inside the section of 60 bytes, found 0x0000003c",
                hwids().firmware(A, "n", "f").nameOffset(60).build());
        refuses(
                "offset 0x18: expected compatible or fwid offset inside the section of 60 bytes, found 0xffffffff",
                hwids().firmware(A, "n", "f").valueOffset(-1).build());
        refuses(
                "offset 0x3c: expected a NUL at the end of compatible or fwid, at most 4096 bytes on, found the end of the"
                        + " section",
                hwids().firmware(A, "n", "f")
                        .valueOffset(60)
                        .trailing(new byte[] {1, 2})
                        .build());
        byte[] endless = new byte[5000];
        Arrays.fill(endless, (byte) 'x');
        refuses(
                "offset 0x3c: expected a NUL at the end of name, at most 4096 bytes on, found none",
                hwids().firmware(A, "n", "f").nameOffset(60).trailing(endless).build());
    }

    @Test
    void refusesATableOfMoreThanOneMebibyte() {
        refuses(
                "offset 0x0: expected a .hwids section of at most 1048576 bytes, found 1048577 bytes",
                new byte[(1 << 20) + 1]);
    }
}
