package dev.measure.uefi;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.measure.MalformedInputException;
import dev.measure.Source;
import dev.measure.vectors.Shared;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** A disk made by sgdisk: partitions 1 and 3 are used, 2 is empty. */
final class GuidPartitionTableTest {
    private static Optional<byte[]> sectors() throws IOException {
        Optional<Path> file = Shared.file("vectors/tpm/gpt.first-34-sectors.bin");
        return file.isEmpty() ? Optional.empty() : Optional.of(Files.readAllBytes(file.get()));
    }

    @Test
    void makesTheEventDataOfFirmware() throws IOException {
        Optional<byte[]> disk = sectors();
        if (disk.isPresent()) {
            byte[] expected = Files.readAllBytes(
                    Shared.file("vectors/tpm/gpt.eventdata.bin").orElseThrow());
            GuidPartitionTable table = GuidPartitionTable.read(Source.of("disk", disk.get()));
            assertArrayEquals(expected, table.eventData());
            GptEventData logged = GptEventData.read(Source.of("event", expected));
            assertEquals(2, logged.partitions().size());
            assertEquals(table.header().diskGuid(), logged.header().diskGuid());
        }
    }

    @Test
    void refusesAHeaderThatItsCheckSumDoesNotFit() throws IOException {
        Optional<byte[]> disk = sectors();
        if (disk.isPresent()) {
            disk.get()[512 + 56] ^= 1; // the disk's GUID
            MalformedInputException refused = assertThrows(
                    MalformedInputException.class, () -> GuidPartitionTable.read(Source.of("disk", disk.get())));
            assertEquals(512 + 16, refused.offset());
        }
    }

    @Test
    void refusesEntriesThatTheirCheckSumDoesNotFit() throws IOException {
        Optional<byte[]> disk = sectors();
        if (disk.isPresent()) {
            disk.get()[1024 + 127] ^= 1;
            MalformedInputException refused = assertThrows(
                    MalformedInputException.class, () -> GuidPartitionTable.read(Source.of("disk", disk.get())));
            assertEquals(512 + 88, refused.offset());
        }
    }

    @Test
    void refusesADiskWithoutATable() {
        MalformedInputException refused = assertThrows(
                MalformedInputException.class, () -> GuidPartitionTable.read(Source.of("disk", new byte[8192])));
        assertEquals("disk: offset 0x200: expected \"EFI PART\" at LBA 1, found something else", refused.getMessage());
    }
}
