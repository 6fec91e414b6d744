package dev.measure.vectors;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

class SampleFukiTest {
    @Test
    void isWhatItsRuleMakes() throws IOException {
        assertArrayEquals(
                SampleFuki.bytes(),
                Files.readAllBytes(Path.of("samples/fuki-sample.efi")),
                "run SampleFuki's main to write the sample anew");
    }
}
