package dev.measure.uki;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.measure.Digest;
import dev.measure.DigestAlgorithm;
import dev.measure.Source;
import dev.measure.pe.PeImage;
import dev.measure.vectors.EfifwWriter;
import dev.measure.vectors.PeWriter;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The lines that the package tours of dev.measure.pe and dev.measure.uki begin with. */
class TourTest {
    @Test
    void doesWhatTheToursSay(@TempDir Path folder) throws IOException {
        Path path = PeWriter.stub("262.1")
                .section(".linux", "k")
                .section(".efifw", EfifwWriter.efifw().fwid("amdsev").build())
                .writeTo(folder.resolve("linux.efi"));
        List<String> printed = new ArrayList<>();
        try (Source file = Source.open("linux.efi", path)) {
            PeImage image = PeImage.read(file);
            Digest pcr4 = image.authenticode(List.of(DigestAlgorithm.SHA256)).get(DigestAlgorithm.SHA256);
            assertEquals(64, pcr4.hex().length());
            Uki uki = Uki.read(file);
            for (UkiFirmware firmware : uki.firmwares()) {
                printed.add(firmware.firmware().fwid().orElse("?") + " "
                        + firmware.firmware().payload());
            }
        }
        assertEquals(List.of("amdsev linux.efi@0xa17+4"), printed);
    }
}
