package dev.measure.uefi;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.measure.Source;
import java.util.HexFormat;
import java.util.Optional;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The rows are the branches of edk2's AuthVariableLibInitialize; {@code -} is a variable that does not exist. */
class SecureBootModeTest {
    @ParameterizedTest(name = "PK {0}, SecureBootEnable {1}: {2}")
    @CsvSource({
        "-, -, false",
        "-, 01, false",
        "aa, -, true",
        "aa, 01, true",
        "aa, 00, false",
        "aa, 02, false",
        "aa, 0100, true"
    })
    void followsTheFirmware(String platformKey, String enable, boolean on) {
        assertEquals(on, SecureBootMode.isOn(variable(platformKey), variable(enable)));
    }

    private static Optional<Source> variable(String hex) {
        return hex.equals("-")
                ? Optional.empty()
                : Optional.of(Source.of("variable", HexFormat.of().parseHex(hex)));
    }
}
