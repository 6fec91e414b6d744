package dev.measure.corim;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.measure.MalformedInputException;
import dev.measure.Source;
import dev.measure.sign.VerificationKey;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** Manifests that another implementation signed, with each algorithm that is taken, and with some that are not. */
class CoseAlgorithmTest {
    private static List<String> lines(String name) {
        try (InputStream in = Objects.requireNonNull(CoseAlgorithmTest.class.getResourceAsStream(name))) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8)
                    .lines()
                    .filter(line -> !line.startsWith("#"))
                    .toList();
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    private static SignedCorim signed(byte[] bytes) {
        return SignedCorim.read(Source.of("signed", bytes));
    }

    @TestFactory
    Stream<DynamicTest> signatures() {
        return lines("cose-signatures.txt").stream().map(line -> {
            String[] parts = line.split("\\|");
            return DynamicTest.dynamicTest(parts[0] + ": " + parts[1], () -> {
                byte[] bytes = HexFormat.of().parseHex(parts[2]);
                VerificationKey key = VerificationKey.read(
                        Source.of("key", Base64.getDecoder().decode(parts[3])));
                SignedCorim corim = signed(bytes);
                assertEquals(parts[0].equals("good"), corim.verify(key));
                assertEquals(parts[0].equals("refused") ? Optional.of(parts[1]) : Optional.empty(), corim.refusal(key));
                if (parts[0].equals("good")) {
                    assertEquals(Optional.of(parts[1]), corim.algorithm().map(Enum::name));
                    wrongWhenChanged(bytes, key);
                }
            });
        });
    }

    /** In the payload, whose last bytes are the digest, and in the first, middle and last byte of the signature. */
    private static void wrongWhenChanged(byte[] bytes, VerificationKey key) {
        String hex = HexFormat.of().formatHex(bytes);
        int digest = hex.lastIndexOf("ab".repeat(48)) / 2;
        for (int at : List.of(digest, digest + 47, digest + 51, (bytes.length + digest + 48) / 2, bytes.length - 1)) {
            byte[] changed = bytes.clone();
            changed[at] ^= 1;
            assertFalse(signed(changed).verify(key), "byte " + at);
        }
    }

    @TestFactory
    Stream<DynamicTest> keys() {
        return lines("verification-keys.txt").stream().map(line -> {
            String[] parts = line.split(" # ", 2);
            return DynamicTest.dynamicTest(parts[0], () -> {
                byte[] file = parts[1].startsWith("MI")
                        ? Base64.getDecoder().decode(parts[1])
                        : parts[1].replace('|', '\n').getBytes(StandardCharsets.UTF_8);
                Source source = Source.of("key", file);
                if (!parts[0].startsWith("!")) {
                    assertEquals(parts[0], VerificationKey.read(source).kind());
                    return;
                }
                MalformedInputException e =
                        assertThrows(MalformedInputException.class, () -> VerificationKey.read(source));
                assertTrue(e.getMessage().endsWith("expected " + parts[0].substring(1)), e.getMessage());
            });
        });
    }
}
