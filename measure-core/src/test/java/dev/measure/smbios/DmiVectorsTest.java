package dev.measure.smbios;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.measure.MalformedInputException;
import dev.measure.Source;
import dev.measure.Strictness;
import dev.measure.Warning;
import dev.measure.WarningCode;
import dev.measure.vectors.Shared;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;
import java.util.UUID;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** Tables, entry points and texts of real machines against the facts that an independent script found in them. */
final class DmiVectorsTest {
    private static final String FOLDER = "vectors/formats/dmi/";

    @TestFactory
    List<DynamicTest> everyFileHasTheFactsOfTheIndex() throws IOException {
        List<DynamicTest> tests = new ArrayList<>();
        Optional<Path> index = Shared.file(FOLDER + "index.json");
        if (index.isEmpty()) {
            return tests;
        }
        for (JsonNode entry : new ObjectMapper().readTree(index.get().toFile()).get("files")) {
            String file = entry.get("file").asText();
            Path path = index.get().resolveSibling(file);
            JsonNode facts = entry.get("facts");
            if (facts.has("structures")) {
                tests.add(dynamicTest(file, () -> checkTable(path, facts)));
            } else if (facts.has("bios_vendor")) {
                tests.add(dynamicTest(file, () -> checkText(path, facts)));
            } else if (file.endsWith("/DMI")) {
                tests.add(dynamicTest(file, () -> checkPair(path)));
            } else if (file.endsWith("/smbios_entry_point")) {
                tests.add(dynamicTest(file, () -> checkEntryPointAlone(path)));
            }
        }
        assertTrue(tests.size() >= 40, "too few files in the index");
        return tests;
    }

    private static void checkTable(Path path, JsonNode facts) throws IOException {
        SmbiosTable table = SmbiosTable.read(path, Strictness.LENIENT);
        if (table.version().isPresent() && !facts.has("smbios")) {
            checkMislabelledDump(table);
            return;
        }
        assertEquals(facts.get("structures").asInt(), table.structures().size());
        assertEquals(facts.get("bytes_used").asLong(), table.bytesUsed());
        TreeMap<String, Integer> types = new TreeMap<>();
        table.structures().forEach(s -> types.merge(Integer.toString(s.type()), 1, Integer::sum));
        TreeMap<String, Integer> expected = new TreeMap<>();
        facts.get("types")
                .properties()
                .forEach(t -> expected.put(t.getKey(), t.getValue().asInt()));
        assertEquals(expected, types);
        if (facts.has("smbios")) {
            assertTrue(facts.get("smbios").asText().startsWith(table.version().orElseThrow()));
            assertEquals(
                    facts.get("checksum_ok").asBoolean(),
                    table.warnings().stream().noneMatch(w -> w.code() == WarningCode.SMBIOS_CHECKSUM));
        }
        if (facts.has("oem_strings")) {
            List<String> strings = new ArrayList<>();
            facts.get("oem_strings").forEach(s -> strings.add(s.asText()));
            assertEquals(strings, table.oemStrings());
        }
        MachineIdentity machine = MachineIdentity.read(path);
        assertEquals(text(facts, "bios", "vendor"), machine.biosVendor());
        assertEquals(text(facts, "bios", "version"), machine.biosVersion());
        assertEquals(text(facts, "system", "manufacturer"), machine.manufacturer());
        assertEquals(text(facts, "system", "product"), machine.product());
        assertEquals(text(facts, "system", "version"), machine.version());
        assertEquals(text(facts, "system", "serial"), machine.serial());
        assertEquals(text(facts, "system", "sku"), machine.sku());
        assertEquals(text(facts, "system", "family"), machine.family());
        assertEquals(text(facts, "system", "uuid").map(UUID::fromString), machine.uuid());
        assertEquals(text(facts, "baseboard", "manufacturer"), machine.boardManufacturer());
        assertEquals(text(facts, "baseboard", "product"), machine.boardProduct());
        assertEquals(Optional.of(facts.at("/enclosure/type").asInt()), machine.enclosureType());
    }

    /**
     * The index takes Beelink-EQ12.dmi for a bare table, so its facts have the entry point as a structure of type 95 that swallows
     * the one of type 0. The values here are of `dmidecode --from-dump Beelink-EQ12.dmi`, version 3.4.
     */
    private static void checkMislabelledDump(SmbiosTable table) {
        assertEquals(Optional.of("3.5"), table.version());
        assertEquals(72, table.structures().size());
        assertEquals(
                "bios-vendor=American Megatrends International\\, LLC.,bios-version=N95V106,bios-major=5,bios-minor=26,"
                        + "enclosure-type=3,version=Default string,serial=BN1004GH10075,"
                        + "uuid=03000200-0400-0500-0006-000700080009",
                MachineIdentity.of(table).toString().replaceFirst("^.*(?=bios-vendor)", ""));
        assertEquals(
                List.of(WarningCode.SMBIOS_NO_END),
                table.warnings().stream().map(Warning::code).toList());
    }

    private static Optional<String> text(JsonNode facts, String structure, String field) {
        JsonNode value = facts.path(structure).path(field);
        return value.isTextual() ? Optional.of(value.asText()) : Optional.empty();
    }

    private static void checkText(Path path, JsonNode facts) throws IOException {
        MachineIdentity machine = MachineIdentity.read(path);
        assertEquals(printed(facts, "bios_vendor"), machine.biosVendor());
        assertEquals(printed(facts, "manufacturer"), machine.manufacturer());
        assertEquals(printed(facts, "product"), machine.product());
        if (facts.has("version")) {
            assertEquals(printed(facts, "version"), machine.version());
        }
        if (facts.has("bios_version")) {
            assertEquals(printed(facts, "bios_version"), machine.biosVersion());
            assertEquals(printed(facts, "uuid").map(UUID::fromString), machine.uuid());
        }
    }

    /** The facts were cut by a regular expression, so a missing string is there as dmidecode's words for it. */
    private static Optional<String> printed(JsonNode facts, String field) {
        return Optional.of(facts.get(field))
                .filter(JsonNode::isTextual)
                .map(JsonNode::asText)
                .filter(text -> !text.equals("Not Specified"));
    }

    /** The pair of files, the folder and the dump that they were cut from are one machine. */
    private static void checkPair(Path table) throws IOException {
        Path folder = table.getParent();
        Path dump = folder.resolveSibling(folder.getFileName() + ".bin");
        MachineIdentity expected = MachineIdentity.of(SmbiosTable.read(Source.open(dump), Strictness.STRICT));
        assertEquals(expected, MachineIdentity.of(SmbiosTable.read(folder, Strictness.STRICT)));
        assertEquals(expected, MachineIdentity.read(folder));
        assertEquals(expected, MachineIdentity.read(table));
    }

    private static void checkEntryPointAlone(Path path) throws IOException {
        try (Source source = Source.open("smbios_entry_point", path)) {
            MalformedInputException e =
                    Assertions.assertThrows(MalformedInputException.class, () -> MachineIdentity.read(source));
            assertEquals(
                    "smbios_entry_point: offset 0x0: expected an entry point whose table is in the same file, at an offset below 0x"
                            + Long.toHexString(source.length()) + ", found table address 0x20",
                    e.getMessage());
        }
    }

    @TestFactory
    Stream<DynamicTest> theTablesOfRecordedBootsAreWholeAndAreQemus() throws IOException {
        Optional<Path> folder = Shared.file("vectors/boots");
        if (folder.isEmpty()) {
            return Stream.empty();
        }
        List<Path> tables;
        try (Stream<Path> boots = Files.list(folder.get())) {
            tables = boots.map(boot -> boot.resolve("smbios-table.bin"))
                    .filter(Files::exists)
                    .sorted()
                    .toList();
        }
        assertTrue(tables.size() >= 40);
        return tables.stream()
                .map(table -> dynamicTest(table.getParent().getFileName().toString(), () -> {
                    SmbiosTable read = SmbiosTable.read(table, Strictness.STRICT);
                    assertEquals(Files.size(table), read.bytesUsed());
                    assertEquals(
                            127,
                            read.structures().get(read.structures().size() - 1).type());
                    assertTrue(read.first(1).isPresent());
                }));
    }

    @TestFactory
    Stream<DynamicTest> aBootThatSelectedItsFirmwareByType9HasThatChid() throws IOException {
        return Shared.file("vectors/boots/c-v262-efifw-fw2026.08/smbios-table.bin").stream()
                .map(table -> dynamicTest(
                        "c-v262-efifw-fw2026.08",
                        () -> assertEquals(
                                Optional.of(UUID.fromString("817fca52-ae83-52f5-8642-9497f79d49d0")),
                                Chids.of(MachineIdentity.read(table), ChidMode.STUB)
                                        .value(ChidType.TYPE_9))));
    }
}
