package dev.measure.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Files that inputs of RTMRs may be in, and what is written of their events. */
class TdxInputsTest {
    /** One EFI_SIGNATURE_LIST with one SHA-256. */
    private static final String LIST = "2616c4c14c509240aca941f9369343284c0000000000000030000000"
            + "11111111222233334444555555555555000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";

    /** SHA-384 of UEFI_VARIABLE_DATA by Python's hashlib and struct: PK with the list, dbx without data. */
    private static final String PK =
            "9adb939a541f9c65db9ff775c810ee17d69cdebecfa956fc33867abcccb4578a9bb9d7483d5cbc43c2717136fe957c76";

    private static final String NO_DBX =
            "18cc6e01f0c6ea99aa23f8a280423e94ad81d96d0aeb5180504fc0f7a40cb3619dd39bd6a95ec1680a86ed6ab0f9828d";

    @TempDir
    Path folder;

    @BeforeEach
    void samples() throws IOException {
        Samples.write(folder);
        byte[] list = HexFormat.of().parseHex(LIST);
        Files.write(folder.resolve("PK.esl"), list);
        Files.write(
                folder.resolve("PK-8be4df61-93ca-11d2-aa0d-00e098032b8c"),
                HexFormat.of().parseHex("27000000" + LIST));
        Files.write(folder.resolve("none"), new byte[] {7, 0, 0, 0});
    }

    @Test
    void filesOfEfivarfsAreTakenForVariables() {
        for (String file : List.of("PK.esl", "PK-8be4df61-93ca-11d2-aa0d-00e098032b8c")) {
            Session run = Session.in(
                    folder,
                    "tdx tdx.fd --register rtmr0 --memory 1G --edk2 202411 --secure-boot off --boot-order none --kek none --db none --dbx none --trace --acpi-digests"
                            .concat(" " + "a".repeat(96) + "," + "b".repeat(96) + "," + "c".repeat(96) + " --pk "
                                    + file)
                            .split(" "));
            assertEquals(0, run.exit(), run::toString);
            assertTrue(
                    run.err().contains("PK type=EV_EFI_VARIABLE_DRIVER_CONFIG origin=predicted digest=" + PK),
                    run::toString);
            assertTrue(
                    run.err().contains("dbx type=EV_EFI_VARIABLE_DRIVER_CONFIG origin=predicted digest=" + NO_DBX),
                    run::toString);
            assertTrue(run.err().contains("assumed: SecureBoot=absent"), run::toString);
        }
    }

    @Test
    void aTranscriptHasOneLineForEachEvent() throws IOException {
        Session run = Session.in(
                folder,
                "tdx",
                "tdx.fd",
                "--register",
                "rtmr3",
                "--runtime-event",
                "dstack:a\tb\nc=00",
                "--transcript",
                "events");
        assertEquals(0, run.exit(), run::toString);
        List<String> lines = Files.readAllLines(folder.resolve("events"));
        assertEquals(1, lines.size());
        assertEquals(6, lines.get(0).split("\t", -1).length);
    }
}
