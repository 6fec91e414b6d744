package dev.measure.smbios;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.measure.Source;
import dev.measure.Strictness;
import dev.measure.vectors.Shared;
import dev.measure.vectors.SmbiosWriter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

/**
 * The table as this project reads it against the table as dmidecode prints it, for every table that is here. Agreed with
 * dmidecode 3.4 of Debian 12, {@code dmidecode --from-dump FILE}, on all of them; runs where a dmidecode is installed.
 */
final class DmidecodeCrossCheckTest {
    @TempDir
    static Path temporary;

    @TestFactory
    List<DynamicTest> realTables() throws IOException {
        List<DynamicTest> tests = new ArrayList<>();
        Optional<Path> index = Shared.file("vectors/formats/dmi/index.json");
        if (index.isEmpty() || !installed()) {
            return tests;
        }
        for (JsonNode entry : new ObjectMapper().readTree(index.get().toFile()).get("files")) {
            String file = entry.get("file").asText();
            if (file.endsWith(".dmi") || file.endsWith(".bin")) {
                tests.add(dynamicTest(
                        file, () -> check(Files.readAllBytes(index.get().resolveSibling(file)))));
            }
        }
        try (var boots = Files.newDirectoryStream(Shared.file("vectors/boots").orElseThrow(), "*-*")) {
            for (Path boot : boots) {
                Path table = boot.resolve("smbios-table.bin");
                if (Files.exists(table)) {
                    tests.add(dynamicTest(boot.getFileName().toString(), () -> check(Files.readAllBytes(table))));
                }
            }
        }
        return tests;
    }

    @Test
    void everyEnclosureTypeHasTheWordThatDmidecodePrints() throws IOException {
        if (!installed()) {
            return;
        }
        for (int type = 1; type <= 36; type++) {
            check(SmbiosWriter.smbios().enclosure(type).enclosure(1).end().table());
            check(SmbiosWriter.smbios().enclosure(0x80 | type).end().table());
        }
    }

    private static void check(byte[] bytes) throws IOException {
        byte[] dump = bytes;
        if (bytes[0] != '_') {
            byte[] entryPoint = SmbiosWriter.smbios().entryPoint64(bytes.length, 0x20);
            dump = Arrays.copyOf(entryPoint, 0x20 + bytes.length);
            System.arraycopy(bytes, 0, dump, 0x20, bytes.length);
        }
        Path file = Files.write(temporary.resolve("dump.bin"), dump);
        Process process = new ProcessBuilder("dmidecode", "--from-dump", file.toString())
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start();
        DmidecodeText text = DmidecodeText.read(Source.read("dmidecode", process.getInputStream()));
        SmbiosTable table = SmbiosTable.read(file, Strictness.LENIENT);
        assertEquals(MachineIdentity.of(table), MachineIdentity.of(text));
        assertEquals(table.structures().size(), text.structureCount());
        assertEquals(table.oemStrings(), text.oemStrings());
    }

    private static boolean installed() throws IOException {
        for (String folder : (System.getenv("PATH") + ":/usr/sbin").split(":")) {
            if (Files.isExecutable(Path.of(folder, "dmidecode"))) {
                return true;
            }
        }
        System.out.println("SKIPPED: dmidecode is not here");
        return false;
    }
}
